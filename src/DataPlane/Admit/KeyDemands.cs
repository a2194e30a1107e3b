using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Admit;

/// <summary>What a plane wants of a bucket for a key's requests of one class.</summary>
/// <param name="Key">Its name; empty for all keys that have no place for their requests of the class.</param>
/// <param name="Priority">The class.</param>
/// <param name="Amount">In the limit's unit.</param>
internal readonly record struct KeyDemand(string Key, PriorityClass Priority, long Amount);

/// <summary>
/// Whose requests want a bucket that goes short, so that the control plane divides between keys and classes rather than planes: a key's of one class
/// have a place, the first <see cref="PlacesMax"/> of them that come (fewer where many fall together), and of each class all others are one.
/// </summary>
/// <remarks>
/// Requirements: it only advises, in what proportion; noting neither locks nor waits, and allocates for a key's first request alone. Memory order: a
/// place is taken by compare-and-swap and its key never changes; amounts are sums by atomic additions, taken out by exchanges. Whoever adds to
/// a place that is being given up may be lost, which is demand of a moment.
/// </remarks>
internal sealed class KeyDemands
{
    /// <summary>Places; each is a key's and a class's until it has asked for nothing for some turns.</summary>
    public const int PlacesMax = 32;

    private const int TriesMax = 4;
    private const int Classes = 3;

    private readonly Place?[] _places = new Place?[PlacesMax];
    private readonly long[] _others = new long[Classes];
    private readonly double[] _othersOfLate = new double[Classes];

    /// <summary>A request of a key asks for so much.</summary>
    public void Note(string key, PriorityClass priority, long cost)
    {
        var hash = (uint)string.GetHashCode(key) + (uint)priority;
        if ((Find(key, priority, hash, mayTake: false) ?? Find(key, priority, hash, mayTake: true)) is { } place)
            Interlocked.Add(ref place.Noted, cost);
        else
            Interlocked.Add(ref _others[(int)priority], cost);
    }

    /// <summary>The place of a key and class, or a free one: who has one behind a place that others have left stays there.</summary>
    private Place? Find(string key, PriorityClass priority, uint hash, bool mayTake)
    {
        for (var i = 0u; i < TriesMax; i++)
        {
            ref var slot = ref _places[(hash + i) % PlacesMax];
            var place = Volatile.Read(ref slot);
            if (place is null && mayTake)
            {
                var mine = new Place(key, priority);
                place = Interlocked.CompareExchange(ref slot, mine, null) ?? mine;
            }

            if (place is not null && place.Priority == priority && place.Key == key)
                return place;
        }

        return null;
    }

    /// <summary>
    /// Divides what is wanted between them, by what they have asked for of late; nothing where nobody has. One caller at a time: what was noted
    /// before counts half from then on.
    /// </summary>
    public void Divide(long wanted, List<KeyDemand> into)
    {
        into.Clear();
        double sum = 0;
        for (var i = 0; i < Classes; i++)
            sum += _othersOfLate[i] = OfLate(_othersOfLate[i], ref _others[i]);
        for (var i = 0; i < PlacesMax; i++)
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
        for (var i = 0; i < Classes; i++)
            Add("", (PriorityClass)i, _othersOfLate[i]);
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
