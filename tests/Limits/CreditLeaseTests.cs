namespace AiEdge.Limits.Tests;

public sealed class CreditLeaseTests
{
    [Fact]
    public void A_lease_gives_its_amount_and_the_rest_comes_back_once()
    {
        var lease = new CreditLease(100, epoch: 7, expiryNs: 1000);
        Assert.True(lease.TryDraw(60, 0));
        Assert.False(lease.TryDraw(41, 0));
        Assert.True(lease.TryReturn(10));
        Assert.Equal(50, lease.Left);
        Assert.Equal(50, lease.Close());
        Assert.Equal(0, lease.Close());
        Assert.True(lease.IsClosed);
        Assert.False(lease.TryDraw(0, 0));
        Assert.False(lease.TryReturn(10));
        Assert.Equal(0, lease.Left);
        Assert.Equal((100, 7), (lease.Amount, lease.Epoch));
    }

    [Fact]
    public void Nothing_is_drawn_from_its_expiry_on_but_what_was_not_used_may_return()
    {
        var lease = new CreditLease(100, 1, 1000);
        Assert.True(lease.TryDraw(1, 999));
        Assert.False(lease.TryDraw(1, 1000));
        Assert.True(lease.TryReturn(1));
        Assert.Equal(100, lease.Close());
    }

    [Fact]
    public void A_return_never_makes_more_of_it_than_was_lent()
    {
        var lease = new CreditLease(10, 1, 1000);
        lease.TryDraw(5, 0);
        lease.TryReturn(50);
        Assert.Equal(10, lease.Left);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CreditLease(-1, 1, 1));
    }
}
