using AiEdge.ControlPlane.Quota;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Tests.Quota;

public sealed class WindowFleetTests
{
    private static readonly QuotaRule Budget = new() { Kind = QuotaKind.Window, Amount = 20_000, Schedule = WindowSchedule.Daily(TimeZoneInfo.Utc) };

    private static readonly FleetLife Rough = new()
    {
        LossPerMille = 4,
        DeathPerMille = 1,
        CrashPerMille = 1.5,
        CostMax = 20,
        Demand = static (plane, at) => 300 * Math.Max(0, 1 + Math.Sin(at * 0.3 + plane)),
    };

    [Fact]
    public void Whatever_is_lost_or_dies_no_window_is_exceeded() => Assert.All(Enumerable.Range(0, 40), seed =>
    {
        var fleet = Run(seed, Rough with { Planes = 1 + seed % 6 });
        Assert.True(Before(fleet) <= Budget.Amount, $"{Before(fleet)} before midnight");
        Assert.True(After(fleet) <= Budget.Amount, $"{After(fleet)} after midnight");
        Assert.True(After(fleet) > 0.3 * Budget.Amount, $"only {After(fleet)} after midnight");
    });

    [Fact]
    public void What_was_given_back_may_be_used_and_no_more() => Assert.All(Enumerable.Range(0, 20), seed =>
    {
        var fleet = Run(seed, Rough with { RefundPercent = 80, DeathPerMille = 0 });

        // Refunds of the first window come until 20 s into the second; credit belongs to the window it was drawn in.
        long drawn = 0, peak = 0;
        foreach (var (_, _, amount) in fleet.Admitted.Where(a => a.AtNs < Midnight(fleet)))
            peak = Math.Max(peak, drawn += amount);
        Assert.True(peak <= Budget.Amount, $"{peak} before midnight");
    });

    [Theory]
    [InlineData(FleetDefect.HiddenUse)]
    [InlineData(FleetDefect.NothingWritten)]
    [InlineData(FleetDefect.FreshStart)]
    [InlineData(FleetDefect.AnswersTwice)]
    [InlineData(FleetDefect.SilentResume)]
    public void A_fleet_with_a_defect_is_caught(FleetDefect defect) => Assert.Contains(Enumerable.Range(0, 40), seed =>
    {
        var fleet = Run(seed, Rough with { Defect = defect });
        return Before(fleet) > Budget.Amount || After(fleet) > Budget.Amount;
    });

    [Fact]
    public void Planes_that_live_use_nearly_all_of_a_budget()
    {
        var fleet = Run(3, Rough with { LossPerMille = 0, DeathPerMille = 0, CrashPerMille = 0 });
        Assert.InRange(After(fleet), 0.97 * Budget.Amount, Budget.Amount);
    }

    [Fact]
    public void Money_of_a_plane_that_died_is_held_and_comes_back_when_it_is_written_off()
    {
        var fleet = new FleetSimulation(4, Budget, new FleetLife { Demand = static (plane, at) => plane == 0 && at > 60 ? 0 : 20 });
        fleet.Run(60);
        fleet.Kill(0);
        fleet.Run(930);
        var held = fleet.View()!.Value.Held;
        Assert.True(held > 0, "nothing is held");
        var released = fleet.Control!.Release("plane0", null, new Moment(fleet.NowNs, fleet.StartUnixNs + fleet.NowNs));
        Assert.Equal(held, released.Sum(static r => r.Amount));
        Assert.Equal(0, fleet.View()!.Value.Held);
    }

    [Fact]
    public void Held_money_comes_back_after_an_hour_by_itself()
    {
        var fleet = new FleetSimulation(4, Budget, new FleetLife { Planes = 2, Demand = static (plane, at) => plane == 0 && at > 60 ? 0 : 5 });
        fleet.Run(60);
        fleet.Kill(0);
        fleet.Run(1000);
        Assert.True(fleet.View()!.Value.Held > 0, "nothing is held");
        fleet.Run(3700);
        Assert.Equal(0, fleet.View()!.Value.Held);
    }

    private static FleetSimulation Run(int seed, FleetLife life)
    {
        var fleet = new FleetSimulation(seed, Budget, life);
        fleet.Run(150);
        return fleet;
    }

    private static long Midnight(FleetSimulation fleet)
    {
        var dayNs = 86_400L * LimitClock.SecondNs;
        return (fleet.StartUnixNs / dayNs + 1) * dayNs - fleet.StartUnixNs;
    }

    private static long Before(FleetSimulation fleet) => fleet.Admitted.Where(a => a.AtNs < Midnight(fleet)).Sum(a => a.Amount);

    private static long After(FleetSimulation fleet) => fleet.Admitted.Where(a => a.AtNs >= Midnight(fleet)).Sum(a => a.Amount);
}
