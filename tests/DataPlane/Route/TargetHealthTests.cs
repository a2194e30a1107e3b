using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Route;

/// <summary>When a target is not asked, for how long, and how it comes back.</summary>
public sealed class TargetHealthTests
{
    /// <summary>Times are kept to 128 ms.</summary>
    private const long Step = 128;

    [Fact]
    public void Five_failures_in_a_row_eject_and_four_do_not()
    {
        var health = new TargetHealth();
        Report(health, 0, "ffff.ffff.ffff");
        Assert.True(health.IsAvailable(0));
        Report(health, 0, "f");
        Assert.False(health.IsAvailable(0));
        Assert.Equal((HealthPhase.Ejected, 1, 13), (health.Phase, health.Ejections, health.Failures));
    }

    [Fact]
    public void Half_of_the_last_twenty_eject_and_less_do_not()
    {
        var health = new TargetHealth();
        Report(health, 0, "f.f.f.f.f.f.f.f.f...");
        Assert.Equal(HealthPhase.Closed, health.Phase);
        Report(health, 0, "f");
        Assert.Equal(HealthPhase.Closed, health.Phase);
        health = new TargetHealth();
        Report(health, 0, "f.f.f.f.f.f.f.f.f.f");
        Assert.Equal(HealthPhase.Closed, health.Phase);
        Report(health, 0, ".f");
        Assert.Equal(HealthPhase.Ejected, health.Phase);
    }

    [Fact]
    public void What_is_ejected_from_outside_stays_so_until_then_or_until_it_is_brought_back()
    {
        var health = new TargetHealth();
        health.Eject(0, 20_480);
        Report(health, 0, "......");
        Assert.False(health.IsAvailable(20_480 - Step));
        Assert.Equal((HealthPhase.Ejected, 1, 0), (health.Phase, health.Ejections, health.Failures));
        health.Eject(10_240, 40_960);
        Assert.False(health.IsAvailable(20_480));
        Assert.Equal(1, health.Ejections);

        health.Return(25_600);
        Assert.Equal(HealthPhase.Closed, health.Phase);
        Assert.InRange(health.Share(25_600), 1, TargetHealth.ShareMax / 4);
        Assert.Equal(TargetHealth.ShareMax, health.Share(25_600 + TargetHealth.RampMs));
        health.Return(60_000);
        Assert.Equal(TargetHealth.ShareMax, health.Share(60_000));
    }

    [Fact]
    public void A_probe_that_is_under_way_when_its_target_is_ejected_from_outside_decides_nothing()
    {
        var health = Ejected();
        Assert.True(health.TryEnter(TargetHealth.EjectedMs, out var isProbe));
        health.Eject(TargetHealth.EjectedMs, 3 * TargetHealth.EjectedMs);
        health.Report(TargetHealth.EjectedMs, isFailure: false, isProbe);
        health.Abandon(TargetHealth.EjectedMs);
        Assert.False(health.IsAvailable((3 * TargetHealth.EjectedMs) - Step));
        Assert.Equal(1, health.Ejections);
    }

    [Fact]
    public void An_ejection_ends_with_one_probe()
    {
        var health = Ejected();
        Assert.False(health.TryEnter(TargetHealth.EjectedMs - Step, out _));
        Assert.True(health.IsAvailable(TargetHealth.EjectedMs));
        Assert.True(health.TryEnter(TargetHealth.EjectedMs, out var isProbe));
        Assert.True(isProbe);
        Assert.False(health.IsAvailable(TargetHealth.EjectedMs));
        Assert.False(health.TryEnter(TargetHealth.EjectedMs, out var isSecond));
        Assert.False(isSecond);

        health.Report(TargetHealth.EjectedMs, isFailure: false, isProbe: true);
        Assert.Equal(HealthPhase.Closed, health.Phase);
        Assert.True(health.TryEnter(TargetHealth.EjectedMs, out isProbe));
        Assert.False(isProbe);
    }

    [Fact]
    public void Each_failed_probe_doubles_the_time_up_to_five_minutes()
    {
        var health = Ejected();
        var now = 0L;
        foreach (var seconds in (int[])[5, 10, 20, 40, 80, 160, 300, 300])
        {
            Assert.False(health.TryEnter(now + (seconds * 1000L) - (2 * Step), out _));
            now += seconds * 1000L;
            Assert.True(health.TryEnter(now, out var isProbe));
            health.Report(now, isFailure: true, isProbe);
            Assert.Equal(HealthPhase.Ejected, health.Phase);
        }
    }

    [Fact]
    public void Outcomes_from_before_change_nothing_while_it_is_ejected_or_probed()
    {
        var health = Ejected();
        Report(health, 0, ".....");
        Assert.False(health.IsAvailable(0));
        health.TryEnter(TargetHealth.EjectedMs, out _);
        Report(health, TargetHealth.EjectedMs, ".f.f");
        Assert.Equal(HealthPhase.Probing, health.Phase);
    }

    [Fact]
    public void A_probe_without_an_outcome_makes_room_for_another()
    {
        var health = Ejected();
        health.TryEnter(TargetHealth.EjectedMs, out _);
        health.Abandon(TargetHealth.EjectedMs);
        Assert.True(health.TryEnter(TargetHealth.EjectedMs, out var isProbe));
        Assert.True(isProbe);

        // Nor does one that says nothing at all hold up the others for good.
        Assert.False(health.TryEnter(TargetHealth.EjectedMs + 29_000, out _));
        Assert.True(health.TryEnter(TargetHealth.EjectedMs + 31_000, out isProbe));
        Assert.True(isProbe);
    }

    [Fact]
    public void Ten_minutes_without_and_the_next_ejection_is_a_first_one()
    {
        var health = Ejected();
        health.TryEnter(TargetHealth.EjectedMs, out var isProbe);
        health.Report(TargetHealth.EjectedMs, isFailure: false, isProbe);
        var later = TargetHealth.EjectedMs + 601_000;
        Report(health, later, ".fffff");
        Assert.InRange(health.ReturnsInMs(later), TargetHealth.EjectedMs - Step, TargetHealth.EjectedMs);
    }

    private static TargetHealth Ejected()
    {
        var health = new TargetHealth();
        Report(health, 0, "fffff");
        return health;
    }

    private static void Report(TargetHealth health, long nowMs, string outcomes)
    {
        foreach (var outcome in outcomes)
            health.Report(nowMs, outcome == 'f', isProbe: false);
    }
}
