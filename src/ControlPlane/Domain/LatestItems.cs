namespace AiEdge.ControlPlane.Domain;

/// <summary>The last so many of what was added; the last one always.</summary>
/// <param name="max">How many.</param>
/// <param name="weightMax">How much they may weigh together.</param>
/// <param name="weight">What one weighs.</param>
internal sealed class LatestItems<T>(int max, long weightMax, Func<T, long> weight)
    where T : class
{
    private readonly Queue<T> _items = new();
    private long _weight;

    /// <summary>The oldest that is still there; null where there is none.</summary>
    public T? Oldest => _items.TryPeek(out var oldest) ? oldest : null;

    public void Add(T item)
    {
        _items.Enqueue(item);
        _weight += weight(item);
        while (_items.Count > 1 && (_items.Count > max || _weight > weightMax))
            _weight -= weight(_items.Dequeue());
    }

    public IReadOnlyList<T> OldestFirst() => [.. _items];

    public IReadOnlyList<T> NewestFirst()
    {
        var items = _items.ToArray();
        Array.Reverse(items);
        return items;
    }
}
