using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>Drawing before anything is sent.</summary>
internal sealed partial class Admission
{
    /// <summary>How often a reservation is made smaller because others drew meanwhile, before it asks for the least.</summary>
    private const int ShrinksMax = 2;

    private AdmitVerdict Draw(LimitPart[] parts, bool isOfTarget, in Demand demand)
    {
        if (parts.Length == 0)
            return AdmitVerdict.Admitted;
        var first = _count;
        var nowNs = _nowNs = states.Clock.NowNs;
        (_isAgain, ColdShare) = (ColdShare is not null, null);
        Hold(parts, isShadow: false, demand, nowNs);
        var shadows = _count;
        Hold(parts, isShadow: true, demand, nowNs);
        if (!demand.IsCounted && IsNear(first, demand))
        {
            Forget(first);
            return AdmitVerdict.NeedsCount;
        }

        if (Unpriced(first, shadows) is { } unpriced)
            return Refuse(first, new Refusal(RefusalKind.Unpriced, unpriced, 0, 0, 0, 0), isOfTarget);
        if (!_isWaiting && Waited(first, shadows) is var ahead and >= 0)
            return RefuseBehind(first, ahead, isOfTarget, demand, nowNs);
        var entered = EnterAll(first, shadows, nowNs);
        if (entered < shadows)
        {
            LeaveAll(first, entered);
            var full = Later(RefusalKind.Concurrent, _entries[entered].Part, 0, 1, ConcurrentWaitNs, nowNs);
            return RefuseLongest(first, full, isOfTarget, demand, entered, 1);
        }

        if (!TryDrawAll(first, shadows, isOfTarget, demand, nowNs, out var output, out var draw))
        {
            LeaveAll(first, shadows);
            var at = draw.Outcome == DrawOutcome.TooLarge ? -1 : _which[draw.Index];
            return RefuseLongest(first, RefusalOf(draw, isOfTarget, nowNs), isOfTarget, demand, at, _costs[draw.Index]);
        }

        if (!TryReserve(first, shadows, isOfTarget, nowNs))
        {
            LeaveAll(first, shadows);
            return Refuse(first, new Refusal(RefusalKind.NoRoom, null, 0, 0, ConcurrentWaitNs, 0), isOfTarget);
        }

        for (var i = first; i < shadows; i++)
            _entries[i].Covered = _entries[i].Part.CountsOutput ? output : 0;
        DrawShadows(shadows, isOfTarget, output, nowNs);
        NoteDemands(first);
        _output = output;
        return AdmitVerdict.Admitted;
    }

    /// <summary>Looks the buckets up, how much is in them, and what the prompt takes of each.</summary>
    private void Hold(LimitPart[] parts, bool isShadow, in Demand demand, long nowNs)
    {
        foreach (var part in parts)
        {
            if (part.Limit.IsShadow != isShadow || demand.IsFree && part.Quantity is { Unit: not LimitUnit.Requests })
                continue;
            if (_count == _entries.Length)
                Grow();
            ref var entry = ref _entries[_count++];
            var state = (PartState)part.State!;
            var scope = Hold(ref _known[_count - 1], state, LimitTable.ScopeValue(part.Limit, _exchange));
            // All else of it is as Drop has left it, and a whole entry is written over by one call for each reference in it.
            var share = scope.ShareFor(part.Limit, _exchange.Key!);
            (entry.Part, entry.State, entry.Scope, entry.Share, entry.Bucket) = (part, state, scope, share, share.Bucket);
            if (share.Bucket is { } bucket)
            {
                entry.Remaining = bucket.Remaining(nowNs);
                entry.Prompt = Prompt(entry, demand);
            }
        }
    }

    /// <summary>
    /// Tells whose credit is lent what the request wants of it, now that it is decided by what is known of its prompt. Who waits, and who asks again while
    /// credit is being asked for, has been noted.
    /// </summary>
    private void NoteDemands(int first)
    {
        if (states.Desk is null || _isWaiting || _isAgain)
            return;
        for (var i = first; i < _count; i++)
        {
            ref readonly var entry = ref _entries[i];
            entry.Share.Lent?.Demands?.Note(_exchange.Key!.Name, _exchange.Priority, entry.IsGate ? 1 : entry.Prompt);
        }
    }

    /// <summary>
    /// The bucket of a scope, held. Mostly it is the one that was there the last time, which need not be looked for; one that has been given
    /// up since cannot be held.
    /// </summary>
    private static ScopeState Hold(ref KnownScope known, PartState state, string value)
    {
        if (ReferenceEquals(known.State, state) && ReferenceEquals(known.Value, value) && known.Scope.TryHold())
            return known.Scope;
        var scope = state.Hold(value);

        // Who shares a bucket for want of one of its own asks anew each time: there may be room by then.
        known = scope.Value == value ? new(state, value, scope) : default;
        return scope;
    }

    private void Grow()
    {
        var length = _entries.Length * 2;
        Array.Resize(ref _entries, length);
        Array.Resize(ref _known, length);
        Array.Resize(ref _buckets, length);
        Array.Resize(ref _costs, length);
        Array.Resize(ref _tokens, length);
        Array.Resize(ref _which, length);
    }

    /// <summary>Whether a bound may be too much for one of them where the count would not be.</summary>
    private bool IsNear(int first, in Demand demand)
    {
        var slice = demand.HasOutput ? Slice * _choices : 0;
        for (var i = first; i < _count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.Part.CountsInput && entry.Remaining < 2 * entry.Prompt + _prices.Output(entry.Unit, slice))
                return true;
        }

        return false;
    }

    /// <summary>The first limit on money that does not let a model without a price pass.</summary>
    private LimitPart? Unpriced(int first, int end)
    {
        if (_prices.IsKnown)
            return null;
        for (var i = first; i < end; i++)
        {
            if (_entries[i].Part is { Quantity.Unit: LimitUnit.Cost, Limit.Unpriced: not UnpricedPolicy.Zero } part)
                return part;
        }

        return null;
    }

    /// <summary>Enters all gates; says which is full, or <paramref name="end"/>.</summary>
    private int EnterAll(int first, int end, long nowNs)
    {
        for (var i = first; i < end; i++)
        {
            if (_entries[i].IsGate && !_entries[i].Share.Gate!.TryEnter(nowNs))
                return i;
        }

        return end;
    }

    /// <summary>Leaves gates, the last first; they are not left again.</summary>
    private void LeaveAll(int first, int end)
    {
        for (var i = end - 1; i >= first; i--)
        {
            if (_entries[i].IsGate)
                _entries[i].Share.Gate!.TryLeave();
        }
    }

    /// <summary>
    /// Draws from all that enforce. Of output as much as is wanted or, where a limit cuts, as there is: the answer is capped at it. Others may
    /// draw meanwhile; then what is left is looked at again.
    /// </summary>
    private bool TryDrawAll(int first, int end, bool isOfTarget, in Demand demand, long nowNs, out long output, out LimitDraw draw)
    {
        var least = LeastOutput(demand);
        var wanted = isOfTarget ? Math.Min(WantedOutput(demand, least), _output) : WantedOutput(demand, least);
        var isTold = false;
        for (var shrinks = 0; ; shrinks++)
        {
            output = shrinks > ShrinksMax ? least : wanted;
            var isCovered = TryPrice(first, end, output, out var count);
            if (!isCovered && shrinks <= ShrinksMax)
            {
                output = Math.Max(least, Math.Min(wanted, Credit(first, end)));
                TryPrice(first, end, output, out count);
            }

            var buckets = _buckets.AsSpan(0, count);
            var yields = Yields && !_isWaiting;
            if (LimitChain.TryDrawAll(buckets, _costs.AsSpan(0, count), _tokens, nowNs, out draw, booksSlot: false, yields, isAgain: isTold))
                return true;
            if (output <= least)
                return false;

            // What is too much for a whole bucket is no demand: what it may have instead is.
            isTold |= draw.Outcome != DrawOutcome.TooLarge;
            for (var i = first; i < end; i++)
                _entries[i].Remaining = _entries[i].Bucket?.Remaining(nowNs) ?? 0;
        }
    }

    /// <summary>
    /// What each has to give for so much output. True where all that cut have as much, which mostly they have: to see that is cheaper than
    /// to say how much it is.
    /// </summary>
    private bool TryPrice(int first, int end, long output, out int count)
    {
        // A span, for what is put into an array of a class is looked at for what it is each time.
        var buckets = _buckets.AsSpan();
        var isCovered = true;
        count = 0;
        for (var i = first; i < end; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.IsGate)
                continue;
            var cost = entry.Prompt + _prices.Output(entry.Unit, output);
            isCovered &= cost <= entry.Remaining || !entry.Cuts || cost <= Reach(entry);
            buckets[count] = entry.Bucket!;
            _costs[count] = cost;
            _which[count++] = i;
        }

        return isCovered;
    }

    /// <summary>The least that an answer has to be let: a slice for each choice, or what its own cap says.</summary>
    private long LeastOutput(in Demand demand)
    {
        if (!demand.HasOutput)
            return 0;
        var most = demand.OutputTokensMax >= 0 ? demand.OutputTokensMax : Slice;
        return Math.Min(Math.Min(most, Slice), _outputMax > 0 ? _outputMax : Slice) * _choices;
    }

    /// <summary>What is reserved where there is enough: of a stream a slice, of a whole answer its cap or what such answers mostly stay under.</summary>
    private long WantedOutput(in Demand demand, long least)
    {
        if (!demand.HasOutput || demand.IsStream)
            return least;
        var each = demand.OutputTokensMax >= 0 ? demand.OutputTokensMax : _exchange.Target!.State?.OutputP95(_exchange) ?? LearnedTokens.Unknown;
        if (_outputMax > 0)
            each = Math.Min(each, _outputMax);
        return Math.Max(least, Math.Min(each, LimitBucket.AmountMax / _choices) * _choices);
    }

    /// <summary>
    /// Units of the request and its prompt. What lies at the provider can only be guessed, and a guess must not make a request larger than a
    /// bucket can ever hold.
    /// </summary>
    private long Prompt(in AdmissionEntry entry, in Demand demand)
    {
        if (demand.InputGuess > demand.InputTokens && entry.Part.CountsInput)
        {
            var guessed = _prices.Input(entry.Unit, demand.InputGuess);
            if (guessed + _prices.Output(entry.Unit, LeastOutput(demand)) <= entry.Bucket!.CapacityAt(_nowNs))
                return guessed;
        }

        var prompt = _prices.Input(entry.Unit, demand.InputTokens);
        return demand.OutputGuess == 0 || entry.Unit != LimitUnit.Cost ? prompt
            : Math.Max(prompt, Math.Min(prompt + _prices.Output(LimitUnit.Cost, demand.OutputGuess), entry.Bucket!.CapacityAt(_nowNs)));
    }

    /// <summary>Output tokens that the tightest limit that cuts has credit for, beside the prompt.</summary>
    private long Credit(int first, int end)
    {
        var credit = long.MaxValue;
        for (var i = first; i < end; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.Cuts)
                credit = Math.Min(credit, _prices.OutputFor(entry.Unit, Reach(entry) - entry.Prompt));
        }

        return credit;
    }

    private long Reach(in AdmissionEntry entry) =>
        entry.Share.Lent is null ? entry.Remaining : Math.Max(entry.Remaining, entry.Bucket!.Reach(states.Clock.NowNs));

    /// <summary>Notes what was drawn, so that it comes back by itself should the exchange never settle.</summary>
    private bool TryReserve(int first, int end, bool isOfTarget, long nowNs)
    {
        ref var handle = ref isOfTarget ? ref _target : ref _first;
        ref var isOpen = ref isOfTarget ? ref _targetIsOpen : ref _firstIsOpen;
        var count = 0;
        for (var i = first; i < end; i++)
            count += _entries[i].IsGate ? 0 : 1;
        if (count == 0 && end == _count)
            return true;
        isOpen = states.Reservations.TryOpen(
            _buckets.AsSpan(0, count), _costs.AsSpan(0, count), _tokens.AsSpan(0, count), nowNs + _lifeNs, out handle);
        if (!isOpen)
            LimitChain.GiveBackAll(_buckets.AsSpan(0, count), _costs, _tokens, nowNs);
        return isOpen;
    }

    /// <summary>Shadows measure: one that would have refused is left out of this exchange, with all its parts, and counts it.</summary>
    private void DrawShadows(int first, bool isOfTarget, long output, long nowNs)
    {
        for (var from = first; from < _count;)
        {
            var limit = _entries[from].Part.Limit;
            var to = from + 1;
            while (to < _count && ReferenceEquals(_entries[to].Part.Limit, limit))
                to++;
            var wasOut = isOfTarget && IsOut(limit);
            if (wasOut || !TryDrawShadow(from, to, isOfTarget, output, nowNs))
            {
                for (var i = from; i < to; i++)
                    _entries[i].IsOut = true;
                if (!wasOut)
                    _entries[from].State.Counters.OnWouldHaveRefused();
                if (isOfTarget && !wasOut)
                    LeaveOut(limit, nowNs);
            }

            from = to;
        }
    }

    /// <summary>Whether a shadow would have refused the exchange before a target was asked.</summary>
    private bool IsOut(LimitModel limit)
    {
        for (var i = 0; i < _firstCount; i++)
        {
            if (_entries[i].IsOut && ReferenceEquals(_entries[i].Part.Limit, limit))
                return true;
        }

        return false;
    }

    /// <summary>What a shadow had drawn before a target was asked goes back: it would have refused the exchange.</summary>
    private void LeaveOut(LimitModel limit, long nowNs)
    {
        for (var i = 0; i < _firstCount; i++)
        {
            ref var entry = ref _entries[i];
            if (entry.IsOut || !ReferenceEquals(entry.Part.Limit, limit))
                continue;
            entry.IsOut = true;
            if (entry.IsGate)
                entry.Share.Gate!.TryLeave();
            else
                _first.Return(entry.Bucket!, _first.Held(entry.Bucket!), nowNs);
        }
    }

    /// <summary>Draws from all parts of one limit, or from none.</summary>
    private bool TryDrawShadow(int from, int to, bool isOfTarget, long output, long nowNs)
    {
        var entered = EnterAll(from, to, nowNs);
        TryPrice(from, to, output, out var count);
        if (entered < to || !LimitChain.TryDrawAll(_buckets.AsSpan(0, count), _costs.AsSpan(0, count), _tokens, nowNs, out _, booksSlot: false))
        {
            LeaveAll(from, entered);
            return false;
        }

        for (var k = 0; k < count; k++)
        {
            ref var entry = ref _entries[_which[k]];
            entry.Covered = entry.Part.CountsOutput ? output : 0;
            (isOfTarget ? _target : _first).TryAdd(entry.Bucket!, _costs[k], _tokens[k], nowNs + _lifeNs);
        }

        return true;
    }

    /// <summary>
    /// One that is answered books a slot. Who may wait in a queue has its place there, and a target's refusal may be made good by another target.
    /// </summary>
    private Refusal RefusalOf(LimitDraw draw, bool isOfTarget, long nowNs)
    {
        ref readonly var entry = ref _entries[_which[draw.Index]];
        var left = entry.Bucket!.Remaining(nowNs);
        var cost = _costs[draw.Index];
        var isBooked = !_isWaiting && !isOfTarget && !IsPassedOver(_exchange) && entry.Part.Limit.Queue is null && draw.Outcome != DrawOutcome.TooLarge;
        var waitNs = isBooked ? LimitChain.Book(entry.Bucket, cost, nowNs) : draw.WaitNs;
        if (draw.Outcome == DrawOutcome.TooLarge || waitNs == long.MaxValue)
            return new Refusal(RefusalKind.TooLarge, entry.Part, left, cost, 0, 0);
        return Later(RefusalKind.Spent, entry.Part, left, cost, Math.Max(1, waitNs), nowNs);
    }

    private Refusal Later(RefusalKind kind, LimitPart part, long left, long cost, long waitNs, long nowNs) =>
        new(kind, part, left, cost, waitNs, states.Clock.UnixNs(nowNs) + waitNs);

    /// <summary>As <see cref="Refuse"/>, by whatever is short for longest.</summary>
    private AdmitVerdict RefuseLongest(int first, in Refusal refusal, bool isOfTarget, in Demand demand, int at, long cost)
    {
        if (Foresee(refusal, isOfTarget, demand, _nowNs) is { } longest)
            return Refuse(first, longest, isOfTarget, at, cost);
        Forget(first);
        return AdmitVerdict.NeedsCount;
    }

    /// <summary>The answer to a refusal; by the entry <paramref name="at"/>, whose queue may be waited in, unless it is below 0.</summary>
    private AdmitVerdict Refuse(int first, Refusal refusal, bool isOfTarget, int at = -1, long cost = 0)
    {
        Refusal = refusal;
        ColdShare = at >= 0 && _entries[at].Share is { Lent: not null } share && IsCold(share) ? share : null;
        NoteDemands(first);
        if (!_isWaiting)
            OfferQueue(at, cost);
        _refusing = at >= 0 && ReferenceEquals(refusal.Part, _entries[at].Part) ? _entries[at].Bucket : null;
        if (!_isWaiting && !MayWait && !isOfTarget && !IsPassedOver(_exchange))
            CountRefusal();
        Tell(refusal);
        ShowRates(_nowNs);
        Forget(first);
        return AdmitVerdict.Refused;
    }

    private void Tell(in Refusal refusal)
    {
        if (refusal.Part is not { } part)
            return;
        (_exchange.LimitHit, _exchange.LimitWaitNs, _exchange.LimitResetUnixNs) = (part.Limit, refusal.WaitNs, refusal.AtUnixNs);
    }

    /// <summary>Whether waiting a moment may help: nobody has asked yet, or demand has just begun and more is there for the asking.</summary>
    private bool IsCold(ScopeShare share)
    {
        var nowNs = states.Clock.NowNs;
        return share.Lent!.IsCold(nowNs) || share.Lent.IsRising(nowNs);
    }

    /// <summary>Lets go of entries of which nothing was drawn, or all was given back.</summary>
    private void Forget(int first)
    {
        for (var i = first; i < _count; i++)
            _entries[i].IsOut = true;
        Drop(first);
    }
}
