namespace AiEdge.Limits.Tests;

/// <summary>Places that are guaranteed are free when their owner comes, and those of who does not come are lent.</summary>
public sealed class SharedGateTests
{
    private const long S = LimitClock.SecondNs;

    [Fact]
    public void A_share_finds_its_part_free_whatever_others_have_taken()
    {
        var gate = new SharedGate(10, [60, 20], 0);
        Assert.Equal(2, EnterAll(gate.Common, 0));
        Assert.Equal(6, EnterAll(gate.Of(0), 0));
        Assert.Equal(2, EnterAll(gate.Of(1), 0));
        Assert.Equal((10, 0, 3L), (gate.Common.Count, gate.Common.Remaining(0), gate.Common.Refused));
    }

    [Fact]
    public void Who_goes_beyond_his_part_takes_what_nobody_is_guaranteed_alone()
    {
        var gate = new SharedGate(10, [60, 20], 0);
        Assert.Equal(8, EnterAll(gate.Of(0), 0));
        Assert.Equal(0, EnterAll(gate.Common, 0));
        Assert.Equal((8, 2, 2), (gate.Of(0).Capacity, gate.Common.Capacity, gate.Of(1).Remaining(0)));
        Assert.True(gate.Of(1).TryEnter(0));
    }

    [Fact]
    public void An_idle_share_lends_and_gets_each_place_back_that_is_left()
    {
        var gate = new SharedGate(10, [60, 20], 0);
        var (prod, dev) = (gate.Of(0), gate.Of(1));
        Assert.Equal(4, EnterAll(dev, 10 * S));
        Assert.Equal(4 + 6, 4 + EnterAll(dev, 10 * S + 1));
        Assert.False(prod.TryEnter(20 * S));

        // It has asked again: what the others leave is its own, up to its part, and nobody else's.
        for (var i = 0; i < 6; i++)
        {
            Assert.True(dev.TryLeave());
            Assert.False(dev.TryEnter(20 * S));
        }

        Assert.Equal(6, EnterAll(prod, 20 * S));
        Assert.True(dev.TryLeave());
        Assert.True(dev.TryEnter(20 * S));
        Assert.False(dev.TryEnter(20 * S));
    }

    [Fact]
    public void What_is_free_is_kept_for_a_share_that_comes_back()
    {
        var gate = new SharedGate(10, [60], 0);
        var entered = EnterAll(gate.Common, 11 * S);
        for (var i = 0; i < 3; i++)
            Assert.True(gate.Common.TryLeave());
        Assert.Equal(10, entered);
        Assert.True(gate.Of(0).TryEnter(12 * S));
        Assert.Equal(0, EnterAll(gate.Common, 12 * S));
        Assert.Equal(2, EnterAll(gate.Of(0), 12 * S));
    }

    [Fact]
    public void A_share_that_goes_on_asking_lends_nothing()
    {
        var gate = new SharedGate(4, [50], 0);
        for (var at = 5 * S; at < 60 * S; at += 5 * S)
        {
            Assert.True(gate.Of(0).TryEnter(at));
            Assert.Equal(2, EnterAll(gate.Common, at + 4 * S));
            Assert.True(gate.Of(0).TryLeave());
            Assert.True(gate.Common.TryLeave() && gate.Common.TryLeave());
        }
    }

    [Fact]
    public void A_place_is_left_once_for_each_entry_and_by_its_own_share()
    {
        var gate = new SharedGate(2, [50], 0);
        Assert.False(gate.Of(0).TryLeave());
        Assert.True(gate.Of(0).TryEnter(0));
        Assert.False(gate.Common.TryLeave());
        Assert.True(gate.Of(0).TryLeave());
        Assert.False(gate.Of(0).TryLeave());
    }

    [Fact]
    public void An_edit_lets_nobody_in_before_enough_have_left_and_gives_the_parts_anew()
    {
        var gate = new SharedGate(10, [60], 0);
        Assert.Equal(4, EnterAll(gate.Common, 0));
        Assert.Equal(6, EnterAll(gate.Of(0), 0));
        gate.Edit(4, [50], 0);
        for (var i = 0; i < 4; i++)
        {
            Assert.True(gate.Common.TryLeave());
            Assert.False(gate.Common.TryEnter(0) || gate.Of(0).TryEnter(0));
        }

        for (var i = 0; i < 4; i++)
            Assert.True(gate.Of(0).TryLeave());
        Assert.Equal((2, 4), (gate.Of(0).Count, gate.Limit));
        Assert.Equal(2, EnterAll(gate.Common, 0));
        Assert.Equal(0, EnterAll(gate.Of(0), 0));
        Assert.True(gate.Of(0).TryLeave());
        Assert.Equal((0, 1), (gate.Common.Remaining(0), gate.Of(0).Remaining(0)));

        // What is owed is paid before anything is kept.
        var owing = new SharedGate(10, [50], 0);
        Assert.Equal(5, EnterAll(owing.Common, 0));
        owing.Edit(3, [50], 0);
        for (var i = 0; i < 2; i++)
        {
            Assert.True(owing.Common.TryLeave());
            Assert.False(owing.Of(0).TryEnter(0));
        }

        Assert.True(owing.Common.TryLeave());
        Assert.True(owing.Of(0).TryEnter(0));

        gate.Edit(12, [25], 0);
        Assert.Equal((7, 9), (gate.Common.Remaining(0), gate.Of(0).Remaining(0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => gate.Edit(4, [101], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => gate.Edit(4, [10, 10], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => gate.Edit(-1, [10], 0));
    }

    [Fact]
    public void Over_any_course_guarantees_hold_and_no_place_is_lost_or_twice()
    {
        for (var seed = 0; seed < 400; seed++)
            Course(new Random(seed));
    }

    /// <summary>Entries, leaves and pauses at random, beside a model that knows of each share only who is inside and when it asked last.</summary>
    private static void Course(Random random)
    {
        int[] percents = [random.Next(0, 60), random.Next(0, 40)];
        var (limit, now) = (random.Next(1, 30), 0L);
        var gate = new SharedGate(limit, percents, now);
        Gate[] shares = [gate.Of(0), gate.Of(1), gate.Common];
        var (inside, parts, full) = (new int[3], new[] { limit * percents[0] / 100, limit * percents[1] / 100, 0 }, new[] { true, true, true });
        var seen = new long[3];
        for (var step = 0; step < 400; step++)
        {
            var i = random.Next(3);
            if (random.Next(20) == 0)
                now += random.Next(1, 12) * S;
            if (random.Next(2) == 0)
            {
                Assert.Equal(inside[i] > 0, shares[i].TryLeave());
                inside[i] = Math.Max(0, inside[i] - 1);
                continue;
            }

            // Idle for so long, it may have lent its part; it has it again once it is all inside.
            if (now - seen[i] > SharedGate.IdleNs)
                full[i] = false;
            seen[i] = now;
            var remaining = shares[i].Remaining(now);
            var isIn = shares[i].TryEnter(now);
            Assert.Equal(remaining > 0, isIn);
            Assert.False(!isIn && full[i] && inside[i] < parts[i], $"refused with {inside[i]} of {parts[i]} inside");
            inside[i] += isIn ? 1 : 0;
            full[i] |= inside[i] >= parts[i];
            Assert.InRange(inside.Sum(), 0, limit);
            Assert.Equal(inside.Sum(), gate.Common.Count);
        }

        for (var i = 0; i < 3; i++)
        {
            while (shares[i].TryLeave())
                inside[i]--;
        }

        Assert.Equal([0, 0, 0], inside);
        Assert.Equal(limit, EnterAll(gate.Common, now + 11 * S));
    }

    private static int EnterAll(Gate gate, long nowNs)
    {
        var count = 0;
        while (gate.TryEnter(nowNs))
            count++;
        return count;
    }
}
