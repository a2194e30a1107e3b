using System.Collections.Concurrent;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Tests.Quota;
using AiEdge.Grpc.Client;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Tests.Crash;

/// <summary>
/// What all planes draw from leases of one rate and of one budget, by the lease bucket that data planes have: also while the control plane is
/// away, as far as their leases reach. What was drawn is noted, so that it can be held against the limits.
/// </summary>
internal sealed class CrashCredit : IAsyncDisposable
{
    public const long PerSecond = 400;
    public const long Burst = 800;
    public const long Budget = 1_000_000_000;
    private const int AskMs = 40;
    private const int SpendMs = 5;

    private readonly LimitClock _clock = new();
    private readonly ConcurrentDictionary<string, Purse> _purses = new();
    private readonly Dictionary<(string Budget, long Window), long> _spent = [];
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _spending;
    private double _level;
    private long _lastNs;

    public CrashCredit() => _spending = SpendAsync();

    /// <summary>The budget that is drawn from; another one from the next stream on.</summary>
    public string Limit { get; set; } = "";

    /// <summary>The most that was drawn of the rate beyond what comes in time, in any span.</summary>
    public double Peak { get; private set; }

    public long Admitted { get; private set; }

    public Dictionary<(string Budget, long Window), long> Spent
    {
        get
        {
            lock (_gate)
                return new(_spent);
        }
    }

    /// <summary>The plane has died, and with it what it held.</summary>
    public void Forget(string plane) => _purses.TryRemove(plane, out _);

    /// <summary>Asks for credit until the stream has ended.</summary>
    public async Task SyncAsync(GrpcChannel channel, PlaneStart start, Action onLent, CancellationToken stop)
    {
        var purse = _purses.AddOrUpdate(
            start.PlaneId, _ => new Purse(Limit, _clock.NowNs), (_, old) => old.Limit == Limit ? old : old with { Limit = Limit, Money = NewMoney(_clock.NowNs) });
        await using var call = channel.Open(PlaneMethods.Sync, cancellation: stop);
        if (!await call.WriteAsync(new() { Hello = new() { Plane = start } }) || !await call.ReadAsync())
            return;
        for (var number = 1UL; ; number++)
        {
            var ask = Ask(purse, number, start.PlaneId);
            if (!await call.WriteAsync(new() { Ask = ask }))
                return;
            do
            {
                if (!await call.ReadAsync())
                    return;
                if (call.Current.Recall is { } recall)
                    purse[recall.Bucket].Recall(recall.Lease, (long)Math.Min(recall.Keep, long.MaxValue), _clock.NowNs);
            }
            while (call.Current.KindCase != QuotaDown.KindOneofCase.Answer);
            foreach (var grant in call.Current.Answer.Buckets)
                purse[grant.Bucket].Answer(purse.Reports[grant.Bucket - 1], LeaseWire.FromWire(grant), _clock.NowNs);
            onLent();
            await Task.Delay(AskMs, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _spending;
        _stop.Dispose();
    }

    private static LeaseBucket NewMoney(long nowNs) => new(Budget, isRate: false, LeaseOutage.Refuse, nowNs);

    private QuotaAsk Ask(Purse purse, ulong number, string plane)
    {
        var ask = new QuotaAsk { Number = number };
        for (var bucket = 1u; bucket <= 2; bucket++)
        {
            purse[bucket].Report(purse.Reports[bucket - 1], _clock.NowNs);
            var report = LeaseWire.ToWire(purse.Reports[bucket - 1], 1);
            report.Bucket = bucket;
            ask.Buckets.Add(report);
        }

        if (number > 1)
            return ask;
        ask.Names.Add(new BucketName { Bucket = 1, Limit = "rate", Unit = QuotaUnit.Requests, Value = "*" });
        ask.Names.Add(new BucketName { Bucket = 2, Limit = purse.Limit, Unit = QuotaUnit.Nanodollars, Value = "*" });
        ask.Subjects.Add(new SubjectName { Subject = 1, Key = plane });
        return ask;
    }

    private async Task SpendAsync()
    {
        var random = new Random();
        while (!_stop.IsCancellationRequested)
        {
            foreach (var purse in _purses.Values)
            {
                lock (_gate)
                {
                    for (var i = 0; i < 4; i++)
                        Draw(purse.Rate);
                    var cost = random.NextInt64(1_000, 40_000);
                    if (purse.Money.TryDraw(cost, _clock.NowNs, out var draw))
                        _spent[(purse.Limit, draw.Token)] = _spent.GetValueOrDefault((purse.Limit, draw.Token)) + cost;
                }
            }

            await Task.Delay(SpendMs, CancellationToken.None);
        }
    }

    private void Draw(LeaseBucket rate)
    {
        var nowNs = _clock.NowNs;
        if (!rate.TryDraw(1, nowNs, out _))
            return;
        _level = Math.Max(0, _level - ((nowNs - _lastNs) * (double)PerSecond / LimitClock.SecondNs)) + 1;
        _lastNs = nowNs;
        Peak = Math.Max(Peak, _level);
        Admitted++;
    }

    /// <summary>What one start of a plane holds.</summary>
    private sealed record Purse(string Limit, long BornNs)
    {
        public LeaseBucket Rate { get; } = new(Burst, isRate: true, LeaseOutage.Refuse, BornNs);

        public LeaseBucket Money { get; init; } = NewMoney(BornNs);

        public LeaseReport[] Reports { get; } = [new(), new()];

        public LeaseBucket this[uint bucket] => bucket == 1 ? Rate : Money;
    }
}
