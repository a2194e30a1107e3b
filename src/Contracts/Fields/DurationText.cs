using System.Globalization;

namespace AiEdge.Contracts.Fields;

/// <summary>Durations as documents write them: a whole number and its unit, <c>500ms</c>, <c>2s</c>, <c>30m</c>, <c>24h</c>.</summary>
public static class DurationText
{
    /// <summary>Longest duration that is read: a year's worth of hours, far beyond every bound.</summary>
    private const long HoursMax = 9000;

    /// <summary>Reads a duration; false where the text is not one. <c>0</c> needs no unit.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        var digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            digits++;
        if (digits is 0 or > 12)
            return false;
        var number = long.Parse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
        var unit = text[digits..];
        if (number == 0 && unit.Length == 0)
            return true;
        var unitMs = unit switch
        {
            "ms" => 1L,
            "s" => 1000L,
            "m" => 60_000L,
            "h" => 3_600_000L,
            _ => 0L,
        };
        if (unitMs == 0 || number > HoursMax * 3_600_000L / unitMs)
            return false;
        duration = TimeSpan.FromMilliseconds(number * unitMs);
        return true;
    }

    /// <summary>Writes a duration in its largest whole unit; infinite is <c>off</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == Timeout.InfiniteTimeSpan)
            return "off";
        var ms = (long)duration.TotalMilliseconds;
        return ms switch
        {
            0 => "0",
            _ when ms % 3_600_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{ms / 3_600_000}h"),
            _ when ms % 60_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{ms / 60_000}m"),
            _ when ms % 1000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000}s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{ms}ms"),
        };
    }
}
