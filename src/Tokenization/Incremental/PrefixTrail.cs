using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Bpe;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Incremental;

/// <summary>
/// The number of tokens of a text that grows by a byte at a time, in memory that does not grow: for each of the last positions, the last token
/// of the encoding of the text up to there, and how many tokens that encoding has.
/// </summary>
/// <remarks>
/// Requirement: the tokens offered to <see cref="Step"/> are all that end there and that byte pair encoding can make.
/// <para>
/// Why it is exact. An encoding is a row of tokens in which each two neighbours are <em>compatible</em> (the encoding of their bytes together
/// is these two); and such a row is unique for a text, since nothing but neighbours decides a merge. Take away its last token t: what is left
/// is a row of compatible neighbours too, so it is the encoding of the text that ends where t starts. Hence the last token at a position is
/// the one token t that ends there, and is compatible with the last token where it starts (or starts with the text); and the count is one
/// more than the count there. At most as many positions back are needed as the longest token has bytes. Since there is such a token, the one
/// that is left when no other fits is it.
/// </para>
/// <para>
/// Why the ring keeps counts modulo 2^26. Where two encodings of prefixes share a boundary, they are the same before it. A later byte changes
/// a token to the left only by a merge that comes before those of that token, and that one the next to its left only if it comes earlier in turn: the change
/// travels over at most as many tokens as there are merges, below 2^22. So counts a token apart differ by less than 2^25.
/// </para>
/// <para>
/// Text that repeats itself is told by its last tokens coming again in the same places (<see cref="StepMemo"/>); then no token is sought. Other text
/// pays for one store a byte to find that out.
/// </para>
/// </remarks>
internal unsafe struct PrefixTrail
{
    /// <summary>Bytes of memory for each position of the ring: 22 bits for a token, 26 for a count.</summary>
    public const int BytesPerPosition = sizeof(uint) + sizeof(ushort);

    private const int TokenBits = 22;
    private const uint TokenMask = (1u << TokenBits) - 1;
    private const int CountBits = 26;
    private const int WordBits = 32;

    // What was remembered and comes again is worth more than what is new; it is asked from a number on, and the credit has an end.
    private const int RepeatGain = 4;
    private const int RepeatsMin = 8;
    private const int RepeatsMax = 24;

    // With so many tokens to choose from the text is likely a run, in which the longest is seldom right.
    private const int RunTokensMin = 8;

    private ushort _length;
    private ushort _slot;
    private byte _lastLength;
    private byte _repeats;

    /// <summary>Tokens of the text so far, by byte pair encoding.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of the text so far, up to one more than the longest token has.</summary>
    public readonly int Length => _length;

    /// <summary>Begins again with an empty text.</summary>
    public void Clear() => this = default;

    /// <summary>Begins again with a run of one byte, of which it is known how it goes on.</summary>
    [SkipLocalsInit]
    public void BeginRun(VocabularyTables tables, byte* ring, ByteRuns runs, byte value, long length)
    {
        Clear();
        var size = tables.TokenBytesMax;
        var text = stackalloc byte[VocabularyLayout.TokenBytesMax];
        new Span<byte>(text, size).Fill(value);
        var found = stackalloc TokenSpan[VocabularyLayout.TokenBytesMax];
        var ofLength = stackalloc uint[VocabularyLayout.TokenBytesMax + 1];
        for (var i = tables.Backward.Suffixes(text + size, size, tables, found) - 1; i >= 0; i--)
            ofLength[found[i].Length] = found[i].Token;
        for (var at = Math.Max(1, length - size + 1); at <= length; at++)
        {
            runs.TryLast(value, at, out var last, out var count);
            _lastLength = (byte)last;
            Put((uint*)ring, size, ofLength[last], (uint)count);
            Count = count;
        }
        _length = (ushort)Math.Min(length, size + 1);
    }

    /// <summary>Adds a byte.</summary>
    /// <param name="tables">The tokens.</param>
    /// <param name="ring"><see cref="BytesPerPosition"/> bytes for each byte of the longest token.</param>
    /// <param name="value">The byte.</param>
    /// <param name="found">The tokens that end with this byte, shortest first; they may be longer than the text.</param>
    public void Step(VocabularyTables tables, byte* ring, byte value, ReadOnlySpan<TokenSpan> found)
    {
        var words = (uint*)ring;
        var chosen = found.Length >= RunTokensMin ? ChooseInRun(tables, words, found) : Choose(tables, words, found);
        if (Length != 0)
            Note(tables, words, value, chosen);
        Take(tables, words, chosen);
    }

    /// <summary>
    /// Adds a byte if the text repeats itself and the last token then is known from the last time; false if it has to be sought.
    /// </summary>
    /// <param name="tables">The tokens.</param>
    /// <param name="ring">As for <see cref="Step"/>.</param>
    /// <param name="end">The end of the text with the byte, which is all there as far back as the longest token reaches.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRecall(VocabularyTables tables, byte* ring, byte* end)
    {
        if (_repeats < RepeatsMin)
            return false;
        var words = (uint*)ring;
        var key = StepMemo.KeyOf(tables, LastButOne(tables, words, out var last), last, end[-1]);
        if (!StepMemo.TryFind(key, out var step) || !Fits(tables, words, end, step))
            return false;
        Take(tables, words, new TokenSpan(step.Token, step.Length));
        return true;
    }

    /// <summary>The one token that can be the last: the longest first, the shortest without being asked.</summary>
    private readonly TokenSpan Choose(VocabularyTables tables, uint* words, ReadOnlySpan<TokenSpan> found)
    {
        for (var at = found.Length - 1; at > 0; at--)
        {
            var token = found[at];
            if (token.Length > Length)
            {
                // More than the text, unless it is just the text.
                if (token.Length == Length + 1)
                    return token;
                continue;
            }
            if (tables.Compatible(Left(tables, words, token.Length) & TokenMask, token.Token))
                return token;
        }
        return found[0];
    }

    /// <summary>
    /// The same where there are tokens of almost all lengths: the last one grown by the byte first, and pairs that have been asked are remembered.
    /// </summary>
    private readonly TokenSpan ChooseInRun(VocabularyTables tables, uint* words, ReadOnlySpan<TokenSpan> found)
    {
        var likely = Math.Min(found.Length - 1, _lastLength);
        while (likely > 0 && found[likely].Length > _lastLength + 1)
            likely--;
        if (found[likely].Length <= Length && PairMemo.Compatible(tables, Left(tables, words, found[likely].Length) & TokenMask, found[likely].Token))
            return found[likely];
        for (var at = found.Length - 1; at > 0; at--)
        {
            var token = found[at];
            if (token.Length == Length + 1)
                return token;
            if (token.Length <= Length && PairMemo.Compatible(tables, Left(tables, words, token.Length) & TokenMask, token.Token))
                return token;
        }
        return found[0];
    }

    /// <summary>Whether what was remembered holds here: the token is what the text ends with, and it starts where the same token ended as then.</summary>
    private readonly bool Fits(VocabularyTables tables, uint* words, byte* end, StepMemo.Step step)
    {
        if (step.Length > Length || (Left(tables, words, step.Length) & TokenMask) != step.Left)
            return false;
        // What is longer than the last token and the byte is not known by these.
        return step.Length <= _lastLength + 1 || tables.Bytes(step.Token).SequenceEqual(new ReadOnlySpan<byte>(end - step.Length, step.Length));
    }

    /// <summary>Remembers what followed, and learns whether it was remembered already.</summary>
    private void Note(VocabularyTables tables, uint* words, byte value, TokenSpan chosen)
    {
        var key = StepMemo.KeyOf(tables, LastButOne(tables, words, out var last), last, value);
        // As long as nothing comes again a part is enough to learn that something does.
        if (chosen.Length > Length || (_repeats == 0 && !StepMemo.IsSample(key)))
            return;
        var isKnown = StepMemo.Put(key, new StepMemo.Step(chosen.Token, chosen.Length, Left(tables, words, chosen.Length) & TokenMask));
        _repeats = isKnown ? (byte)Math.Min(_repeats + RepeatGain, RepeatsMax) : (byte)Math.Max(_repeats - 1, 0);
    }

    /// <summary>Makes a token the last of the encoding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Take(VocabularyTables tables, uint* words, TokenSpan token)
    {
        var size = tables.TokenBytesMax;
        var halves = (ushort*)(words + size);
        var length = token.Length;
        var count = 1u;
        if (length <= Length)
        {
            var from = _slot - length;
            from += (from >> 31) & size;
            count += (words[from] >> TokenBits) | ((uint)halves[from] << (WordBits - TokenBits));
        }
        // The length matters only as far as a token reaches.
        if (_length <= size)
            _length++;
        _lastLength = (byte)length;
        Put(words, size, token.Token, count);
        // The difference of neighbours modulo 2^26 is their difference.
        Count += (int)((count - (uint)Count) << (WordBits - CountBits)) >> (WordBits - CountBits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(uint* words, int size, uint token, uint count)
    {
        words[_slot] = token | (count << TokenBits);
        ((ushort*)(words + size))[_slot] = (ushort)(count >> (WordBits - TokenBits));
        if (++_slot == size)
            _slot = 0;
    }

    /// <summary>The word of the position that is so many bytes before the byte to come.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly uint Left(VocabularyTables tables, uint* words, int length)
    {
        var from = _slot - length;
        from += (from >> 31) & tables.TokenBytesMax;
        return words[from];
    }

    /// <summary>The last token and the one before it; there must be one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly uint LastButOne(VocabularyTables tables, uint* words, out uint last)
    {
        var size = tables.TokenBytesMax;
        var at = _slot - 1;
        at += (at >> 31) & size;
        var before = at - _lastLength;
        before += (before >> 31) & size;
        last = words[at] & TokenMask;
        return words[before] & TokenMask;
    }
}
