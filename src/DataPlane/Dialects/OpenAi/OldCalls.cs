using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// Calls of a chat's history as they were before there could be several at once: they have no ids, and what a function has answered belongs to the last
/// call of its name. They are counted, for others know a result by its call.
/// </summary>
internal sealed class OldCalls
{
    /// <summary>Of each call the one before it that has its name and no answer; -1 for none.</summary>
    private readonly List<int> _before = [];

    /// <summary>The last call of a name that has no answer.</summary>
    private PieceTable _last;

    public void Clear()
    {
        _before.Clear();
        _last.Release();
    }

    /// <summary>Gives a call its number.</summary>
    public void Add(ReadOnlySpan<byte> source, ref NeutralPart call)
    {
        ref var last = ref _last.At(source, call.Name);
        call.Ordinal = _before.Count;
        _before.Add(last);
        last = call.Ordinal;
    }

    /// <summary>Gives a result the number of its call; false where there is none.</summary>
    public bool TryAnswer(ReadOnlySpan<byte> source, ref NeutralPart result)
    {
        if (!result.Name.IsPresent)
            return false;
        ref var last = ref _last.At(source, result.Name);
        if (last < 0)
            return false;
        result.Ordinal = last;
        last = _before[last];
        return true;
    }
}
