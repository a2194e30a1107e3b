namespace AiEdge.Limits;

/// <summary>
/// Whose turn it is: of the higher class before the lower; within a class by <see cref="FairClass"/>. A class that waits while others
/// are served earns a twentieth of what they get; when that is enough for its next waiter, it is that one's turn.
/// </summary>
internal sealed class FairOrder
{
    private const int Floor = 20;

    private readonly FairClass[] _classes = [new(), new(), new()];
    private readonly double[] _earned = new double[3];

    public int Waiting => _classes[0].Waiting + _classes[1].Waiting + _classes[2].Waiting;

    public void Add(QueueWaiter waiter) => Of(waiter.Request.Class).Add(waiter);

    /// <summary>The next one, or null.</summary>
    public QueueWaiter? Next()
    {
        QueueWaiter? first = null;
        QueueWaiter? due = null;
        for (var i = 0; i < _classes.Length; i++)
        {
            if (_classes[i].Waiting == 0)
                continue;
            var next = _classes[i].Next();
            if (first is null)
                first = next;
            else if (_earned[i] >= next.Cost)
                due = next;
        }

        return due ?? first;
    }

    public void Remove(QueueWaiter waiter, bool isServed)
    {
        var own = Of(waiter.Request.Class);
        var cost = waiter.Cost;
        own.Remove(waiter, isServed);
        for (var i = 0; i < _classes.Length; i++)
        {
            if (_classes[i].Waiting == 0)
                _earned[i] = 0;
            else if (isServed)
                _earned[i] = _classes[i] == own ? Math.Max(0, _earned[i] - cost) : _earned[i] + (double)cost / Floor;
        }
    }

    /// <summary>Units that are likely to be drawn before a newcomer.</summary>
    public long Before(in QueuedRequest request)
    {
        var own = (int)request.Class;
        var before = _classes[own].Before(request.Flow, request.Weight, request.Cost);
        double higher = 0;
        for (var i = 0; i < own; i++)
            higher += _classes[i].Wanted;

        // The floor alone would bring its turn after so much of the higher classes.
        higher = Math.Min(higher, (Floor - 1) * (before + Math.Max(1, request.Cost)));
        return (long)Math.Min(before + higher, LimitBucket.AmountMax);
    }

    /// <summary>Who has to go for a newcomer, or null: the newcomer has.</summary>
    public QueueWaiter? Displaced(in QueuedRequest request)
    {
        var lowest = _classes.Length - 1;
        while (lowest > 0 && _classes[lowest].Waiting == 0)
            lowest--;
        var own = (int)request.Class;
        return lowest > own ? _classes[lowest].LastOfLongest(0)
            : lowest == own ? _classes[own].LastOfLongest(_classes[own].Length(request.Flow, request.Weight))
            : null;
    }

    private FairClass Of(WaitClass priority) => _classes[(int)priority];
}
