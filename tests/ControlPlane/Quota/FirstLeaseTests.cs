using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>What buckets are lent by what the log says of any of them, before it says anything of their own.</summary>
public sealed class FirstLeaseTests : IQuotaRules
{
    private const long S = LimitClock.SecondNs;
    private const long Day = 86_400 * S;
    private static readonly BucketId Id = new("shared", QuotaUnit.Requests, "key", "one");
    private static readonly Dictionary<uint, string> Keys = new() { [1] = "one" };

    private readonly List<ReadOnlyMemory<byte>> _log = [];
    private QuotaRule? _rule = Daily(12_800);
    private ulong _generation;
    private long _now = 5 * S;

    ulong IQuotaRules.Generation => _generation;

    IEnumerable<(string Limit, QuotaUnit Unit, QuotaRule Rule)> IQuotaRules.All => _rule is null ? [] : [(Id.Limit, Id.Unit, _rule)];

    private Moment Now => new(_now, new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000_000 + _now);

    QuotaRule? IQuotaRules.Find(in BucketId id) => id.Limit == Id.Limit ? _rule : null;

    [Fact]
    public void What_a_start_rehearses_lends_of_each_kind_without_a_log() => Assert.Equal(3, QuotaRehearsal.Run());

    [Fact]
    public void A_windows_first_lease_waits_for_no_disk_and_counts_after_a_crash()
    {
        var control = Start();
        var grant = Ask(control, "a", 100, out var isPending);
        Assert.Equal((100ul, false), (grant.Amount, isPending));
        Assert.Equal(1, Records());

        // What goes beyond the block of any bucket does.
        Assert.Equal(0ul, Ask(control, "b", 100, out isPending).Amount);
        Assert.True(isPending);

        control = Start();
        Ask(control, "c", 0, out _);
        Assert.Equal(100, Assert.Single(control.View("shared", Now)).Used);
    }

    [Fact]
    public void Of_a_lease_that_is_larger_than_that_comes_what_needs_no_disk()
    {
        var control = Start();
        var grant = Ask(control, "a", 10_000, out var isPending);
        Assert.Equal((100ul, false, true), (grant.Amount, isPending, control.HasRecords));
    }

    [Fact]
    public void What_one_request_takes_is_never_lent_in_part()
    {
        var control = Start();
        Assert.Equal(0ul, Ask(control, "a", 10_000, out var isPending, least: 101).Amount);
        Assert.True(isPending);
    }

    [Fact]
    public void The_next_window_is_in_the_log_before_it_begins_and_nothing_of_the_last_is_in_it()
    {
        var control = Start();
        Ask(control, "a", 100, out _);
        _now = Day / 2 - 5 * S;
        Assert.True(control.Prepare(Now));
        Put(control);
        Assert.False(control.Prepare(Now));
        _now = Day / 2 + S;
        Assert.Equal(100ul, Ask(control, "b", 100, out var isPending).Amount);
        Assert.False(isPending);
        Assert.Equal(100, Assert.Single(control.View("shared", Now)).Granted);

        control = Start();
        Ask(control, "c", 0, out _);
        Assert.Equal(100, Assert.Single(control.View("shared", Now)).Used);
    }

    [Fact]
    public void A_smaller_limit_says_less_from_its_next_window_on_and_not_before()
    {
        var control = Start();
        Ask(control, "a", 100, out _);
        Edit(control, Daily(128));
        control = Start();
        Ask(control, "b", 0, out _);
        Assert.Equal(100, Assert.Single(control.View("shared", Now)).Used);

        _now = Day / 2 - 5 * S;
        Assert.False(control.Prepare(Now));
        _now = Day / 2 + S;
        Assert.True(control.Prepare(Now));
        Put(control);
        control = Start();
        Ask(control, "c", 0, out _);
        Assert.Equal(1, Assert.Single(control.View("shared", Now)).Used);
    }

    [Fact]
    public void Limits_that_become_of_another_kind_go_by_no_number_of_the_last()
    {
        var control = Start();
        Ask(control, "a", 100, out _);
        (_rule, _generation) = (Daily(12_800) with { Schedule = WindowSchedule.Monthly(TimeZoneInfo.Utc), Period = AmountPeriod.Month }, _generation + 1);
        Assert.Equal(0ul, Ask(control, "b", 100, out var isPending).Amount);
        Assert.True(isPending);
        Edit(control, _rule);
        Assert.Equal(100ul, Ask(control, "b", 100, out _, value: "two").Amount);
        Edit(control, new QuotaRule { Kind = QuotaKind.Rate, Amount = 80, Burst = 80 });
        Assert.Equal(10ul, Ask(control, "c", 100, out _, value: "three").Amount);
        control = Start();
        Ask(control, "d", 0, out _, value: "three");
        Assert.Equal(10, Assert.Single(control.View("shared", Now)).Held);
    }

    [Fact]
    public void A_limit_that_was_gone_for_a_moment_has_what_was_used_of_it()
    {
        var control = Start();
        Ask(control, "a", 100, out _);
        var rule = _rule;
        Edit(control, null);
        Assert.True(Ask(control, "b", 10, out _).IsUnknown);
        Edit(control, rule);
        Ask(control, "c", 0, out _);
        Assert.Equal(100, Assert.Single(control.View("shared", Now)).Used);
    }

    [Fact]
    public void A_bucket_of_which_nothing_is_used_goes_and_one_of_which_something_is_stays()
    {
        var control = Start();
        var grant = Ask(control, "a", 100, out _);
        var back = new BucketReport { Bucket = 1, Leases = { new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = 40, IsClosed = true } } };
        control.Ask(control.Join("a", 1, Now), 1, new BucketSeat(Id), back, Keys, Now, out _);
        Tidy(control);
        Assert.Equal(40, Assert.Single(control.View("shared", Now)).Used);
        Ask(control, "b", 0, out _, value: "two");
        Tidy(control);
        Assert.Single(control.View("shared", Now));
    }

    [Fact]
    public void A_burst_is_drawn_faster_than_the_disk_writes()
    {
        _rule = new QuotaRule { Kind = QuotaKind.Rate, Amount = 100, Burst = 400 };
        var control = Start();
        var first = Ask(control, "a", 14, out _);
        Assert.Equal(32ul, first.Amount);
        Put(control);
        Assert.InRange(Ask(control, "b", 44, out var isPending).Amount, 95ul, 100ul);
        Assert.False(isPending);

        // What more is wanted by who has a lease comes in part.
        var report = new BucketReport { Bucket = 1, Wants = { new Want { Subject = 1, Amount = 300 } } };
        report.Leases.Add(new LeaseUse { Lease = first.Lease, Amount = first.Amount, Used = first.Amount });
        Assert.InRange(control.Ask(control.Join("a", 1, Now), 1, new BucketSeat(Id), report, Keys, Now, out isPending).Amount, 45ul, 60ul);
        Assert.False(isPending);
    }

    [Fact]
    public void The_first_places_wait_for_no_disk_and_count_after_a_crash()
    {
        _rule = new QuotaRule { Kind = QuotaKind.Slots, Amount = 80 };
        var control = Start();
        Assert.Equal(10ul, Ask(control, "a", 40, out var isPending).Amount);
        Assert.Equal((false, true), (isPending, control.HasRecords));
        control = Start();
        Ask(control, "b", 0, out _);
        Assert.Equal(10, Assert.Single(control.View("shared", Now)).Held);
    }

    private static QuotaRule Daily(long amount) =>
        new() { Kind = QuotaKind.Window, Amount = amount, Schedule = WindowSchedule.Daily(TimeZoneInfo.Utc), Period = AmountPeriod.Day };

    private QuotaAllocator Start()
    {
        var control = new QuotaAllocator(this, QuotaMemory.Of(default, _log), Now);
        control.Prepare(Now);
        Put(control);
        return control;
    }

    private void Edit(QuotaAllocator control, QuotaRule? rule)
    {
        (_rule, _generation) = (rule, _generation + 1);
        control.Prepare(Now);
        Put(control);
    }

    private void Put(QuotaAllocator control)
    {
        var records = control.TakeRecords();
        if (records.Count == 0)
            return;
        _log.Add(QuotaRecord.Write(records));
        control.Written(records);
    }

    private int Records() => _log.SelectMany(static command => QuotaRecord.Read(command)).Count(static record => record.IsOfBucket);

    private void Tidy(QuotaAllocator control)
    {
        _now += 60 * S;
        control.Sweep(Now);
        control.Sweep(Now);
    }

    /// <summary>A plane's first ask, as if it wanted so much for two minutes.</summary>
    private BucketGrant Ask(QuotaAllocator control, string plane, ulong wanted, out bool isPending, ulong least = 0, string value = "one")
    {
        var state = control.Join(plane, 1, Now);
        Put(control);
        var report = new BucketReport { Bucket = 1, Least = least };
        if (wanted > 0)
            report.Wants.Add(new Want { Subject = 1, Amount = wanted * 15 / 2 });
        return control.Ask(state, 1, new BucketSeat(Id with { Value = value }), report, Keys, Now, out isPending);
    }
}
