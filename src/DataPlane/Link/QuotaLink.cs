using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Admit;
using AiEdge.Grpc.Client;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Link;

/// <summary>
/// The stream of credit (<c>Quota.Sync</c>): says in turns what was used and what is wanted, at once for what is cold, and hands on what is
/// granted. Where it does not stand, or no answer comes, the limits' outage policies take over.
/// </summary>
internal sealed class QuotaLink
{
    /// <summary>Buckets in one ask: with names of some hundred bytes it stays far within a message.</summary>
    private const int BucketsMax = 5000;

    /// <summary>A control plane that runs has taken up an ask after so long. One that has not gives nothing to anybody from then on.</summary>
    private const long TakenUpNs = LimitClock.SecondNs / 40;

    /// <summary>Whoever wakes so much too late does not know how long the other side was silent: answers may lie here unread.</summary>
    private const long LateNs = LimitClock.SecondNs / 20;

    private readonly Func<PlaneStart> _start;
    private readonly Func<CancellationToken, GrpcCall<QuotaUp, QuotaDown>?> _open;
    private readonly LimitClock _clock;
    private readonly LeaseDesk _desk;
    private readonly TimeProvider _time;
    private readonly TimeSpan _waitMax;
    private readonly TimeSpan _helloTimeout;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _knocked = new(0);
    private readonly QuotaNumbers _numbers = new();
    private readonly Queue<(ulong Number, long AskedNs, List<LentScope> Lent)> _asked = new();
    private readonly PlaneCount _planes;
    private readonly AccountLink? _accounts;
    private int _isKnocked;
    private ulong _lastAsk;
    private bool _isLate;
    private bool _isConnected;
    private long _answers;
    private long _slowestNs = QuotaPace.PatienceNsMax;
    private long _lateNs = long.MinValue / 2;

    /// <param name="start">Who this start of the plane is.</param>
    /// <param name="open">Opens the call; null while the plane has no credential.</param>
    /// <param name="clock">The limits' time.</param>
    /// <param name="desk">What is lent.</param>
    /// <param name="time">For timers.</param>
    /// <param name="waitMax">The longest wait before the next try.</param>
    /// <param name="helloTimeout">How long the control plane's first word is waited for.</param>
    /// <param name="planes">Remembers how many planes there are.</param>
    /// <param name="accounts">What is learnt of accounts with providers, and shared over the same stream.</param>
    public QuotaLink(
        Func<PlaneStart> start,
        Func<CancellationToken, GrpcCall<QuotaUp, QuotaDown>?> open,
        LimitClock clock,
        LeaseDesk desk,
        TimeProvider time,
        TimeSpan waitMax,
        TimeSpan helloTimeout,
        PlaneCount planes,
        AccountLink? accounts = null)
    {
        (_planes, _accounts) = (planes, accounts);
        desk.Planes = planes.Read();
        (_start, _open, _clock, _desk, _time) = (start, open, clock, desk, time);
        (_waitMax, _helloTimeout) = (waitMax, helloTimeout);
        desk.Attach(Knock);
    }

    /// <summary>Whether the stream stands.</summary>
    public bool IsConnected => Volatile.Read(ref _isConnected);

    /// <summary>Answers since the start.</summary>
    public long Answers => Interlocked.Read(ref _answers);

    public async Task RunAsync(CancellationToken stop)
    {
        var wait = TimeSpan.Zero;
        while (!stop.IsCancellationRequested)
        {
            var answers = Answers;
            await OnceAsync(stop);
            Volatile.Write(ref _isConnected, false);
            wait = Answers > answers ? TimeSpan.Zero : QuotaPace.Next(wait, _desk.Planes, _waitMax);
            var until = _clock.NowNs + (long)((QuotaPace.Spread(_desk.Planes, _waitMax) + wait).TotalMilliseconds * Random.Shared.NextDouble() * 1e6);
            do
            {
                CutOffAll(_clock.NowNs);
                _accounts?.Expire();
                try
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), _time, stop);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
            while (_clock.NowNs < until);
        }
    }

    private async Task OnceAsync(CancellationToken stop)
    {
        if (_open(stop) is not { } call)
            return;
        await using var owned = call;
        if (!await GreetAsync(call))
            return;
        Begin();
        _accounts?.Begin(call.Current.Hello.Features.Contains(AccountLink.Feature));
        Volatile.Write(ref _isConnected, true);
        var asking = AskAsync(call);
        while (await call.ReadAsync())
        {
            if (call.Current.KindCase == QuotaDown.KindOneofCase.Answer)
                Take(call.Current.Answer);
            else if (call.Current.KindCase == QuotaDown.KindOneofCase.Recall)
                Take(call.Current.Recall);
            else if (call.Current.KindCase == QuotaDown.KindOneofCase.Accounts)
                _accounts?.Take(call.Current.Accounts);
        }

        Knock();
        await asking;
        Begin();
        _accounts?.Begin(isShared: false);
    }

    private async ValueTask<bool> GreetAsync(GrpcCall<QuotaUp, QuotaDown> call)
    {
        using var patience = _time.CreateTimer(_ => call.Cancel(), null, _helloTimeout, Timeout.InfiniteTimeSpan);
        return await call.WriteAsync(new QuotaUp { Hello = new QuotaHello { Plane = _start() } })
            && await call.ReadAsync() && call.Current.KindCase == QuotaDown.KindOneofCase.Hello;
    }

    /// <summary>A stream knows no numbers, and what was asked on another is not answered any more.</summary>
    private void Begin()
    {
        lock (_gate)
        {
            _asked.Clear();
            _numbers.Clear();
            _lastAsk = 0;
            foreach (var lent in _desk.All)
                (lent.Number, lent.IsAsked) = (0, false);
        }
    }

    /// <summary>Asks until the call has ended.</summary>
    private async Task AskAsync(GrpcCall<QuotaUp, QuotaDown> call)
    {
        long nextNs = 0;
        while (!call.Completion.IsCompleted)
        {
            var nowNs = _clock.NowNs;
            _desk.TurnNs = QuotaPace.TurnNs(_desk.Planes, _desk.Count);
            var isTurn = nowNs >= nextNs || Interlocked.Exchange(ref _isLate, false);
            var asks = isTurn ? Turn(nowNs) : Cold(nowNs);
            if (isTurn)
                nextNs = nowNs + _desk.TurnNs;
            foreach (var ask in asks)
            {
                if (!await SendAsync(call, new QuotaUp { Ask = ask }))
                    return;
            }

            if (_accounts?.Turn() is { } learnt && !await SendAsync(call, new QuotaUp { Accounts = learnt }))
                return;
            var dueNs = Math.Min(nextNs, HungAtNs());
            if (_accounts is not null)
                dueNs = Math.Min(dueNs, _clock.NowNs + (_accounts.LeftMs * 1_000_000));
            if (dueNs - _clock.NowNs is > 0 and var leftNs)
                await _knocked.WaitAsync(TimeSpan.FromMilliseconds(leftNs / 1e6 + 1));
            NoticeLate(dueNs);
            Volatile.Write(ref _isKnocked, 0);
        }
    }

    /// <summary>Sends a message. One that the other side does not take up means that it hangs.</summary>
    private async ValueTask<bool> SendAsync(GrpcCall<QuotaUp, QuotaDown> call, QuotaUp message)
    {
        var sending = call.WriteAsync(message).AsTask();
        while (!sending.IsCompleted)
        {
            var dueNs = _clock.NowNs + QuotaPace.PatienceNsMax;
            var patience = TimeSpan.FromMilliseconds(QuotaPace.PatienceNsMax / 1e6 + 1);
            await ((Task)sending).WaitAsync(patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            NoticeLate(dueNs);
            if (!sending.IsCompleted)
                HungAtNs();
        }

        return await sending;
    }

    /// <summary>Cuts off where an answer is overdue; else says when one will be.</summary>
    private long HungAtNs()
    {
        lock (_gate)
        {
            if (!_asked.TryPeek(out var oldest))
                return long.MaxValue;
            var dueNs = oldest.AskedNs + QuotaPace.PatienceNs(_slowestNs);
            if (_clock.NowNs < dueNs)
                return dueNs;
            CutOffAll(Math.Max(oldest.AskedNs + TakenUpNs, _lateNs));
            return long.MaxValue;
        }
    }

    /// <summary>What is told each second: all that has something to say.</summary>
    private List<QuotaAsk> Turn(long nowNs)
    {
        lock (_gate)
        {
            var some = new List<LentScope>();
            foreach (var lent in _desk.All)
            {
                lent.Turn(nowNs);
                Add(some, lent, nowNs);
            }

            return Asks(some, nowNs);
        }
    }

    /// <summary>What is asked for at once.</summary>
    private List<QuotaAsk> Cold(long nowNs)
    {
        lock (_gate)
        {
            var some = new List<LentScope>();
            while (_desk.TryTakeCold(out var lent))
                Add(some, lent!, nowNs);
            return Asks(some, nowNs);
        }
    }

    /// <summary>Once in an ask: what has got cold again since its report was written is there a second time.</summary>
    private static void Add(List<LentScope> some, LentScope lent, long nowNs)
    {
        if (lent.IsAsked || !lent.Report(nowNs))
            return;
        lent.IsAsked = true;
        some.Add(lent);
    }

    private List<QuotaAsk> Asks(List<LentScope> some, long nowNs)
    {
        var asks = new List<QuotaAsk>();
        for (var from = 0; from < some.Count; from += BucketsMax)
        {
            var ask = new QuotaAsk { Number = ++_lastAsk };
            var part = some.GetRange(from, Math.Min(BucketsMax, some.Count - from));
            foreach (var lent in part)
                _numbers.Write(ask, lent, _start().PlaneId);

            _asked.Enqueue((ask.Number, nowNs, part));
            asks.Add(ask);
        }

        return asks;
    }

    private void Take(QuotaAnswer answer)
    {
        long tookNs;
        lock (_gate)
        {
            if (!_asked.TryDequeue(out var asked) || asked.Number != answer.Number)
                return;
            var nowNs = _clock.NowNs;
            tookNs = nowNs - asked.AskedNs;
            var planes = 0;
            foreach (var grant in answer.Buckets)
            {
                if (_numbers.Find(grant.Bucket) is not { IsAsked: true } lent)
                    continue;
                var read = QuotaNumbers.Read(grant);
                lent.Answer(read, nowNs);
                planes = Math.Max(planes, lent.PlanesOf(read));
            }

            foreach (var lent in asked.Lent)
                lent.IsAsked = false;

            // What it grants ends soon, and what was used without it has not been told: asked again at once.
            if (tookNs > QuotaPace.PatienceNs(_slowestNs))
                Volatile.Write(ref _isLate, true);
            _slowestNs = QuotaPace.Slowest(_slowestNs, tookNs);
            if (planes > 0 && planes != _desk.Planes)
                _planes.Write(_desk.Planes = planes);
        }

        Interlocked.Increment(ref _answers);
        _desk.OnAnswered(tookNs);
        if (Volatile.Read(ref _isLate))
            Knock();
    }

    private void Take(QuotaRecall recall)
    {
        lock (_gate)
            _numbers.Find(recall.Bucket)?.Recall(recall.Lease, (long)Math.Min(recall.Keep, long.MaxValue), _clock.NowNs);
        Knock();
    }

    private void NoticeLate(long dueNs)
    {
        var nowNs = _clock.NowNs;
        if (nowNs - dueNs > LateNs)
            _lateNs = nowNs;
    }

    /// <summary>The outage policies take over; what came to the shares since a time is there already.</summary>
    private void CutOffAll(long sinceNs)
    {
        var nowNs = _clock.NowNs;
        foreach (var lent in _desk.All)
        {
            lent.CutOff(nowNs, sinceNs);
            lent.Turn(nowNs);
        }
    }

    /// <summary>Something is to be told at once.</summary>
    public void Knock()
    {
        if (Interlocked.Exchange(ref _isKnocked, 1) == 0 && _knocked.CurrentCount == 0)
            _knocked.Release();
    }
}
