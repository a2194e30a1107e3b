using System.Globalization;

namespace AiEdge.Grpc.Wire;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit (H, M, S, m, u, n).</summary>
internal static class GrpcTimeout
{
    /// <summary>The longest that timers can wait; a longer time is as good as none.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 2);

    private const int DigitsMax = 8;
    private const long ValueMax = 99_999_999;
    private const long TickNs = 100;

    /// <summary>Ticks (100 ns) of each unit, the finest first.</summary>
    private static readonly (char Unit, long Ticks)[] Units =
    [
        ('u', TimeSpan.TicksPerMicrosecond),
        ('m', TimeSpan.TicksPerMillisecond),
        ('S', TimeSpan.TicksPerSecond),
        ('M', TimeSpan.TicksPerMinute),
        ('H', TimeSpan.TicksPerHour),
    ];

    /// <summary>In the finest unit that holds it, rounded up: the other side never gives up before this one does.</summary>
    public static string Format(TimeSpan time)
    {
        var ticks = Math.Max(time.Ticks, 0);
        if (ticks <= ValueMax / TickNs)
            return string.Create(CultureInfo.InvariantCulture, $"{Math.Max(ticks * TickNs, 1)}n");
        foreach (var (unit, unitTicks) in Units)
        {
            var value = ticks / unitTicks + (ticks % unitTicks == 0 ? 0 : 1);
            if (value <= ValueMax)
                return string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{ValueMax}H");
    }

    /// <summary>Reads the header. Nanoseconds are rounded up to the clock's 100; 0 is taken as a time that has passed.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan time)
    {
        time = default;
        if (text.Length is < 2 or > DigitsMax + 1)
            return false;
        long value = 0;
        foreach (var digit in text[..^1])
        {
            if (!char.IsAsciiDigit(digit))
                return false;
            value = value * 10 + (digit - '0');
        }

        if (text[^1] == 'n')
        {
            time = new((value + TickNs - 1) / TickNs);
            return true;
        }

        foreach (var (unit, unitTicks) in Units)
        {
            if (text[^1] != unit)
                continue;
            time = new(value * unitTicks);
            return true;
        }

        return false;
    }
}
