using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>When a plane is told that a window is spent until it ends.</summary>
public sealed partial class AllocatorTests
{
    [Fact]
    public void Only_a_window_of_which_nothing_can_come_back_is_said_to_be_spent()
    {
        var control = StartWindow(QuotaUnit.Requests, 100);
        var (a, b) = (control.Join("a", 1, Now), control.Join("b", 1, Now));
        Put(control);
        var (seatA, seatB) = (new BucketSeat(Id), new BucketSeat(Id));
        var held = AskWritten(control, b, seatB, Wanted(2, 100_000));
        var report = Wanted(1, 100_000);
        BucketGrant grant;
        while ((grant = AskWritten(control, a, seatA, report)).Amount > 0)
            report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = grant.Amount, IsClosed = true });
        Assert.Equal((false, 1000u), (grant.IsSpent, grant.RetryAfterMs));
        var used = new BucketReport { Bucket = 1 };
        used.Leases.Add(new LeaseUse { Lease = held.Lease, Amount = held.Amount, Used = held.Amount, IsClosed = true });
        AskWritten(control, b, seatB, used);
        Assert.True(AskWritten(control, a, seatA, report).IsSpent);
    }

    [Fact]
    public void A_window_is_not_spent_while_some_of_it_is_held_for_a_plane_that_is_gone()
    {
        var control = StartWindow(QuotaUnit.Requests, 100);
        var (a, b) = (control.Join("a", 1, Now), control.Join("b", 1, Now));
        Put(control);
        var seat = new BucketSeat(Id);
        var held = AskWritten(control, b, new BucketSeat(Id), Wanted(2, 100_000)).Amount;
        var report = Wanted(1, 100_000);
        BucketGrant grant;
        while ((grant = AskWritten(control, a, seat, report)).Amount > 0)
            report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = grant.Amount, IsClosed = true });
        _now += WindowQuota.LeaseNs + 2 * S;
        Assert.Equal((false, 1000u), (AskWritten(control, a, seat, report) is var none ? (none.IsSpent, none.RetryAfterMs) : default));
        Assert.Equal((long)held, Assert.Single(control.View("shared", Now)).Held);
        _now += WindowQuota.HoldNs;
        Assert.InRange(AskWritten(control, a, seat, report).Amount, 1ul, held);
    }
}
