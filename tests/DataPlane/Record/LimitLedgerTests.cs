using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>What limits have used goes on where it was, after any end of the process; nothing counts twice and nothing is forgotten.</summary>
public sealed class LimitLedgerTests
{
    private static readonly LimitModel Day = LedgerRig.Limit("day", LimitUnit.Tokens, LimitPeriod.Day);
    private static readonly LimitModel Month = LedgerRig.Limit("month", LimitUnit.Cost, LimitPeriod.Month, LimitScope.Team);
    private static readonly LimitModel Hour = LedgerRig.Limit("hour", LimitUnit.Requests, LimitPeriod.Hour, LimitScope.Global);
    private static readonly LimitModel Rate = LedgerRig.Limit("rate", LimitUnit.Tokens, LimitPeriod.Minute);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_a_restart_each_bucket_has_used_the_sum_of_its_records(bool isOrderly)
    {
        using var rig = new LedgerRig();
        rig.Start(Day, Month, Hour, Rate);
        for (var i = 0; i < 10; i++)
        {
            rig.Spend(10, 5, cost: 100);
            rig.Spend(1, 1, key: "other", cost: 1);
            if (i == 5)
                rig.Save();
        }

        if (isOrderly)
            rig.Stop();
        else
            rig.Crash();
        rig.Start(Day, Month, Hour, Rate);

        Assert.Equal(150, rig.Used("day", "full"));
        Assert.Equal(20, rig.Used("day", "other"));
        Assert.Equal(1010, rig.Used("month", "blue"));
        Assert.Equal(20, rig.Used("hour", LimitTable.Everyone));
        Assert.Equal(-1, rig.Used("rate", "full"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_each_share_has_used_is_known_after_a_restart_and_under_another_name(bool isOrderly)
    {
        LimitModel Shared(string name, string? was = null) => new()
        {
            Name = name,
            Was = was,
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = Day.Quantities,
            Shares = [new ShareModel("env", "prod", 60), new ShareModel("env", "dev", 30)],
        };
        using var rig = new LedgerRig();
        rig.Start(Shared("old"));
        rig.Spend(400, 100, env: "prod");
        rig.Save();
        rig.Spend(70, 30, key: "second", env: "prod");
        rig.Spend(5, 5, env: "dev");
        rig.Spend(1, 0);
        if (isOrderly)
            rig.Stop();
        else
            rig.Crash();

        foreach (var limit in (LimitModel[])[Shared("old"), Shared("new", was: "old")])
        {
            rig.Start(limit);
            var (key, used, shares) = Assert.Single(rig.Ledger.InForce);
            Assert.Equal((limit.Name, 611), (key.Limit, used.Used));
            Assert.Equal([("env=prod", 600), ("env=dev", 10)], shares.Select(s => (s.Share, s.Used.Used)));
            rig.Stop();
        }
    }

    [Fact]
    public void A_crash_loop_counts_nothing_twice()
    {
        using var rig = new LedgerRig();
        for (var run = 1; run <= 20; run++)
        {
            rig.Start(Day, Month);
            Assert.Equal(run == 1 ? -1 : 15 * (run - 1), rig.Used("day", "full"));
            rig.Spend(10, 5, cost: 3);
            if (run % 3 == 0)
                rig.Save();
            rig.Crash();
        }

        rig.Start(Day, Month);
        Assert.Equal(300, rig.Used("day", "full"));
        Assert.Equal(60, rig.Used("month", "blue"));
    }

    [Fact]
    public void A_stream_that_a_crash_left_open_is_charged_with_its_last_progress_once()
    {
        using var rig = new LedgerRig();
        rig.Start(Day, Month);
        rig.Spend(10, 0, kind: JournalKind.Open);
        rig.Crash();
        rig.Start(Day, Month);
        Assert.Equal(10, rig.Used("day", "full"));
        rig.Spend(30, 12, cost: 9, kind: JournalKind.Progress);
        for (var run = 0; run < 3; run++)
        {
            rig.Crash();
            rig.Start(Day, Month);
            Assert.Equal(10 + 42, rig.Used("day", "full"));
            Assert.Equal(9, rig.Used("month", "blue"));
        }
    }

    [Fact]
    public void An_attempt_before_the_last_costs_money_and_no_tokens()
    {
        using var rig = new LedgerRig();
        rig.Start(Day, Month, Hour);
        rig.Spend(10, 5, cost: 40, kind: JournalKind.Attempt);
        Assert.Equal((-1, 40, -1), (rig.Used("day", "full"), rig.Used("month", "blue"), rig.Used("hour", LimitTable.Everyone)));
        rig.Crash();
        rig.Start(Day, Month, Hour);
        Assert.Equal((-1, 40, -1), (rig.Used("day", "full"), rig.Used("month", "blue"), rig.Used("hour", LimitTable.Everyone)));
    }

    [Theory]
    [InlineData(-60)]
    [InlineData(60)]
    [InlineData(-24 * 60)]
    public void A_step_of_the_wall_clock_between_runs_or_within_one_opens_no_window_anew(int minutes)
    {
        using var rig = new LedgerRig();
        var windows = new List<long>();
        rig.Start(Hour, Day);
        for (var run = 0; run < 6; run++)
        {
            rig.Spend(100, 0);
            windows.Add(rig.Ledger.Uses.Single(u => u.Key.Limit == "hour").Used.Window);
            rig.Time.Now += TimeSpan.FromMinutes(run % 2 == 0 ? minutes : -minutes);
            rig.Spend(100, 0);
            windows.Add(rig.Ledger.Uses.Single(u => u.Key.Limit == "hour").Used.Window);
            rig.Crash();
            rig.Start(Hour, Day);
        }

        Assert.Equal(windows.Order(), windows);
        Assert.True(windows.Distinct().Count() <= 2);

        // Of the day, in which all of it lies or which is later than all of it, nothing is given back.
        Assert.Equal(1200, rig.Used("day", "full"));
    }

    [Fact]
    public void A_new_window_begins_with_the_debt_of_the_one_before_and_nothing_else()
    {
        using var rig = new LedgerRig();
        var forgiving = LedgerRig.Limit("forgiving", LimitUnit.Tokens, LimitPeriod.Day, debt: DebtPolicy.Forgive);
        rig.Start(Day, forgiving);
        rig.Spend(2300, 0);
        rig.Crash();
        rig.Time.Now += TimeSpan.FromDays(2);
        rig.Start(Day, forgiving);
        rig.Spend(1, 0);
        Assert.Equal(301, rig.Used("day", "full"));
        Assert.Equal(1, rig.Used("forgiving", "full"));
    }

    [Fact]
    public void What_was_used_outlives_the_records()
    {
        using var rig = new LedgerRig();
        rig.Start(Month);
        rig.Spend(10, 5, cost: 700);
        rig.Save();
        for (var i = 0; i < 45_000; i++)
            rig.Files.Append(rig.Store, JournalRig.Exchange("filler"), JournalKind.Exchange, id: 1000 + i);
        Assert.True(rig.Store.TryCommit());
        Assert.False(rig.Store.TryDrop(long.MaxValue, long.MaxValue, out _) && rig.Files.Read().Contains("r0"));
        rig.Save();
        Assert.True(rig.Store.TryDrop(long.MaxValue, long.MaxValue, out _));
        Assert.True(rig.Store.TryCommit());
        rig.Crash();

        rig.Start(Month);
        Assert.False(File.Exists(rig.Files.Segment(0)));
        Assert.Equal(700, rig.Used("month", "blue"));
        rig.Crash();

        // Without it nobody knows: the records no longer reach back to the first of the month.
        File.Delete(rig.Checkpoint);
        Assert.Contains("limits.checkpoint is missing, and the records do not reach back to where the present window of the limit month begins", rig.Fault(Month), StringComparison.Ordinal);
        var said = new StringWriter();
        Assert.Equal(0, AiEdge.DataPlane.Hosting.JournalCommand.Rebuild(rig.Files.Folder, said, said));
        rig.Start(Month);
        Assert.Equal(-1, rig.Used("month", "blue"));
    }

    [Fact]
    public void A_changed_amount_keeps_what_was_used_and_another_name_or_scope_begins_anew()
    {
        using var rig = new LedgerRig();
        rig.Start(Day);
        rig.Spend(100, 50);
        rig.Crash();

        rig.Start(LedgerRig.Limit("day", LimitUnit.Tokens, LimitPeriod.Day, amount: 5));
        Assert.Equal(150, rig.Used("day", "full"));
        rig.Stop();

        rig.Start(LedgerRig.Limit("renamed", LimitUnit.Tokens, LimitPeriod.Day, was: "day"));
        Assert.Equal(150, rig.Used("renamed", "full"));
        rig.Spend(1, 0);
        rig.Stop();

        rig.Start(LedgerRig.Limit("renamed", LimitUnit.Tokens, LimitPeriod.Day, LimitScope.Team));
        Assert.Equal(-1, rig.Used("renamed", "blue"));
        rig.Stop();

        rig.Start(LedgerRig.Limit("renamed", LimitUnit.OutputTokens, LimitPeriod.Day), LedgerRig.Limit("renamed", LimitUnit.Tokens, LimitPeriod.Month));
        Assert.Empty(rig.Ledger.Uses);
    }

    [Fact]
    public void What_a_limit_that_measures_has_let_pass_is_no_use_of_it_nor_debt()
    {
        using var rig = new LedgerRig();
        LimitModel Shadow(bool isShadow) => new()
        {
            Name = "day",
            Match = LimitSelector.All,
            Per = LimitScope.Key,
            Quantities = Day.Quantities,
            IsShadow = isShadow,
        };
        rig.Start(Shadow(true), Hour);
        for (var i = 0; i < 5; i++)
            rig.Spend(400, 0);
        Assert.Equal((1000, 5), (rig.Used("day", "full"), rig.Used("hour", LimitTable.Everyone)));
        rig.Crash();
        rig.Start(Shadow(true));
        Assert.Equal(1000, rig.Used("day", "full"));
        rig.Stop();

        // From now on it refuses, until its window ends and no longer.
        rig.Start(Shadow(false));
        Assert.Equal(1000, rig.Used("day", "full"));
        rig.Time.Now += TimeSpan.FromDays(1);
        rig.Spend(1, 0);
        Assert.Equal(1, rig.Used("day", "full"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_limit_that_was_away_begins_anew_however_soon_it_is_back(bool isSaved)
    {
        using var rig = new LedgerRig();
        rig.Start(Day, Hour);
        rig.Spend(100, 50);
        rig.Save();
        rig.Edit(Hour);
        if (isSaved)
            rig.Save();
        rig.Edit(Day, Hour);
        rig.Spend(1, 0);
        Assert.Equal((1, 2), (rig.Used("day", "full"), rig.Used("hour", LimitTable.Everyone)));
        rig.Stop();
        rig.Start(Day, Hour);
        Assert.Equal((1, 2), (rig.Used("day", "full"), rig.Used("hour", LimitTable.Everyone)));
    }

    [Fact]
    public void So_does_one_whose_shares_are_others()
    {
        using var rig = new LedgerRig();
        LimitModel Shared(params ShareModel[] shares) => new()
        {
            Name = "day",
            Match = LimitSelector.All,
            Per = LimitScope.Global,
            Quantities = Day.Quantities,
            Shares = shares,
        };
        rig.Start(Shared(new ShareModel("env", "prod", 60)));
        rig.Spend(100, 50, env: "prod");
        rig.Stop();
        rig.Start(Shared(new ShareModel("env", "prod", 50)));
        Assert.Equal(150, Assert.Single(rig.Ledger.InForce).Used.Used);
        rig.Stop();
        rig.Start(Shared(new ShareModel("env", "prod", 50), new ShareModel("env", "dev", 10)));
        Assert.Empty(rig.Ledger.InForce);
    }

    [Fact]
    public void Who_was_turned_to_and_not_asked_has_used_nothing()
    {
        using var rig = new LedgerRig();
        var provider = LedgerRig.Limit("provider", LimitUnit.Requests, LimitPeriod.Day, LimitScope.Provider, match: new LimitSelector { Providers = [[.. "open*"u8]] });
        rig.Start(provider, Hour);
        rig.Spend(0, 0, isRecorded: true);
        Assert.Equal((-1, 1), (rig.Used("provider", "openai"), rig.Used("hour", LimitTable.Everyone)));
        rig.Crash();
        rig.Start(provider, Hour);
        Assert.Equal((-1, 1), (rig.Used("provider", "openai"), rig.Used("hour", LimitTable.Everyone)));

        // One that a crash has found there was about to be asked.
        rig.Spend(0, 0, isRecorded: true, kind: JournalKind.Open);
        rig.Crash();
        rig.Start(provider, Hour);
        Assert.Equal((1, 2), (rig.Used("provider", "openai"), rig.Used("hour", LimitTable.Everyone)));
    }

    [Fact]
    public void An_edit_while_it_runs_carries_a_renamed_limit_over_too()
    {
        using var rig = new LedgerRig();
        rig.Start(Day);
        rig.Spend(100, 50);
        rig.Edit(LedgerRig.Limit("renamed", LimitUnit.Tokens, LimitPeriod.Day, was: "day"));
        rig.Spend(1, 0);
        rig.Save();
        Assert.Equal(151, rig.Used("renamed", "full"));
        Assert.Equal(-1, rig.Used("day", "full"));
    }

    [Fact]
    public void Another_time_zone_frees_nothing_before_a_window_of_its_own_ends()
    {
        using var rig = new LedgerRig();
        var ahead = TimeZoneInfo.CreateCustomTimeZone("ahead", TimeSpan.FromHours(14), "ahead", "ahead");
        var zoned = LedgerRig.Limit("day", LimitUnit.Tokens, LimitPeriod.Day, zone: ahead);
        rig.Start(Day);
        rig.Spend(100, 50);
        rig.Edit(zoned);
        rig.Save();
        rig.Spend(1, 0);
        Assert.Equal(151, rig.Used("day", "full"));
        rig.Crash();
        rig.Start(Day);
        Assert.Equal(151, rig.Used("day", "full"));
        rig.Stop();
        rig.Start(zoned);
        rig.Spend(1, 0);
        Assert.Equal(152, rig.Used("day", "full"));
    }

    [Fact]
    public void Buckets_of_a_tag_are_bounded_and_the_rest_shares_one()
    {
        using var rig = new LedgerRig();
        var model = LedgerRig.Limit("tags", LimitUnit.Tokens, LimitPeriod.Day, LimitScope.Tag);
        var bounded = new LimitModel { Name = "tags", Match = model.Match, Per = model.Per, PerTag = model.PerTag, Quantities = model.Quantities, BucketsMax = 3 };
        rig.Start(bounded);
        for (var i = 0; i < 10; i++)
            rig.Spend(i, 1, tag: $"t{i}");
        rig.Spend(1, 0, tag: "t0");
        Assert.Equal([2, 2, 3], ((string[])["t0", "t1", "t2"]).Select(tag => rig.Used("tags", tag)));
        Assert.Equal(49, rig.Used("tags", LimitTable.Other));
        rig.Crash();
        rig.Start(bounded);
        Assert.Equal(49, rig.Used("tags", LimitTable.Other));
    }

    [Fact]
    public void A_limit_that_matches_by_tier_team_or_provider_finds_its_records_again()
    {
        using var rig = new LedgerRig();
        LimitModel[] limits =
        [
            LedgerRig.Limit("tier", LimitUnit.Tokens, LimitPeriod.Day, match: new LimitSelector { Tiers = [[.. "pro"u8]] }),
            LedgerRig.Limit("other-tier", LimitUnit.Tokens, LimitPeriod.Day, match: new LimitSelector { Tiers = [[.. "free"u8]] }),
            LedgerRig.Limit("provider", LimitUnit.Tokens, LimitPeriod.Day, LimitScope.Provider, match: new LimitSelector { Providers = [[.. "open*"u8]] }),
        ];
        rig.Start(limits);
        rig.Spend(3, 4);
        foreach (var _ in (int[])[1, 2])
        {
            Assert.Equal((7, -1, 7), (rig.Used("tier", "full"), rig.Used("other-tier", "full"), rig.Used("provider", "openai")));
            rig.Crash();
            rig.Start(limits);
        }
    }
}
