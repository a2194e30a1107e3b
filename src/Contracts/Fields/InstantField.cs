using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>An instant: a date, which stands for its first moment in UTC, or a date and time with its offset (RFC 3339).</summary>
public sealed class InstantField : ScalarField<DateTimeOffset>
{
    /// <summary>Makes a field of that name.</summary>
    public InstantField(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    protected override string Expected => "a date such as 2027-01-01, or a time such as 2027-01-01T09:30:00Z";

    /// <inheritdoc/>
    protected override bool TryParse(ConfigScalar scalar, FaultList faults, out DateTimeOffset value)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        value = default;
        return (scalar.Kind == ScalarKind.Text && TryParseText(scalar.Text, out value)) || Mismatch(scalar, faults);
    }

    /// <summary>Reads a date, or a date and time as RFC 3339 §5.6 has it (a leap second is refused).</summary>
    public static bool TryParseText(string text, out DateTimeOffset value)
    {
        ArgumentNullException.ThrowIfNull(text);
        value = default;
        if (text.Length < 10 || text[4] != '-' || text[7] != '-' || !TryDigits(text, 0, 4, out var year) || !TryDigits(text, 5, 2, out var month)
            || !TryDigits(text, 8, 2, out var day) || year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month))
            return false;
        var date = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Unspecified);
        if (text.Length == 10)
        {
            value = new DateTimeOffset(date, TimeSpan.Zero);
            return true;
        }

        if (text.Length < 20 || text[10] is not ('T' or 't' or ' ') || text[13] != ':' || text[16] != ':' || !TryDigits(text, 11, 2, out var hour)
            || !TryDigits(text, 14, 2, out var minute) || !TryDigits(text, 17, 2, out var second) || hour > 23 || minute > 59 || second > 59)
            return false;
        var at = 19;
        if (!TryFraction(text, ref at, out var ticks) || !TryOffset(text, at, out var offset))
            return false;
        var local = date.AddHours(hour).AddMinutes(minute).AddSeconds(second).AddTicks(ticks);
        if (local.Ticks - offset.Ticks < 0 || local.Ticks - offset.Ticks > DateTime.MaxValue.Ticks)
            return false;
        value = new DateTimeOffset(local, offset);
        return true;
    }

    private static bool TryFraction(string text, ref int at, out long ticks)
    {
        ticks = 0;
        if (text[at] != '.')
            return true;
        var unit = TimeSpan.TicksPerSecond;
        var start = ++at;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
        {
            unit /= 10;
            ticks += unit * (text[at] - '0');
        }

        return at > start && at < text.Length;
    }

    private static bool TryOffset(string text, int at, out TimeSpan offset)
    {
        offset = default;
        if (text[at] is 'Z' or 'z')
            return at + 1 == text.Length;
        if (text.Length != at + 6 || text[at] is not ('+' or '-') || text[at + 3] != ':' || !TryDigits(text, at + 1, 2, out var hours)
            || !TryDigits(text, at + 4, 2, out var minutes) || hours > 13 || minutes > 59)
            return false;
        offset = new TimeSpan(hours, minutes, 0);
        if (text[at] == '-')
            offset = -offset;
        return true;
    }

    private static bool TryDigits(string text, int at, int count, out int value)
    {
        value = 0;
        for (var i = at; i < at + count; i++)
        {
            if (!char.IsAsciiDigit(text[i]))
                return false;
            value = (value * 10) + (text[i] - '0');
        }

        return true;
    }
}
