namespace AiEdge.ControlPlane.Usage;

/// <summary>How many sums are kept, and how long.</summary>
internal sealed class RollupOptions
{
    /// <summary>Series with a sum of their own in one minute or hour; those that cost least are folded into others beyond it.</summary>
    public int SeriesMax { get; init; } = 1_000;

    /// <summary>The same in one day.</summary>
    public int DaySeriesMax { get; init; } = 10_000;

    public TimeSpan MinutesKept { get; init; } = TimeSpan.FromHours(25);

    public TimeSpan HoursKept { get; init; } = TimeSpan.FromDays(100);

    public TimeSpan DaysKept { get; init; } = TimeSpan.FromDays(1_100);

    /// <summary>From one checkpoint to the next, while something comes.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Of the bytes of sums that are kept in memory, of which only what is used is taken; the oldest beyond it go to disk.</summary>
    public int MemoryBits { get; init; } = 28;

    /// <summary>
    /// How far back the sums of days and of hours stay in memory as questions want them, without being asked for first: some 60 MB where both
    /// have as many series as they may.
    /// </summary>
    public TimeSpan DaysAtHand { get; init; } = TimeSpan.FromDays(40);

    public TimeSpan HoursAtHand { get; init; } = TimeSpan.FromDays(8);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether a slot's sums stay at hand.</summary>
    public bool IsAtHand(long slot)
    {
        var atHand = UsageSlots.StepOf(slot) switch
        {
            UsageStep.Minute => TimeSpan.Zero,
            UsageStep.Hour => HoursAtHand,
            _ => DaysAtHand,
        };
        return UsageSlots.FirstUnixMs(slot) > (Time.GetUtcNow() - atHand).ToUnixTimeMilliseconds();
    }

    public int SeriesOf(UsageStep step) => step == UsageStep.Day ? DaySeriesMax : SeriesMax;

    public TimeSpan KeptOf(UsageStep step) => step switch
    {
        UsageStep.Minute => MinutesKept,
        UsageStep.Hour => HoursKept,
        _ => DaysKept,
    };
}
