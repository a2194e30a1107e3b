using System.Collections.Concurrent;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>
/// The state of all limits of the process: buckets, gates, reservations, counters. It goes on over reloads: a bucket is found again by
/// its limit's name (or the name that it had, <c>was:</c>), its unit, its kind of period, whom it is kept for and who has shares of it; an
/// edit of any of these begins a new one. What a configuration no longer has is dropped; exchanges under way settle with what they hold.
/// </summary>
/// <remarks>
/// Requirements: whoever has a configuration finds the state of each of its parts; edits come one at a time. Memory order: states are found, made,
/// edited and tied to a configuration's parts under one lock before the configuration itself is published, so who reads it sees them; nothing of
/// them is changed by a later one but through <see cref="PartState"/>. The list of parts is an array that is never written to once it is published.
/// Counters stay for good, so a name's are found by whoever asks. Sweeping and restoring are one caller's each.
/// </remarks>
internal sealed class LimitStates
{
    /// <summary>Clients are told waits in whole milliseconds.</summary>
    private const long ToldNs = 1_000_000;

    private readonly ConcurrentDictionary<string, LimitCounters> _counters = new(StringComparer.Ordinal);
    private readonly Lock _using = new();
    private readonly long _ratesSinceNs;
    private readonly int _processors;
    private Dictionary<PartId, PartState> _byId = [];
    private PartState[] _parts = [];
    private long _lateSettlements;
    private int _nextSwept;

    /// <param name="clock">The time that all buckets live by.</param>
    /// <param name="reservationsMax">Exchanges under way at once, at most.</param>
    /// <param name="desk">Where credit is asked for that a control plane lends; null for a plane that is its own.</param>
    /// <param name="isRestarted">
    /// Whether rates are taken to have been empty just now: after a restart nobody knows what was drawn from them before.
    /// </param>
    /// <param name="processors">Cores that draw at once; 0 for those that there are.</param>
    public LimitStates(LimitClock clock, int reservationsMax, LeaseDesk? desk = null, bool isRestarted = false, int processors = 0)
    {
        Clock = clock;
        _processors = processors > 0 ? processors : Environment.ProcessorCount;
        _ratesSinceNs = isRestarted ? clock.NowNs : -1;
        Desk = desk;

        // Two for an exchange: what is drawn for an attempt settles by itself.
        Reservations = new ReservationTable(Math.Clamp(2 * reservationsMax, 16, 1 << 20));
    }

    public LimitClock Clock { get; }

    public ReservationTable Reservations { get; }

    /// <summary>Where credit is asked for that a control plane lends; null for a plane that is its own.</summary>
    public LeaseDesk? Desk { get; }

    /// <summary>Exchanges that ended after their reservation had expired: their bill was charged as it was.</summary>
    public long LateSettlements => Volatile.Read(ref _lateSettlements);

    /// <summary>The parts of the limits in force, in the document's order.</summary>
    public IReadOnlyList<PartState> Parts => Volatile.Read(ref _parts);

    /// <summary>What every limit that ever was in force has done.</summary>
    public IEnumerable<KeyValuePair<string, LimitCounters>> Counters => _counters;

    /// <summary>Prepares a configuration that is about to be in force.</summary>
    public void Use(ConfigSnapshot config)
    {
        lock (_using)
        {
            Clock.Reanchor();
            var before = _byId;
            var byId = new Dictionary<PartId, PartState>();
            var parts = config.LimitTable.Parts;
            var states = new PartState[parts.Length];
            for (var i = 0; i < parts.Length; i++)
            {
                var id = PartId.Of(parts[i], byId);
                var counters = _counters.GetOrAdd(parts[i].Limit.Name, static name => new LimitCounters(name));
                if (Find(before, id, parts[i].Limit.Was) is { } known && Array.IndexOf(states, known) < 0)
                    (states[i] = known).Edit(parts[i], counters);
                else
                    states[i] = new PartState(this, parts[i], counters);
                byId.Add(id, states[i]);
                parts[i].State = states[i];
            }

            _byId = byId;
            Volatile.Write(ref _parts, states);
        }
    }

    /// <summary>
    /// Goes on with what a bucket had used before a restart; false where no limit in force has such a bucket. After
    /// <see cref="Use"/>, before anything is served.
    /// </summary>
    public bool Restore(
        string limit, LimitUnit unit, LimitPeriod period, string scopeValue, BucketCheckpoint checkpoint,
        IReadOnlyList<(string Share, BucketCheckpoint Used)>? shares = null)
    {
        var isFound = false;
        foreach (var state in _parts)
        {
            if (state.Part is not { Quantity: { } quantity } part || quantity.Unit != unit || quantity.Period != period
                || part.Limit.Name != limit && part.Limit.Was != limit)
                continue;
            state.Restore(scopeValue, checkpoint, shares ?? []);
            isFound = true;
        }

        return isFound;
    }

    /// <summary>Called about once a second: gives back what nobody settled in time, and gives up buckets without use, a part at a time.</summary>
    public void Sweep()
    {
        var nowNs = Clock.NowNs;
        Reservations.Expire(nowNs);
        var parts = Volatile.Read(ref _parts);
        if (parts.Length > 0)
            parts[_nextSwept++ % parts.Length].Sweep(nowNs);
    }

    public void OnLateSettlement() => Interlocked.Increment(ref _lateSettlements);

    /// <summary>A new bucket for a part.</summary>
    internal LimitBucket MakeBucket(LimitPart part)
    {
        var quantity = part.Quantity!;
        var nowNs = Clock.NowNs;
        if (Desk is not null)
            return new LeaseBucket(LentMax(quantity), quantity.IsRate, (LeaseOutage)part.Limit.OnOutage, nowNs);
        LimitBucket bucket;
        if (!quantity.IsRate)
        {
            bucket = new WindowBucket(quantity.Amount, Schedule(part), part.Limit.Debt, Clock, nowNs);
        }
        else
        {
            var isEmpty = _ratesSinceNs >= 0;
            bucket = new RateBucket(
                RateOf(quantity), PeriodNs(quantity.Period), quantity.Burst, isEmpty ? _ratesSinceNs : nowNs, isEmpty ? quantity.Burst : 0, ToldNs);
        }

        // Where many cores draw from one bucket each gets a slice of it.
        return part.Limit.Per is LimitScope.Global or LimitScope.Model or LimitScope.Provider && _processors > 2
            ? new ShardedBucket(bucket, _processors)
            : bucket;
    }

    private static PartState? Find(Dictionary<PartId, PartState> before, PartId id, string? was)
    {
        if (before.TryGetValue(id, out var state))
            return state;
        return was is not null && before.TryGetValue(id with { Limit = was }, out state) && state.Part.Limit.Name == was ? state : null;
    }

    internal static int[] Percents(LimitPart part) => Array.ConvertAll(part.Limit.Shares, static share => share.Percent);

    /// <summary>A new bucket for a part whose limit has shares.</summary>
    internal SharedBucket MakeShared(LimitPart part)
    {
        var quantity = part.Quantity!;
        var nowNs = Clock.NowNs;
        if (!quantity.IsRate)
            return SharedBucket.OfWindow(quantity.Amount, Schedule(part), part.Limit.Debt, Clock, Percents(part), nowNs, part.Limit.IsLentByPace);
        var isEmpty = _ratesSinceNs >= 0;
        return SharedBucket.OfRate(
            RateOf(quantity), PeriodNs(quantity.Period), quantity.Burst, Percents(part), isEmpty ? _ratesSinceNs : nowNs, isEmpty ? quantity.Burst : 0);
    }

    /// <summary>Units a period, as many as a bucket can count: one a nanosecond.</summary>
    internal static long RateOf(QuantityModel quantity) => Math.Min(quantity.Amount, PeriodNs(quantity.Period));

    /// <summary>The most that can ever be lent at once.</summary>
    internal static long LentMax(QuantityModel quantity) => Math.Min(quantity.IsRate ? quantity.Burst : quantity.Amount, LimitBucket.AmountMax);

    internal static long PeriodNs(LimitPeriod period) => period == LimitPeriod.Second ? LimitClock.SecondNs : 60 * LimitClock.SecondNs;

    internal static WindowSchedule Schedule(LimitPart part)
    {
        var zone = part.Limit.TimeZone;
        return part.Quantity!.Period switch
        {
            LimitPeriod.Month => WindowSchedule.Monthly(zone),
            LimitPeriod.Day => WindowSchedule.Daily(zone),
            LimitPeriod.Hour => WindowSchedule.Hourly(zone),
            var period => WindowSchedule.Fixed(PeriodNs(period)),
        };
    }

    /// <summary>What makes a part the same over an edit. Rates of all periods are one kind; of two alike in one limit the place counts.</summary>
    private readonly record struct PartId(string Limit, LimitUnit? Unit, LimitPeriod? Window, LimitScope Per, string? Tag, string Shares, int Place)
    {
        public static PartId Of(LimitPart part, Dictionary<PartId, PartState> taken)
        {
            var quantity = part.Quantity;
            var id = new PartId(
                part.Limit.Name, quantity?.Unit, quantity is { IsRate: false } ? quantity.Period : null, part.Limit.Per, part.Limit.PerTag,
                part.SharesId, 0);
            while (taken.ContainsKey(id))
                id = id with { Place = id.Place + 1 };
            return id;
        }
    }
}
