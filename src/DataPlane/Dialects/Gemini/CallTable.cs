using System.Buffers;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// Which call an id means: of those so far the last turn's, and of that the first. A client says how many there are, so each is found at once, and ids that
/// were chosen to collide do not, for the hash has a seed of the process's own.
/// </summary>
/// <param name="request">The request.</param>
internal ref struct CallTable(NeutralRequest request)
{
    private readonly NeutralRequest _request = request;
    private int[] _slots = [];
    private int _mask;

    /// <summary>Makes room for all calls of the request; given back by <see cref="Release"/>.</summary>
    public void Begin()
    {
        var calls = 0;
        foreach (ref readonly var part in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_request.Parts))
            calls += part.Kind == PartKind.ToolCall ? 1 : 0;
        if (calls == 0)
            return;
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)calls * 2);
        _slots = ArrayPool<int>.Shared.Rent(size);
        _mask = size - 1;
        _slots.AsSpan(0, size).Fill(-1);
    }

    public void Release()
    {
        if (_slots.Length > 0)
            ArrayPool<int>.Shared.Return(_slots);
        _slots = [];
    }

    /// <summary>The part that is the call of that id; -1 for none.</summary>
    public readonly int Find(Piece id) => _slots.Length == 0 || !id.IsPresent ? -1 : _slots[SlotOf(id)];

    /// <summary>Adds the calls of a turn.</summary>
    public readonly void Add(ContentsTurn turn)
    {
        for (var p = turn.Next(turn.From - 1, PartKind.ToolCall); p >= 0; p = turn.Next(p, PartKind.ToolCall))
        {
            if (!_request.Parts[p].Id.IsPresent)
                continue;
            ref var slot = ref _slots[SlotOf(_request.Parts[p].Id)];
            if (slot < turn.From)
                slot = p;
        }
    }

    private readonly int SlotOf(Piece id)
    {
        var text = id.Of(_request.Source);
        HashCode hash = default;
        hash.AddBytes(text);
        var at = hash.ToHashCode() & _mask;
        while (_slots[at] >= 0 && !_request.Parts[_slots[at]].Id.Of(_request.Source).SequenceEqual(text))
            at = (at + 1) & _mask;
        return at;
    }
}
