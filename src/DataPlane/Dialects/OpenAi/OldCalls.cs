using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// Calls of a chat's history as they were before there could be several at once: they have no ids, and what a function has answered belongs to the last
/// call of its name. They are counted, for others know a result by its call.
/// </summary>
internal sealed class OldCalls
{
    private readonly List<Piece> _unanswered = [];

    public void Clear() => _unanswered.Clear();

    /// <summary>Gives a call its number.</summary>
    public void Add(ref NeutralPart call)
    {
        call.Ordinal = _unanswered.Count;
        _unanswered.Add(call.Name);
    }

    /// <summary>Gives a result the number of its call; false where there is none.</summary>
    public bool TryAnswer(ReadOnlySpan<byte> source, ref NeutralPart result)
    {
        for (var i = _unanswered.Count - 1; i >= 0 && result.Name.IsPresent; i--)
        {
            if (!_unanswered[i].IsPresent || !_unanswered[i].Of(source).SequenceEqual(result.Name.Of(source)))
                continue;
            _unanswered[i] = default;
            result.Ordinal = i;
            return true;
        }

        return false;
    }
}
