namespace AiEdge.Limits.Tests;

public sealed class ConcurrencyGateTests
{
    [Fact]
    public void So_many_enter_and_each_leave_makes_room_for_one()
    {
        var gate = new ConcurrencyGate(2);
        Assert.True(gate.TryEnter());
        Assert.True(gate.TryEnter());
        Assert.False(gate.TryEnter());
        Assert.True(gate.TryLeave());
        Assert.True(gate.TryEnter());
        Assert.Equal(2, gate.Count);
    }

    [Fact]
    public void A_leave_without_an_entry_is_told_and_counts_nothing()
    {
        var gate = new ConcurrencyGate(1);
        Assert.False(gate.TryLeave());
        Assert.Equal(0, gate.Count);
        Assert.True(gate.TryEnter());
        Assert.False(gate.TryEnter());
    }

    [Fact]
    public void A_lower_limit_throws_nobody_out_and_a_higher_one_lets_more_in()
    {
        var gate = new ConcurrencyGate(3);
        for (var i = 0; i < 3; i++)
            Assert.True(gate.TryEnter());
        gate.Limit = 1;
        Assert.Equal(3, gate.Count);
        Assert.True(gate.TryLeave());
        Assert.True(gate.TryLeave());
        Assert.False(gate.TryEnter());
        gate.Limit = 2;
        Assert.True(gate.TryEnter());
        Assert.Throws<ArgumentOutOfRangeException>(() => gate.Limit = -1);
    }
}
