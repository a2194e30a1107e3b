namespace AiEdge.Limits.Tests;

public sealed class LimitChainTests
{
    private const long S = LimitClock.SecondNs;

    private readonly LimitClock _clock = new(new FakeTime());
    private readonly long[] _tokens = new long[4];

    [Fact]
    public void All_are_drawn_together_and_settled_by_their_tokens()
    {
        var rate = new RateBucket(10, S, null, 0);
        var window = new WindowBucket(100, WindowSchedule.Fixed(S), DebtPolicy.Carry, _clock, 0);
        Assert.True(LimitChain.TryDrawAll([rate, window], [3, 40], _tokens, 0, out var draw));
        Assert.True(draw.IsDrawn);
        Assert.Equal(window.WindowNumber(0), _tokens[1]);
        Assert.Equal(7, rate.Remaining(0));
        Assert.Equal(60, window.Remaining(0));
        LimitChain.GiveBackAll([rate, window], [3, 40], _tokens, 0);
        Assert.Equal(10, rate.Remaining(0));
        Assert.Equal(100, window.Remaining(0));
    }

    [Fact]
    public void A_refusal_leaves_all_as_it_was_and_names_the_bucket_that_takes_longest()
    {
        var full = new RateBucket(10, S, null, 0);
        var soon = new RateBucket(10, S, null, 0, used: 10);
        var late = new RateBucket(1, S, 10, 0, used: 10);
        LimitBucket[] buckets = [full, soon, late, full];
        Assert.False(LimitChain.TryDrawAll(buckets, [2, 2, 2, 2], _tokens, 0, out var draw));
        Assert.Equal(2, draw.Index);
        Assert.Equal(DrawOutcome.RateRefused, draw.Outcome);
        Assert.Equal(2 * S, draw.WaitNs);
        Assert.Equal(10, full.Remaining(0));
        Assert.Equal(10, soon.Used(0));
        Assert.True(LimitChain.TryDrawAll(buckets, [2, 2, 2, 2], _tokens, draw.WaitNs, out _));
    }

    [Fact]
    public void One_that_has_enough_is_never_named_however_long_its_window_lasts()
    {
        var budget = new WindowBucket(1000, WindowSchedule.Fixed(86_400 * S), DebtPolicy.Carry, _clock, 0);
        var rate = new RateBucket(10, S, null, 0, used: 10);
        foreach (LimitBucket[] buckets in (LimitBucket[][])[[budget, rate], [rate, budget], [new ShardedBucket(budget), rate]])
        {
            Assert.False(LimitChain.TryDrawAll(buckets, [2, 2], _tokens, 0, out var draw));
            Assert.Same(rate, buckets[draw.Index]);
            Assert.Equal(DrawOutcome.RateRefused, draw.Outcome);
        }
    }

    [Fact]
    public void Only_the_bucket_that_is_named_books_a_slot()
    {
        var soon = new RateBucket(10, S, null, 0, used: 10);
        var late = new RateBucket(1, S, 10, 0, used: 10);
        Assert.False(LimitChain.TryDrawAll([soon, late], [1, 1], _tokens, 0, out _));
        Assert.False(LimitChain.TryDrawAll([soon, late], [1, 1], _tokens, 0, out var draw));
        Assert.Equal(2 * S, draw.WaitNs);
        soon.TryDraw(1, 0, out draw);
        Assert.Equal(S / 10, draw.WaitNs);
    }

    [Fact]
    public void Too_large_for_one_goes_before_any_wait()
    {
        var slow = new RateBucket(1, 60 * S, 1, 0, used: 1);
        var small = new RateBucket(10, S, 5, 0);
        Assert.False(LimitChain.TryDrawAll([slow, small], [1, 6], _tokens, 0, out var draw));
        Assert.Equal(DrawOutcome.TooLarge, draw.Outcome);
        Assert.Equal(1, draw.Index);
    }

    [Fact]
    public void One_bucket_twice_is_charged_twice()
    {
        var rate = new RateBucket(10, S, null, 0);
        Assert.True(LimitChain.TryDrawAll([rate, rate], [5, 5], _tokens, 0, out _));
        Assert.False(LimitChain.TryDrawAll([rate, rate], [1, 1], _tokens, 0, out var draw));
        Assert.False(draw.IsDrawn);
        var other = new RateBucket(10, S, null, 0);
        Assert.False(LimitChain.TryDrawAll([other, other], [6, 6], _tokens, 0, out draw));
        Assert.Equal(DrawOutcome.RateRefused, draw.Outcome);
        Assert.Equal(10, other.Remaining(0));
    }

    [Fact]
    public void No_buckets_admit() => Assert.True(LimitChain.TryDrawAll([], [], [], 0, out _));

    [Fact]
    public void Slices_and_plain_buckets_go_together()
    {
        var cells = new ShardedBucket(new RateBucket(100, S, null, 0), 4);
        var plain = new RateBucket(10, S, null, 0, used: 10);
        Assert.False(LimitChain.TryDrawAll([cells, plain], [5, 1], _tokens, 0, out var draw));
        Assert.Equal(1, draw.Index);
        Assert.Equal(100, cells.Remaining(0));
        Assert.True(LimitChain.TryDrawAll([cells], [100], _tokens, 0, out _));
    }
}
