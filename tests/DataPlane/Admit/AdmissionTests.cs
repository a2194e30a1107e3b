using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;
using static AiEdge.DataPlane.Tests.Admit.AdmissionRig;

namespace AiEdge.DataPlane.Tests.Admit;

/// <summary>What is drawn before a request is sent, and what of it stays when it is over.</summary>
public sealed class AdmissionTests
{
    [Fact]
    public void All_limits_are_drawn_or_none()
    {
        var rig = new AdmissionRig(
            LimitWorld.Limit("key", LimitScope.Key, quantities: LimitWorld.Amount(LimitUnit.Requests, 5)),
            LimitWorld.Limit("team", LimitScope.Team, quantities: LimitWorld.Amount(LimitUnit.Requests, 5)),
            LimitWorld.Limit("all", quantities: LimitWorld.Amount(LimitUnit.Requests, 1)));
        var first = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, first.Both(Demand()));

        var second = rig.Begin();
        Assert.Equal(AdmitVerdict.Refused, second.Both(Demand()));
        Assert.Equal("all", second.Exchange.LimitHit!.Name);
        Assert.Equal(RefusalKind.Spent, second.Admission.Refusal.Kind);
        second.End(wasSent: false);
        first.End();

        Assert.Equal(1, rig.Used("key", LimitUnit.Requests, "k-blue"));
        Assert.Equal(1, rig.Used("team", LimitUnit.Requests, "blue"));
        Assert.Equal(1, rig.Used("all", LimitUnit.Requests));
        Assert.Equal(1, rig.Counters("all").Refused);
        Assert.Equal(0, rig.States.Reservations.Count);
    }

    [Fact]
    public void The_end_makes_what_was_drawn_what_was_used()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities:
        [
            LimitWorld.Amount(LimitUnit.Tokens, 10_000, LimitPeriod.Day), LimitWorld.Amount(LimitUnit.InputTokens, 10_000, LimitPeriod.Day),
            LimitWorld.Amount(LimitUnit.OutputTokens, 10_000, LimitPeriod.Day), LimitWorld.Amount(LimitUnit.Requests, 10, LimitPeriod.Day),
        ]));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(input: 100)));
        Assert.Equal(164, rig.Used("t", LimitUnit.Tokens));
        Assert.Equal(100, rig.Used("t", LimitUnit.InputTokens));
        Assert.Equal(64, rig.Used("t", LimitUnit.OutputTokens));

        ask.End(input: 90, output: 500);
        ask.End(input: 90, output: 500);

        Assert.Equal(590, rig.Used("t", LimitUnit.Tokens));
        Assert.Equal(90, rig.Used("t", LimitUnit.InputTokens));
        Assert.Equal(500, rig.Used("t", LimitUnit.OutputTokens));
        Assert.Equal(1, rig.Used("t", LimitUnit.Requests));
    }

    [Fact]
    public void What_was_never_sent_counts_nothing()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: [LimitWorld.Amount(LimitUnit.Tokens, 1000), LimitWorld.Amount(LimitUnit.Requests, 10)]));
        var ask = rig.Begin();
        ask.Both(Demand(input: 100));
        ask.End(wasSent: false);

        Assert.Equal(0, rig.Used("t", LimitUnit.Tokens));
        Assert.Equal(0, rig.Used("t", LimitUnit.Requests));
    }

    [Fact]
    public void Far_from_the_limit_a_bound_is_enough_and_near_it_the_count_is_asked_for()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 1000, LimitPeriod.Day)));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand(input: 468, isCounted: false)));
        Assert.Equal(532, rig.Used("t", LimitUnit.Tokens));

        var near = rig.Begin();
        Assert.Equal(AdmitVerdict.NeedsCount, near.Both(Demand(input: 300, isCounted: false)));
        Assert.Equal(532, rig.Used("t", LimitUnit.Tokens));
        Assert.Equal(AdmitVerdict.Admitted, near.Both(Demand(input: 120)));
        Assert.Equal(532 + 184, rig.Used("t", LimitUnit.Tokens));
    }

    [Fact]
    public void What_lies_at_the_provider_is_drawn_by_a_guess_unless_the_bucket_can_never_hold_it()
    {
        var rig = new AdmissionRig(
            LimitWorld.Limit("large", quantities: [LimitWorld.Amount(LimitUnit.Tokens, 10_000, LimitPeriod.Day), LimitWorld.Amount(LimitUnit.OutputTokens, 5000, LimitPeriod.Day)]),
            LimitWorld.Limit("small", quantities: LimitWorld.Amount(LimitUnit.Tokens, 500, LimitPeriod.Day)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(input: 100, guess: 3000)));
        Assert.Equal((3064, 164), (rig.Used("large", LimitUnit.Tokens), rig.Used("small", LimitUnit.Tokens)));
        Assert.Equal(64, rig.Used("large", LimitUnit.OutputTokens));
        ask.End(input: 150, output: 10);
        Assert.Equal((160, 160), (rig.Used("large", LimitUnit.Tokens), rig.Used("small", LimitUnit.Tokens)));

        var more = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, more.Both(Demand(input: 200, guess: 150)));
        Assert.Equal(160 + 264, rig.Used("large", LimitUnit.Tokens));
    }

    [Fact]
    public void Who_waits_as_long_as_told_is_admitted()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("r", LimitScope.Key, quantities: LimitWorld.Amount(LimitUnit.Requests, 7)));
        for (var i = 0; i < 7; i++)
            Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand()));
        for (var i = 0; i < 20; i++)
        {
            var refused = rig.Begin();
            Assert.Equal(AdmitVerdict.Refused, refused.Both(Demand()));
            rig.Time.Pass(TimeSpan.FromMilliseconds((refused.Exchange.LimitWaitNs + 999_999) / 1_000_000));
            Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand()));
        }
    }

    [Fact]
    public void A_refusal_lasts_as_long_as_the_longest_of_all_that_are_short()
    {
        var price = Price(input: 1_000_000_000, output: 0);
        var limits = new[]
        {
            LimitWorld.Limit("r", quantities: LimitWorld.Amount(LimitUnit.Requests, 60, burst: 1)),
            LimitWorld.Limit("m", quantities: LimitWorld.Amount(LimitUnit.Cost, 15_000, LimitPeriod.Hour)),
            new LimitModel { Name = "g", Match = LimitSelector.All, Per = LimitScope.Key, Quantities = [], Concurrent = 1 },
        };
        var rig = new AdmissionRig([LimitWorld.Model("gpt-4o", price: price)], limits);
        var inside = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, inside.Both(Demand(input: 10)));

        // A gate that is full hides neither the rate nor the money; money depends on the price of who answers.
        var refused = Refused(rig, Demand(input: 10), RefusalKind.Spent, "m");
        inside.End(input: 10, cost: 10_000);
        rig.Time.Pass(TimeSpan.FromMilliseconds((refused + 999_999) / 1_000_000));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand(input: 10)));

        // Less than what is left of the money: the gate alone is full for a second by then, and the rate as long.
        Refused(rig, Demand(input: 1), RefusalKind.Concurrent, "g");
        Refused(rig, Demand(input: 16), RefusalKind.Concurrent, "g");
        Assert.Equal(AdmitVerdict.NeedsCount, rig.Begin().Both(Demand(input: 10, isCounted: false)));
    }

    [Fact]
    public void A_refusal_lasts_until_the_first_of_the_targets_may_be_asked()
    {
        var first = LimitWorld.Limit("first", match: Only("first"), quantities: LimitWorld.Amount(LimitUnit.Requests, 1, LimitPeriod.Hour));
        var second = LimitWorld.Limit("second", match: Only("second"), quantities: LimitWorld.Amount(LimitUnit.Requests, 2));
        var rig = new AdmissionRig(LimitWorld.Limit("r", quantities: LimitWorld.Amount(LimitUnit.Requests, 60, burst: 1)), first, second);
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand()));
        Assert.InRange(Refused(rig, Demand(), RefusalKind.Spent, "r"), 1, LimitClock.SecondNs);

        // The other is short as well: it has something in half a minute, the first one at the hour's end.
        for (var i = 0; i < 2; i++)
        {
            rig.Time.Pass(TimeSpan.FromSeconds(1));
            ask = rig.Begin();
            ask.Exchange.Target = ask.Exchange.Model!.Targets[1];
            Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand()));
        }

        var waitNs = Refused(rig, Demand(), RefusalKind.Spent, "second");
        Assert.InRange(waitNs, 20 * LimitClock.SecondNs, 30 * LimitClock.SecondNs);
        static LimitSelector Only(string provider) => new() { Providers = LimitWorld.Names(provider) };
    }

    private static long Refused(AdmissionRig rig, in Demand demand, RefusalKind kind, string limit)
    {
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Refused, ask.Both(demand));
        Assert.Equal((kind, limit), (ask.Admission.Refusal.Kind, ask.Admission.Refusal.Part!.Limit.Name));
        Assert.Equal(ask.Admission.Refusal.WaitNs, ask.Exchange.LimitWaitNs);
        return ask.Exchange.LimitWaitNs;
    }

    [Fact]
    public void More_than_can_ever_be_there_is_too_large()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 1000)));
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Refused, ask.Both(Demand(input: 2000)));
        Assert.Equal(RefusalKind.TooLarge, ask.Admission.Refusal.Kind);
        Assert.Equal(0, ask.Exchange.LimitWaitNs);
    }

    [Fact]
    public void So_many_at_a_time_and_a_place_is_free_when_one_ends()
    {
        var limit = new LimitModel { Name = "c", Match = LimitSelector.All, Per = LimitScope.Key, Quantities = [], Concurrent = 2 };
        var rig = new AdmissionRig(limit);
        var (one, two, three) = (rig.Begin(), rig.Begin(), rig.Begin());
        Assert.Equal(AdmitVerdict.Admitted, one.Both(Demand()));
        Assert.Equal(AdmitVerdict.Admitted, two.Both(Demand()));
        Assert.Equal(AdmitVerdict.Refused, three.Both(Demand()));
        Assert.Equal(RefusalKind.Concurrent, three.Admission.Refusal.Kind);
        Assert.Equal(1_000_000_000, three.Exchange.LimitWaitNs);
        three.End(wasSent: false);
        Assert.Equal(2, rig.Scope("c", null, "k-blue").Gate!.Count);

        one.End();
        one.End();
        Assert.Equal(1, rig.Scope("c", null, "k-blue").Gate!.Count);
        Assert.Equal(AdmitVerdict.Admitted, three.Both(Demand()));
    }

    [Fact]
    public void A_refusal_for_the_attempt_keeps_nothing_that_was_drawn_before_it()
    {
        var gate = new LimitModel
        {
            Name = "c",
            Match = LimitSelector.All,
            Per = LimitScope.Provider,
            Quantities = [LimitWorld.Amount(LimitUnit.Requests, 1)],
            Concurrent = 5,
        };
        var rig = new AdmissionRig(LimitWorld.Limit("all", quantities: LimitWorld.Amount(LimitUnit.Requests, 5)), gate);
        rig.Begin().Both(Demand());
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Refused, ask.Both(Demand()));
        Assert.Equal("c", ask.Exchange.LimitHit!.Name);
        ask.End(wasSent: false);
        Assert.Equal(1, rig.Used("all", LimitUnit.Requests));
        Assert.Equal(1, rig.Scope("c", null, "first").Gate!.Count);
    }

    [Fact]
    public void An_attempt_in_vain_gives_back_what_was_drawn_for_it_alone()
    {
        var price = Price(input: 1_000_000_000, output: 4_000_000_000);
        var rig = new AdmissionRig(
            [LimitWorld.Model("m", price: price)],
            LimitWorld.Limit("all", quantities: LimitWorld.Amount(LimitUnit.Requests, 5)),
            LimitWorld.Limit("money", quantities: LimitWorld.Amount(LimitUnit.Cost, 1_000_000_000, LimitPeriod.Day)));
        var ask = rig.Begin();
        ask.Both(Demand(input: 100));
        Assert.Equal(100 * 1000 + 64 * 4000, rig.Used("money", LimitUnit.Cost));

        ask.Admission.EndTarget(0);
        Assert.Equal(0, rig.Used("money", LimitUnit.Cost));
        Assert.Equal(1, rig.Used("all", LimitUnit.Requests));

        Assert.Equal(AdmitVerdict.Admitted, ask.Admission.AdmitTarget(ask.Exchange, Demand(input: 100)));
        ask.End(input: 100, output: 10, cost: 140_000);
        Assert.Equal(140_000, rig.Used("money", LimitUnit.Cost));
    }

    [Fact]
    public void Money_for_a_model_without_a_price_is_refused_unless_it_counts_as_nothing()
    {
        var strict = new AdmissionRig(Money(UnpricedPolicy.Refuse));
        var ask = strict.Begin();
        Assert.Equal(AdmitVerdict.Refused, ask.Both(Demand()));
        Assert.Equal(RefusalKind.Unpriced, ask.Admission.Refusal.Kind);
        Assert.Equal(AdmitVerdict.Admitted, new AdmissionRig(Money(UnpricedPolicy.Zero)).Begin().Both(Demand()));

        static LimitModel Money(UnpricedPolicy unpriced) => new()
        {
            Name = "money",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = [LimitWorld.Amount(LimitUnit.Cost, 1000, LimitPeriod.Day)],
            Unpriced = unpriced,
        };
    }

    [Fact]
    public void Cached_input_counts_what_it_weighs()
    {
        var rig = new AdmissionRig(new LimitModel
        {
            Name = "t",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = [LimitWorld.Amount(LimitUnit.Tokens, 10_000, LimitPeriod.Day)],
            CachedInputWeight = 100,
        });
        var ask = rig.Begin();
        ask.Both(Demand(input: 1000));
        ask.End(input: 1000, cached: 805, output: 7);
        Assert.Equal(195 + 81 + 7, rig.Used("t", LimitUnit.Tokens));
    }

    [Fact]
    public void A_shadow_of_several_amounts_measures_what_it_would_admit()
    {
        var rig = new AdmissionRig(new LimitModel
        {
            Name = "s",
            Match = LimitSelector.All,
            Per = LimitScope.Key,
            Quantities =
            [
                LimitWorld.Amount(LimitUnit.Requests, 100, LimitPeriod.Day), LimitWorld.Amount(LimitUnit.Tokens, 1000, LimitPeriod.Day),
                LimitWorld.Amount(LimitUnit.Cost, 1_000_000_000, LimitPeriod.Day),
            ],
            Concurrent = 10,
            Unpriced = UnpricedPolicy.Zero,
            IsShadow = true,
        });
        var first = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, first.Both(Demand(input: 900)));
        var second = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, second.Both(Demand(input: 900)));
        Assert.Equal((1L, 1, 1L), (rig.Used("s", LimitUnit.Requests, "k-blue"), rig.Scope("s", null, "k-blue").Gate!.Count, rig.Counters("s").WouldHaveRefused));
        second.End(input: 900, output: 9, cost: 77);
        first.End(input: 900, output: 9, cost: 55);
        Assert.Equal(
            (1L, 909L, 55L),
            (rig.Used("s", LimitUnit.Requests, "k-blue"), rig.Used("s", LimitUnit.Tokens, "k-blue"), rig.Used("s", LimitUnit.Cost, "k-blue")));
        Assert.Equal(0, rig.Scope("s", null, "k-blue").Gate!.Count);
    }

    [Fact]
    public void A_shadow_that_a_target_finds_too_small_gives_back_what_it_had()
    {
        var price = Price(input: 1_000_000_000, output: 0);
        var rig = new AdmissionRig(
            [LimitWorld.Model("gpt-4o", price: price)],
            new LimitModel
            {
                Name = "s",
                Match = LimitSelector.All,
                Per = LimitScope.Key,
                Quantities = [LimitWorld.Amount(LimitUnit.Requests, 100, LimitPeriod.Day), LimitWorld.Amount(LimitUnit.Cost, 10_000, LimitPeriod.Day)],
                Concurrent = 10,
                IsShadow = true,
            });
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(input: 11)));
        Assert.Equal((0L, 0, 1L), (rig.Used("s", LimitUnit.Requests, "k-blue"), rig.Scope("s", null, "k-blue").Gate!.Count, rig.Counters("s").WouldHaveRefused));
        ask.End(input: 11, cost: 11_000);
        Assert.Equal((0L, 0L), (rig.Used("s", LimitUnit.Requests, "k-blue"), rig.Used("s", LimitUnit.Cost, "k-blue")));
        Assert.Equal(0, rig.Scope("s", null, "k-blue").Gate!.Count);
    }

    [Fact]
    public void A_shadow_measures_and_never_refuses()
    {
        var rig = new AdmissionRig(new LimitModel
        {
            Name = "s",
            Match = LimitSelector.All,
            Per = LimitScope.Key,
            Quantities = [LimitWorld.Amount(LimitUnit.Requests, 2), LimitWorld.Amount(LimitUnit.Tokens, 100_000)],
            Concurrent = 10,
            IsShadow = true,
        });
        var asks = Enumerable.Range(0, 5).Select(_ => rig.Begin()).ToList();
        Assert.All(asks, ask => Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand())));
        asks.ForEach(ask => ask.End(input: 10, output: 5));

        Assert.Equal(3, rig.Counters("s").WouldHaveRefused);
        Assert.Equal(0, rig.Counters("s").Refused);
        Assert.Equal(2, rig.Used("s", LimitUnit.Requests, "k-blue"));
        Assert.Equal(0, rig.Scope("s", null, "k-blue").Gate!.Count);
        Assert.Null(asks[4].Exchange.LimitHit);
    }

    [Fact]
    public void A_reservation_that_nobody_settles_comes_back_and_a_late_end_is_charged()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("t", quantities: LimitWorld.Amount(LimitUnit.Tokens, 1000, LimitPeriod.Day)));
        var ask = rig.Begin();
        ask.Both(Demand(input: 100));
        rig.Time.Pass(TimeSpan.FromMinutes(30) + TimeSpan.FromSeconds(29));
        rig.States.Sweep();
        Assert.Equal(164, rig.Used("t", LimitUnit.Tokens));
        rig.Time.Pass(TimeSpan.FromSeconds(2));
        rig.States.Sweep();
        Assert.Equal(0, rig.Used("t", LimitUnit.Tokens));
        Assert.Equal(1, rig.States.Reservations.Expired);

        ask.End(input: 100, output: 50);
        Assert.Equal(150, rig.Used("t", LimitUnit.Tokens));
        Assert.Equal(1, rig.States.LateSettlements);
    }

    [Fact]
    public void More_limits_than_most_bind_are_all_drawn()
    {
        var rig = new AdmissionRig([.. Enumerable.Range(0, 40).Select(i => LimitWorld.Limit($"l{i}", quantities: LimitWorld.Amount(LimitUnit.Tokens, 1000, LimitPeriod.Day)))]);
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Admitted, ask.Both(Demand(input: 100)));
        for (var i = 0; i < 40; i++)
            Assert.Equal(164, rig.Used($"l{i}", LimitUnit.Tokens));
        ask.End(input: 1, output: 2);
        for (var i = 0; i < 40; i++)
            Assert.Equal(3, rig.Used($"l{i}", LimitUnit.Tokens));
    }

    [Fact]
    public void What_is_left_of_the_tightest_limit_of_the_key_or_its_team_is_shown()
    {
        var rig = new AdmissionRig(
            LimitWorld.Limit("all", quantities: LimitWorld.Amount(LimitUnit.Requests, 2)),
            LimitWorld.Limit("team", LimitScope.Team, quantities: [LimitWorld.Amount(LimitUnit.Requests, 100), LimitWorld.Amount(LimitUnit.Tokens, 1000)]),
            LimitWorld.Limit("key", LimitScope.Key, quantities: LimitWorld.Amount(LimitUnit.Requests, 60)));
        var ask = rig.Begin();
        ask.Both(Demand(input: 36));
        Assert.Equal(new RateStatus(60, 59, 1_000_000_000), ask.Exchange.RequestRate);
        Assert.Equal(new RateStatus(1000, 900, 6_000_000_000), ask.Exchange.TokenRate);
    }

    internal static PriceModel Price(long input, long output) => new()
    {
        Version = 1,
        Input = input,
        CachedInput = input,
        CacheWrite = input,
        CacheWriteHour = input,
        Output = output,
        Reasoning = output,
        AudioInput = input,
        AudioOutput = output,
        ImageInput = input,
        ImageOutput = output,
    };
}
