using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Admit;

/// <summary>A key's part of what a plane wants of a bucket.</summary>
/// <param name="Key">Its name; empty for all keys that have no place of their own.</param>
/// <param name="Priority">Its requests' class.</param>
/// <param name="Amount">In the limit's unit.</param>
internal readonly record struct KeyDemand(string Key, PriorityClass Priority, long Amount);

/// <summary>
/// Whose requests want a bucket that goes short, so that the control plane divides between keys and classes rather than planes: up to
/// <see cref="KeysMax"/> of them by what they asked for of late, all others together.
/// </summary>
/// <remarks>
/// Requirements: it only advises, in what proportion; noting neither locks nor waits, and allocates for a key's first request alone. Memory order: a
/// place is taken by compare-and-swap and its key never changes; amounts are sums by atomic additions, taken out by exchanges. Whoever adds to
/// a place that is being given up may be lost, which is demand of a moment.
/// </remarks>
internal sealed class KeyDemands
{
    /// <summary>Keys with a place of their own, of each class.</summary>
    public const int KeysMax = 32;

    private const int TriesMax = 4;

    private readonly Place?[] _places = new Place?[KeysMax];
    private long _others;
    private double _othersOfLate;

    /// <summary>A request of a key asks for so much.</summary>
    public void Note(string key, PriorityClass priority, long cost)
    {
        var hash = (uint)string.GetHashCode(key) + (uint)priority;
        for (var i = 0u; i < TriesMax; i++)
        {
            ref var slot = ref _places[(hash + i) % KeysMax];
            var place = Volatile.Read(ref slot);
            if (place is null)
            {
                var mine = new Place(key, priority);
                place = Interlocked.CompareExchange(ref slot, mine, null) ?? mine;
            }

            if (place.Priority != priority || place.Key != key)
                continue;
            Interlocked.Add(ref place.Noted, cost);
            return;
        }

        Interlocked.Add(ref _others, cost);
    }

    /// <summary>
    /// Divides what is wanted between them, by what they have asked for of late; nothing where nobody has. One caller at a time: what was noted
    /// before counts half from then on.
    /// </summary>
    public void Divide(long wanted, List<KeyDemand> into)
    {
        into.Clear();
        var sum = _othersOfLate = OfLate(_othersOfLate, ref _others);
        for (var i = 0; i < KeysMax; i++)
        {
            if (_places[i] is not { } place)
                continue;
            place.OfLate = OfLate(place.OfLate, ref place.Noted);
            sum += place.OfLate;
            if (place.OfLate == 0)
                Volatile.Write(ref _places[i], null);
        }

        if (sum <= 0)
            return;
        Add("", PriorityClass.Normal, _othersOfLate);
        foreach (var place in _places)
        {
            if (place is not null)
                Add(place.Key, place.Priority, place.OfLate);
        }

        void Add(string key, PriorityClass priority, double part)
        {
            var amount = (long)Math.Ceiling(wanted * part / sum);
            if (amount > 0)
                into.Add(new(key, priority, amount));
        }
    }

    private static double OfLate(double before, ref long noted)
    {
        var now = before / 2 + Interlocked.Exchange(ref noted, 0);
        return now < 0.5 ? 0 : now;
    }

    private sealed class Place(string key, PriorityClass priority)
    {
        public readonly string Key = key;
        public readonly PriorityClass Priority = priority;
        public long Noted;
        public double OfLate;
    }
}
