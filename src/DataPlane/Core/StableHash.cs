using System.Buffers.Binary;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// A hash that is the same in every process and for good (FNV-1a, mixed): what is decided by it is decided alike on all planes. Names are the
/// operator's own; whoever picks his own value picks no more than his own place.
/// </summary>
internal static class StableHash
{
    /// <summary>Of nothing.</summary>
    public const ulong Start = 14695981039346656037;

    private const ulong Prime = 1099511628211;

    /// <summary>Of a text, behind what was hashed before.</summary>
    public static ulong Of(ReadOnlySpan<char> text, ulong before = Start)
    {
        foreach (var unit in text)
            before = (((before ^ (byte)unit) * Prime) ^ (byte)(unit >> 8)) * Prime;
        return Mix(before);
    }

    /// <summary>Of bytes, behind what was hashed before.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong before = Start)
    {
        foreach (var octet in bytes)
            before = (before ^ octet) * Prime;
        return Mix(before);
    }

    /// <summary>Spreads every bit over all.</summary>
    public static ulong Mix(ulong word)
    {
        word = (word ^ (word >> 30)) * 0xBF58_476D_1CE4_E5B9;
        word = (word ^ (word >> 27)) * 0x94D0_49BB_1331_11EB;
        return word ^ (word >> 31);
    }
}

/// <summary>
/// A hash of long texts, eight bytes at a time, that is as stable as <see cref="StableHash"/> and another than that: of bytes that come in parts,
/// wherever they are parted. Planes of different versions need not agree on it: nothing that is kept depends on its value.
/// </summary>
internal struct StableHashInParts()
{
    private const ulong Factor = 0xA076_1D64_78BD_642F;

    private ulong _word = StableHash.Start;
    private ulong _rest;
    private int _restBytes;

    /// <summary>The number of all that was added.</summary>
    public readonly ulong Value => StableHash.Mix(Fold(_word, _rest | ((ulong)(_restBytes + 1) << 56)));

    /// <summary>Adds bytes behind those before.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (_restBytes != 0 && !bytes.IsEmpty)
        {
            Push(bytes[0]);
            bytes = bytes[1..];
        }

        var word = _word;
        while (BinaryPrimitives.TryReadUInt64LittleEndian(bytes, out var next))
        {
            word = Fold(word, next);
            bytes = bytes[sizeof(ulong)..];
        }

        _word = word;
        foreach (var octet in bytes)
            Push(octet);
    }

    private void Push(byte octet)
    {
        _rest |= (ulong)octet << (8 * _restBytes);
        if (++_restBytes < sizeof(ulong))
            return;
        _word = Fold(_word, _rest);
        _rest = 0;
        _restBytes = 0;
    }

    private static ulong Fold(ulong word, ulong next)
    {
        var high = Math.BigMul(word ^ next, Factor, out var low);
        return high ^ low;
    }
}
