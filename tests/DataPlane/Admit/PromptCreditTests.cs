using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using static AiEdge.DataPlane.Tests.Admit.AdmissionRig;

namespace AiEdge.DataPlane.Tests.Admit;

/// <summary>What is reserved for a prompt that nobody has counted, and for answers that no cap bounds.</summary>
public sealed class PromptCreditTests
{
    private static readonly PriceModel Price = AdmissionTests.Price(1_000_000_000, 4_000_000_000);

    [Fact]
    public void What_is_held_beyond_the_count_goes_back_when_the_prompt_is_counted()
    {
        var rig = new AdmissionRig(
            [LimitWorld.Model("m", price: Price)],
            LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 100_000)),
            LimitWorld.Limit("i", LimitScope.Provider, quantities: LimitWorld.Amount(LimitUnit.InputTokens, 100_000, LimitPeriod.Day)),
            LimitWorld.Limit("c", quantities: LimitWorld.Amount(LimitUnit.Cost, 1_000_000_000, LimitPeriod.Day)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(input: 12_000, isCounted: false)));
        Assert.Equal((12_064L, 12_000L, 12_000 * 1000L + 64 * 4000), Used(rig));
        Assert.False(ask.Admission.IsPressed);

        ask.Admission.OnPromptCounted(1000);
        Assert.Equal((1064L, 1000L, 1000 * 1000L + 64 * 4000), Used(rig));
        ask.Admission.OnPromptCounted(500);
        Assert.Equal(1064, Used(rig).Tokens);

        Assert.True(ask.Admission.TryCover(65));
        ask.End(input: 990, output: 70, cost: 990_000 + 280_000);
        Assert.Equal((1060L, 990L, 1_270_000L), Used(rig));
    }

    [Fact]
    public void A_count_that_the_target_asks_for_mends_what_was_drawn_before()
    {
        var rig = new AdmissionRig(
            LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 100_000)),
            LimitWorld.Limit("i", LimitScope.Provider, quantities: LimitWorld.Amount(LimitUnit.InputTokens, 15_000, LimitPeriod.Day)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.NeedsCount, ask.Both(Demand(input: 12_000, isCounted: false)));
        Assert.Equal(12_064, rig.Used("t", LimitUnit.Tokens));
        ask.Admission.OnPromptCounted(1000);
        Assert.Equal(AdmitVerdict.Admitted, ask.Admission.AdmitTarget(ask.Exchange, Demand(input: 1000)));
        Assert.Equal(1064, rig.Used("t", LimitUnit.Tokens));
    }

    [Fact]
    public void Whoever_takes_more_than_half_of_what_is_left_has_its_prompt_counted_while_it_waits()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 100_000)));
        var first = rig.Begin();
        first.Both(Demand(input: 30_000, isCounted: false, isStream: false));
        var second = rig.Begin();
        second.Both(Demand(input: 20_000, isCounted: false, isStream: false));
        var third = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, third.Both(Demand(input: 20_000, isCounted: false, isStream: false)));
        Assert.Equal((false, false, true), (first.Admission.IsPressed, second.Admission.IsPressed, third.Admission.IsPressed));
        third.Admission.OnPromptCounted(4000);
        Assert.False(third.Admission.IsPressed);
    }

    [Fact]
    public void Money_is_reserved_for_answers_that_no_cap_bounds()
    {
        var rig = new AdmissionRig(
            [LimitWorld.Model("m", price: Price)],
            LimitWorld.Limit("c", quantities: LimitWorld.Amount(LimitUnit.Cost, 10_000_000, LimitPeriod.Day)),
            LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 1000, LimitPeriod.Day)));
        var picture = Demand(input: 0, isStream: false, hasOutput: false) with { OutputGuess = 1000 };
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(picture));
        Assert.Equal((4_000_000, 0), (rig.Used("c", LimitUnit.Cost), rig.Used("t", LimitUnit.Tokens)));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(picture));
        Assert.Equal(AdmitVerdict.Refused, rig.Begin().Both(picture));

        // What its text comes to says nothing of the picture.
        rig = new AdmissionRig([LimitWorld.Model("m", price: Price)], LimitWorld.Limit("c", quantities: LimitWorld.Amount(LimitUnit.Cost, 10_000_000, LimitPeriod.Day)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(picture with { InputTokens = 100, IsCounted = false }));
        ask.Admission.OnPromptCounted(10);
        Assert.Equal(4_100_000, rig.Used("c", LimitUnit.Cost));

        // A guess makes no request larger than all that there ever is.
        rig = new AdmissionRig([LimitWorld.Model("m", price: Price)], LimitWorld.Limit("c", quantities: LimitWorld.Amount(LimitUnit.Cost, 3_000_000, LimitPeriod.Day)));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(picture));
    }

    [Fact]
    public void What_nobody_pays_for_asks_the_limits_on_requests_alone()
    {
        var rig = new AdmissionRig(
            LimitWorld.Limit("c", quantities: LimitWorld.Amount(LimitUnit.Cost, 10, LimitPeriod.Day)),
            LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 10, LimitPeriod.Day)),
            LimitWorld.Limit("r", quantities: LimitWorld.Amount(LimitUnit.Requests, 1, LimitPeriod.Day)));
        rig.Scope("t", LimitUnit.Tokens, "*").Bucket.Overdraw(20, rig.States.Clock.NowNs);
        var count = Demand(input: 0, isStream: false, hasOutput: false) with { IsFree = true };
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(count));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Refused, ask.Both(count));
        Assert.Equal("r", ask.Exchange.LimitHit!.Name);
    }

    [Fact]
    public void No_cap_is_put_in_where_the_window_leaves_less()
    {
        var (wide, narrow) = (LimitWorld.Model("m"), LimitWorld.Model("m", contextWindow: 8192));
        foreach (var (model, cap) in ((ModelModel, long)[])[(wide, 95_000), (narrow, long.MaxValue)])
        {
            var ask = new AdmissionRig([model], LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 100_000))).Begin();
            Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(input: 5000)));
            Assert.Equal(cap, ask.Admission.OutputCap);
        }

        // What is left is less than the window: it caps.
        var near = new AdmissionRig([narrow], LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 7000))).Begin();
        Assert.Equal(AdmitVerdict.Admitted, near.Both(Demand(input: 5000)));
        Assert.Equal(2000, near.Admission.OutputCap);
    }

    private static (long Tokens, long Input, long Cost) Used(AdmissionRig rig) =>
        (rig.Used("t", LimitUnit.Tokens), rig.Used("i", LimitUnit.InputTokens, "first"), rig.Used("c", LimitUnit.Cost));
}
