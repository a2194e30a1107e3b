using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Flow;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>Buckets go on where the ledger left them: no end of the process and no clock grants anything twice.</summary>
public sealed class RestartTests
{
    private static readonly LimitModel Day = LedgerRig.Limit("day", LimitUnit.Tokens, LimitPeriod.Day);
    private static readonly LimitModel Money = LedgerRig.Limit("money", LimitUnit.Cost, LimitPeriod.Month, LimitScope.Team, amount: 500);
    private static readonly LimitModel Rate = LedgerRig.Limit("rate", LimitUnit.Tokens, LimitPeriod.Minute);

    [Fact]
    public void Each_bucket_has_used_what_the_ledger_says()
    {
        using var rig = new LedgerRig();
        rig.Start(Day, Money);
        rig.Spend(300, 50, cost: 120);
        rig.Spend(5, 5, key: "other", cost: 1);
        rig.Crash();
        rig.Start(Day, Money);
        var states = States(rig, Day, Money);
        Assert.Equal((350, 10, 121), (Bucket(states, "day", "full").Used(0), Bucket(states, "day", "other").Used(0), Bucket(states, "money", "blue").Used(0)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-60)]
    [InlineData(60)]
    public void Twenty_restarts_grant_no_more_than_one_window_holds(int clockStepsMinutes)
    {
        using var rig = new LedgerRig();
        var granted = 0L;
        for (var run = 0; run < 20; run++)
        {
            rig.Start(Day, Rate);
            var states = States(rig, Day, Rate);
            for (var i = 0; i < 4; i++)
            {
                if (!Bucket(states, "day", "full").TryDraw(90, states.Clock.NowNs, out _))
                    break;
                granted += 90;
                rig.Spend(80, 10);
            }

            // Nothing was drawn from the rate, and yet it has no burst: what was drawn before a crash is known to nobody.
            Assert.Equal(run > 0, Bucket(states, "rate", "full").Remaining(states.Clock.NowNs) < 100);
            rig.Crash();
            rig.Time.Now += TimeSpan.FromMinutes(run % 2 == 0 ? clockStepsMinutes : -clockStepsMinutes);
        }

        Assert.InRange(granted, 911, 1000 - 1000 % 90);
    }

    [Fact]
    public void A_limit_that_is_kept_for_others_now_begins_anew()
    {
        using var rig = new LedgerRig();
        rig.Start(Day);
        rig.Spend(300, 50);
        rig.Stop();
        var ofTeam = LedgerRig.Limit("day", LimitUnit.Tokens, LimitPeriod.Day, LimitScope.Team);
        rig.Start(ofTeam);
        var states = States(rig, ofTeam);
        Assert.Empty(states.Parts.Single().Scopes);
    }

    private static LimitStates States(LedgerRig rig, params LimitModel[] limits)
    {
        var states = LimitRestore.Begin(rig.Store, new LimitClock(rig.Time), 16);
        states.Use(LedgerRig.Config(limits));
        LimitRestore.From(rig.Store, states);
        return states;
    }

    private static LimitBucket Bucket(LimitStates states, string limit, string value)
    {
        var scope = states.Parts.Single(part => part.Part.Limit.Name == limit).Hold(value);
        scope.Release();
        return scope.Bucket;
    }
}
