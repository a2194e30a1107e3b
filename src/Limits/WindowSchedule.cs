namespace AiEdge.Limits;

/// <summary>One window of a schedule: from start to end in Unix nanoseconds, and its number.</summary>
/// <param name="Number">Numbers of later windows are larger, by one each.</param>
/// <param name="StartUnixNs">Its first moment.</param>
/// <param name="EndUnixNs">The first moment of the next.</param>
public readonly record struct WindowSpan(long Number, long StartUnixNs, long EndUnixNs);

/// <summary>
/// How time is cut into windows. Calendar windows are days and months of a time zone, as long as they are there: a day on which clocks
/// change has 23 or 25 hours. Hours are always 3600 s, aligned to the zone's standard offset. Immutable; two that cut alike are equal.
/// </summary>
public sealed class WindowSchedule : IEquatable<WindowSchedule>
{
    private const long DayTicks = TimeSpan.TicksPerDay;

    private readonly Cut _cut;
    private readonly TimeZoneInfo _zone;
    private readonly long _lengthNs;
    private readonly long _offsetNs;

    private WindowSchedule(Cut cut, TimeZoneInfo zone, long lengthNs, long offsetNs) =>
        (_cut, _zone, _lengthNs, _offsetNs) = (cut, zone, lengthNs, offsetNs);

    private enum Cut
    {
        Fixed,
        Day,
        Month,
    }

    /// <summary>Windows of <paramref name="lengthNs"/> (one second at least), counted from the Unix epoch.</summary>
    public static WindowSchedule Fixed(long lengthNs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lengthNs, LimitClock.SecondNs);
        return new WindowSchedule(Cut.Fixed, TimeZoneInfo.Utc, lengthNs, 0);
    }

    /// <summary>Hours.</summary>
    public static WindowSchedule Hourly(TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);

        // Hours are numbered alike in all zones, so that an edit of the zone does not move the number by the distance of the zones.
        var offsetTicks = zone.BaseUtcOffset.Ticks % TimeSpan.TicksPerHour;
        return new WindowSchedule(Cut.Fixed, zone, 3600 * LimitClock.SecondNs, offsetTicks * TimeSpan.NanosecondsPerTick);
    }

    /// <summary>Calendar days.</summary>
    public static WindowSchedule Daily(TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        return new WindowSchedule(Cut.Day, zone, 0, 0);
    }

    /// <summary>Calendar months.</summary>
    public static WindowSchedule Monthly(TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        return new WindowSchedule(Cut.Month, zone, 0, 0);
    }

    /// <summary>The window that a moment lies in.</summary>
    public WindowSpan At(long unixNs)
    {
        if (_cut == Cut.Fixed)
            return Of(Floor(unixNs + _offsetNs, _lengthNs));
        var utc = DateTime.UnixEpoch.AddTicks(Floor(unixNs, TimeSpan.NanosecondsPerTick));
        var local = TimeZoneInfo.ConvertTimeFromUtc(utc, _zone);
        var span = Of(_cut == Cut.Day ? local.Ticks / DayTicks : local.Year * 12L + local.Month - 1);

        // Where clocks go back over midnight, a date comes twice: its second coming belongs to the window that has begun.
        while (unixNs >= span.EndUnixNs)
            span = Of(span.Number + 1);
        while (unixNs < span.StartUnixNs)
            span = Of(span.Number - 1);
        return span;
    }

    /// <summary>The window of a number.</summary>
    public WindowSpan Of(long number) => new(number, StartUnixNs(number), StartUnixNs(number + 1));

    /// <inheritdoc/>
    public bool Equals(WindowSchedule? other) =>
        other is not null && _cut == other._cut && _lengthNs == other._lengthNs && _offsetNs == other._offsetNs
        && (_cut == Cut.Fixed || _zone.Equals(other._zone));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as WindowSchedule);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_cut, _lengthNs, _offsetNs);

    private static long Floor(long value, long unit) => value >= 0 ? value / unit : -((-value + unit - 1) / unit);

    private long StartUnixNs(long number)
    {
        if (_cut == Cut.Fixed)
            return number * _lengthNs - _offsetNs;
        var local = _cut == Cut.Day ? new DateTime(number * DayTicks) : new DateTime((int)(number / 12), (int)(number % 12) + 1, 1);
        return (local.Ticks - Offset(local).Ticks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
    }

    private TimeSpan Offset(DateTime local)
    {
        if (_zone.IsAmbiguousTime(local))
        {
            // Midnight comes twice: the first one counts, which is the one further ahead of UTC.
            var first = TimeSpan.MinValue;
            foreach (var offset in _zone.GetAmbiguousTimeOffsets(local))
                first = offset > first ? offset : first;
            return first;
        }

        // Midnight does not come at all: the offset before the gap puts it at the moment when the clocks are put forward.
        return _zone.GetUtcOffset(_zone.IsInvalidTime(local) ? local.AddHours(-3) : local);
    }
}
