using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>However many threads tell it, a target's health counts each outcome once, and lets one of all that ask go to probe.</summary>
public sealed class TargetHealthTests
{
    [Fact]
    public void Each_outcome_counts_and_one_probes() => Race.Passes(Find(() => new RacedHealth(), Race.Time));

    [Theory]
    [InlineData(HealthDefect.PlainWrite)]
    [InlineData(HealthDefect.PlainProbe)]
    [InlineData(HealthDefect.TwoWords)]
    public void A_broken_twin_is_caught(HealthDefect defect) => Race.Fails(Find(() => new TwinHealth(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => new TwinHealth(HealthDefect.None), Race.Time));

    /// <summary>
    /// Three threads tell of failures, as many together as eject or one fewer, or all ask to probe one whose time is over, and tell that it
    /// failed or not.
    /// </summary>
    private static string? Find(Func<IRacedHealth> make, TimeSpan time)
    {
        var health = make();
        var (tells, told, probes, isProbing, recovers) = (0, 0, 0, false, false);
        return Race.Rounds(
            time,
            random =>
            {
                health = make();
                told = probes = 0;
                isProbing = random.Next(2) == 0;
                recovers = random.Next(2) == 0;
                tells = TargetHealth.RowMax - random.Next(2);
                for (var i = 0; isProbing && i < TargetHealth.RowMax; i++)
                    health.Report(0, isFailure: true, isProbe: false);
            },
            _ => Judge(),
            Act,
            Act,
            Act);

        void Act(Random random)
        {
            if (!isProbing)
            {
                while (Interlocked.Increment(ref told) <= tells)
                    health.Report(0, isFailure: true, isProbe: false);
                return;
            }

            if (!health.TryEnter(TargetHealth.EjectedMs, out var isProbe) || !isProbe)
                return;
            Interlocked.Increment(ref probes);
            Thread.SpinWait(random.Next(40));
            health.Report(TargetHealth.EjectedMs, !recovers, isProbe: true);
        }

        string? Judge()
        {
            if (!isProbing)
                return health.IsAvailable(0) == tells < TargetHealth.RowMax ? null : $"{tells} failures, and available is {health.IsAvailable(0)}";
            if (probes != 1)
                return $"{probes} probes were made";
            return health.IsAvailable(TargetHealth.EjectedMs) == recovers ? null : $"the probe's outcome was {recovers}, and is not what it says";
        }
    }

    private sealed class RacedHealth : IRacedHealth
    {
        private readonly TargetHealth _health = new();

        public bool IsAvailable(long nowMs) => _health.IsAvailable(nowMs);

        public bool TryEnter(long nowMs, out bool isProbe) => _health.TryEnter(nowMs, out isProbe);

        public void Report(long nowMs, bool isFailure, bool isProbe) => _health.Report(nowMs, isFailure, isProbe);
    }
}

/// <summary>What is raced of a target's health.</summary>
internal interface IRacedHealth
{
    bool IsAvailable(long nowMs);

    bool TryEnter(long nowMs, out bool isProbe);

    void Report(long nowMs, bool isFailure, bool isProbe);
}
