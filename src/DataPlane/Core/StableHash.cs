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
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong before = Start) => Mix(Add(bytes, before));

    /// <summary>As <see cref="Of(ReadOnlySpan{byte}, ulong)"/>, not yet mixed: of bytes that come in parts, wherever they are parted.</summary>
    public static ulong Add(ReadOnlySpan<byte> bytes, ulong before)
    {
        foreach (var octet in bytes)
            before = (before ^ octet) * Prime;
        return before;
    }

    /// <summary>Spreads every bit over all.</summary>
    public static ulong Mix(ulong word)
    {
        word = (word ^ (word >> 30)) * 0xBF58_476D_1CE4_E5B9;
        word = (word ^ (word >> 27)) * 0x94D0_49BB_1331_11EB;
        return word ^ (word >> 31);
    }
}
