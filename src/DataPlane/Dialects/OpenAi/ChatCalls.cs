using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// The calls of one choice, as its deltas name them. Each has its <c>index</c>, whatever number it begins with; servers that give the same one to all, or
/// none, tell a call from the one before by another id, or where they have none by another name.
/// </summary>
internal struct ChatCalls
{
    /// <summary>Calls that are told apart at one time; those of more give way to later ones.</summary>
    private const int PlacesMax = 512;

    private List<Place>? _places;
    private int _count;

    private readonly record struct Place(long Index, int Number, ulong Id, ulong Name);

    public void Clear()
    {
        _places?.Clear();
        _count = 0;
    }

    /// <summary>Which call of the answer a delta is about, from 0 on.</summary>
    /// <param name="index">What it says itself, or its place in the list.</param>
    /// <param name="id">Its id; empty where it has none.</param>
    /// <param name="name">Its function; empty where it is not said again.</param>
    /// <param name="isNew">Whether no delta was about it yet.</param>
    public int NumberOf(long index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, out bool isNew)
    {
        _places ??= [];
        var (idHash, nameHash) = (id.IsEmpty ? 0 : StableHash.Of(id), name.IsEmpty ? 0 : StableHash.Of(name));
        var at = PlaceOf(index);

        // What has neither a name nor an id begins no call: it goes on with the last one.
        if (at < 0 && id.IsEmpty && name.IsEmpty && _count > 0)
            at = (_count - 1) % PlacesMax;
        isNew = at < 0;
        if (isNew)
            return Begin(new Place(index, _count, idHash, nameHash), _count % PlacesMax);
        var before = _places[at];
        isNew = nameHash != 0 && (idHash != 0 && before.Id != 0 ? idHash != before.Id : nameHash != before.Name && before.Name != 0);
        if (isNew)
        {
            _places[at] = before with { Index = -1 };
            return Begin(new Place(index, _count, idHash, nameHash), _count % PlacesMax);
        }

        _places[at] = before with { Id = before.Id != 0 ? before.Id : idHash, Name = before.Name != 0 ? before.Name : nameHash };
        return before.Number;
    }

    private int Begin(Place place, int at)
    {
        if (at == _places!.Count)
            _places.Add(place);
        else
            _places[at] = place;
        return _count++;
    }

    /// <summary>The latest first, for it is mostly that; -1 for none.</summary>
    private readonly int PlaceOf(long index)
    {
        for (var i = _places!.Count - 1; i >= 0; i--)
        {
            if (_places[i].Index == index)
                return i;
        }

        return -1;
    }
}
