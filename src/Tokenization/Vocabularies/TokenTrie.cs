using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AiEdge.Tokenization.Vocabularies;

/// <summary>
/// All tokens that begin, or that end, at a place in a text, found in one walk. A double array of 64-bit units: the child for a byte
/// lies at base ^ byte and bears the byte as its label; no two nodes share a base, so the label alone proves the parent. A branch
/// that leads to a single token is one unit, which holds up to three of the bytes that are left; the others are compared where the token lies.
/// <code>
/// node: label 9 | 0 | token + 1, or 0: 22 | base 32
/// leaf: label 9 | 1 | token + 1: 22 | bytes 24 | bytes left 8
/// </code>
/// </summary>
internal readonly unsafe struct TokenTrie(ulong* units)
{
    public const uint LabelMask = 0x1FF;

    /// <summary>The label of a unit that is not in use: no byte.</summary>
    public const uint NoLabel = 0x1FF;

    public const uint LeafBit = 1 << 9;
    public const int TokenShift = 10;
    public const int BaseShift = 32;
    public const int TailShift = 32;
    public const int TailLengthShift = 56;

    /// <summary>How many of the bytes that are left a leaf holds itself.</summary>
    public const int TailBytesInside = 3;

    private readonly ulong* _units = units;

    /// <summary>The token of a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Byte(byte value) => ((uint)_units[value] >> TokenShift) - 1;

    /// <summary>The token of two bytes; all ones if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Pair(byte first, byte second)
    {
        var unit = _units[first];
        var next = _units[(uint)(unit >> BaseShift) ^ second];

        // A byte that begins no other token has no children, and a leaf may have more bytes. Nothing foretells which, so nothing branches on it.
        var isOther = (((uint)next & LabelMask) ^ second) | ((uint)unit & LeafBit) | (((uint)next & LeafBit) != 0 ? (uint)(next >> TailLengthShift) : 0);
        return isOther == 0 ? ((uint)next >> TokenShift) - 1 : uint.MaxValue;
    }

    /// <summary>
    /// Writes the tokens that <paramref name="text"/> begins with, shortest first, and tells how many; there is room for one per byte of the longest.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Prefixes(byte* text, int length, VocabularyTables tables, TokenSpan* found)
    {
        var count = 0;
        if (length == 0)
            return 0;
        var unit = _units[text[0]];
        var depth = 1;
        while ((unit & LeafBit) == 0)
        {
            var token = (uint)unit >> TokenShift;
            if (token != 0)
                found[count++] = new TokenSpan(token - 1, depth);
            if (depth == length)
                return count;
            uint next = text[depth];
            unit = _units[(uint)(unit >> BaseShift) ^ next];
            if (((uint)unit & LabelMask) != next)
                return count;
            depth++;
        }

        var tail = (int)(unit >> TailLengthShift);
        if (tail <= length - depth && IsTail(unit, tail, text + depth, 1))
        {
            var leaf = ((uint)unit >> TokenShift) - 1;
            if (tail <= TailBytesInside || tables.EndsWith(leaf, text + depth + TailBytesInside, tail - TailBytesInside))
                found[count++] = new TokenSpan(leaf, depth + tail);
        }

        return count;
    }

    /// <summary>As <see cref="Prefixes"/>, but -1 if the text ends before it is known what it begins with.</summary>
    public int TryPrefixes(byte* text, int length, VocabularyTables tables, TokenSpan* found)
    {
        var unit = length == 0 ? 0 : _units[text[0]];
        var count = 0;
        for (var depth = 1; depth < length; depth++)
        {
            var token = (uint)unit >> TokenShift;
            if ((unit & LeafBit) != 0)
            {
                var tail = (int)(unit >> TailLengthShift);
                if (tail > length - depth)
                    return -1;
                if (IsTail(unit, tail, text + depth, 1)
                    && (tail <= TailBytesInside || tables.EndsWith(token - 1, text + depth + TailBytesInside, tail - TailBytesInside)))
                    found[count++] = new TokenSpan(token - 1, depth + tail);
                return count;
            }

            if (token != 0)
                found[count++] = new TokenSpan(token - 1, depth);
            uint next = text[depth];
            unit = _units[(uint)(unit >> BaseShift) ^ next];
            if (((uint)unit & LabelMask) != next)
                return count;
        }

        return -1;
    }

    /// <summary>
    /// Writes the tokens that the <paramref name="length"/> bytes before <paramref name="end"/> end with, shortest first, and tells how many.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Suffixes(byte* end, int length, VocabularyTables tables, TokenSpan* found)
    {
        var count = 0;
        if (length == 0)
            return 0;
        var unit = _units[end[-1]];
        var depth = 1;
        while ((unit & LeafBit) == 0)
        {
            var token = (uint)unit >> TokenShift;
            if (token != 0)
                found[count++] = new TokenSpan(token - 1, depth);
            if (depth == length)
                return count;
            uint next = end[-1 - depth];
            unit = _units[(uint)(unit >> BaseShift) ^ next];
            if (((uint)unit & LabelMask) != next)
                return count;
            depth++;
        }

        var tail = (int)(unit >> TailLengthShift);
        if (tail <= length - depth && IsTail(unit, tail, end - 1 - depth, -1))
        {
            var leaf = ((uint)unit >> TokenShift) - 1;
            if (tail <= TailBytesInside || tables.StartsWith(leaf, end - depth - tail, tail - TailBytesInside))
                found[count++] = new TokenSpan(leaf, depth + tail);
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsTail(ulong unit, int tail, byte* text, int step)
    {
        var bytes = (uint)(unit >> TailShift);
        for (var i = Math.Min(tail, TailBytesInside); i > 0; i--)
        {
            if ((byte)bytes != *text)
                return false;
            bytes >>= 8;
            text += step;
        }

        return true;
    }
}

/// <summary>A token somewhere in a text: its number and how many bytes it covers.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct TokenSpan
{
    private const int LengthShift = 24;
    private const uint GuessBit = 1 << 23;

    private readonly uint _packed;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TokenSpan(uint token, int length) => _packed = token | ((uint)length << LengthShift);

    private TokenSpan(uint packed) => _packed = packed;

    public uint Token => _packed & (GuessBit - 1);

    /// <summary>Whether it was tried before longer ones.</summary>
    public bool IsGuess => (_packed & GuessBit) != 0;

    public TokenSpan AsGuess() => new(_packed | GuessBit);

    public int Length => (int)(_packed >> LengthShift);
}
