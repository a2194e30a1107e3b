using System.Runtime.CompilerServices;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Bpe;

/// <summary>
/// Counts the tokens of every beginning of a text, byte by byte: the last token of a beginning is the one token that ends there and is compatible
/// with the last token where it starts. Needs no more than the last tokens of as many positions as a token may be long.
/// </summary>
internal readonly unsafe ref struct SuffixCounter(VocabularyTables tables)
{
    private const int Ring = 256;
    private const int RingMask = Ring - 1;

    private readonly VocabularyTables _tables = tables;

    /// <summary>How many tokens a text has that is no token itself, in time proportional to its length and without memory that grows with it.</summary>
    [SkipLocalsInit]
    public long Count(byte* text, long length)
    {
        var tokens = stackalloc uint[Ring];
        var counts = stackalloc long[Ring];
        var found = stackalloc TokenSpan[Ring];
        var lastLength = 0;
        counts[0] = 0;
        for (long at = 1; at <= length; at++)
        {
            var candidates = _tables.Backward.Suffixes(text + at, (int)Math.Min(at, _tables.TokenBytesMax), _tables, found);

            // In a run of one byte the last token mostly grows by that byte, and there are tokens of all lengths; else the longest is tried first.
            var likely = candidates - 1;
            while (likely > 0 && found[likely].Length > lastLength + 1)
                likely--;
            if (!TryEnd(at, found[likely], tokens, counts))
            {
                likely = candidates - 1;
                while (!TryEnd(at, found[likely], tokens, counts))
                    likely--;
            }

            lastLength = found[likely].Length;
        }

        return counts[length & RingMask];
    }

    /// <summary>Makes a token the last one of the beginning that ends at a position, if it can be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryEnd(long at, TokenSpan last, uint* tokens, long* counts)
    {
        var before = at - last.Length;
        if (before != 0 && !_tables.Compatible(tokens[before & RingMask], last.Token))
            return false;
        tokens[at & RingMask] = last.Token;
        counts[at & RingMask] = counts[before & RingMask] + 1;
        return true;
    }
}
