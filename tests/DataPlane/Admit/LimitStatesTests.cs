using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;
using static AiEdge.DataPlane.Tests.Admit.AdmissionRig;

namespace AiEdge.DataPlane.Tests.Admit;

/// <summary>What buckets there are, and what becomes of them over reloads and restarts.</summary>
public sealed class LimitStatesTests
{
    [Fact]
    public void An_edited_amount_keeps_what_was_used()
    {
        var rig = new AdmissionRig(Daily("t", 1000));
        Use(rig, 700);
        rig.Use(Daily("t", 800));
        Assert.Equal(700, rig.Used("t", LimitUnit.Tokens));
        Assert.Equal(AdmitVerdict.Refused, rig.Begin().Both(Demand(50)));
        rig.Use(Daily("t", 900));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand(50)));
    }

    [Fact]
    public void A_rate_is_edited_without_a_new_burst()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("r", quantities: LimitWorld.Amount(LimitUnit.Requests, 10)));
        for (var i = 0; i < 10; i++)
            rig.Begin().Both(Demand());
        rig.Use(LimitWorld.Limit("r", quantities: LimitWorld.Amount(LimitUnit.Requests, 2, LimitPeriod.Second, burst: 11)));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand()));
        Assert.Equal(AdmitVerdict.Refused, rig.Begin().Both(Demand()));
    }

    [Fact]
    public void A_new_name_begins_anew_unless_it_says_what_it_was()
    {
        var rig = new AdmissionRig(Daily("old", 1000));
        Use(rig, 700);
        rig.Use(Daily("new", 1000, was: "old"));
        Assert.Equal(700, rig.Used("new", LimitUnit.Tokens));
        rig.Use(Daily("new", 1000, was: "old"));
        Assert.Equal(700, rig.Used("new", LimitUnit.Tokens));
        rig.Use(Daily("other", 1000));
        Assert.Equal(0, rig.Used("other", LimitUnit.Tokens));
    }

    [Fact]
    public void Two_that_say_they_were_the_same_do_not_share_it()
    {
        var rig = new AdmissionRig(Daily("old", 1000));
        Use(rig, 700);
        rig.Use(Daily("a", 1000, was: "old"), Daily("b", 1000, was: "old"));
        Assert.Equal(700, rig.Used("a", LimitUnit.Tokens));
        Assert.Equal(0, rig.Used("b", LimitUnit.Tokens));
    }

    [Theory]
    [InlineData("Tokens", "Hour")]
    [InlineData("InputTokens", "Day")]
    public void Another_unit_or_window_begins_anew(string unit, string period)
    {
        var rig = new AdmissionRig(Daily("t", 1000));
        Use(rig, 700);
        rig.Use(LimitWorld.Limit("t", quantities: LimitWorld.Amount(Enum.Parse<LimitUnit>(unit), 1000, Enum.Parse<LimitPeriod>(period))));
        Assert.Equal(0, rig.Used("t", Enum.Parse<LimitUnit>(unit)));
    }

    [Fact]
    public void An_exchange_under_way_settles_with_what_it_drew_from()
    {
        var rig = new AdmissionRig(Daily("t", 1000));
        var ask = rig.Begin();
        ask.Both(Demand(100));
        rig.Use(Daily("t", 2000));
        ask.End(100, 300);
        Assert.Equal(400, rig.Used("t", LimitUnit.Tokens));
        var gone = rig.Begin();
        gone.Both(Demand(100));
        rig.Use();
        gone.End(100, 300);
        Assert.Equal(0, rig.States.Reservations.Count);
    }

    [Fact]
    public void Addresses_and_tags_share_a_bucket_beyond_the_bound()
    {
        var rig = new AdmissionRig(new LimitModel
        {
            Name = "ip",
            Match = LimitSelector.All,
            Per = LimitScope.Ip,
            Quantities = [LimitWorld.Amount(LimitUnit.Requests, 2)],
            BucketsMax = 3,
        });
        for (var i = 0; i < 3; i++)
            Assert.Equal(AdmitVerdict.Admitted, rig.Begin(address: $"10.0.0.{i}").Both(Demand()));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin(address: "10.0.0.8").Both(Demand()));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin(address: "10.0.0.9").Both(Demand()));
        Assert.Equal(AdmitVerdict.Refused, rig.Begin(address: "10.0.0.10").Both(Demand()));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin(address: "10.0.0.1").Both(Demand()));
        Assert.Equal(2, rig.Used("ip", LimitUnit.Requests, "__other__"));
    }

    [Fact]
    public void Who_has_not_got_the_tag_shares_a_bucket_with_all_who_have_not()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("f", LimitScope.Tag, tag: "feature", quantities: LimitWorld.Amount(LimitUnit.Requests, 1)));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand()));
        Assert.Equal(AdmitVerdict.Refused, rig.Begin(LimitWorld.Key("other")).Both(Demand()));
        Assert.Equal(1, rig.Used("f", LimitUnit.Requests, "__none__"));
        var tagged = rig.Begin();
        tagged.Exchange.TrySetTag("feature", "chat");
        Assert.Equal(AdmitVerdict.Admitted, tagged.Both(Demand()));
    }

    [Fact]
    public void A_bucket_is_given_up_only_when_it_has_neither_use_nor_holder()
    {
        var rig = new AdmissionRig(LimitWorld.Limit("k", LimitScope.Key, quantities: LimitWorld.Amount(LimitUnit.Requests, 60)));
        var ask = rig.Begin();
        ask.Both(Demand());
        rig.Time.Pass(TimeSpan.FromSeconds(2));
        rig.States.Sweep();
        Assert.Equal(1, rig.States.Parts[0].Count);
        ask.End();
        rig.States.Sweep();
        Assert.Equal(0, rig.States.Parts[0].Count);

        var again = rig.Begin();
        again.Both(Demand());
        again.End();
        rig.States.Sweep();
        Assert.Equal(1, rig.States.Parts[0].Count);
    }

    [Fact]
    public void After_a_restart_windows_go_on_and_rates_have_no_burst()
    {
        var rig = AdmissionRig.Restarted(Daily("t", 1000), LimitWorld.Limit("r", LimitScope.Key, quantities: LimitWorld.Amount(LimitUnit.Requests, 60)));
        var number = WindowSchedule.Daily(TimeZoneInfo.Utc).At(rig.States.Clock.UnixNs(rig.States.Clock.NowNs)).Number;
        Assert.True(rig.States.Restore("t", LimitUnit.Tokens, LimitPeriod.Day, "*", new BucketCheckpoint(900, number)));
        Assert.False(rig.States.Restore("gone", LimitUnit.Tokens, LimitPeriod.Day, "*", new BucketCheckpoint(900, number)));
        Assert.Equal(900, rig.Used("t", LimitUnit.Tokens));

        Assert.Equal(AdmitVerdict.Refused, rig.Begin().Both(Demand(0, hasOutput: false)));
        rig.Time.Pass(TimeSpan.FromSeconds(3));
        for (var i = 0; i < 3; i++)
            Assert.Equal(AdmitVerdict.Admitted, rig.Begin(LimitWorld.Key("late")).Both(Demand(0, hasOutput: false)));
        Assert.Equal(AdmitVerdict.Refused, rig.Begin(LimitWorld.Key("late")).Both(Demand(0, hasOutput: false)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_restart_a_rate_that_all_share_has_no_burst_either(bool hasShares)
    {
        var rig = AdmissionRig.Restarted(new LimitModel
        {
            Name = "r",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = [LimitWorld.Amount(LimitUnit.Requests, 60)],
            Shares = hasShares ? [new ShareModel("env", "prod", 50)] : [],
        });
        Assert.Equal(AdmitVerdict.Refused, rig.Begin().Both(Demand(0, hasOutput: false)));
        rig.Time.Pass(TimeSpan.FromSeconds(10));
        Assert.InRange(
            Enumerable.Range(0, 30).Count(_ => rig.Begin(LimitWorld.Key("p", tags: ("env", "prod"))).Both(Demand(0, hasOutput: false)) == AdmitVerdict.Admitted), 5, 10);
    }

    [Fact]
    public void A_limit_that_is_lowered_is_not_passed_by_what_cores_have_of_it()
    {
        var rig = AdmissionRig.OfCores(8, Daily("t", 1_000_000));
        Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand(input: 500_000)));
        rig.Use(Daily("t", 400_000));
        Assert.Equal(AdmitVerdict.Refused, rig.Begin().Both(Demand(input: 10)));
    }

    [Fact]
    public void A_share_has_its_part_whatever_the_others_use()
    {
        var rig = new AdmissionRig(new LimitModel
        {
            Name = "s",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = [LimitWorld.Amount(LimitUnit.Requests, 10, LimitPeriod.Day)],
            Shares = [new ShareModel("env", "prod", 70), new ShareModel("env", "dev", 20)],
        });
        var (prod, dev, other) = (LimitWorld.Key("p", tags: ("env", "prod")), LimitWorld.Key("d", tags: ("env", "dev")), LimitWorld.Key("o"));
        Assert.Equal(3, Admitted(dev));
        Assert.Equal(0, Admitted(other));
        Assert.Equal(7, Admitted(prod));
        Assert.Equal(10, rig.Used("s", LimitUnit.Requests));

        int Admitted(KeyModel key)
        {
            var count = 0;
            while (rig.Begin(key).Both(Demand()) == AdmitVerdict.Admitted)
                count++;
            return count;
        }
    }

    [Theory]
    [InlineData(10, 60, 20, 10, 20, 60, 3)]
    [InlineData(10, 60, 20, 30, 50, 20, 3)]
    [InlineData(10, 60, 20, 4, 60, 20, 0)]
    [InlineData(10, 60, 5, 10, 60, 20, 0)]
    public void An_edit_of_amount_or_parts_keeps_what_was_used_but_where_a_share_gains_or_loses_its_part(
        long amount, int prod, int dev, long laterAmount, int laterProd, int laterDev, long used)
    {
        LimitModel Limit(long amount, int prod, int dev) => new()
        {
            Name = "s",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = [LimitWorld.Amount(LimitUnit.Requests, amount, LimitPeriod.Day), LimitWorld.Amount(LimitUnit.Requests, amount, LimitPeriod.Second)],
            Shares = [new ShareModel("env", "prod", prod), new ShareModel("env", "dev", dev)],
        };
        var rig = new AdmissionRig(Limit(amount, prod, dev));
        for (var i = 0; i < 3; i++)
            Assert.Equal(AdmitVerdict.Admitted, rig.Begin(LimitWorld.Key("p", tags: ("env", "prod"))).Both(Demand()));

        rig.Use(Limit(laterAmount, laterProd, laterDev));

        Assert.All(rig.States.Parts, part => Assert.Equal(used, part.Scopes.Single().Value.Bucket.Used(rig.States.Clock.NowNs)));
    }

    [Theory]
    [InlineData(0, 600, 600, 100, 400)]
    [InlineData(1, 600, 0, 700, 400)]
    [InlineData(2, 2010, 10, 690, 390)]
    public void After_a_restart_each_share_has_used_what_it_had_used(int windowsAgo, long all, long used, long prod, long dev)
    {
        var rig = new AdmissionRig(new LimitModel
        {
            Name = "s",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = [LimitWorld.Amount(LimitUnit.Requests, 1000, LimitPeriod.Day)],
            Shares = [new ShareModel("env", "prod", 60), new ShareModel("env", "dev", 30)],
        });
        var nowNs = rig.States.Clock.NowNs;
        var window = WindowSchedule.Daily(TimeZoneInfo.Utc).At(rig.States.Clock.UnixNs(nowNs)).Number - windowsAgo;

        // What a share has used of a window that is over is forgotten with it; what is owed then is owed by all.
        Assert.True(rig.States.Restore(
            "s", LimitUnit.Requests, LimitPeriod.Day, "*", new BucketCheckpoint(all, window),
            [("env=prod", new BucketCheckpoint(600, window)), ("env=gone", new BucketCheckpoint(9, window))]));

        var scope = rig.Scope("s", LimitUnit.Requests, "*");
        Assert.Equal(used, scope.Bucket.Used(nowNs));
        Assert.Equal((prod, dev), (scope.Shares[0].Bucket!.Remaining(nowNs), scope.Shares[1].Bucket!.Remaining(nowNs)));
    }

    [Fact]
    public void A_share_of_places_is_kept_while_its_owner_asks_and_lent_while_he_does_not()
    {
        LimitModel Limit(int places) => new()
        {
            Name = "s",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = [],
            Concurrent = places,
            Shares = [new ShareModel("env", "prod", 50), new ShareModel("env", "dev", 20)],
        };
        var rig = new AdmissionRig(Limit(10));
        var (prod, dev, other) = (LimitWorld.Key("p", tags: ("env", "prod")), LimitWorld.Key("d", tags: ("env", "dev")), LimitWorld.Key("o"));
        var inside = new List<AdmissionRig.Ask>();
        Assert.Equal(5, Entered(dev));
        Assert.Equal(0, Entered(other));
        rig.Time.Pass(TimeSpan.FromSeconds(11));
        Assert.Equal(5, Entered(other));
        Assert.Equal(0, Entered(prod));
        inside.ForEach(ask => ask.End(wasSent: false));
        inside.Clear();
        Assert.Equal((5, 5, 0), (Entered(other), Entered(prod), Entered(dev)));
        rig.Use(Limit(20));
        Assert.Equal((20, 10), (rig.Scope("s", null, "*").SharedGate!.Limit, rig.Scope("s", null, "*").Gate!.Count));

        int Entered(KeyModel key)
        {
            for (var count = 0; ; count++)
            {
                var ask = rig.Begin(key);
                if (ask.Both(Demand()) != AdmitVerdict.Admitted)
                    return count;
                inside.Add(ask);
            }
        }
    }

    [Fact]
    public void Nothing_leaks_whatever_way_exchanges_end()
    {
        var price = AdmissionTests.Price(input: 1_000_000_000, output: 2_000_000_000);
        var limits = new LimitModel
        {
            Name = "all",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Concurrent = 30,
            OnStream = StreamPolicy.Cut,
            Quantities =
            [
                LimitWorld.Amount(LimitUnit.Requests, 1_000_000, LimitPeriod.Day), LimitWorld.Amount(LimitUnit.Tokens, 400_000, LimitPeriod.Day),
                LimitWorld.Amount(LimitUnit.Cost, 600_000_000, LimitPeriod.Day),
            ],
        };
        var rig = new AdmissionRig([LimitWorld.Model("m", price: price)], limits);
        var random = new Random(11);
        var open = new List<Ask>();
        long requests = 0, tokens = 0, cost = 0, refused = 0;
        for (var i = 0; i < 5000; i++)
        {
            if (random.Next(3) > 0 || open.Count == 0)
            {
                var ask = rig.Begin();
                if (ask.Both(Demand(random.Next(200), isStream: random.Next(2) == 0, choices: random.Next(1, 3))) == AdmitVerdict.Admitted)
                    open.Add(ask);
                else
                    ask.End(wasSent: random.Next(2) == 0 && refused++ < 0);
                continue;
            }

            var at = random.Next(open.Count);
            var (input, output) = (random.Next(200), random.Next(300));
            if (random.Next(4) == 0)
            {
                open[at].Admission.EndTarget(0);
                if (open[at].Admission.AdmitTarget(open[at].Exchange, Demand(20)) != AdmitVerdict.Admitted)
                    (input, output) = (0, 0);
            }

            open[at].Admission.TryCover(output);
            var wasSent = random.Next(5) > 0;
            (input, output) = wasSent ? (input, output) : (0, 0);
            open[at].End(input, output, 1000 * input + 2000 * output, wasSent: wasSent);
            (requests, tokens, cost) = (requests + (wasSent ? 1 : 0), tokens + input + output, cost + 1000 * input + 2000 * output);
            open.RemoveAt(at);
        }

        open.ForEach(ask => ask.End(wasSent: false));
        Assert.True(rig.Counters("all").Refused > 0);
        Assert.Equal(requests, rig.Used("all", LimitUnit.Requests));
        Assert.Equal(tokens, rig.Used("all", LimitUnit.Tokens));
        Assert.Equal(cost, rig.Used("all", LimitUnit.Cost));
        Assert.Equal(0, rig.Scope("all", null, "*").Gate!.Count);
        Assert.Equal(0, rig.States.Reservations.Count);
    }

    private static LimitModel Daily(string name, long tokens, string? was = null) => new()
    {
        Name = name,
        Was = was,
        Match = LimitSelector.All,
        Per = LimitScope.Global,
        Quantities = [LimitWorld.Amount(LimitUnit.Tokens, tokens, LimitPeriod.Day)],
    };

    private static void Use(AdmissionRig rig, long tokens)
    {
        var ask = rig.Begin();
        ask.Both(Demand(0));
        ask.End(tokens);
    }
}
