using System.Globalization;

namespace AiEdge.Contracts.Fields;

/// <summary>
/// Decimal numbers as whole numbers of their smallest part: <c>2.50</c> with nine digits is 2 500 000 000. Exact or refused, never
/// rounded, and never a float.
/// </summary>
public static class DecimalText
{
    /// <summary>Most digits behind the point.</summary>
    public const int DigitsMax = 9;

    private static ReadOnlySpan<long> Powers => [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

    /// <summary>
    /// Reads a number without sign and exponent; false where it is none, where more than <paramref name="digits"/> digits behind the
    /// point count, or where it is larger than <see cref="long.MaxValue"/>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="digits">Digits behind the point, 0 to <see cref="DigitsMax"/>.</param>
    /// <param name="value">The number times ten to the power of <paramref name="digits"/>.</param>
    public static bool TryParse(ReadOnlySpan<char> text, int digits, out long value)
    {
        value = 0;
        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        var part = point < 0 ? default : text[(point + 1)..];
        if (whole.IsEmpty || (point >= 0 && part.IsEmpty) || !AreDigits(whole) || !AreDigits(part))
            return false;
        part = part.TrimEnd('0');
        if (part.Length > digits || !long.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        var fraction = part.IsEmpty ? 0 : long.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture) * Powers[digits - part.Length];
        var scaled = ((Int128)number * Powers[digits]) + fraction;
        if (scaled > long.MaxValue)
            return false;
        value = (long)scaled;
        return true;
    }

    /// <summary>Writes a number as short as it can be read again.</summary>
    public static string Format(long value, int digits)
    {
        var power = Powers[digits];
        var part = value % power;
        if (part == 0)
            return (value / power).ToString(CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{value / power}.{part.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0').TrimEnd('0')}");
    }

    private static bool AreDigits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') < 0;
}
