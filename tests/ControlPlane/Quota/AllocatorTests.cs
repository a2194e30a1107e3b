using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>The allocator, ask by ask.</summary>
public sealed partial class AllocatorTests : IQuotaRules
{
    private const long S = LimitClock.SecondNs;
    private static readonly BucketId Id = new("shared", QuotaUnit.Requests, "", "*");
    private static readonly Dictionary<uint, string> Keys = new() { [1] = "a", [2] = "b", [3] = "c" };

    private readonly List<ReadOnlyMemory<byte>> _log = [];
    private QuotaRule? _rule = new() { Kind = QuotaKind.Rate, Amount = 100, Burst = 400 };
    private QuotaUnit _unit = QuotaUnit.Requests;
    private long _now = 5 * S;

    public ulong Generation { get; private set; }

    private Moment Now => new(_now, new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000_000 + _now);

    QuotaRule? IQuotaRules.Find(in BucketId id) => id with { Value = "*" } == Id with { Unit = _unit } ? _rule : null;

    IEnumerable<(string Limit, QuotaUnit Unit, QuotaRule Rule)> IQuotaRules.All => _rule is null ? [] : [(Id.Limit, _unit, _rule)];

    [Theory]
    [InlineData(true, 100)]
    [InlineData(false, 400)]
    public void What_was_granted_before_a_crash_is_not_granted_again_if_it_was_written(bool isWritten, ulong most)
    {
        var control = Start();
        var a = control.Join("a", 1, Now);
        Assert.InRange(Ask(control, a, Wanted(1, 1_000), isWritten).Amount, 290ul, 300ul);
        if (!isWritten)
            _log.Add(QuotaRecord.Write([QuotaRecord.Of(1)]));
        control = Start();
        _now += 59 * S / 10;
        var b = control.Join("b", 2, Now);
        var again = Ask(control, b, Wanted(1, 10_000)).Amount;
        Assert.InRange(again, most - 60, most);
    }

    [Fact]
    public void A_rates_first_lease_waits_for_no_disk_and_counts_after_a_crash()
    {
        var control = Start();
        Assert.True(control.Prepare(Now));
        Put(control);
        Assert.False(control.Prepare(Now));
        var a = control.Join("a", 1, Now);
        Put(control);
        var grant = control.Ask(a, 1, new BucketSeat(Id with { Value = "new" }), Wanted(1, 1_000), Keys, Now, out var isPending);
        Assert.Equal((false, 50ul), (isPending, grant.Amount));

        // What more it wants is on its way to the log, and lost with it.
        Assert.True(control.HasRecords);
        control = Start();
        _now += 59 * S / 10;
        var b = control.Join("b", 2, Now);
        Put(control);
        var seat = new BucketSeat(Id with { Value = "new" });
        control.Ask(b, 1, seat, Wanted(1, 10_000), Keys, Now, out isPending);
        Assert.True(isPending);
        Put(control);
        Assert.Equal(350ul, control.Ask(b, 1, seat, Wanted(1, 10_000), Keys, Now, out _).Amount);
    }

    [Fact]
    public void A_ceiling_rises_before_it_is_reached()
    {
        var control = Start();
        var a = control.Join("a", 1, Now);
        var seat = new BucketSeat(Id);
        control.Ask(a, 1, seat, Wanted(1, 100), Keys, Now, out _);
        Put(control);
        var first = control.Ask(a, 1, seat, Wanted(1, 100), Keys, Now, out _);
        Assert.Equal((30ul, true), (first.Amount, control.HasRecords));
        Put(control);
        var report = Wanted(1, 100);
        report.Leases.Add(new LeaseUse { Lease = first.Lease, Amount = first.Amount });
        report.Wants[0].Amount = 200;
        Assert.True(control.Ask(a, 1, seat, report, Keys, Now, out var isPending).Amount > 20);
        Assert.False(isPending);
    }

    [Fact]
    public void A_ceiling_that_a_burst_has_raised_comes_down_and_less_counts_as_out_after_a_crash()
    {
        var control = Start();
        var a = control.Join("a", 1, Now);
        var burst = Ask(control, a, Wanted(1, 1_000));
        var report = new BucketReport { Bucket = 1 };
        report.Leases.Add(new LeaseUse { Lease = burst.Lease, Amount = burst.Amount, Used = burst.Amount, IsClosed = true });
        Ask(control, a, report);
        Assert.True(OutAfterCrash() >= (long)burst.Amount);
        for (var second = 0; second < 8; second++)
        {
            _now += S;
            control.Sweep(Now);
            Put(control);
        }

        Assert.Equal(50, OutAfterCrash());

        // And up again, before more is granted.
        control.Ask(a, 1, new BucketSeat(Id), Wanted(1, 1_000), Keys, Now, out _);
        Assert.Equal((50, 50), (OutAfterCrash(), control.View("shared", Now)[0].Granted));
        Ask(control, a, Wanted(1, 1_000));
        Assert.True(control.View("shared", Now)[0].Granted is > 50 and var granted && OutAfterCrash() >= granted);

        long OutAfterCrash()
        {
            var next = Start();
            next.Ask(next.Join("b", 9, Now), 1, new BucketSeat(Id), new BucketReport { Bucket = 1 }, Keys, Now, out _);
            return next.View("shared", Now)[0].Held;
        }
    }

    [Fact]
    public void A_plane_that_says_what_it_holds_ends_the_doubt_after_a_crash()
    {
        var control = Start();
        var grant = Ask(control, control.Join("a", 1, Now), Wanted(1, 1_000));
        control = Start();
        _now += 3 * S;
        var report = new BucketReport { Bucket = 1 };
        report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = 250 });
        var a = control.Join("a", 1, Now);
        Ask(control, a, report);
        Assert.False(control.IsResolved);
        control.Reported(a);
        Assert.True(control.IsResolved);
        var view = Assert.Single(control.View("shared", Now));
        Assert.Equal(((long)grant.Amount - 250, 0L), (view.Granted, view.Held));
    }

    [Fact]
    public void An_ask_that_is_told_again_changes_nothing()
    {
        var control = Start();
        var a = control.Join("a", 1, Now);
        var grant = Ask(control, a, Wanted(1, 500));
        var report = new BucketReport { Bucket = 1 };
        report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = 100, IsClosed = true });
        Ask(control, a, report);
        var once = control.View("shared", Now)[0];
        Ask(control, a, report);
        Assert.Equal(once, control.View("shared", Now)[0]);
        Assert.Equal(300, once.Remaining);
    }

    [Fact]
    public void A_lease_whose_answer_was_lost_is_free_with_the_next_streams_first_report()
    {
        var control = Start();
        var a = control.Join("a", 1, Now);
        Ask(control, a, Wanted(1, 1_000));
        var again = Ask(control, a, Wanted(1, 1_000), stream: 2);
        Assert.Equal((long)again.Amount, control.View("shared", Now)[0].Granted);
    }

    [Fact]
    public void Keys_get_equal_parts_whatever_they_ask_for_and_classes_their_floors()
    {
        var division = new FairDivision();
        Claimant[] keys =
        [
            new("small") { Demand = 10 }, new("large") { Demand = 1000 }, new("larger") { Demand = 5000 },
            new("high") { Demand = 30, Priority = Priority.High }, new("low") { Demand = 50, Priority = Priority.Low },
        ];
        division.Divide(keys, 200, []);
        Assert.Equal([10, 75, 75, 30, 10], keys.Select(static k => Math.Round(k.Given, 6)));
    }

    [Fact]
    public void Guaranteed_shares_come_before_classes()
    {
        var division = new FairDivision();
        Claimant[] keys = [new("mine") { Demand = 60, Share = 0, Priority = Priority.Low }, new("other") { Demand = 500, Priority = Priority.High }];
        division.Divide(keys, 100, [50]);
        Assert.Equal([52.5, 47.5], keys.Select(static k => Math.Round(k.Given, 6)));
        keys[0].Demand = 20;
        division.Divide(keys, 100, [50]);
        Assert.Equal([20, 80], keys.Select(static k => Math.Round(k.Given, 6)));
    }

    [Fact]
    public void Divided_is_never_more_than_there_is_and_all_of_it_where_it_is_wanted() => Assert.All(Enumerable.Range(0, 300), static seed =>
    {
        var random = new Random(seed);
        var keys = Enumerable.Range(0, random.Next(1, 40)).Select(i => new Claimant($"{i}")
        {
            Demand = random.NextDouble() * 100,
            Priority = (Priority)random.Next(4),
            Share = random.Next(-1, 2),
        }).ToArray();
        var capacity = random.NextDouble() * 2000;
        new FairDivision().Divide(keys, capacity, [30, 20]);
        Assert.Equal(Math.Min(capacity, keys.Sum(static k => k.Demand)), keys.Sum(static k => k.Given), 6);
        Assert.All(keys, static k => Assert.InRange(k.Given, 0, k.Demand + 1e-9));
    });

    [Fact]
    public void Idle_slots_are_called_back_and_go_to_who_wants_them()
    {
        _rule = new QuotaRule { Kind = QuotaKind.Slots, Amount = 10 };
        var control = Start();
        var (a, b) = (control.Join("a", 1, Now), control.Join("b", 2, Now));
        var first = Ask(control, a, Wanted(1, 10));
        Assert.Equal(10ul, first.Amount);
        Assert.Equal(0ul, Ask(control, b, Wanted(2, 5)).Amount);
        Assert.True(control.TryTakeCall(out var call));
        Assert.Equal((a, first.Lease, 5L), (call.Plane, call.Lease, call.Keep));
        Assert.Equal(5ul, Ask(control, a, Slots(first.Lease, amount: 5, used: 2)).Amount);
        Assert.Equal(5ul, Ask(control, b, Wanted(2, 5)).Amount);
        _now += 7 * S;
        Assert.Equal(10, control.View("shared", Now)[0].Remaining);

        static BucketReport Slots(ulong lease, ulong amount, ulong used)
        {
            var report = new BucketReport { Bucket = 1 };
            report.Leases.Add(new LeaseUse { Lease = lease, Amount = amount, Used = used });
            return report;
        }
    }

    [Fact]
    public void Slots_in_use_are_never_more_than_there_are() => Assert.All(Enumerable.Range(0, 100), seed =>
    {
        var random = new Random(seed);
        _rule = new QuotaRule { Kind = QuotaKind.Slots, Amount = random.Next(1, 30) };
        var control = Start();
        var planes = Enumerable.Range(0, 5).Select(i => (State: control.Join($"{i}", (UInt128)i, Now), Lease: 0ul, Slots: 0ul, Used: 0ul, EndsNs: 0L)).ToArray();
        for (var i = 0; i < 300; i++)
        {
            for (var p = 0; p < 5; p++)
            {
                if (planes[p].EndsNs <= _now)
                    (planes[p].Lease, planes[p].Slots) = (0, 0);
            }

            ref var plane = ref planes[random.Next(5)];
            plane.Used = (ulong)random.NextInt64((long)plane.Slots + 1);
            var report = Wanted(1, (ulong)random.Next(20));
            if (plane.Lease != 0)
                report.Leases.Add(new LeaseUse { Lease = plane.Lease, Used = plane.Used, Amount = plane.Used + (ulong)random.NextInt64((long)(plane.Slots - plane.Used) + 1), IsClosed = plane.Slots == 0 });
            var grant = Ask(control, plane.State, report);
            (plane.Lease, plane.Slots, plane.EndsNs) = (grant.Lease, grant.Amount, _now + 5 * S);
            Assert.True(planes.Sum(static p => (long)p.Slots) <= _rule.Amount, $"{planes.Sum(static p => (long)p.Slots)} of {_rule.Amount}");
            _now += random.Next(2000) * 1_000_000L;
        }
    });

    [Fact]
    public void An_edit_keeps_what_is_used_and_a_limit_that_is_gone_is_unknown()
    {
        _rule = new QuotaRule { Kind = QuotaKind.Window, Amount = 1000, Schedule = WindowSchedule.Daily(TimeZoneInfo.Utc) };
        var control = Start();
        var a = control.Join("a", 1, Now);
        var grant = Ask(control, a, Wanted(1, 100_000));
        _rule = _rule with { Amount = 2000 };
        Generation++;
        Assert.Equal(0ul, Ask(control, a, new BucketReport { Bucket = 1 }).Amount);
        Assert.Equal(2000 - (long)grant.Amount, control.View("shared", Now)[0].Remaining);
        _rule = null;
        Generation++;
        Assert.True(Ask(control, a, Wanted(1, 1)).IsUnknown);
    }

    [Fact]
    public void What_is_used_beyond_leases_counts_once_also_over_a_crash()
    {
        _rule = new QuotaRule { Kind = QuotaKind.Window, Amount = 1000, Schedule = WindowSchedule.Daily(TimeZoneInfo.Utc) };
        var control = Start();
        var window = Ask(control, control.Join("a", 1, Now), Wanted(1, 1)).Window;
        Ask(control, control.Join("a", 1, Now), Beyond(window, 400, 0));
        Assert.InRange(control.View("shared", Now)[0].Remaining, 590, 600);
        control = Start();
        Ask(control, control.Join("a", 1, Now), Beyond(window, 400, 400));
        Assert.InRange(control.View("shared", Now)[0].Remaining, 580, 600);
        Ask(control, control.Join("a", 1, Now), Beyond(window, 500, 400));
        Assert.InRange(control.View("shared", Now)[0].Remaining, 480, 500);

        static BucketReport Beyond(ulong window, long total, long acknowledged)
        {
            var report = new BucketReport { Bucket = 1 };
            report.Adjustments.Add(new WindowAdjustment { Window = window, Total = total, Acknowledged = acknowledged });
            return report;
        }
    }

    [Theory]
    [InlineData("Rate")]
    [InlineData("Window")]
    [InlineData("Slots")]
    public void What_all_planes_have_used_is_said_where_it_is_wanted_and_only_there(string kind)
    {
        var rule = new QuotaRule { Kind = Enum.Parse<QuotaKind>(kind), Amount = 100, Burst = 100, Schedule = WindowSchedule.Daily(TimeZoneInfo.Utc) };
        _rule = rule with { IsUseTold = true };
        var control = Start();
        var (a, b) = (control.Join("a", 1, Now), control.Join("b", 2, Now));
        var grant = Ask(control, a, Wanted(1, 1_000));
        Assert.Equal((true, 0ul), (grant.HasUsed, grant.Used));
        Assert.True(grant.Amount >= 3, grant.ToString());
        var report = new BucketReport { Bucket = 1 };
        report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = 3, Window = grant.Window });
        Assert.Equal(3ul, Ask(control, a, report).Used);
        Assert.Equal(3ul, Ask(control, b, Wanted(2, 10)).Used);
        Assert.Equal(3.0, control.View("shared", Now)[0].UsedPercent);

        // A control plane that was killed does not know what the plane did not tell: all that may be out is taken for used.
        control = Start();
        Assert.True(Ask(control, control.Join("c", 3, Now), new BucketReport { Bucket = 1 }).Used >= 3);
        _rule = rule;
        Generation++;
        Assert.False(Ask(control, control.Join("c", 3, Now), new BucketReport { Bucket = 1 }).HasUsed);
    }

    [Fact]
    public void What_the_log_has_is_read_as_it_was_written()
    {
        QuotaRecord[] records = [QuotaRecord.Of(7), QuotaRecord.Of(Id with { Value = "ü" }, 3, long.MaxValue), QuotaRecord.Of("p", UInt128.MaxValue - 5, isThere: true)];
        var bytes = QuotaRecord.Write(records);
        Assert.Equal(records, QuotaRecord.Read(bytes));
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            var some = bytes.AsMemory(0, cut);
            if (cut is not 9 && cut != bytes.Length - 20)
                Assert.Throws<InvalidDataException>(() => QuotaRecord.Read(some).Count());
        }

        var memory = QuotaMemory.Of(bytes, []);
        var saved = QuotaMemory.Of(memory.Save(), []);
        Assert.Equal((7ul, (3L, long.MaxValue), 1), (saved.Incarnation, saved.CeilingOf(Id with { Value = "ü" }, isLevel: false), saved.Waiting.Count));
    }

    [Theory]
    [InlineData(QuotaUnit.Requests, 100, 1, 50, 6)]
    [InlineData(QuotaUnit.Nanodollars, 1_000_000_000, 20_000_000, 400_000_000, 6)]
    public void A_small_window_is_not_lent_a_request_at_a_time(QuotaUnit unit, long amount, long cost, long used, int answersMax)
    {
        var control = StartWindow(unit, amount);
        var (a, seat) = (control.Join("a", 1, Now), new BucketSeat(Id with { Unit = unit }));
        control.Join("b", 1, Now);
        Put(control);
        long granted = 0;
        var report = new BucketReport { Bucket = 1, Least = (ulong)cost };
        report.Wants.Add(new Want { Subject = 1, Amount = (ulong)(100 * amount) });
        for (var answers = 0; granted < used; answers++, _now += S / 10)
        {
            Assert.True(answers < answersMax, $"{granted} after {answers} answers");
            var grant = AskWritten(control, a, seat, report);
            granted += (long)grant.Amount;
            if (grant.Amount > 0)
                report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = grant.Amount, IsClosed = true });
        }

        Assert.InRange(granted, used, amount);
    }

    [Fact]
    public void Starts_of_planes_that_never_came_back_are_forgotten_once_what_they_held_is_over()
    {
        var control = Start();
        control.Join("gone", 1, Now);
        Put(control);
        control = Start();
        _now += WindowQuota.LeaseNs + WindowQuota.HoldNs - S;
        control.Sweep(Now);
        Put(control);
        Assert.False(Start().IsResolved);
        _now += 3600 * S;
        control.Sweep(Now);
        Put(control);
        Assert.True(Start().IsResolved);
    }

    private static BucketReport Wanted(uint key, ulong amount)
    {
        var report = new BucketReport { Bucket = 1 };
        report.Wants.Add(new Want { Subject = key, Amount = amount });
        return report;
    }

    private void Put(QuotaAllocator control)
    {
        var records = control.TakeRecords();
        _log.Add(QuotaRecord.Write(records));
        control.Written(records);
    }

    private QuotaAllocator Start() => new(this, QuotaMemory.Of(default, _log), Now);

    private QuotaAllocator StartWindow(QuotaUnit unit, long amount)
    {
        _unit = unit;
        _rule = new() { Kind = QuotaKind.Window, Amount = amount, Schedule = WindowSchedule.Daily(TimeZoneInfo.Utc), Period = AmountPeriod.Day };
        var control = Start();
        control.Prepare(Now);
        Put(control);
        return control;
    }

    private BucketGrant AskWritten(QuotaAllocator control, PlaneState plane, BucketSeat seat, BucketReport report)
    {
        var grant = control.Ask(plane, 1, seat, report, Keys, Now, out var isPending);
        while (isPending)
        {
            Put(control);
            grant = control.Ask(plane, 1, seat, report, Keys, Now, out isPending);
        }

        return grant;
    }

    private BucketGrant Ask(QuotaAllocator control, PlaneState plane, BucketReport report, bool isWritten = true, ulong stream = 1)
    {
        while (true)
        {
            var grant = control.Ask(plane, stream, new BucketSeat(Id), report, Keys, Now, out var isPending);
            var records = control.TakeRecords();
            if (records.Count > 0 && isWritten)
                _log.Add(QuotaRecord.Write(records));
            control.Written(records);
            if (!isPending)
                return grant;
        }
    }
}
