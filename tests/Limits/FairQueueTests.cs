namespace AiEdge.Limits.Tests;

/// <summary>Who waits is served in turn, in time or not at all, and nobody is forgotten.</summary>
public sealed class FairQueueTests
{
    private const long S = LimitClock.SecondNs;
    private const long Ms = S / 1000;

    private readonly FakeTime _time = new();
    private readonly LimitClock _clock;
    private readonly FairQueue _queue;

    public FairQueueTests()
    {
        _clock = new LimitClock(_time);
        _queue = new FairQueue(_clock, 100);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_waits_is_granted_when_its_credit_is_there()
    {
        var bucket = Dry(10);
        var one = Wait(bucket, 3);
        Assert.False(_queue.IsEmpty);
        _time.PassNs(300 * Ms - 1);
        Assert.Null(one.GrantedNs);
        _time.PassNs(1);
        Assert.Equal(300 * Ms, one.GrantedNs);
        Assert.Equal(WaitOutcome.Granted, await one.Ticket.Outcome);
        Assert.True(_queue.IsEmpty);
        Assert.Equal(10, bucket.Used(_clock.NowNs));
    }

    [Fact(Timeout = 60_000)]
    public async Task Credit_that_is_there_is_granted_at_once()
    {
        var one = Wait(new RateBucket(10, S, null, 0), 3);
        Assert.Equal(0, one.GrantedNs);
        Assert.Equal(WaitOutcome.Granted, await one.Ticket.Outcome);
    }

    [Fact]
    public void Of_one_flow_the_first_is_served_first_and_a_small_one_does_not_overtake_a_large_one()
    {
        var bucket = Dry(10);
        var large = Wait(bucket, 8);
        var small = Wait(bucket, 1);
        _time.PassNs(800 * Ms - 1);
        Assert.Null(small.GrantedNs);
        _time.PassNs(100 * Ms + 1);
        Assert.Equal((800 * Ms, 900 * Ms), (large.GrantedNs, small.GrantedNs));
    }

    [Fact]
    public void One_whose_deadline_the_forecast_cannot_meet_is_refused_at_once()
    {
        var bucket = Dry(10);
        Wait(bucket, 8, waitNs: S);
        var late = new QueuedCost(_clock, bucket, 3, "a", 1, WaitClass.Normal, S);
        Assert.False(late.TryJoin(_queue));
        Assert.Equal(1100 * Ms, late.WaitNs);
        Assert.Equal(0, late.Tries);
        Assert.True(new QueuedCost(_clock, bucket, 2, "a", 1, WaitClass.Normal, S).TryJoin(_queue));
        var tooLarge = new QueuedCost(_clock, bucket, 11, "a", 1, WaitClass.Normal, 100 * S);
        Assert.False(tooLarge.TryJoin(_queue));
        Assert.Equal(long.MaxValue, tooLarge.WaitNs);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_whose_turn_does_not_come_in_time_is_sent_away_at_its_deadline()
    {
        var gate = new ConcurrencyGate(0);
        var one = Wait(gate, S);
        var other = Wait(gate, 2 * S);
        _time.PassNs(S);
        Assert.Equal(2, _queue.Count);
        _time.PassNs(Ms);
        Assert.Equal(WaitOutcome.TimedOut, await one.Ticket.Outcome);
        Assert.Equal(1, _queue.Count);
        gate.Limit = 1;
        _queue.Signal();
        Assert.Equal(WaitOutcome.Granted, await other.Ticket.Outcome);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_whose_deadline_can_no_longer_be_met_goes_early_and_makes_room()
    {
        var bucket = Dry(10);
        var large = Wait(bucket, 8, waitNs: S);
        Assert.True(bucket.TryDraw(0, 0, out var draw));
        bucket.Settle(5, draw.Token, 0);
        var small = Wait(bucket, 1, waitNs: 2 * S);
        Assert.Equal(WaitOutcome.TimedOut, await large.Ticket.Outcome);
        _time.PassNs(600 * Ms);
        Assert.Equal(WaitOutcome.Granted, await small.Ticket.Outcome);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_place_that_is_left_goes_to_the_next_and_only_with_a_signal()
    {
        var gate = new ConcurrencyGate(1);
        Assert.True(gate.TryEnter());
        var one = Wait(gate, S);
        var two = Wait(gate, S);
        gate.TryLeave();
        _queue.Signal();
        Assert.Equal(WaitOutcome.Granted, await one.Ticket.Outcome);
        Assert.Null(two.GrantedNs);
        Assert.False(gate.TryEnter());
        gate.TryLeave();
        _queue.Signal();
        Assert.Equal(WaitOutcome.Granted, await two.Ticket.Outcome);
    }

    [Fact]
    public void A_refund_serves_before_the_timer_does()
    {
        var bucket = new RateBucket(10, 60 * S, 10, 0);
        Assert.True(bucket.TryDraw(10, 0, out var draw));
        var one = Wait(bucket, 2, waitNs: 60 * S);
        _time.PassNs(S);
        bucket.Refund(5, draw.Token, _clock.NowNs);
        _queue.Signal();
        Assert.Equal(S, one.GrantedNs);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_whose_draw_says_that_waiting_is_no_use_goes_and_the_next_is_tried()
    {
        var bucket = Dry(10);
        var one = new QueuedCost(_clock, bucket, 1, "a", 1, WaitClass.Normal, S) { Says = QueuedAnswer.After(S / 2) };
        Assert.True(one.TryJoin(_queue));
        var two = Wait(bucket, 1);
        one.Says = QueuedAnswer.Refused;
        _time.PassNs(S / 2);
        Assert.Equal(WaitOutcome.Refused, await one.Ticket.Outcome);
        Assert.Equal(WaitOutcome.Granted, await two.Ticket.Outcome);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_that_leaves_ends_its_wait_and_the_next_is_tried()
    {
        var bucket = Dry(10);
        var large = Wait(bucket, 10, waitNs: 2 * S);
        var small = Wait(bucket, 1, waitNs: 2 * S);
        _time.PassNs(500 * Ms);
        large.Ticket.Cancel();
        large.Ticket.Cancel();
        Assert.Equal(500 * Ms, small.GrantedNs);
        Assert.Equal(WaitOutcome.Cancelled, await large.Ticket.Outcome);
        Assert.Equal(WaitOutcome.Granted, await small.Ticket.Outcome);
        var next = Wait(bucket, 10, waitNs: 2 * S);
        large.Ticket.Cancel();
        small.Ticket.Cancel();
        Assert.Equal(1, _queue.Count);
        next.Ticket.Cancel();
        Assert.Equal(0, _queue.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_that_leaves_while_its_credit_is_drawn_is_granted_it()
    {
        var one = new QueuedCost(_clock, new RateBucket(10, S, null, 0), 1, "a", 1, WaitClass.Normal, S)
        {
            OnDrawn = static self => self.Ticket.Cancel(),
        };
        var gate = new ConcurrencyGate(0);
        var held = new QueuedCost(_clock, gate, "a", S) { OnDrawn = static self => self.Ticket.Cancel() };
        Assert.True(held.TryJoin(_queue));
        gate.Limit = 1;
        _queue.Signal();
        Assert.Equal(WaitOutcome.Granted, await held.Ticket.Outcome);
        Assert.Null(one.GrantedNs);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_queue_refuses_and_a_flow_that_fills_it_makes_room_for_another()
    {
        _queue.Max = 4;
        var bucket = Dry(10);
        var greedy = Enumerable.Range(0, 4).Select(_ => Wait(bucket, 1, "greedy")).ToArray();
        var more = new QueuedCost(_clock, bucket, 1, "greedy", 1, WaitClass.Normal, 9 * S);
        Assert.False(more.TryJoin(_queue));
        Assert.Equal(500 * Ms, more.WaitNs);
        Wait(bucket, 1, "modest");
        Assert.Equal(WaitOutcome.Displaced, await greedy[3].Ticket.Outcome);
        Wait(bucket, 1, "modest");
        Assert.Equal(WaitOutcome.Displaced, await greedy[2].Ticket.Outcome);
        Assert.False(new QueuedCost(_clock, bucket, 1, "modest", 1, WaitClass.Normal, 9 * S).TryJoin(_queue));
        Assert.False(new QueuedCost(_clock, bucket, 1, "low", 1, WaitClass.Low, 9 * S).TryJoin(_queue));
        var high = new QueuedCost(_clock, bucket, 1, "greedy", 1, WaitClass.High, 9 * S);
        Assert.True(high.TryJoin(_queue));
        Assert.Equal(4, _queue.Count);
        _time.PassNs(100 * Ms);
        Assert.Equal(100 * Ms, high.GrantedNs);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_closed_queue_sends_all_away_and_takes_nobody()
    {
        var bucket = Dry(10);
        var one = Wait(bucket, 1);
        _queue.Dispose();
        Assert.Equal(WaitOutcome.Closed, await one.Ticket.Outcome);
        Assert.False(new QueuedCost(_clock, bucket, 1, "a", 1, WaitClass.Normal, S).TryJoin(_queue));
        _time.PassNs(S);
        Assert.Null(one.GrantedNs);
    }

    [Fact]
    public void A_vain_attempt_that_leaves_a_gate_again_does_not_call_for_the_next()
    {
        var tries = 0;
        var one = new Churning(() =>
        {
            tries++;
            _queue.Signal();
        });
        Assert.True(_queue.TryJoin(new QueuedRequest(one, "a", 1, WaitClass.Normal, null, 1, S), out _, out _));
        Assert.Equal(1, tries);
        _queue.Signal();
        Assert.Equal(2, tries);
    }

    private static RateBucket Dry(long perSecond) => new(perSecond, S, null, 0, used: perSecond);

    private QueuedCost Wait(LimitBucket bucket, long cost, string flow = "a", long waitNs = 10 * S)
    {
        var one = new QueuedCost(_clock, bucket, cost, flow, 1, WaitClass.Normal, waitNs);
        Assert.True(one.TryJoin(_queue));
        return one;
    }

    private QueuedCost Wait(ConcurrencyGate gate, long waitNs)
    {
        var one = new QueuedCost(_clock, gate, "a", waitNs);
        Assert.True(one.TryJoin(_queue));
        return one;
    }

    private sealed class Churning(Action vain) : IQueuedDraw
    {
        public QueuedAnswer TryDraw(long nowNs)
        {
            vain();
            return QueuedAnswer.UntilSignal;
        }
    }
}
