using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// The calls of one choice, as its deltas name them. Each has its <c>index</c>; servers that give the same one to all, or none, tell a call from the one
/// before by another id, or where they have none by another name.
/// </summary>
internal struct ChatCalls
{
    private List<Place>? _places;
    private int _count;

    private readonly record struct Place(int Number, ulong Id, ulong Name);

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
        var at = (int)Math.Clamp(index, 0, _places.Count);
        var (idHash, nameHash) = (id.IsEmpty ? 0 : StableHash.Of(id), name.IsEmpty ? 0 : StableHash.Of(name));
        isNew = at == _places.Count;
        if (isNew)
        {
            _places.Add(new Place(_count, idHash, nameHash));
            return _count++;
        }

        var before = _places[at];
        isNew = nameHash != 0 && (idHash != 0 && before.Id != 0 ? idHash != before.Id : nameHash != before.Name && before.Name != 0);
        if (isNew)
        {
            _places[at] = new Place(_count, idHash, nameHash);
            return _count++;
        }

        _places[at] = new Place(before.Number, before.Id != 0 ? before.Id : idHash, before.Name != 0 ? before.Name : nameHash);
        return before.Number;
    }
}
