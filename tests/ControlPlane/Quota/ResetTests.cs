using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>A limit's use is forgotten; what is in planes' hands is not, and no crash brings the use back.</summary>
public sealed class ResetTests : IQuotaRules
{
    private const long S = LimitClock.SecondNs;
    private static readonly BucketId Id = new("shared", QuotaUnit.Requests, "", "*");

    private readonly List<ReadOnlyMemory<byte>> _log = [];
    private readonly QuotaRule _window = new() { Kind = QuotaKind.Window, Amount = 1000, Schedule = WindowSchedule.Daily(TimeZoneInfo.Utc) };
    private QuotaRule? _rule;

    public ulong Generation => 1;

    private long _passedNs;

    private Moment Now =>
        new((5 * S) + _passedNs, (new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000_000) + _passedNs);

    QuotaRule? IQuotaRules.Find(in BucketId id) => id == Id ? _rule : null;

    [Fact]
    public void A_window_has_all_again_but_for_what_planes_hold()
    {
        _rule = _window;
        var control = Start();
        var plane = control.Join("a", 1, Now);
        var grant = Spend(control, plane, 400);
        var held = control.View("shared", Now)[0].Granted;
        Assert.Equal(1, Reset(control));
        var view = control.View("shared", Now)[0];
        Assert.Equal((0L, held, 1000 - held), (view.Used, view.Granted, view.Remaining));

        // What comes back of the lease leaves nothing behind.
        var report = new BucketReport { Bucket = 1 };
        report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = grant.Amount - (ulong)held, IsClosed = true });
        Ask(control, plane, report);
        Assert.Equal((0L, 0L, 1000L), (control.View("shared", Now)[0].Used, control.View("shared", Now)[0].Granted, control.View("shared", Now)[0].Remaining));
    }

    [Fact]
    public void After_a_restart_what_was_forgotten_is_not_remembered_and_what_came_since_is()
    {
        _rule = _window;
        var control = Start();
        var plane = control.Join("a", 1, Now);
        Spend(control, plane, 900);
        Reset(control);
        control = Start();
        Ask(control, control.Join("b", 2, Now), Wanted(1));
        Assert.True(control.View("shared", Now)[0].Remaining >= 900, control.View("shared", Now)[0].ToString());
        Spend(control, control.Join("b", 2, Now), 300);
        control = Start();
        Ask(control, control.Join("c", 3, Now), Wanted(1));
        Assert.True(control.View("shared", Now)[0].Remaining <= 700, control.View("shared", Now)[0].ToString());
    }

    [Fact]
    public void A_bucket_that_is_only_in_the_log_is_reset_too_and_leases_of_before_count_once_they_are_known()
    {
        _rule = _window;
        var control = Start();
        var plane = control.Join("a", 1, Now);
        var grant = Spend(control, plane, 500);
        control = Start();
        Assert.Equal(1, Reset(control));
        Assert.Equal(1000, control.View("shared", Now)[0].Remaining);
        var report = new BucketReport { Bucket = 1 };
        report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = 0, Window = grant.Window });
        Ask(control, control.Join("a", 1, Now), report);
        var view = control.View("shared", Now)[0];
        Assert.Equal(((long)grant.Amount, 1000 - (long)grant.Amount), (view.Granted, view.Remaining));
    }

    [Fact]
    public void What_was_written_off_stays_so_behind_a_restart_and_what_was_used_does_too()
    {
        _rule = _window;
        var control = Start();
        var plane = control.Join("a", 1, Now);
        var held = (long)Spend(control, plane, 300).Amount;
        var used = control.View("shared", Now)[0].Used;
        control.Leave(plane, Now);
        _passedNs = WindowQuota.LeaseNs + (2 * S);
        control.Sweep(Now);
        Assert.Equal(held, control.View("shared", Now)[0].Held);
        Assert.Equal(held, Assert.Single(control.Release("a", null, Now)).Amount);
        Write(control);
        control = Start();
        Ask(control, control.Join("b", 2, Now), Wanted(0));
        var view = control.View("shared", Now)[0];
        Assert.Equal((used, 1000 - used), (view.Used, view.Remaining));
    }

    [Fact]
    public void A_rate_has_its_burst_again()
    {
        _rule = new QuotaRule { Kind = QuotaKind.Rate, Amount = 100, Burst = 400 };
        var control = Start();
        var plane = control.Join("a", 1, Now);
        var grant = Ask(control, plane, Wanted(1000));
        var report = new BucketReport { Bucket = 1 };
        report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = grant.Amount, IsClosed = true });
        Ask(control, plane, report);
        Assert.True(control.View("shared", Now)[0].Remaining < 400);
        Reset(control);
        Assert.Equal(400, control.View("shared", Now)[0].Remaining);
    }

    [Fact]
    public void A_ceiling_that_was_on_its_way_allows_nothing_that_the_log_does_not_have()
    {
        _rule = _window;
        var control = Start();
        var plane = control.Join("a", 1, Now);
        control.Ask(plane, 1, new BucketSeat(Id), Wanted(100), new Dictionary<uint, string> { [1] = "a" }, Now, out var isPending);
        Assert.True(isPending);
        var onItsWay = control.TakeRecords();
        control.Reset("shared", Now);
        _log.Add(QuotaRecord.Write(onItsWay));
        control.Written(onItsWay);
        control.Ask(plane, 1, new BucketSeat(Id), Wanted(100), new Dictionary<uint, string> { [1] = "a" }, Now, out isPending);
        Assert.True(isPending);
    }

    private static BucketReport Wanted(ulong amount)
    {
        var report = new BucketReport { Bucket = 1 };
        report.Wants.Add(new Want { Subject = 1, Amount = amount });
        return report;
    }

    private QuotaAllocator Start() => new(this, QuotaMemory.Of(default, _log), Now);

    private int Reset(QuotaAllocator control)
    {
        var count = control.Reset("shared", Now);
        Write(control);
        return count;
    }

    /// <summary>Uses so much in leases that are closed, and one more that stays open; gives that one.</summary>
    private BucketGrant Spend(QuotaAllocator control, PlaneState plane, ulong amount)
    {
        while (true)
        {
            var grant = Ask(control, plane, Wanted(amount));
            Assert.True(grant.Amount > 0);
            if (grant.Amount >= amount)
                return grant;
            amount -= grant.Amount;
            var report = new BucketReport { Bucket = 1 };
            report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = grant.Amount, IsClosed = true });
            Ask(control, plane, report);
        }
    }

    private BucketGrant Ask(QuotaAllocator control, PlaneState plane, BucketReport report)
    {
        while (true)
        {
            var grant = control.Ask(plane, 1, new BucketSeat(Id), report, new Dictionary<uint, string> { [1] = "a" }, Now, out var isPending);
            Write(control);
            if (!isPending)
                return grant;
        }
    }

    private void Write(QuotaAllocator control)
    {
        var records = control.TakeRecords();
        if (records.Count > 0)
            _log.Add(QuotaRecord.Write(records));
        control.Written(records);
    }
}
