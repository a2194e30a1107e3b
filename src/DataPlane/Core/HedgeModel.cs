namespace AiEdge.DataPlane.Core;

/// <summary>When another target is asked besides the one that is late to begin its stream (<c>hedge:</c>), compiled.</summary>
/// <param name="After">How long the first event with content may take before that, connecting included, to a tick of the <see cref="DeadlineWheel"/>; zero for
/// what is learnt of the target.</param>
/// <param name="BudgetPercent">For how many of a model's requests, in percent of them.</param>
/// <param name="CostMaxNanodollars">What the prompt may cost at most at the other target; <see cref="long.MaxValue"/> for anything.</param>
internal sealed record HedgeModel(TimeSpan After, int BudgetPercent, long CostMaxNanodollars)
{
    private const long AfterMsMin = 50;
    private const long AfterMsMax = 60_000;

    /// <summary>How long the first event of a target's stream may take.</summary>
    public TimeSpan AfterOf(TargetLoad load) =>
        After > TimeSpan.Zero ? After : TimeSpan.FromMilliseconds(Math.Clamp(load.FirstEventP95Ms, AfterMsMin, AfterMsMax));
}

/// <summary>How often a model's requests have been sent to a second target besides the first. Outlives the configuration.</summary>
internal sealed class HedgeState
{
    private long _won;
    private long _barred;

    /// <summary>How many may be sent, as retries may.</summary>
    public RetryBudget Budget { get; } = new();

    /// <summary>Those that began their answer before the first did.</summary>
    public long Won => Volatile.Read(ref _won);

    /// <summary>Times that one was due and nobody could be asked: for want of a target, of room or of credit, or for its price.</summary>
    public long Barred => Volatile.Read(ref _barred);

    public void OnWon() => Interlocked.Increment(ref _won);

    public void OnBarred() => Interlocked.Increment(ref _barred);
}
