using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>What is wrong with a fleet that has to be caught.</summary>
public enum FleetDefect
{
    None,

    /// <summary>Planes tell half of what they used.</summary>
    HiddenUse,

    /// <summary>Ceilings count as written and are not.</summary>
    NothingWritten,

    /// <summary>A control plane begins as if it were the first.</summary>
    FreshStart,

    /// <summary>A plane takes each answer twice.</summary>
    AnswersTwice,

    /// <summary>A new stream's first report names no lease, though planes go on with them.</summary>
    SilentResume,

    /// <summary>A ceiling that is taken down is written lower than what may be out.</summary>
    LowersTooFar,
}

/// <summary>How rough a simulated fleet's life is; chances are for each step of 10 ms, of a thousand.</summary>
internal sealed record FleetLife
{
    public int Planes { get; init; } = 4;
    public double LossPerMille { get; init; }
    public double DeathPerMille { get; init; }
    public double CrashPerMille { get; init; }
    public FleetDefect Defect { get; init; }
    public LeaseOutage Outage { get; init; } = LeaseOutage.Refuse;
    public long CostMax { get; init; } = 1;

    /// <summary>From one ask of a plane to the next; planes of small fleets ask more often.</summary>
    public double TurnSeconds { get; init; } = 1;

    /// <summary>An answer that takes longer means that the control plane hangs.</summary>
    public double PatienceSeconds { get; init; } = 0.4;

    /// <summary>What the control plane's log takes to have a record.</summary>
    public double DiskSeconds { get; init; } = 0.004;

    /// <summary>A message takes half a millisecond and up to this.</summary>
    public double LatencySeconds { get; init; } = 0.02;

    /// <summary>Of a draw, how much is given back at its end, in percent at most.</summary>
    public int RefundPercent { get; init; }

    /// <summary>Units a second that a plane is asked for, at a time.</summary>
    public required Func<int, double, double> Demand { get; init; }
}

/// <summary>A control plane and its planes in virtual time, on the code that serves: the allocator above, the lease bucket below.</summary>
internal sealed class FleetSimulation : IQuotaRules
{
    public const long StepNs = 10_000_000;
    private static readonly BucketId Bucket = new("shared", QuotaUnit.Requests, "", "*");

    private readonly QuotaRule _rule;
    private readonly FleetLife _life;
    private readonly Random _random;
    private readonly List<Plane> _planes = [];
    private readonly List<(long AtNs, Action Do)> _due = [];
    private readonly List<ReadOnlyMemory<byte>> _log = [];
    private readonly List<ReadOnlyMemory<byte>> _lost = [];
    private QuotaAllocator? _control;
    private ulong _streams;
    private int _starts;
    private bool _isWriting;
    private long _haltedUntilNs;

    public FleetSimulation(int seed, QuotaRule rule, FleetLife life)
    {
        (_rule, _life, _random) = (rule, life, new Random(seed));
        StartControl();
        for (var i = 0; i < life.Planes; i++)
            _planes.Add(new Plane(this, i));
    }

    public ulong Generation => 1;

    public long NowNs { get; private set; } = 1_000_000_000;

    /// <summary>Begins a little before midnight in UTC.</summary>
    public long StartUnixNs { get; init; } = new DateTimeOffset(2026, 3, 10, 23, 59, 30, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000_000;

    public List<(long AtNs, int Plane, long Amount)> Admitted { get; } = [];

    public List<(long AtNs, int Plane, long Amount)> Asked { get; } = [];

    /// <summary>How often a ceiling was taken down.</summary>
    public int Lowered { get; private set; }

    /// <summary>Of a rate: the most that was out beyond the ceiling in the log when the control plane died.</summary>
    public long Uncovered { get; private set; }

    public int Crashes { get; private set; }

    public int Deaths { get; private set; }

    public QuotaAllocator? Control => _control;

    private Moment Now => new(NowNs, StartUnixNs + NowNs);

    public QuotaRule? Find(in BucketId id) => id == Bucket ? _rule : null;

    public IEnumerable<(string Limit, QuotaUnit Unit, QuotaRule Rule)> All => [(Bucket.Limit, Bucket.Unit, _rule)];

    public BucketView? View() => _control?.View("shared", Now) is [var view, ..] ? view : null;

    public void Run(double seconds)
    {
        for (var end = NowNs + (long)(seconds * 1e9); NowNs < end; NowNs += StepNs)
            Step();
    }

    /// <summary>What a plane holds of the limit.</summary>
    public long Held(int plane) => _planes[plane].Held;

    public void Kill(int plane) => _planes[plane].Die();

    public void StopControl(double seconds)
    {
        // What the control plane that follows will take to be out, at the least.
        if (_rule.Kind == QuotaKind.Rate && View() is { } view && _log.Count > 0)
        {
            var ceiling = QuotaMemory.Of(default, _log).CeilingOf(Bucket, isLevel: true).Ceiling;
            Uncovered = Math.Max(Uncovered, view.Granted + view.Held - ceiling);
        }

        _control = null;
        Crashes++;
        _isWriting = false;
        foreach (var plane in _planes)
            plane.Break();
        At(seconds, StartControl);
    }

    /// <summary>The control plane does nothing for a while; what is sent to it waits.</summary>
    public void HaltControl(double seconds) => _haltedUntilNs = NowNs + (long)(seconds * 1e9);

    public long Sum(double fromSeconds, double toSeconds, int plane = -1) => Sum(Admitted, fromSeconds, toSeconds, plane);

    public long Offered(double fromSeconds, double toSeconds, int plane = -1) => Sum(Asked, fromSeconds, toSeconds, plane);

    private static long Sum(List<(long AtNs, int Plane, long Amount)> events, double fromSeconds, double toSeconds, int plane) => events
        .Where(a => a.AtNs >= 1e9 + fromSeconds * 1e9 && a.AtNs < 1e9 + toSeconds * 1e9 && (plane < 0 || a.Plane == plane)).Sum(a => a.Amount);

    /// <summary>The most that was admitted beyond rate × T in any span.</summary>
    public double PeakOverRate()
    {
        double level = 0, peak = 0;
        var last = 0L;
        foreach (var (at, _, amount) in Admitted)
        {
            level = Math.Max(0, level - (at - last) * _rule.PerSecond / 1e9) + amount;
            last = at;
            peak = Math.Max(peak, level);
        }

        return peak;
    }

    private void At(double seconds, Action act) => _due.Add((NowNs + (long)(seconds * 1e9), act));

    private bool Chance(double perMille) => _random.NextDouble() * 1000 < perMille;

    private double Latency() => 0.0005 + _random.NextDouble() * _life.LatencySeconds;

    private void Step()
    {
        for (var i = 0; i < _due.Count; i++)
        {
            if (_due[i].AtNs > NowNs)
                continue;
            var act = _due[i].Do;
            _due.RemoveAt(i--);
            act();
        }

        if (_control is { } control && NowNs >= _haltedUntilNs)
        {
            control.Beat(Now);
            control.Prepare(Now);
            Write(control);
            while (control.TryTakeCall(out var call))
                At(Latency(), () => _planes.Find(p => p.State == call.Plane)?.Recall(call));
            if (NowNs % 1_000_000_000 == 0)
                control.Sweep(Now);
            if (Chance(_life.CrashPerMille))
                StopControl(0.2 + 3 * _random.NextDouble());
        }

        foreach (var plane in _planes)
            plane.Step();
    }

    private void Write(QuotaAllocator control)
    {
        if (_isWriting || control.TakeRecords() is not { Count: > 0 } records)
            return;
        _isWriting = true;
        At(_life.DiskSeconds, () =>
        {
            // What was under way when the control plane died was never promised.
            if (_control != control)
                return;
            _isWriting = false;
            Lowered += records.Count(static record => record.Kind == QuotaRecordKind.Lowered);
            (_life.Defect == FleetDefect.NothingWritten ? _lost : _log).Add(QuotaRecord.Write(
                _life.Defect != FleetDefect.LowersTooFar ? records
                    : records.Select(static record => record.Kind == QuotaRecordKind.Lowered ? record with { Ceiling = 0 } : record)));
            control.Written(records);
        });
    }

    private void StartControl()
    {
        var log = _life.Defect == FleetDefect.FreshStart ? _lost : _log;
        if (_life.Defect == FleetDefect.NothingWritten && _starts > 0 && log.Count == 0)
            log.Add(QuotaRecord.Write([QuotaRecord.Of(1)]));
        _control = new QuotaAllocator(this, QuotaMemory.Of(default, log), Now);
        _starts++;
    }

    private sealed class Plane(FleetSimulation fleet, int index)
    {
        private readonly LeaseReport _report = new();
        private readonly Dictionary<uint, string> _keys = new() { [1] = $"key{index}" };
        private LeaseBucket _bucket = null!;
        private UInt128 _epoch;
        private ulong _stream;
        private bool _isAsking;
        private bool _isCold;
        private long _nextAskNs;
        private long _downUntilNs;
        private long _askedNs;
        private double _owed;
        private bool _isUp;
        private bool _hasReported;

        public PlaneState? State { get; private set; }

        public long Held => _bucket.Remaining(Now);

        private long Now => fleet.NowNs + (index + 1) * 777_000_000_123L;

        public void Break()
        {
            _stream = 0;
            _isAsking = false;
            State = null;
            if (_isUp)
                CutOff(Now);
            _nextAskNs = fleet.NowNs + (long)((0.05 + fleet._random.NextDouble() * 0.4) * 1e9);
        }

        public void Die()
        {
            fleet.Deaths++;
            _isUp = false;
            Leave();
            Break();
            _downUntilNs = fleet.NowNs + (long)((1 + 8 * fleet._random.NextDouble()) * 1e9);
        }

        public void Recall(QuotaCall call)
        {
            if (State == call.Plane && _isUp)
                _bucket.Recall(call.Lease, call.Keep, Now);
        }

        public void Step()
        {
            if (!_isUp)
            {
                if (fleet.NowNs >= _downUntilNs)
                    Begin();
                return;
            }

            if (fleet.Chance(fleet._life.DeathPerMille))
            {
                Die();
                return;
            }

            if (fleet.Chance(fleet._life.LossPerMille))
            {
                Leave();
                Break();
            }

            if (!_bucket.IsCutOff && _isAsking && fleet.NowNs - _askedNs > fleet._life.PatienceSeconds * 1e9)
                CutOff(Now - (fleet.NowNs - _askedNs) + 25_000_000);
            Serve();
            if (!_isAsking && (fleet.NowNs >= _nextAskNs || _isCold))
                Ask();
        }

        private void Begin()
        {
            _isUp = true;
            _epoch = (UInt128)fleet._random.NextInt64();
            _bucket = new LeaseBucket(
                fleet._rule.Kind == QuotaKind.Rate ? fleet._rule.Burst : fleet._rule.Amount, fleet._rule.Kind == QuotaKind.Rate, fleet._life.Outage, Now);
            _bucket.OnCold = _ => _isCold = true;
            _bucket.Keep(_bucket.Capacity / fleet._life.Planes / (fleet._rule.Kind == QuotaKind.Rate ? 16 : 256), long.MaxValue, (long)(fleet._life.TurnSeconds * 4e8));
            _nextAskNs = fleet.NowNs + (long)(fleet._random.NextDouble() * 1e9);
        }

        private void CutOff(long sinceNs) => _bucket.CutOff((long)(fleet._rule.Burst / fleet._life.Planes), Now, sinceNs: sinceNs);

        private void Serve()
        {
            var rate = fleet._life.Demand(index, (fleet.NowNs - 1e9) / 1e9);
            _owed += rate * StepNs / 1e9 * (0.5 + fleet._random.NextDouble());
            while (_owed >= 1)
            {
                var cost = fleet._random.NextInt64(fleet._life.CostMax) + 1;
                _owed -= cost;
                fleet.Asked.Add((fleet.NowNs, index, cost));
                if (!_bucket.TryDraw(cost, Now, out var draw))
                    continue;
                fleet.Admitted.Add((fleet.NowNs, index, cost));
                if (fleet._life.RefundPercent > 0)
                    Settle(cost, draw.Token);
            }
        }

        private void Settle(long cost, long token)
        {
            var (bucket, back) = (_bucket, cost * fleet._random.Next(fleet._life.RefundPercent + 1) / 100);
            fleet.At(fleet._random.NextDouble() * 20, () =>
            {
                if (!_isUp || _bucket != bucket)
                    return;
                bucket.Refund(back, token, Now);
                fleet.Admitted.Add((fleet.NowNs, index, -back));
            });
        }

        private void Leave()
        {
            if (State is { } state && fleet._control is { } control)
                control.Leave(state, fleet.Now);
        }

        private void Ask()
        {
            _isCold = false;
            _nextAskNs = fleet.NowNs + (long)(fleet._life.TurnSeconds * 1e9);
            if (fleet._control is not { } control)
            {
                CutOff(Now);
                return;
            }

            if (_stream == 0)
            {
                _stream = ++fleet._streams;
                State = control.Join($"plane{index}", _epoch, fleet.Now);
                _hasReported = false;
            }

            _bucket.Report(_report, Now);
            var ask = LeaseWire.ToWire(_report, 1);
            if (fleet._life.Defect == FleetDefect.SilentResume && !_hasReported)
                ask.Leases.Clear();
            if (fleet._life.Defect == FleetDefect.HiddenUse)
                HideUse(ask);
            _hasReported = true;
            _isAsking = true;
            _askedNs = fleet.NowNs;
            var (stream, state) = (_stream, State!);
            fleet.At(fleet.Latency(), () => Arrive(control, state, stream, ask));
        }

        private static void HideUse(BucketReport ask)
        {
            foreach (var lease in ask.Leases)
                lease.Used /= 2;
        }

        private void Arrive(QuotaAllocator control, PlaneState state, ulong stream, BucketReport ask)
        {
            if (fleet._control != control)
                return;
            if (fleet.NowNs < fleet._haltedUntilNs)
            {
                fleet.At((fleet._haltedUntilNs - fleet.NowNs) / 1e9, () => Arrive(control, state, stream, ask));
                return;
            }

            var grant = control.Ask(state, stream, new BucketSeat(Bucket), ask, _keys, fleet.Now, out var isPending);
            if (isPending)
            {
                fleet.At(fleet._life.DiskSeconds / 2, () => Arrive(control, state, stream, ask));
                return;
            }

            control.Reported(state);
            fleet.At(fleet.Latency(), () => Take(stream, grant));
        }

        private void Take(ulong stream, BucketGrant grant)
        {
            if (stream != _stream || !_isUp)
                return;
            _isAsking = false;
            var lease = LeaseWire.FromWire(grant);
            _bucket.Answer(_report, lease, Now);
            if (fleet._life.Defect == FleetDefect.AnswersTwice)
                _bucket.Answer(_report, lease, Now);
        }
    }
}

/// <summary>The lease bucket's words as those of the wire.</summary>
internal static class LeaseWire
{
    public static BucketReport ToWire(LeaseReport report, uint subject)
    {
        var wire = new BucketReport
        {
            Bucket = 1,
            OutageTotal = (ulong)report.OutageTotal,
            OutageAcknowledged = (ulong)report.OutageAcknowledged,
            Least = (ulong)report.Least,
        };
        foreach (var lease in report.Leases)
            wire.Leases.Add(new LeaseUse { Lease = lease.Lease, Amount = (ulong)lease.Amount, Used = (ulong)lease.Used, IsClosed = lease.IsClosed, Window = (ulong)lease.Window });
        foreach (var adjustment in report.Adjustments)
            wire.Adjustments.Add(new WindowAdjustment { Window = (ulong)adjustment.Window, Total = adjustment.Total, Acknowledged = adjustment.Acknowledged });
        if (report.Wanted > 0)
            wire.Wants.Add(new Want { Subject = subject, Amount = (ulong)report.Wanted });
        return wire;
    }

    public static LeaseGrant FromWire(BucketGrant grant) => new(
        grant.Lease, (long)grant.Amount, grant.LengthMs * 1_000_000L, (long)grant.Share, (long)grant.Window, (long)grant.WindowLeftMs * 1_000_000, grant.RetryAfterMs * 1_000_000L);
}
