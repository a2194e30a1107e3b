using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using static AiEdge.DataPlane.Tests.Admit.AdmissionRig;

namespace AiEdge.DataPlane.Tests.Admit;

/// <summary>Credit for what an answer is made of: capped before it is asked for, drawn ahead of it while it comes.</summary>
public sealed class OutputCreditTests
{
    [Theory]
    [InlineData(1000, 10, 1)]
    [InlineData(1000, 10, 3)]
    [InlineData(75, 10, 1)]
    [InlineData(333, 1, 64)]
    public void A_stream_is_covered_to_the_last_token_of_its_credit_and_not_beyond(long limit, long input, int step)
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, limit, LimitPeriod.Day)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(input)));
        long covered = 0;
        while (ask.Admission.TryCover(covered + step))
        {
            covered += step;
            Assert.InRange(rig.Used("t", LimitUnit.Tokens), covered + input, limit);
        }

        Assert.InRange(covered, limit - input - step + 1, limit - input);
        Assert.Equal("t", ask.Exchange.LimitHit!.Name);
        Assert.Equal(1, rig.Counters("t").Cut);
        ask.End(input, covered);
        Assert.Equal(input + covered, rig.Used("t", LimitUnit.Tokens));
    }

    [Theory]
    [InlineData(StreamPolicy.Cut)]
    [InlineData(StreamPolicy.Overdraw)]
    public void What_a_stream_is_refused_makes_nobody_else_wait_longer(object onStream)
    {
        var rig = new AdmissionRig(new LimitModel
        {
            Name = "t",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = [LimitWorld.Amount(LimitUnit.Tokens, 600)],
            OnStream = (StreamPolicy)onStream,
        });
        var streams = Enumerable.Range(0, 5).Select(_ => rig.Begin()).ToList();
        streams.ForEach(stream => Assert.Equal(AdmitVerdict.Admitted, stream.Both(Demand(input: 50))));
        for (long covered = 65; covered < 200 && streams.TrueForAll(stream => stream.Admission.TryCover(covered)); covered++)
            ;
        streams.ForEach(stream => stream.Admission.TryCover(200));
        var used = rig.Used("t", LimitUnit.Tokens);

        var refused = rig.Begin();
        Assert.Equal(AdmitVerdict.Refused, refused.Both(Demand(input: 10)));
        var least = (used + 74 - 600) * 100_000_000;
        Assert.InRange(refused.Exchange.LimitWaitNs, least, least + 1_000_000);
    }

    [Fact]
    public void Streams_that_share_a_limit_never_pass_it_together()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.OutputTokens, 5000, LimitPeriod.Day)));
        var asks = Enumerable.Range(0, 10).Select(_ => rig.Begin()).ToList();
        asks.ForEach(ask => Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand())));
        var covered = new long[10];
        var random = new Random(7);
        for (var open = Enumerable.Range(0, 10).ToList(); open.Count > 0;)
        {
            var i = open[random.Next(open.Count)];
            var step = random.Next(1, 40);
            if (asks[i].Admission.TryCover(covered[i] + step))
                covered[i] += step;
            else
                open.Remove(i);
        }

        Assert.InRange(covered.Sum(), 4000, 5000);
        for (var i = 0; i < 10; i++)
            asks[i].End(10, covered[i]);
        Assert.Equal(covered.Sum(), rig.Used("t", LimitUnit.OutputTokens));
    }

    [Fact]
    public void Overdraw_goes_on_into_debt()
    {
        var rig = new AdmissionRig(new LimitModel
        {
            Name = "t",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = [LimitWorld.Amount(LimitUnit.Tokens, 200, LimitPeriod.Day)],
            OnStream = StreamPolicy.Overdraw,
        });
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand()));
        Assert.Equal(long.MaxValue, ask.Admission.OutputCap);
        Assert.False(ask.Admission.MayCut);
        Assert.True(ask.Admission.IsMetered);
        for (var i = 1; i <= 500; i++)
            Assert.True(ask.Admission.TryCover(i));
        Assert.InRange(rig.Used("t", LimitUnit.Tokens), 510, 600);
        Assert.True(rig.Counters("t").Overdrawn > 0);
        ask.End(10, 500);
        Assert.Equal(510, rig.Used("t", LimitUnit.Tokens));
        Assert.Equal(AdmitVerdict.Refused, rig.Begin().Both(Demand()));
    }

    [Fact]
    public void A_shadow_that_would_have_cut_counts_it_once_and_measures_up_to_there()
    {
        var rig = new AdmissionRig(new LimitModel
        {
            Name = "t",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = [LimitWorld.Amount(LimitUnit.Tokens, 200, LimitPeriod.Day)],
            IsShadow = true,
        });
        var ask = rig.Begin();
        ask.Both(Demand());
        Assert.False(ask.Admission.MayCut);
        for (var i = 1; i <= 500; i++)
            Assert.True(ask.Admission.TryCover(i));
        Assert.Equal(1, rig.Counters("t").WouldHaveRefused);
        ask.End(10, 500);
        Assert.InRange(rig.Used("t", LimitUnit.Tokens), 138, 200);
    }

    [Theory]
    [InlineData(-1, 0, 1, 990)]
    [InlineData(-1, 0, 3, 330)]
    [InlineData(5000, 0, 1, 990)]
    [InlineData(500, 0, 1, 0)]
    [InlineData(990, 0, 1, 0)]
    [InlineData(991, 0, 1, 990)]
    [InlineData(-1, 800, 1, 0)]
    [InlineData(-1, 4096, 1, 990)]
    [InlineData(4000, 4096, 1, 990)]
    [InlineData(4000, 900, 1, 0)]
    public void Output_is_capped_at_the_credit_unless_a_cap_keeps_it_within_that(long asked, long modelMax, int choices, long clamp)
    {
        var rig = new AdmissionRig(
            [LimitWorld.Model("m", modelMax)], LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 1000, LimitPeriod.Day)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(10, cap: asked, choices: choices)));
        Assert.Equal(clamp, ask.Exchange.OutputClamp);
        Assert.Equal(clamp == 0 ? long.MaxValue : clamp, ask.Admission.OutputCap);
        Assert.Equal(clamp == 0 ? 0 : 1, rig.Counters("t").Clamped);
    }

    [Fact]
    public void Less_than_a_slice_is_refused_unless_the_client_wants_no_more()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 73, LimitPeriod.Day)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Refused, ask.Both(Demand(10)));
        Assert.Equal(RefusalKind.TooLarge, ask.Admission.Refusal.Kind);
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand(10, cap: 63)));
    }

    [Fact]
    public void Wide_credit_caps_no_model_whose_maximum_is_not_known()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 10_000_000, LimitPeriod.Day)));
        var ask = rig.Begin();
        ask.Both(Demand(10));
        Assert.Equal(long.MaxValue, ask.Admission.OutputCap);
        Assert.True(ask.Admission.MayCut);
    }

    [Fact]
    public void A_whole_answer_reserves_its_cap_or_what_such_answers_mostly_stay_under()
    {
        var model = LimitWorld.Model("m");
        var rig = new AdmissionRig([model], LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 100_000, LimitPeriod.Day)));
        var (capped, unknown, learnt) = (rig.Begin(), rig.Begin(), rig.Begin());
        capped.Both(Demand(0, cap: 300, isStream: false, choices: 2));
        Assert.Equal(600, rig.Used("t", LimitUnit.Tokens));
        unknown.Both(Demand(0, isStream: false));
        Assert.Equal(600 + LearnedTokens.Unknown, rig.Used("t", LimitUnit.Tokens));

        model.Targets[0].State = new TargetState("m", "first");
        for (var i = 0; i < 2000; i++)
            model.Targets[0].State!.Learn(learnt.Exchange, i % 20 == 0 ? 900 : 100);
        var p95 = model.Targets[0].State!.OutputP95(learnt.Exchange);
        Assert.InRange(p95, 100, 1000);
        learnt.Both(Demand(0, isStream: false));
        Assert.Equal(600 + LearnedTokens.Unknown + p95, rig.Used("t", LimitUnit.Tokens));
        capped.End(0, 10);
        unknown.End(0, 20);
        learnt.End(0, 30);
        Assert.Equal(60, rig.Used("t", LimitUnit.Tokens));
    }

    [Fact]
    public void A_whole_answer_takes_what_there_is_and_is_capped_at_it()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 500, LimitPeriod.Day)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(100, cap: 4000, isStream: false)));
        Assert.Equal(400, ask.Exchange.OutputClamp);
        Assert.Equal(500, rig.Used("t", LimitUnit.Tokens));
    }

    [Fact]
    public void An_answer_that_is_not_made_of_tokens_reserves_none()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 50, LimitPeriod.Day)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(50, hasOutput: false, isStream: false)));
        Assert.Equal(0, ask.Exchange.OutputClamp);
        Assert.True(ask.Admission.TryCover(1_000_000));
    }

    [Fact]
    public void Money_covers_what_its_price_buys()
    {
        var price = AdmissionTests.Price(input: 1_000_000_000, output: 10_000_000_000);
        var rig = new AdmissionRig([LimitWorld.Model("m", price: price)], LimitWorld.Limit("d", quantities: LimitWorld.Amount(LimitUnit.Cost, 5_000_000, LimitPeriod.Day)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(1000)));
        Assert.Equal(400, ask.Exchange.OutputClamp);
        long covered = 0;
        while (ask.Admission.TryCover(covered + 1))
            covered++;
        Assert.Equal(400, covered);
        Assert.Equal(5_000_000, rig.Used("d", LimitUnit.Cost));
    }

    [Fact]
    public void Drawing_ahead_and_settling_allocate_nothing()
    {
        var price = AdmissionTests.Price(input: 1, output: 1);
        var rig = new AdmissionRig(
            [LimitWorld.Model("m", price: price)],
            LimitWorld.Limit("k", LimitScope.Key, quantities: [LimitWorld.Amount(LimitUnit.Requests, 1 << 30), LimitWorld.Amount(LimitUnit.Tokens, 1 << 30)]),
            LimitWorld.Limit("g", quantities: [LimitWorld.Amount(LimitUnit.Tokens, 1 << 30), LimitWorld.Amount(LimitUnit.Cost, 1L << 50, LimitPeriod.Month)]));
        var ask = rig.Begin();
        Once();
        var least = long.MaxValue;

        // The runtime may allocate once for itself while it compiles anew; what is allocated each time is in every round.
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
                Once();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);

        void Once()
        {
            ask.Admission.Begin();
            if (ask.Both(Demand(100, isCounted: false)) != AdmitVerdict.Admitted || !ask.Admission.TryCover(300))
                throw new InvalidOperationException("not admitted");
            ask.End(100, 300, 400);
        }
    }
}
