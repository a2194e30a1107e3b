using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;
using static AiEdge.DataPlane.Tests.Admit.AdmissionRig;

namespace AiEdge.DataPlane.Tests.Admit;

/// <summary>Targets whose limits refuse while another may be asked.</summary>
public sealed class PassedOverTests
{
    private const long S = LimitClock.SecondNs;

    [Fact]
    public void Who_is_left_with_nobody_is_told_of_the_target_that_can_be_asked_soonest()
    {
        var rig = new AdmissionRig(
            LimitWorld.Limit("soon", match: Only("first"), quantities: LimitWorld.Amount(LimitUnit.Requests, 1)),
            LimitWorld.Limit("late", match: Only("second"), quantities: LimitWorld.Amount(LimitUnit.Requests, 1, LimitPeriod.Day)));
        Spend(rig, 0);
        Spend(rig, 1);

        var ask = rig.Begin();
        for (var target = 0; target < 2; target++)
        {
            Assert.Equal(AdmitVerdict.Refused, Ask(ask, target));
            ask.Admission.PassOver();
        }

        Assert.True(ask.Admission.TryTellSoonest(long.MaxValue));
        Assert.Equal(("soon", "soon"), (ask.Admission.Refusal.Part!.Limit.Name, ask.Exchange.LimitHit!.Name));
        Assert.InRange(ask.Exchange.LimitWaitNs, 59 * S, 60 * S);
        Assert.Equal((1, 0), (rig.Counters("soon").Refused, rig.Counters("late").Refused));
        Assert.False(ask.Admission.TryTellSoonest(S));
    }

    [Fact]
    public void A_target_that_is_passed_over_neither_counts_a_refusal_nor_books_a_slot()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("tight", match: Only("first"), quantities: LimitWorld.Amount(LimitUnit.Requests, 60, burst: 1)));
        Spend(rig, 0);
        for (var i = 0; i < 50; i++)
            Assert.Equal(AdmitVerdict.Refused, Ask(rig.Begin(), 0));
        Assert.Equal(0, rig.Counters("tight").Refused);

        var ask = rig.Begin();
        Ask(ask, 0);
        ask.Admission.PassOver();
        Assert.True(ask.Admission.TryTellSoonest(long.MaxValue));
        Assert.InRange(ask.Exchange.LimitWaitNs, 1, S);

        // Those who are told so come back one after the other.
        ask = rig.Begin();
        Ask(ask, 0);
        ask.Admission.PassOver();
        Assert.True(ask.Admission.TryTellSoonest(long.MaxValue));
        Assert.InRange(ask.Exchange.LimitWaitNs, S + 1, 2 * S);
        Assert.Equal(2, rig.Counters("tight").Refused);
    }

    [Fact]
    public void Who_may_wait_in_a_queue_books_no_slot_besides()
    {
        var rig = new AdmissionRig(new LimitModel
        {
            Name = "q",
            Match = LimitSelector.All,
            Per = LimitScope.Key,
            Quantities = [LimitWorld.Amount(LimitUnit.Requests, 60, burst: 1)],
            Queue = new QueueModel(10, TimeSpan.FromSeconds(5)),
        });
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand()));
        for (var i = 0; i < 20; i++)
        {
            var ask = rig.Begin();
            Assert.Equal(AdmitVerdict.Refused, ask.Both(Demand()));
            Assert.InRange(ask.Exchange.LimitWaitNs, 1, S);
        }
    }

    private static LimitSelector Only(string provider) => new() { Providers = LimitWorld.Names(provider) };

    private static void Spend(AdmissionRig rig, int target) => Assert.Equal(AdmitVerdict.Admitted, Ask(rig.Begin(), target));

    private static AdmitVerdict Ask(AdmissionRig.Ask ask, int target)
    {
        if (ask.Exchange.LimitHit is null)
            Assert.Equal(AdmitVerdict.Admitted, ask.Admission.Admit(ask.Exchange, Demand()));
        ask.Exchange.Target = ask.Exchange.Model!.Targets[target];
        return ask.Admission.AdmitTarget(ask.Exchange, Demand());
    }
}
