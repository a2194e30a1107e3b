using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>Which call an id means: of those so far the last turn's, and of that the first.</summary>
/// <param name="request">The request.</param>
internal ref struct CallTable(NeutralRequest request)
{
    private readonly NeutralRequest _request = request;
    private PieceTable _parts;

    public void Release() => _parts.Release();

    /// <summary>The part that is the call of that id; -1 for none.</summary>
    public readonly int Find(Piece id) => id.IsPresent ? _parts.Find(_request.Source, id) : -1;

    /// <summary>Adds the calls of a turn.</summary>
    public void Add(ContentsTurn turn)
    {
        for (var p = turn.Next(turn.From - 1, PartKind.ToolCall); p >= 0; p = turn.Next(p, PartKind.ToolCall))
        {
            if (!_request.Parts[p].Id.IsPresent)
                continue;
            ref var part = ref _parts.At(_request.Source, _request.Parts[p].Id);
            if (part < turn.From)
                part = p;
        }
    }
}
