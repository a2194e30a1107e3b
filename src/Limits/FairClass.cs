namespace AiEdge.Limits;

/// <summary>
/// The flows of one class, served in the ratio of their weights. Worst-case fair weighted fair queueing (WF2Q+, Bennett and Zhang): each
/// flow's turn begins at the virtual time at which its last one ended, or now, and lasts cost ÷ weight; of the turns that have begun
/// the one goes first that ends first. Virtual time passes by cost ÷ the weights of all that wait, so a flow with many waiters is
/// never behind one that comes again and again under new names for good.
/// </summary>
internal sealed class FairClass
{
    private const int IdleMax = 256;

    private readonly Dictionary<string, FairFlow> _flows = new(StringComparer.Ordinal);
    private readonly Stack<FairFlow> _free = new();
    private FairFlow[] _active = new FairFlow[8];
    private int _count;
    private double _virtual;
    private long _weights;
    private long _since;

    public int Waiting { get; private set; }

    /// <summary>Units that all its waiters want.</summary>
    public long Wanted { get; private set; }

    public void Add(QueueWaiter waiter)
    {
        var flow = Find(waiter.Request.Flow);
        var weight = Math.Clamp(waiter.Request.Weight, 1, 1000);
        if (flow.Index < 0)
        {
            if (_count == _active.Length)
                Array.Resize(ref _active, 2 * _count);
            flow.Index = _count;
            _active[_count++] = flow;
            flow.Start = Math.Max(flow.Start, _virtual);
            flow.Since = ++_since;
        }
        else
        {
            _weights -= flow.Weight;
        }

        flow.Weight = weight;
        _weights += weight;
        flow.Append(waiter);
        Waiting++;
        Wanted += waiter.Cost;
    }

    /// <summary>The one whose turn it is; there must be one.</summary>
    public QueueWaiter Next()
    {
        while (true)
        {
            FairFlow? best = null;
            var soonest = double.MaxValue;
            for (var i = 0; i < _count; i++)
            {
                var flow = _active[i];
                soonest = Math.Min(soonest, flow.Start);
                if (flow.Start > _virtual)
                    continue;
                if (best is null || flow.Finish < best.Finish || flow.Finish == best.Finish && flow.Since < best.Since)
                    best = flow;
            }

            if (best is not null)
                return best.First!;

            // All have had more than their share: time goes on to the first whose turn begins.
            _virtual = soonest;
        }
    }

    /// <summary>Takes a waiter out; one that was served moves its flow's next turn, and virtual time.</summary>
    public void Remove(QueueWaiter waiter, bool isServed)
    {
        var flow = waiter.Flow!;
        if (isServed)
        {
            flow.Start += (double)waiter.Cost / flow.Weight;
            flow.Since = ++_since;
            _virtual += (double)waiter.Cost / _weights;
        }

        flow.Remove(waiter);
        Waiting--;
        Wanted -= waiter.Cost;
        if (flow.Count > 0)
            return;
        _weights -= flow.Weight;
        _active[flow.Index] = _active[--_count];
        _active[flow.Index].Index = flow.Index;
        _active[_count] = null!;
        flow.Index = -1;
        if (_count == 0)
            Forget(all: true);
        else if (_flows.Count > _count + IdleMax)
            Forget(all: false);
    }

    /// <summary>Units that are likely to be drawn before a newcomer of this flow, if all get what is theirs from now on.</summary>
    public double Before(string id, int weight, long cost)
    {
        _flows.TryGetValue(id, out var own);
        var mine = own is { Count: > 0 } ? own.Wanted : 0;
        var finish = Math.Max(_virtual, own?.Start ?? 0) + (mine + Math.Max(1, cost)) / (double)Math.Clamp(weight, 1, 1000);
        double sum = mine;
        for (var i = 0; i < _count; i++)
        {
            var flow = _active[i];
            if (flow != own)
                sum += Math.Clamp((finish - flow.Start) * flow.Weight, 0, flow.Wanted);
        }

        return sum;
    }

    /// <summary>The last waiter of the flow that has most of them for its weight, if that is more than <paramref name="least"/>.</summary>
    public QueueWaiter? LastOfLongest(double least)
    {
        QueueWaiter? found = null;
        for (var i = 0; i < _count; i++)
        {
            var flow = _active[i];
            if ((double)flow.Count / flow.Weight <= least || flow.Last!.State != QueueWaiter.Phase.Waiting)
                continue;
            (found, least) = (flow.Last, (double)flow.Count / flow.Weight);
        }

        return found;
    }

    /// <summary>How many of a flow wait, for its weight, if one more does.</summary>
    public double Length(string id, int weight) =>
        ((_flows.TryGetValue(id, out var flow) ? flow.Count : 0) + 1.0) / Math.Clamp(weight, 1, 1000);

    private FairFlow Find(string id)
    {
        if (_flows.TryGetValue(id, out var flow))
            return flow;
        if (!_free.TryPop(out flow))
            flow = new FairFlow();
        (flow.Id, flow.Start) = (id, 0);
        _flows.Add(id, flow);
        return flow;
    }

    /// <summary>Forgets the flows that have nobody waiting: all of them when the class is empty, else those that owe nothing.</summary>
    private void Forget(bool all)
    {
        foreach (var (id, flow) in _flows)
        {
            if (flow.Index >= 0 || !all && flow.Start > _virtual && _flows.Count <= _count + 2 * IdleMax)
                continue;
            _flows.Remove(id);
            if (_free.Count < IdleMax)
                _free.Push(flow);
        }

        if (all)
            _virtual = 0;
    }
}
