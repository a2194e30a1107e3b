using AiEdge.Contracts.Wire;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>One account, or its limits for one model: who uses it, and what each one's part is. Whoever uses it holds its gate.</summary>
internal sealed class SharedAccount
{
    /// <summary>In millionths.</summary>
    private const double WholePpm = 1_000_000;

    /// <summary>
    /// So much of an account is divided evenly between all planes, the rest by what they ask for: one that has been idle can begin at once, and
    /// one whose part is too small can ask for more than it. What an idle plane leaves of its part the provider tells the others to be left.
    /// </summary>
    private const double EvenPart = 0.25;

    /// <summary>Demand is an average over so long.</summary>
    private const double SmoothSeconds = 2;

    /// <summary>Who says nothing for so long is not asked for anything.</summary>
    private const double SilentSeconds = 1.2;

    /// <summary>Sums over planes are as old as this at most.</summary>
    private const long SumNs = LimitClock.SecondNs / 20;

    /// <summary>A pause that is longer by less is the same told twice.</summary>
    private const long SamePauseNs = LimitClock.SecondNs / 10;

    private readonly Dictionary<PlaneState, Seat> _seats = [];
    private readonly UnitState[] _units = [new(), new(), new(), new()];

    public Lock Gate { get; } = new();

    /// <summary>Nobody names it any more, and nobody finds it.</summary>
    public bool IsOver { get; private set; }

    public long PausedUntilNs { get; private set; } = long.MinValue / 2;

    public IEnumerable<PlaneState> Planes => _seats.Keys;

    /// <summary>Takes what a plane tells; true where the account is to be left alone for longer than was known.</summary>
    public bool Take(PlaneState plane, AccountReport report, long nowNs)
    {
        if (!_seats.TryGetValue(plane, out var seat))
        {
            _seats.Add(plane, seat = new Seat());
            foreach (var unit in _units)
                unit.SummedNs = long.MinValue / 2;
        }

        seat.HeardNs = nowNs;
        foreach (var rate in report.Rates)
        {
            if (IndexOf(rate.Unit) is not (>= 0 and var index))
                continue;
            seat.Demands[index].Take(rate.WantedTotal, nowNs);
            _units[index].Take(rate, nowNs);
        }

        var until = nowNs + (Math.Min(report.PauseMs, AccountBook.PauseMsMax) * 1_000_000L);
        if (report.PauseMs == 0 || until < PausedUntilNs + SamePauseNs)
            return false;
        PausedUntilNs = seat.PausedUntilNs = until;
        return true;
    }

    /// <summary>What is a plane's own, and what the others know.</summary>
    public AccountShare Share(PlaneState plane, AccountReport report, long nowNs, bool mayGrow)
    {
        var share = new AccountShare { Account = report.Account, PauseMs = TakePause(plane, nowNs) };
        for (var i = 0; i < _units.Length; i++)
        {
            if (_units[i] is not { Limit: > 0 } unit)
                continue;
            var ppm = PartPpm(_seats[plane], i, nowNs);
            if (!mayGrow && PartOf(report, i) is > 0 and var held)
                ppm = Math.Min(ppm, held);
            share.Parts.Add(new AccountPart
            {
                Unit = UnitOf(i),
                PartPpm = ppm,
                Limit = unit.Limit,
                Remaining = unit.Remaining,
                FullMs = unit.FullMs,
                AgeMs = (uint)Math.Clamp((nowNs - unit.ToldNs) / 1_000_000, 0, uint.MaxValue),
            });
        }

        return share;
    }

    /// <summary>What a plane has not been told yet of a pause, in milliseconds from now.</summary>
    public uint TakePause(PlaneState plane, long nowNs)
    {
        if (PausedUntilNs <= nowNs || !_seats.TryGetValue(plane, out var seat) || seat.PausedUntilNs == PausedUntilNs)
            return 0;
        seat.PausedUntilNs = PausedUntilNs;
        return (uint)Math.Max(1, (PausedUntilNs - nowNs) / 1_000_000);
    }

    /// <summary>Forgets planes that are gone; how many are left.</summary>
    public int Sweep(long nowNs)
    {
        foreach (var (plane, seat) in _seats)
        {
            if (nowNs - seat.HeardNs > AccountBook.GoneNs)
                _seats.Remove(plane);
        }

        IsOver = _seats.Count == 0;
        return _seats.Count;
    }

    private uint PartPpm(Seat seat, int index, long nowNs)
    {
        var unit = _units[index];
        if (nowNs - unit.SummedNs > SumNs)
        {
            (unit.SummedNs, unit.Demand, unit.Count) = (nowNs, 0, 0);
            foreach (var one in _seats.Values)
            {
                if (nowNs - one.HeardNs > AccountBook.GoneNs)
                    continue;
                unit.Demand += one.Demands[index].At(nowNs);
                unit.Count++;
            }
        }

        if (unit.Count <= 1)
            return (uint)WholePpm;
        var own = unit.Demand > 0 ? Math.Min(1, seat.Demands[index].At(nowNs) / unit.Demand) : 1.0 / unit.Count;
        return (uint)Math.Max(1, WholePpm * ((EvenPart / unit.Count) + ((1 - EvenPart) * own)));
    }

    private static uint PartOf(AccountReport report, int index)
    {
        foreach (var rate in report.Rates)
        {
            if (IndexOf(rate.Unit) == index)
                return rate.PartPpm;
        }

        return 0;
    }

    private static int IndexOf(QuotaUnit unit) => unit switch
    {
        QuotaUnit.Requests => 0,
        QuotaUnit.Tokens => 1,
        QuotaUnit.InputTokens => 2,
        QuotaUnit.OutputTokens => 3,
        _ => -1,
    };

    private static QuotaUnit UnitOf(int index) => index switch
    {
        0 => QuotaUnit.Requests,
        1 => QuotaUnit.Tokens,
        2 => QuotaUnit.InputTokens,
        _ => QuotaUnit.OutputTokens,
    };

    private sealed class Seat
    {
        public long HeardNs { get; set; }

        /// <summary>Of the pause that it was told of last, or told of itself.</summary>
        public long PausedUntilNs { get; set; } = long.MinValue / 2;

        public Demand[] Demands { get; } = [new(), new(), new(), new()];
    }

    /// <summary>How much a plane asks for, a second.</summary>
    private sealed class Demand
    {
        private ulong _total;
        private double _perSecond;
        private long _atNs = -1;

        public void Take(ulong total, long nowNs)
        {
            if (_atNs >= 0 && nowNs > _atNs && total >= _total)
            {
                var seconds = (nowNs - _atNs) / (double)LimitClock.SecondNs;
                _perSecond += (1 - Math.Exp(-seconds / SmoothSeconds)) * (((total - _total) / seconds) - _perSecond);
            }

            (_total, _atNs) = (total, nowNs);
        }

        public double At(long nowNs)
        {
            var silent = ((nowNs - _atNs) / (double)LimitClock.SecondNs) - SilentSeconds;
            return _atNs < 0 ? 0 : silent <= 0 ? _perSecond : _perSecond * Math.Exp(-silent / SmoothSeconds);
        }
    }

    /// <summary>What the provider said last of one limit, to whichever plane; and the sum of what planes ask for.</summary>
    private sealed class UnitState
    {
        public ulong Limit { get; private set; }

        public ulong Remaining { get; private set; }

        public ulong FullMs { get; private set; }

        public long ToldNs { get; private set; } = long.MinValue / 2;

        public double Demand { get; set; }

        public int Count { get; set; }

        public long SummedNs { get; set; } = long.MinValue / 2;

        public void Take(AccountRate rate, long nowNs)
        {
            var toldNs = nowNs - (rate.AgeMs * 1_000_000L);
            if (rate.Limit > 0 && toldNs > ToldNs)
                (Limit, Remaining, FullMs, ToldNs) = (rate.Limit, Math.Min(rate.Remaining, rate.Limit), rate.FullMs, toldNs);
        }
    }
}
