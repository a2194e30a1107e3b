using System.Runtime.InteropServices;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// The calls of contents, and which of them have an answer. Each result's is found at once: what is answered is passed over once, and not by each result.
/// </summary>
internal sealed class OpenCalls
{
    private readonly List<Call> _calls = [];

    /// <summary>The last call of a name; the one that follows it is the first, so that they stand in a ring.</summary>
    private PieceTable _ofName;

    /// <summary>The last call of an id.</summary>
    private PieceTable _ofId;

    private struct Call
    {
        public int Part;
        public bool IsAnswered;
        public int NextOfName;
        public int BeforeOfId;
    }

    /// <summary>Calls so far.</summary>
    public int Count => _calls.Count;

    /// <summary>The part of the request that a call is.</summary>
    public int PartOf(int call) => _calls[call].Part;

    public void Clear()
    {
        _calls.Clear();
        _ofName.Release();
        _ofId.Release();
    }

    /// <summary>Adds the call that is the part of that place.</summary>
    public void Add(ReadOnlySpan<byte> source, in NeutralPart part, int place)
    {
        var call = new Call { Part = place, NextOfName = _calls.Count, BeforeOfId = -1 };
        ref var last = ref _ofName.At(source, part.Name);
        if (last >= 0)
        {
            ref var before = ref CollectionsMarshal.AsSpan(_calls)[last];
            (call.NextOfName, before.NextOfName) = (before.NextOfName, _calls.Count);
        }

        last = _calls.Count;
        if (part.Id.Length > 0)
        {
            ref var lastOfId = ref _ofId.At(source, part.Id);
            (call.BeforeOfId, lastOfId) = (lastOfId, _calls.Count);
        }

        _calls.Add(call);
    }

    /// <summary>Which call a result answers: the last one of its id, else the first of its name, that has no answer yet; -1 for none.</summary>
    public int Answer(ReadOnlySpan<byte> source, in NeutralPart result)
    {
        var call = result.Id.Length > 0 ? OfId(source, result.Id) : -1;
        if (call < 0)
            call = OfName(source, result.Name);
        if (call >= 0)
            CollectionsMarshal.AsSpan(_calls)[call].IsAnswered = true;
        return call;
    }

    private int OfId(ReadOnlySpan<byte> source, Piece id)
    {
        ref var last = ref _ofId.At(source, id);
        while (last >= 0 && _calls[last].IsAnswered)
            last = _calls[last].BeforeOfId;
        return last;
    }

    private int OfName(ReadOnlySpan<byte> source, Piece name)
    {
        ref var last = ref _ofName.At(source, name);
        var calls = CollectionsMarshal.AsSpan(_calls);
        while (last >= 0)
        {
            var first = calls[last].NextOfName;
            if (!calls[first].IsAnswered)
                return first;
            if (first == last)
                last = -1;
            else
                calls[last].NextOfName = calls[first].NextOfName;
        }

        return -1;
    }
}
