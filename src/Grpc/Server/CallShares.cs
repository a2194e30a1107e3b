namespace AiEdge.Grpc.Server;

/// <summary>Calls under way of one kind: so many of all callers together, and so many of each.</summary>
internal sealed class CallShares(int max, int perCallerMax)
{
    private readonly Dictionary<object, int> _counts = [];
    private readonly Lock _lock = new();
    private int _count;

    /// <summary>Counts one more call of a caller; false where it would be one too many.</summary>
    public bool TryEnter(object caller)
    {
        lock (_lock)
        {
            var own = _counts.GetValueOrDefault(caller);
            if (_count >= max || own >= perCallerMax)
                return false;
            _count++;
            _counts[caller] = own + 1;
            return true;
        }
    }

    public void Leave(object caller)
    {
        lock (_lock)
        {
            _count--;
            if (--_counts[caller] == 0)
                _counts.Remove(caller);
        }
    }
}
