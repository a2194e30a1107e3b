using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Quota;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>A limit that goes on with what another name has used: once, over crashes, and with planes that do not know of it yet.</summary>
public sealed class RenameTests : IQuotaRules
{
    private const long S = LimitClock.SecondNs;
    private static readonly BucketId Old = new("old", QuotaUnit.Nanodollars, "key", "a");
    private static readonly BucketId New = Old with { Limit = "new" };
    private static readonly Dictionary<uint, string> Keys = new() { [1] = "a" };

    private static readonly QuotaRule Window = new() { Kind = QuotaKind.Window, Amount = 10_000, Schedule = WindowSchedule.Daily(TimeZoneInfo.Utc), Period = AmountPeriod.Day };
    private static readonly QuotaRule Rate = new() { Kind = QuotaKind.Rate, Amount = 100, Burst = 1000 };

    private readonly List<ReadOnlyMemory<byte>> _log = [];
    private readonly Dictionary<string, QuotaRule> _limits = [];
    private readonly Dictionary<string, string> _was = [];
    private ulong _generation = 1;
    private readonly long _now = 5 * S;

    public ulong Generation => _generation;

    IEnumerable<(string From, string To)> IQuotaRules.Renames => _was.Select(static pair => (pair.Value, pair.Key));

    IEnumerable<(string Limit, QuotaUnit Unit, QuotaRule Rule)> IQuotaRules.All => _limits.Select(static pair => (pair.Key, QuotaUnit.Nanodollars, pair.Value));

    private Moment Now => new(_now, new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000_000 + _now);

    QuotaRule? IQuotaRules.Find(in BucketId id) => _limits.GetValueOrDefault(id.Limit);

    bool IQuotaRules.IsLimit(string name) => _limits.ContainsKey(name);

    [Fact]
    public void Use_and_leases_go_on_and_planes_may_tell_of_them_under_either_name()
    {
        var (control, plane, grant) = Spent(Window);
        var other = control.Join("b", 2, Now);
        var second = Ask(control, other, Old, Wanted(100));
        var before = control.View("old", Now)[0];
        Rename("old", "new", Window);
        Assert.True(control.Prepare(Now));
        Put(control);
        Assert.Empty(control.View("old", Now));
        Assert.Equal(before with { Id = New }, Assert.Single(control.View("new", Now)));

        // One that has not heard of it yet, and one that has.
        Ask(control, plane, Old, Told(grant, grant.Amount));
        var report = Told(second, 7);
        report.Leases[0].IsClosed = true;
        Ask(control, other, New, report);
        var view = Assert.Single(control.View("new", Now));
        Assert.Equal(((long)grant.Amount + 7, 0L, 10_000 - (long)grant.Amount - 7), (view.Used, view.Granted, view.Remaining));
        Assert.Empty(control.View("old", Now));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_crash_before_or_after_it_is_in_the_log_forgets_nothing_and_counts_nothing_twice(bool isWritten)
    {
        var (control, plane, grant) = Spent(Window, more: 4000);
        var used = control.View("old", Now)[0].Used;
        Rename("old", "new", Window);

        // Until the log has it nothing more is granted.
        control.Ask(plane, 1, new BucketSeat(New), Wanted(50), Keys, Now, out var isPending);
        Assert.True(isPending);
        if (isWritten)
        {
            Put(control);
            Assert.True(Ask(control, plane, New, Wanted(50)).Amount > 0);
        }

        for (var i = 0; i < 3; i++)
        {
            control = Start();
            _generation++;
            var left = Ask(control, control.Join("c", (UInt128)(3 + i), Now), i == 1 ? Old : New, new BucketReport { Bucket = 1 });
            Assert.Equal(0ul, left.Amount);
            var view = Assert.Single(control.View("new", Now));
            Assert.InRange(view.Used, used, used + 10_000 / 128 + 100);
            Assert.Empty(control.View("old", Now));
            Put(control);
        }

        // What a plane still holds under the old name comes back to the new one.
        var remaining = control.View("new", Now)[0].Remaining;
        var report = Told(grant, 0);
        report.Leases[0].IsClosed = false;
        Ask(control, control.Join("a", 1, Now), Old, report);
        report.Leases[0].IsClosed = true;
        Ask(control, control.Join("a", 1, Now), Old, report);
        Assert.Equal(remaining + (long)grant.Amount, control.View("new", Now)[0].Remaining);
    }

    [Fact]
    public void A_state_in_place_of_the_log_knows_it_too()
    {
        var (control, plane, _) = Spent(Window, more: 4000);
        Rename("old", "new", Window);
        Ask(control, plane, New, Wanted(50));
        var used = control.View("new", Now)[0].Used;
        var state = control.State();
        _log.Clear();
        _log.Add(state);
        _was.Clear();
        control = Start();
        Ask(control, control.Join("b", 2, Now), Old, new BucketReport { Bucket = 1 });
        Assert.True(Assert.Single(control.View("new", Now)).Used >= used);
    }

    [Fact]
    public void A_ceiling_that_was_on_its_way_under_the_old_name_counts_under_the_new_one()
    {
        var (control, plane, _) = Spent(Window);
        control.Ask(plane, 1, new BucketSeat(Old), Wanted(2000), Keys, Now, out var isPending);
        Assert.True(isPending);
        var onItsWay = control.TakeRecords();
        Rename("old", "new", Window);
        control.Prepare(Now);
        _log.Add(QuotaRecord.Write(onItsWay));
        control.Written(onItsWay);
        Put(control);
        Ask(control, plane, New, Wanted(2000));
        var granted = control.View("new", Now)[0] is var view ? view.Used + view.Granted : 0;
        control = Start();
        Ask(control, control.Join("b", 2, Now), New, new BucketReport { Bucket = 1 });
        Assert.True(control.View("new", Now)[0].Used >= granted);
    }

    [Fact]
    public void A_reset_that_was_on_its_way_under_the_old_name_is_one_of_the_new_one()
    {
        var (control, plane, _) = Spent(Window, more: 4000);
        control.Reset("old", Now);
        var onItsWay = control.TakeRecords();
        Rename("old", "new", Window);
        control.Prepare(Now);
        _log.Add(QuotaRecord.Write(onItsWay));
        control.Written(onItsWay);
        Put(control);
        Assert.True(Ask(control, plane, New, Wanted(1000)).Amount > 0);
        var state = control.State();
        Assert.InRange(AfterCrash([.. _log]), 0, 500);
        Assert.InRange(AfterCrash([state]), 0, 500);

        long AfterCrash(List<ReadOnlyMemory<byte>> log)
        {
            var next = new QuotaAllocator(this, QuotaMemory.Of(default, log), Now);
            next.Ask(next.Join("b", 2, Now), 1, new BucketSeat(New), new BucketReport { Bucket = 1 }, Keys, Now, out _);
            return next.View("new", Now)[0].Used;
        }
    }

    [Fact]
    public void A_name_that_is_taken_again_is_a_limit_of_its_own_and_one_may_go_back_to_it()
    {
        var (control, plane, _) = Spent(Window, more: 3000);
        Rename("old", "new", Window);
        Ask(control, plane, New, new BucketReport { Bucket = 1 });
        var used = control.View("new", Now)[0].Used;

        // Beside it a new limit of the old name: nothing of the other's is its.
        _was.Clear();
        _limits["old"] = Window;
        _generation++;
        Ask(control, plane, Old, new BucketReport { Bucket = 1 });
        Assert.Equal((0L, used), (control.View("old", Now)[0].Used, control.View("new", Now)[0].Used));
        Put(control);
        control = Start();
        Ask(control, control.Join("b", 2, Now), Old, new BucketReport { Bucket = 1 });
        Assert.Equal(0, control.View("old", Now)[0].Used);

        // And on under a third name, twice over.
        Rename("new", "third", Window);
        Ask(control, plane, New, new BucketReport { Bucket = 1 });
        Rename("third", "fourth", Window);
        Ask(control, plane, New, new BucketReport { Bucket = 1 });
        Assert.InRange(Assert.Single(control.View("fourth", Now)).Used, used, used + 200);
        Rename("fourth", "new", Window);
        Ask(control, plane, New with { Limit = "third" }, new BucketReport { Bucket = 1 });
        Assert.InRange(Assert.Single(control.View("new", Now)).Used, used, used + 200);
    }

    [Fact]
    public void A_rate_has_no_second_burst()
    {
        var (control, plane, grant) = Spent(Rate);
        Ask(control, plane, Old, Told(grant, grant.Amount));
        var remaining = control.View("old", Now)[0].Remaining;
        Rename("old", "new", Rate);
        Ask(control, plane, New, new BucketReport { Bucket = 1 });
        Assert.Equal(remaining, Assert.Single(control.View("new", Now)).Remaining);
    }

    [Theory]
    [InlineData(AmountPeriod.Month)]
    [InlineData(AmountPeriod.Hour)]
    public void Windows_of_another_kind_are_counted_anew_with_or_without_another_name_and_for_good(AmountPeriod period)
    {
        var schedule = period == AmountPeriod.Month ? WindowSchedule.Monthly(TimeZoneInfo.Utc) : WindowSchedule.Hourly(TimeZoneInfo.Utc);
        var (control, plane, _) = Spent(Window, more: 3000);
        Rename("old", "new", Window with { Schedule = schedule, Period = period });
        Assert.Equal(100ul, Spend(control, plane, New, 100));
        Assert.Equal(100, control.View("new", Now)[0].Used);
        control = Start();
        Ask(control, plane = control.Join("b", 2, Now), New, new BucketReport { Bucket = 1 });
        Assert.InRange(control.View("new", Now)[0].Used, 100, 300);

        _limits["new"] = Window;
        _was.Clear();
        _generation++;
        Ask(control, plane, New, new BucketReport { Bucket = 1 });
        Assert.Equal(0, control.View("new", Now)[0].Used);
    }

    [Fact]
    public void Money_of_a_plane_that_is_gone_is_settled_under_the_new_name()
    {
        var (control, plane, grant) = Spent(Window);
        Ask(control, plane, Old, Told(grant, 5));
        control.Leave(plane, Now);
        var spans = control.Spans("a", 1, Now);
        Assert.Equal("old", Assert.Single(spans).Limit);
        Rename("old", "new", Window);
        control.Prepare(Now);
        Put(control);
        Assert.Equal((long)grant.Amount - 10, control.Settle("a", 1, spans, [new BudgetSpent(10, IsExact: true)], Now));
        Assert.Equal((10L, 0L), (control.View("new", Now)[0].Used, control.View("new", Now)[0].Granted));
    }

    private void Rename(string from, string to, QuotaRule rule)
    {
        _limits.Remove(from);
        _limits[to] = rule;
        _was.Clear();
        _was[to] = from;
        _generation++;
    }

    private (QuotaAllocator Control, PlaneState Plane, BucketGrant Grant) Spent(QuotaRule rule, long more = 0)
    {
        _limits["old"] = rule;
        var control = Start();
        var plane = control.Join("a", 1, Now);
        if (more > 0)
            Spend(control, plane, Old, (ulong)more);
        return (control, plane, Ask(control, plane, Old, Wanted(100)));
    }

    private ulong Spend(QuotaAllocator control, PlaneState plane, BucketId id, ulong amount)
    {
        ulong spent = 0;
        while (spent < amount)
        {
            var grant = Ask(control, plane, id, Wanted(10 * (amount - spent)));
            Assert.True(grant.Amount > 0);
            var used = Math.Min(grant.Amount, amount - spent);
            var report = Told(grant, used);
            report.Leases[0].IsClosed = true;
            Ask(control, plane, id, report);
            spent += used;
        }

        return spent;
    }

    private static BucketReport Wanted(ulong amount)
    {
        var report = new BucketReport { Bucket = 1 };
        report.Wants.Add(new Want { Subject = 1, Amount = amount });
        return report;
    }

    private static BucketReport Told(BucketGrant grant, ulong used)
    {
        var report = new BucketReport { Bucket = 1 };
        report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = used, Window = grant.Window });
        return report;
    }

    private void Put(QuotaAllocator control)
    {
        var records = control.TakeRecords();
        _log.Add(QuotaRecord.Write(records));
        control.Written(records);
    }

    private QuotaAllocator Start() => new(this, QuotaMemory.Of(default, _log), Now);

    private BucketGrant Ask(QuotaAllocator control, PlaneState plane, BucketId id, BucketReport report)
    {
        for (var tries = 0; ; tries++)
        {
            Assert.True(tries < 10, "nothing is granted, whatever the log has");
            var grant = control.Ask(plane, 1, new BucketSeat(id), report, Keys, Now, out var isPending);
            Put(control);
            if (!isPending)
                return grant;
        }
    }
}
