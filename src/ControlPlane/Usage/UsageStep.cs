namespace AiEdge.ControlPlane.Usage;

/// <summary>How long one sum is.</summary>
internal enum UsageStep
{
    Minute,
    Hour,
    Day,
}

/// <summary>
/// Steps of time in UTC as numbers: a slot is a step's count since 1970 and its kind in one, so that the slots of one kind are in order.
/// </summary>
internal static class UsageSlots
{
    private const int KindBits = 2;

    public static long LengthMs(UsageStep step) => step switch
    {
        UsageStep.Minute => 60_000,
        UsageStep.Hour => 3_600_000,
        _ => 86_400_000,
    };

    public static long Of(UsageStep step, long unixMs) => (Math.DivRem(unixMs, LengthMs(step)).Quotient << KindBits) | (long)step;

    public static UsageStep StepOf(long slot) => (UsageStep)(slot & ((1 << KindBits) - 1));

    public static long FirstUnixMs(long slot) => (slot >> KindBits) * LengthMs(StepOf(slot));

    /// <summary>The slot behind one of the same kind.</summary>
    public static long Next(long slot) => slot + (1 << KindBits);
}
