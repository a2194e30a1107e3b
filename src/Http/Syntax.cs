using System.Buffers;

namespace AiEdge.Http;

/// <summary>The byte classes of RFC 9110 section 5, as vectorised searches.</summary>
public static class Syntax
{
    internal const byte Tab = 0x09;
    internal const byte LineFeed = 0x0A;
    internal const byte CarriageReturn = 0x0D;
    internal const byte Space = 0x20;
    internal const byte Delete = 0x7F;

    /// <summary>tchar, the bytes of a token (RFC 9110 section 5.6.2).</summary>
    internal static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    /// <summary>What a field value may not hold, line ends included: controls but HTAB (RFC 9110 section 5.5).</summary>
    internal static readonly SearchValues<byte> ValueStops = SearchValues.Create(CreateValueStops());

    /// <summary>Visible ASCII without '#': what a request target may hold, however wrong its grammar.</summary>
    internal static readonly SearchValues<byte> TargetBytes = SearchValues.Create(CreateTargetBytes());

    /// <summary>True for one or more tchar.</summary>
    public static bool IsToken(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && !bytes.ContainsAnyExcept(TokenBytes);

    /// <summary>True if the bytes can stand in a field value as they are: no control byte but HTAB.</summary>
    public static bool IsValue(ReadOnlySpan<byte> bytes) => !bytes.ContainsAny(ValueStops);

    /// <summary>The bytes without optional white space (SP, HTAB) at both ends (RFC 9110 section 5.6.3).</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> bytes)
    {
        var start = 0;
        var end = bytes.Length;
        while (start < end && IsBlank(bytes[start])) start++;
        while (end > start && IsBlank(bytes[end - 1])) end--;
        return bytes[start..end];
    }

    internal static bool IsBlank(byte value) => value is Space or Tab;

    internal static bool IsDigit(byte value) => (uint)(value - '0') <= 9;

    /// <summary>The value of a hexadecimal digit, or -1.</summary>
    internal static int HexDigit(byte value)
    {
        if (IsDigit(value)) return value - '0';
        var letter = (value | 0x20) - 'a';
        return (uint)letter < 6 ? letter + 10 : -1;
    }

    private static byte[] CreateValueStops()
    {
        var stops = new List<byte>();
        for (var b = 0; b < Space; b++)
            if (b != Tab) stops.Add((byte)b);
        stops.Add(Delete);
        return [.. stops];
    }

    private static byte[] CreateTargetBytes()
    {
        var bytes = new List<byte>();
        for (var b = Space + 1; b < Delete; b++)
            if (b != '#') bytes.Add((byte)b);
        return [.. bytes];
    }
}
