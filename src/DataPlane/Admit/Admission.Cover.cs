using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>Drawing ahead of the output as it comes, and what the admission comes to for the answer.</summary>
internal sealed partial class Admission : IOutputCredit
{
    /// <summary>
    /// Draws credit until <paramref name="outputTokens"/> of all choices are covered. False where a limit that cuts refuses; its name is
    /// then in the exchange.
    /// </summary>
    public bool TryCover(long outputTokens)
    {
        if (outputTokens <= OutputCovered || _hasExpired)
            return true;
        var nowNs = states.Clock.NowNs;
        var credit = CreditAhead(nowNs);
        var ahead = Math.Max(outputTokens, OutputCovered + Slice);
        if (ahead - OutputCovered > credit)
            ahead = outputTokens;
        if (TryCoverTo(ahead, nowNs, out var refused) || ahead > outputTokens && TryCoverTo(outputTokens, nowNs, out refused))
            return true;
        ref readonly var entry = ref _entries[refused];
        _exchange.LimitHit = entry.Part.Limit;
        _exchange.CutBy = entry.Part.Limit.Name;
        entry.State.Counters.OnCut();
        return false;
    }

    /// <summary>
    /// Whether the prompt's bound is held where it may be missed by others: a limit that counts it has less than half of it left.
    /// </summary>
    public bool IsPressed { get; private set; }

    /// <summary>The prompt, whose bound was drawn, has been counted: what is held beyond the count goes back.</summary>
    public void OnPromptCounted(long tokens)
    {
        IsPressed = false;
        if (!_holdsBound)
            return;
        _holdsBound = false;
        var nowNs = states.Clock.NowNs;
        for (var i = 0; i < _count; i++)
        {
            ref var entry = ref _entries[i];
            if (!entry.Part.CountsInput || entry.IsGate || entry.IsOut || entry.IsStopped)
                continue;
            var prompt = _prices.Input(entry.Unit, tokens);
            if (prompt >= entry.Prompt)
                continue;
            (i < _firstCount ? _first : _target).Return(entry.Bucket!, entry.Prompt - prompt, nowNs);
            entry.Prompt = prompt;
            entry.Scope.Signal();
        }
    }

    private bool TryCoverTo(long covered, long nowNs, out int refused)
    {
        refused = -1;
        var buckets = _buckets.AsSpan();
        var count = 0;
        for (var i = 0; i < _count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (!entry.Cuts)
                continue;
            buckets[count] = entry.Bucket!;
            _costs[count] = Ahead(entry, covered);
            _which[count++] = i;
        }

        // Nobody comes back for what a stream was refused.
        if (!LimitChain.TryDrawAll(_buckets.AsSpan(0, count), _costs, _tokens, nowNs, out var draw, booksSlot: false))
        {
            // A lease may be short while the fleet's bucket is not: until the control plane says so, a stream goes on, into debt.
            if (_buckets[draw.Index] is LeaseBucket lent && lent.MayOverdraw(nowNs))
            {
                Overdraw(count, nowNs);
                Cover(covered, count, nowNs);
                return true;
            }

            refused = _which[draw.Index];
            return false;
        }

        Cover(covered, count, nowNs);
        return true;
    }

    private void Overdraw(int count, long nowNs)
    {
        for (var i = 0; i < count; i++)
            _tokens[i] = _buckets[i].Overdraw(_costs[i], nowNs).Token;
    }

    private void Cover(long covered, int count, long nowNs)
    {
        for (var i = 0; i < count; i++)
            Note(_which[i], covered, _costs[i], _tokens[i], nowNs);
        for (var i = 0; i < _count; i++)
            Follow(i, covered, nowNs);
        OutputCovered = covered;
    }

    /// <summary>What does not cut goes along: into debt, or out of the measure.</summary>
    private void Follow(int i, long covered, long nowNs)
    {
        ref var entry = ref _entries[i];
        if (!entry.IsDrawnAhead || entry.Cuts)
            return;
        var (bucket, cost) = (entry.Bucket!, Ahead(entry, covered));
        if (LimitChain.TryDrawAll(new(in bucket), new(in cost), _tokens, nowNs, out _, booksSlot: false))
        {
            Note(i, covered, cost, _tokens[0], nowNs);
        }
        else if (!entry.Part.Limit.IsShadow || entry.Part.Limit.OnStream == StreamPolicy.Overdraw)
        {
            entry.State.Counters.OnOverdrawn();
            Note(i, covered, cost, bucket.Overdraw(cost, nowNs).Token, nowNs);
        }
        else
        {
            entry.IsStopped = true;
            entry.State.Counters.OnWouldHaveRefused();
        }
    }

    private long Ahead(in AdmissionEntry entry, long covered) =>
        Math.Max(0, _prices.Output(entry.Unit, covered) - _prices.Output(entry.Unit, entry.Covered));

    private void Note(int i, long covered, long cost, long token, long nowNs)
    {
        ref var entry = ref _entries[i];
        var handle = i < _firstCount ? _first : _target;
        entry.Covered = Math.Max(entry.Covered, covered);
        if (handle.TryAdd(entry.Bucket!, cost, token, nowNs + _lifeNs))
            return;

        // It was given back for being late: the end charges the bill as it is.
        entry.Bucket!.Refund(cost, token, nowNs);
        _hasExpired = true;
    }

    /// <summary>Output tokens beyond those that are covered that all limits that cut have credit for.</summary>
    private long CreditAhead(long nowNs)
    {
        var credit = long.MaxValue;
        for (var i = 0; i < _count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.Cuts)
                credit = Math.Min(credit, _prices.OutputFor(entry.Unit, entry.Bucket!.Remaining(nowNs)));
        }

        return credit;
    }

    /// <summary>All is drawn: what is covered, what the answer has to be capped at, and what its headers say.</summary>
    private void Conclude(in Demand demand)
    {
        // The draw of a moment ago has read the clock, unless there was nothing to draw.
        var nowNs = _nowNs != 0 ? _nowNs : states.Clock.NowNs;
        var (covered, credit) = (long.MaxValue, long.MaxValue);
        var most = MostOutput(demand);
        var tightest = -1;
        IsMetered = MayCut = IsPressed = false;
        for (var i = 0; i < _count; i++)
        {
            ref readonly var entry = ref _entries[i];
            IsPressed |= _holdsBound && entry.Part.CountsInput && !entry.IsGate && entry.Remaining < entry.Bucket!.CapacityAt(nowNs) / 2;
            if (!entry.IsDrawnAhead)
                continue;
            IsMetered = true;
            covered = Math.Min(covered, entry.Covered);
            if (!entry.Cuts)
                continue;
            MayCut = true;
            var reach = entry.Bucket!.Reach(nowNs);

            // Where there is enough for all that can come of it, how much more there is is of no interest.
            if (_prices.Output(entry.Unit, Math.Max(0, most - entry.Covered)) <= reach)
                continue;
            var left = _prices.OutputFor(entry.Unit, reach);
            left = left > long.MaxValue - entry.Covered ? long.MaxValue : left + entry.Covered;
            if (left < credit)
                (credit, tightest) = (left, i);
        }

        OutputCovered = demand.HasOutput ? covered : long.MaxValue;
        OutputCap = demand.HasOutput && tightest >= 0 && most > credit ? credit / _choices : long.MaxValue;
        _exchange.OutputClamp = OutputCap == long.MaxValue ? 0 : OutputCap;
        if (OutputCap < long.MaxValue && !_isClamped)
            _entries[tightest].State.Counters.OnClamped();
        _isClamped |= OutputCap < long.MaxValue;
        ShowRates(nowNs);
    }

    /// <summary>Output tokens, of all choices together, that the client's own cap, the model's or its window keeps the answer within.</summary>
    private long MostOutput(in Demand demand)
    {
        var each = Math.Min(demand.OutputTokensMax >= 0 ? demand.OutputTokensMax : long.MaxValue, _outputMax > 0 ? _outputMax : CapMax);

        // A prompt that nobody has counted exactly may be an eighth of what is taken for it.
        if (_exchange.Target!.ContextWindow is var window and > 0)
        {
            var prompt = demand.IsCounted && !_exchange.PromptIsEstimate ? demand.InputTokens : demand.InputTokens / 8;
            each = Math.Min(each, Math.Max(Slice, window - prompt));
        }

        return Math.Min(each, LimitBucket.AmountMax / _choices) * _choices;
    }

    private void ShowRates(long nowNs)
    {
        for (var i = 0; i < _count; i++)
        {
            ref readonly var entry = ref _entries[i];
            if (entry.IsGate || entry.Part.Limit.IsShadow || entry.Part.Limit.Per is not (LimitScope.Key or LimitScope.Team) || entry.Unit == LimitUnit.Cost)
                continue;
            var quantity = entry.Part.Quantity!;
            var status = new RateStatus(quantity.IsRate ? quantity.Burst : quantity.Amount, entry.Bucket!.Remaining(nowNs), entry.Bucket.ResetNs(nowNs));
            if (entry.Unit == LimitUnit.Requests)
                _exchange.RequestRate = _exchange.RequestRate.Tighter(status);
            else
                _exchange.TokenRate = _exchange.TokenRate.Tighter(status);
        }
    }
}
