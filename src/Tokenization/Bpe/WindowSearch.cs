using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Bpe;

/// <summary>
/// Finds the tokens of a piece in windows that overlap: each is merged by itself (<see cref="WindowMerge"/>), all but its last tokens are taken,
/// and the next window begins behind these. Exact, because a row of tokens of which every two neighbours are compatible is what merging gives: within
/// a window they are, and where two windows meet it is asked. If they are not, the window begins a token earlier. What does so too often is given up.
/// </summary>
internal unsafe ref struct WindowSearch(VocabularyTables tables, TokenSpan* stack, int stackMask)
{
    // The last token or two of a window are often others once it is known what comes next.
    private const int OverlapBytes = 8;

    // How often more windows may fail than hold, and how far one that holds has to go on: so time is linear, and text that does not fit is left soon.
    private const int FailuresMax = 3;
    private const int StepBytesMin = 8;

    private readonly VocabularyTables _tables = tables;
    private readonly TokenSpan* _stack = stack;
    private readonly int _stackMask = stackMask;

    /// <summary>
    /// Whether to begin with windows. Where characters have several bytes most merges only make these, and where vectors are not at hand windows are slow.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Suits(byte* piece, int length) =>
        Vector256.IsHardwareAccelerated && (piece[0] | piece[length >> 1] | piece[length - 1]) < 0x80;

    /// <summary>Counts the tokens of a piece, which are then on the stack as far as it holds them; -1 if it gave up.</summary>
    [SkipLocalsInit]
    public int Run(byte* piece, int length)
    {
        var tokens = stackalloc uint[WindowMerge.BytesMax];
        var (at, depth, failures, farthest) = (0, 0, 0, 0);
        while (true)
        {
            var size = Math.Min(WindowMerge.BytesMax, length - at);
            var starts = WindowMerge.Run(_tables, piece + at, size, tokens);
            if (depth != 0 && !_tables.Compatible(_stack[(depth - 1) & _stackMask].Token, tokens[0]))
            {
                if (++failures > FailuresMax)
                    return -1;
                at -= _stack[--depth & _stackMask].Length;
                continue;
            }

            failures = Math.Max(failures - 1, 0);
            var isLast = at + size == length;
            var end = isLast ? size : BitOperations.Log2(starts & (ulong.MaxValue >> OverlapBytes));
            if (!isLast && at + end < farthest + StepBytesMin)
                return -1;
            depth = Take(tokens, starts, end, depth);
            farthest = at += end;
            if (isLast)
                return depth;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int Take(uint* tokens, ulong starts, int end, int depth)
    {
        var place = 0;
        while (place < end)
        {
            starts &= starts - 1;
            var next = starts == 0 ? end : BitOperations.TrailingZeroCount(starts);
            _stack[depth++ & _stackMask] = new TokenSpan(tokens[place], next - place);
            place = next;
        }

        return depth;
    }
}
