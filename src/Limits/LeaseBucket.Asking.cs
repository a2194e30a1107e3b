namespace AiEdge.Limits;

/// <summary>What is said to the level above, and what comes of its answers: one at a time, under a lock that no draw takes.</summary>
public sealed partial class LeaseBucket
{
    /// <summary>A lease that ends so soon is not counted on any more.</summary>
    private const long RateEndsNs = 2 * LimitClock.SecondNs;
    private const long WindowEndsNs = 60 * LimitClock.SecondNs;

    /// <summary>What is kept in stock is asked for so often at most: there may be nothing.</summary>
    private const long StockAgainNs = LimitClock.SecondNs;

    private long _aheadNs = LimitClock.SecondNs / 10;
    private long _stock;
    private long _stockNs;
    private long _usedNs = long.MinValue / 2;
    private long _stockAskedNs = long.MinValue / 2;
    private long _usedPlace;
    private long _answeredPlace;
    private Figure? _figure;

    /// <summary>
    /// Keeps a little where nothing is used, so that a first request after a pause waits for no answer; and says how often what is used up is
    /// asked for ahead of the turn.
    /// </summary>
    /// <param name="stock">In units; 0 for nothing.</param>
    /// <param name="stockNs">So long after the last use.</param>
    /// <param name="aheadNs">From one answer to the next ask, at least.</param>
    public void Keep(long stock, long stockNs, long aheadNs)
    {
        lock (_asking)
            (_stock, _stockNs) = (Math.Clamp(stock, 0, Capacity), stockNs);
        Volatile.Write(ref _aheadNs, aheadNs);
    }

    /// <summary>From now on the level above cannot be asked: what the leases do not give comes by the outage policy.</summary>
    /// <param name="burst">What the plane's share may be at once, at most: its part of the limit's burst.</param>
    /// <param name="nowNs">The present.</param>
    /// <param name="share">Of a rate: what may be used in the length of a lease where the level above has never said it; 0 for nothing.</param>
    /// <param name="sinceNs">
    /// Since when the level above has given nothing to anybody, so that a rate's share has come in since then; by default only from now on.
    /// </param>
    public void CutOff(long burst, long nowNs, long share = 0, long sinceNs = long.MaxValue)
    {
        lock (_asking)
        {
            if (_outage is not null)
                return;
            if (_isRate && _share == 0)
                (_share, _shareNs) = (Math.Clamp(share, 0, AmountMax), 5 * LimitClock.SecondNs);
            var policy = (LeaseOutage)Volatile.Read(ref _outagePolicy);
            RateBucket? rate = null;
            if (_isRate && policy == LeaseOutage.Share && _share > 0 && _shareNs >= _share)
            {
                // It began empty: what comes to the fleet is the sum of its parts, and the burst is in its leases.
                burst = Math.Clamp(burst, 1, AmountMax);
                rate = new RateBucket(_share, Math.Min(_shareNs, RateBucket.PeriodNsMax), burst, Math.Min(sinceNs, nowNs), used: burst);
            }

            var isFresh = Math.Min(sinceNs, nowNs) - _shareSaidNs <= FreshNs;
            Volatile.Write(ref _outage, new Outage(policy, rate, _isRate || policy != LeaseOutage.Share || !isFresh ? 0 : _share));
        }
    }

    /// <summary>Writes what the level above has to know, and what is wanted of it.</summary>
    public void Report(LeaseReport report, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(report);
        lock (_asking)
        {
            report.Leases.Clear();
            report.Adjustments.Clear();
            report.AskedNs = nowNs;
            var place = SkipOver(nowNs);
            Estimate(place, nowNs, out var least);
            var held = Held(place);
            var stock = Stock(place, nowNs);
            place = GiveUpIdle(place, ref held, stock, nowNs);
            foreach (var lease in _told)
            {
                var used = Math.Clamp(place - lease.Start, 0, lease.End - lease.Start) - Volatile.Read(ref lease.Void);

                // Left behind as of an earlier report: whoever skipped it has noted by now what was void.
                lease.IsClosed |= lease.IsLeft;
                lease.IsLeft |= place >= lease.End;
                report.Leases.Add(new LeaseUsage(lease.Number, lease.End - lease.Start, Math.Max(0, used), lease.IsClosed, lease.Window));
            }

            foreach (var adjusted in Volatile.Read(ref _adjusted))
            {
                adjusted.Told = Volatile.Read(ref adjusted.Total);
                if (adjusted.Told != adjusted.Acknowledged)
                    report.Adjustments.Add(new LeaseAdjustment(adjusted.Window, adjusted.Told, adjusted.Acknowledged));
            }

            report.OutageTotal = Volatile.Read(ref _outageTotal);
            report.OutageAcknowledged = _outageAcknowledged;
            report.Least = Math.Min(least, Capacity);
            var length = _isRate ? 5.0 : 900.0;
            var wanted = Math.Max(_demand * length - held, least > 0 ? Math.Max(1, 4.0 * least - held) : 0);
            report.Wanted = (long)Math.Clamp(wanted, 0, (double)AmountMax);
            report.IsOfStock = false;
            if (stock > 0 && least == 0)
                WantStock(report, place, held, stock, nowNs);
            report.IsKnown = report.Wanted == 0 && place == _answeredPlace && report.IsAcknowledged;
            report.Place = place;
            report.Drawn = Drawn(place);
            Volatile.Write(ref _line, [.. _told.FindAll(static lease => !lease.IsClosed)]);
            Volatile.Write(ref _hasMore, !report.IsEmpty);
        }
    }

    /// <summary>The answer to a report.</summary>
    public void Answer(LeaseReport report, in LeaseGrant grant, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(report);
        lock (_asking)
        {
            _told.RemoveAll(static lease => lease.IsClosed);
            foreach (var adjusted in Volatile.Read(ref _adjusted))
                adjusted.Acknowledged = adjusted.Told;
            _outageAcknowledged = report.OutageTotal;
            (_share, _shareNs) = (Math.Min(grant.Share, AmountMax), grant.LengthNs > 0 ? grant.LengthNs : _shareNs);
            _shareSaidNs = report.AskedNs;
            Volatile.Write(ref _outage, null);
            if (!_isRate && grant.Window > 0)
            {
                Volatile.Write(ref _windowEndNs, report.AskedNs + grant.WindowLeftNs);
                Volatile.Write(ref _window, grant.Window);
            }

            _answeredPlace = report.Place;
            if (grant.UsedOfAll >= 0)
                Volatile.Write(ref _figure, new Figure(Math.Min(grant.UsedOfAll, AmountMax), report.Drawn, report.AskedNs));
            if (grant.Lease != 0 && grant.Amount > 0)
                Append(report.AskedNs, grant);
            Volatile.Write(ref _lowPlace, _end - Held(Volatile.Read(ref _place)) / 2);

            // What nobody was refused for says nothing of what there is for those who come.
            if (report.IsOfStock)
                return;
            Volatile.Write(ref _isRising, grant.Amount > 0 && (!_isRate || grant.Amount >= report.Wanted / 4));
            Volatile.Write(ref _isSpent, grant is { Lease: 0, IsSpent: true });
            Volatile.Write(ref _retryAtNs, grant.Lease != 0 ? 0 : nowNs + grant.RetryNs);
            Volatile.Write(ref _answeredNs, nowNs);
        }
    }

    /// <summary>
    /// A lease is called back: what of it goes beyond <paramref name="keep"/> is given up, as far as it has not been drawn and whole leases
    /// allow it. The next report says so.
    /// </summary>
    public void Recall(ulong number, long keep, long nowNs)
    {
        lock (_asking)
        {
            foreach (var lease in _told)
            {
                var place = Volatile.Read(ref _place);
                if (lease.Number == number && Find(Volatile.Read(ref _line), place) is var at and >= 0 && _line[at] == lease && lease.End - lease.Start > keep)
                    Skip(lease, place);
            }
        }
    }

    /// <summary>
    /// Used of the whole limit by all who are lent of it: what the level above said last, less what a rate has refilled since, and what was used here
    /// since. While it cannot be asked, the others are taken to use as much as this one.
    /// </summary>
    /// <param name="perSecond">Of a rate: what refills in a second; else 0.</param>
    /// <param name="sharers">How many are lent of it, this one included.</param>
    /// <param name="nowNs">The present.</param>
    public long UsedOfAll(double perSecond, int sharers, long nowNs)
    {
        if (Volatile.Read(ref _figure) is not { } figure || nowNs >= Volatile.Read(ref _windowEndNs))
            return 0;
        var own = (double)(Drawn(Volatile.Read(ref _place)) - figure.Drawn) * (IsCutOff ? Math.Max(1, sharers) : 1);
        var refilled = perSecond * (nowNs - figure.AskedNs) / LimitClock.SecondNs;
        return (long)Math.Clamp(figure.Used + own - refilled, 0, AmountMax);
    }

    /// <summary>Until when the figure of <see cref="UsedOfAll"/> was said; far back where it never was.</summary>
    public long FigureNs => Volatile.Read(ref _figure)?.AskedNs ?? long.MinValue / 2;

    /// <summary>Used here since the beginning, in all ways, up to a place on the line.</summary>
    private long Drawn(long place)
    {
        var sum = place - Volatile.Read(ref _voidSum) + Volatile.Read(ref _outageTotal);
        foreach (var adjusted in Volatile.Read(ref _adjusted))
            sum += Volatile.Read(ref adjusted.Total);
        return sum;
    }

    private long SkipOver(long nowNs)
    {
        while (true)
        {
            var place = Volatile.Read(ref _place);
            var at = Find(_line, place);
            if (at < 0 || nowNs < _line[at].ExpiryNs)
                return place;
            Skip(_line[at], place);
        }
    }

    /// <summary>What is used up in a second, refused demand included: it follows at once upwards, and downwards by halves.</summary>
    private void Estimate(long place, long nowNs, out long least)
    {
        var seconds = (double)(nowNs - _reportedNs) / LimitClock.SecondNs;
        var refused = Interlocked.Exchange(ref _leastRefused, 0);
        if (refused >= _least || nowNs - _leastNs > LeastNs)
            (_least, _leastNs) = (refused, nowNs);
        least = _least;
        var isLow = Volatile.Read(ref _isLow);
        Volatile.Write(ref _isLow, false);
        if (seconds < 0.2 && refused == 0 && !isLow)
            return;
        var drawn = place - Volatile.Read(ref _voidSum) + Volatile.Read(ref _outageTotal);
        var rate = Math.Max(0, drawn - _drawnBefore + Interlocked.Exchange(ref _refused, 0)) / Math.Max(seconds, 0.2);
        (_drawnBefore, _reportedNs) = (drawn, nowNs);
        var keep = Math.Pow(0.5, Math.Max(seconds, 0.2) / (_isRate ? 1 : 20));
        _demand = rate >= _demand && _isRate ? rate : _demand * keep + rate * (1 - keep);
        if (_demand * (_isRate ? 5 : 900) < 0.5)
            _demand = 0;
    }

    private long Held(long place)
    {
        long held = 0;
        foreach (var lease in _told)
            held += Math.Max(0, lease.End - Math.Max(place, lease.Start));
        return held;
    }

    /// <summary>What is to be kept though next to nothing is used; 0 where more is used, or nothing has been for long.</summary>
    private long Stock(long place, long nowNs)
    {
        var drawn = place - Volatile.Read(ref _voidSum);
        if (drawn != _usedPlace)
            (_usedPlace, _usedNs) = (drawn, nowNs);
        return _demand * (_isRate ? 1.5 : 120) < _stock && nowNs - _usedNs < _stockNs ? _stock : 0;
    }

    /// <summary>
    /// Asks for the stock where it is not here, or ends soon, or lies in a lease that is too large to be kept: that one is given up once there
    /// is another.
    /// </summary>
    private void WantStock(LeaseReport report, long place, long held, long stock, long nowNs)
    {
        long lasting = 0;
        foreach (var lease in _told)
        {
            if (lease.ExpiryNs - nowNs > (_isRate ? RateEndsNs : WindowEndsNs))
                lasting += Math.Max(0, lease.End - Math.Max(place, lease.Start));
        }

        if (lasting >= (stock + 1) / 2 && (!_isRate || held <= 4 * stock) || nowNs - _stockAskedNs < (_isRate ? StockAgainNs : WindowEndsNs / 2))
            return;
        _stockAskedNs = nowNs;
        report.IsOfStock = true;

        // The level above lends a part of what is wanted in the length of a lease: of a rate as least, of a window so much that the part is it.
        if (_isRate)
            report.Least = Math.Min(held + stock, Capacity);
        report.Wanted = Math.Max(report.Wanted, _isRate ? stock : Math.Min(15 * (held + stock) / 2, AmountMax));
    }

    /// <summary>Gives up whole leases that are more than demand will use soon.</summary>
    private long GiveUpIdle(long place, ref long held, long stock, long nowNs)
    {
        var keep = Math.Max(_demand * (_isRate ? 2.5 : 300), stock);
        while (Find(_line, place) is var at and >= 0)
        {
            var rest = _line[at].End - place;
            var isYoung = nowNs - _line[at].TakenNs < (_isRate ? LimitClock.SecondNs / 2 : 30 * LimitClock.SecondNs);
            if (isYoung || held - rest < keep || rest == 0)
                break;
            if (Skip(_line[at], place))
                held -= rest;
            place = Volatile.Read(ref _place);
        }

        return place;
    }

    private void Append(long askedNs, in LeaseGrant grant)
    {
        var amount = Math.Min(grant.Amount, AmountMax);
        var expiryNs = askedNs + grant.LengthNs;
        if (!_isRate)
            expiryNs = Math.Min(expiryNs, askedNs + grant.WindowLeftNs);
        var lease = new Lease(grant.Lease, _end, _end + amount, expiryNs, grant.Window, askedNs);
        _end = lease.End;
        Volatile.Write(ref _hasMore, true);
        _told.Add(lease);
        Volatile.Write(ref _line, [.. _line, lease]);
    }

    /// <summary>How much of the whole was used at a time, with what had been used here until then.</summary>
    private sealed class Figure(long used, long drawn, long askedNs)
    {
        public readonly long Used = used;
        public readonly long Drawn = drawn;
        public readonly long AskedNs = askedNs;
    }
}
