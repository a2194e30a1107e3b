using System.Globalization;

namespace AiEdge.Contracts.Fields;

/// <summary>
/// Sizes in bytes as documents write them: a whole number and its unit, <c>32mb</c>, <c>512kb</c>, <c>64mib</c>, or a plain
/// number of bytes. Units go by 1024, with and without the <c>i</c>, in either case.
/// </summary>
public static class SizeText
{
    private const long BytesMax = 1L << 50;

    /// <summary>Reads a size; false where the text is not one.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        var digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            digits++;
        if (digits is 0 or > 16)
            return false;
        var number = long.Parse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
        if (!TryUnit(text[digits..], out var shift) || number > BytesMax >> shift)
            return false;
        bytes = number << shift;
        return true;
    }

    /// <summary>Writes a size in its largest whole unit.</summary>
    public static string Format(long bytes)
    {
        var shift = bytes == 0 ? 0 : Math.Min(30, long.TrailingZeroCount(bytes) / 10 * 10);
        var unit = shift switch
        {
            30 => "gb",
            20 => "mb",
            10 => "kb",
            _ => "",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{bytes >> (int)shift}{unit}");
    }

    private static bool TryUnit(ReadOnlySpan<char> unit, out int shift)
    {
        shift = 0;
        if (unit.Length is 0 || (unit.Length == 1 && unit[0] is 'b' or 'B'))
            return true;
        if (unit.Length > 3 || unit[^1] is not ('b' or 'B') || (unit.Length == 3 && unit[1] is not ('i' or 'I')))
            return false;
        shift = unit[0] switch
        {
            'k' or 'K' => 10,
            'm' or 'M' => 20,
            'g' or 'G' => 30,
            _ => 0,
        };
        return shift > 0;
    }
}
