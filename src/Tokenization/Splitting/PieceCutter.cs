using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AiEdge.Tokenization.Splitting;

/// <summary>
/// Cuts a stretch of text at a time, ASCII by bit maps and the rest piece by piece with <see cref="WordScanner{TRule}"/>. The pieces are the same
/// as those of <see cref="PieceScanner"/>, which is the better choice for texts of a few bytes.
/// </summary>
internal static class PieceCutter
{
    /// <summary>How many pieces one call gives at most.</summary>
    public const int PiecesMax = AsciiMasks.BytesMax;

    /// <summary>The ends of the next pieces from <paramref name="start"/>, at least one.</summary>
    /// <param name="rule">How to cut.</param>
    /// <param name="text">Valid UTF-8, longer than <paramref name="start"/>.</param>
    /// <param name="start">The start of a piece.</param>
    /// <param name="ends">At least <see cref="PiecesMax"/>.</param>
    /// <param name="final">False if more text could change the last piece. The others are final.</param>
    /// <returns>How many pieces there are.</returns>
    public static int Cut(SplitRule rule, ReadOnlySpan<byte> text, int start, Span<int> ends, out bool final)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ends.Length, PiecesMax);
        ref var first = ref MemoryMarshal.GetReference(text);
        ref var into = ref MemoryMarshal.GetReference(ends);
        return rule switch
        {
            SplitRule.O200k => PieceCutter<O200kRule>.Cut(ref first, start, text.Length, ref into, out final),
            SplitRule.Cl100k or SplitRule.Llama3 => PieceCutter<Cl100kRule>.Cut(ref first, start, text.Length, ref into, out final),
            SplitRule.Qwen2 => PieceCutter<Qwen2Rule>.Cut(ref first, start, text.Length, ref into, out final),
            SplitRule.Tekken => PieceCutter<TekkenRule>.Cut(ref first, start, text.Length, ref into, out final),
            SplitRule.DeepSeekV3 => DeepSeek(ref first, start, text.Length, ref into, out final),
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "no such split rule"),
        };
    }

    private static int DeepSeek(ref byte text, nint at, nint length, ref int ends, out bool final)
    {
        var count = 0;
        do
        {
            at = DeepSeekScanner.Next(ref text, at, length, out final);
            Unsafe.Add(ref ends, count++) = (int)at;
        }
        while (final && at < length && count < PiecesMax);
        return count;
    }
}

/// <inheritdoc cref="PieceCutter"/>
internal static class PieceCutter<TRule>
    where TRule : struct, IWordRule
{
    // What a piece starts with: kinds from Prefix up may stand before a word.
    private const int Wide = 0;
    private const int Digit = 1;
    private const int LineEnd = 2;
    private const int Letter = 3;
    private const int Blank = 4;
    private const int OtherWhite = 5;
    private const int Apostrophe = 6;
    private const int Symbol = 7;

    private static ReadOnlySpan<byte> Kinds =>
    [
        7, 7, 7, 7, 7, 7, 7, 7, 7, 5, 2, 5, 5, 2, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        4, 7, 7, 7, 7, 7, 7, 6, 7, 7, 7, 7, 7, 7, 7, 7, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 7, 7, 7, 7, 7, 7,
        7, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 7, 7, 7, 7, 7,
        7, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 7, 7, 7, 7, 7,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    // Below this the scanner is done before the maps are.
    private const int MappedBytesMin = 24;

    // The last stretch is copied, with bytes behind it that are in no map: every short cut that would look behind the end gives up.
    private const int PaddingBytes = 64;
    private const int PaddedBytesMax = AsciiMasks.BytesMax - PaddingBytes;

    [SkipLocalsInit]
    public static int Cut(ref byte text, nint start, nint length, ref int ends, out bool final)
    {
        Unsafe.SkipInit(out AsciiMasks masks);
        ref var stretch = ref Unsafe.Add(ref text, start);
        var rest = length - start;
        if (rest > PaddedBytesMax)
        {
            // Behind the last place where a short cut may start there is room for one measured run and what its end is decided by.
            var covered = (int)Math.Min(rest, AsciiMasks.BytesMax) & ~63;
            masks.Fill(ref stretch, covered);
            return Cut(ref masks, ref stretch, covered - PaddingBytes, ref text, start, length, ref ends, out final);
        }
        if (rest < MappedBytesMin)
            return CutByScanner(ref text, start, length, ref ends, out final);
        var padded = (Span<byte>)stackalloc byte[AsciiMasks.BytesMax];
        padded = padded[..(((int)rest + 63 + PaddingBytes) & ~63)];
        MemoryMarshal.CreateReadOnlySpan(ref stretch, (int)rest).CopyTo(padded);
        padded[(int)rest..].Fill(byte.MaxValue);
        masks.Fill(ref MemoryMarshal.GetReference(padded), padded.Length);
        return Cut(ref masks, ref MemoryMarshal.GetReference(padded), (int)rest, ref text, start, length, ref ends, out final);
    }

    /// <summary>Cuts while pieces start within <paramref name="stretchLength"/>, up to the first that is not final.</summary>
    private static int Cut(
        ref AsciiMasks masks, ref byte stretch, int stretchLength, ref byte text, nint start, nint length, ref int ends, out bool final)
    {
        var count = 0;
        nint at = 0;
        do
        {
            var end = Fast(ref masks, ref stretch, at);
            if (end == 0)
            {
                end = WordScanner<TRule>.Next(ref text, start + at, length, out final) - start;
                if (!final)
                {
                    Unsafe.Add(ref ends, count) = (int)(start + end);
                    return count + 1;
                }
            }
            at = end;
            Unsafe.Add(ref ends, count++) = (int)(start + at);
        }
        while (at < stretchLength);
        final = true;
        return count;
    }

    private static int CutByScanner(ref byte text, nint at, nint length, ref int ends, out bool final)
    {
        var count = 0;
        do
        {
            at = WordScanner<TRule>.Next(ref text, at, length, out final);
            Unsafe.Add(ref ends, count++) = (int)at;
        }
        while (final && at < length);
        return count;
    }

    /// <summary>The end of the piece at <paramref name="at"/>, or 0 if a byte beyond ASCII or a long run has a say in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint Fast(ref AsciiMasks masks, ref byte text, nint at)
    {
        int kind = Unsafe.Add(ref MemoryMarshal.GetReference(Kinds), Unsafe.Add(ref text, at));
        // At place 0 its two refusals are one; what follows refuses a byte beyond ASCII too.
        if (TRule.ContractionFirst && kind == Apostrophe && Contraction(ref text, at) is var contraction && contraction != at)
            return contraction;
        if (kind >= Letter)
        {
            var word = kind == Letter ? at : at + 1;
            var run = Word(ref masks, word);
            if (run != 0)
            {
                if (run >= AsciiMasks.RunMax)
                    return 0;
                var end = word + run;
                var next = Unsafe.Add(ref text, end);
                if (next >= 0x80)
                    return 0;
                return TRule.ContractionAfter && next == '\'' ? Contraction(ref text, end) : end;
            }
        }
        return Rest(ref masks, ref text, at, kind);
    }

    /// <summary>How long the word at <paramref name="at"/> is; 0 if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Word(ref AsciiMasks masks, nint at)
    {
        if (!TRule.Cased)
            return BitOperations.TrailingZeroCount(~(masks.Lower(at) | masks.Upper(at)));
        var capitals = BitOperations.TrailingZeroCount(~masks.Upper(at));
        return capitals + BitOperations.TrailingZeroCount(~(masks.Lower(at) >> capitals));
    }

    private static nint Rest(ref AsciiMasks masks, ref byte text, nint at, int kind)
    {
        switch (kind)
        {
            case Wide:
                return 0;
            case Digit:
                return Digits(ref text, at);
            case Symbol or Apostrophe:
                return Symbols(ref masks, ref text, at, at);
            case Blank when (masks.Symbol(at + 1) & 1) != 0:
                return Symbols(ref masks, ref text, at, at + 1);
        }
        var run = BitOperations.TrailingZeroCount(~masks.White(at));
        if (run >= AsciiMasks.RunMax || Unsafe.Add(ref text, at + run) >= 0x80)
            return 0;
        var lineEnds = masks.NewLine(at) & ((1UL << run) - 1);
        if (lineEnds != 0)
            return at + 64 - BitOperations.LeadingZeroCount(lineEnds);
        return run == 1 ? at + 1 : at + run - 1;
    }

    private static nint Digits(ref byte text, nint at)
    {
        for (var i = 1; ; i++)
        {
            if (i == TRule.DigitsMax)
                return at + i;
            int next = Unsafe.Add(ref text, at + i);
            if ((uint)(next - '0') > 9)
                return next >= 0x80 ? 0 : at + i;
        }
    }

    private static nint Symbols(ref AsciiMasks masks, ref byte text, nint at, nint first)
    {
        var run = BitOperations.TrailingZeroCount(~masks.Symbol(first));
        if (run >= AsciiMasks.RunMax)
            return 0;
        var end = first + run;
        int next = Unsafe.Add(ref text, end);
        // A mark would join the run, or, behind a single symbol, make a word of it.
        if (next >= 0x80)
            return 0;
        if (next is not ('\n' or '\r'))
            return end;
        // The tail may be as long as it likes; the maps know only some of it.
        end += BitOperations.TrailingZeroCount(~masks.NewLine(end));
        if (end - at >= AsciiMasks.RunMax)
            return 0;
        next = Unsafe.Add(ref text, end);
        return next >= 0x80 || (TRule.SlashTail && next == '/') ? 0 : end;
    }

    /// <summary>The end of the contraction at an apostrophe; its place if it starts none; 0 if a byte beyond ASCII has a say in it.</summary>
    private static nint Contraction(ref byte text, nint at)
    {
        var second = Unsafe.Add(ref text, at + 1) | 0x20;
        if (second is 's' or 't' or 'm' or 'd')
            return at + 2;
        if (second is not ('r' or 'v' or 'l'))
            return second >= 0x80 ? 0 : at;
        var third = Unsafe.Add(ref text, at + 2) | 0x20;
        if (third >= 0x80)
            return 0;
        return third == (second == 'l' ? 'l' : 'e') ? at + 3 : at;
    }
}
