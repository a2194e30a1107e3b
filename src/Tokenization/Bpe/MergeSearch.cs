using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Bpe;

/// <summary>
/// Finds the tokens of a piece without merging: goes from left to right, always by the longest token that agrees with the one before, and takes
/// steps back where none does; what came next the last time is tried before all others (<see cref="NextMemo"/>). Exact, because a row of tokens of
/// which every two neighbours are compatible is what merging gives, and there is only one; linear, because the row that leads to a position is
/// determined too, so a position that led nowhere is never tried again.
/// <para>
/// The row and the positions that lead nowhere live in rings when the piece may be of any length: what steps back farther than the rings reach is given up.
/// </para>
/// </summary>
internal unsafe ref struct MergeSearch(VocabularyTables tables, ByteRuns runs, TokenSpan* stack, int stackMask, ulong* dead, int deadMask)
{
    /// <summary>How many tokens a ring holds.</summary>
    public const int RingTokens = 1024;

    /// <summary>How many positions a ring holds.</summary>
    public const int RingBits = 2048;

    // How far before the farthest position the search may go back: what lies between, and a token's length more, has to be in the rings.
    private const int ReachMax = RingTokens - 8;

    // With so many tokens to choose from, the text is likely a run of one byte. How far ahead its end is looked for.
    private const int RunTokensMin = 12;
    private const int RunBytesMax = 1024;

    private readonly VocabularyTables _tables = tables;
    private readonly ByteRuns _runs = runs;
    private readonly TokenSpan* _stack = stack;
    private readonly int _stackMask = stackMask;
    private readonly ulong* _dead = dead;
    private readonly int _deadMask = deadMask;

    /// <summary>Counts the tokens of a piece, which are then on the stack as far as it holds them; -1 if it gave up.</summary>
    [SkipLocalsInit]
    public int Run(byte* piece, int length)
    {
        var found = stackalloc TokenSpan[VocabularyLayout.TokenBytesMax + 1];
        var trie = _tables.Forward;
        var reach = _deadMask == int.MaxValue ? int.MaxValue : ReachMax;
        var at = 0;
        var depth = 0;
        var farthest = 0;
        var memo = new NextMemo(_tables);
        var candidates = trie.Prefixes(piece, length, _tables, found);
        while (true)
        {
            var next = candidates >= RunTokensMin && TryFollowRun(piece + at, length - at, found, candidates, out var likely)
                ? Choose(&likely, 1, at, depth)
                : default;
            if (next.Length == 0)
                next = Choose(found, candidates, at, depth);
            if (next.Length == 0)
            {
                // Nothing goes on from here: the token that led here is the wrong one.
                if (depth == 0 || farthest - at > reach)
                    return -1;
                _dead[(at & _deadMask) >> 6] |= 1UL << at;
                var last = _stack[--depth & _stackMask];
                at -= last.Length;

                // All longer tokens have been tried, unless this one was.
                candidates = trie.Prefixes(piece + at, last.IsGuess ? length - at : last.Length - 1, _tables, found);
                continue;
            }

            if (depth != 0 && memo.IsOf(_stack[(depth - 1) & _stackMask], length - at))
                memo.Put(_stack[(depth - 1) & _stackMask], piece + at, next);
            do
            {
                _stack[depth & _stackMask] = next;
                depth++;
                at += next.Length;
                if (at == length)
                    return depth;
                if (at > farthest)
                {
                    Forget(farthest, at);
                    farthest = at;
                }
            }
            while (memo.IsOf(next, length - at) && memo.TryFind(next, piece + at, out next) && !IsDead(at + next.Length));

            candidates = trie.Prefixes(piece + at, length - at, _tables, found);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly TokenSpan Choose(TokenSpan* found, int candidates, int at, int depth)
    {
        while (candidates > 0)
        {
            var next = found[--candidates];
            var end = at + next.Length;
            if (IsDead(end))
                continue;
            if (depth == 0 || _tables.Compatible(_stack[(depth - 1) & _stackMask].Token, next.Token))
                return next;
        }

        return default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool IsDead(int at) => (_dead[(at & _deadMask) >> 6] & (1UL << at)) != 0;

    /// <summary>
    /// In a run of one byte there is a token for almost each length, and the longest is seldom right: the first token of a run as long is the likely one.
    /// </summary>
    private readonly bool TryFollowRun(byte* text, int length, TokenSpan* found, int candidates, out TokenSpan likely)
    {
        likely = default;
        var rest = new ReadOnlySpan<byte>(text, Math.Min(length, RunBytesMax));
        var run = rest.IndexOfAnyExcept(text[0]);
        if (!_runs.TryFirst(text[0], run < 0 ? rest.Length : run, out var first))
            return false;
        while (candidates > 0 && likely.Length != first)
            likely = found[--candidates];
        if (likely.Length != first)
            return false;
        likely = likely.AsGuess();
        return true;
    }

    /// <summary>Frees the ring's words ahead, as far as a token may reach beyond the new farthest position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Forget(int from, int to)
    {
        if (_deadMask == int.MaxValue)
            return;
        const int Ahead = VocabularyLayout.TokenBytesMax + 1;
        for (var word = ((from + Ahead) >> 6) + 1; word <= (to + Ahead) >> 6; word++)
            _dead[word & (_deadMask >> 6)] = 0;
    }
}
