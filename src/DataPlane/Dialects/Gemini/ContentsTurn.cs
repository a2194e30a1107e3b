using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>What one speaker says in messages that follow each other, which is one content here.</summary>
/// <param name="request">The request.</param>
/// <param name="from">The first of the messages.</param>
/// <param name="to">The one behind the last.</param>
/// <param name="role">Whose they are; those of others among them are left out.</param>
internal readonly ref struct ContentsTurn(NeutralRequest request, int from, int to, NeutralRole role)
{
    private readonly NeutralRequest _request = request;
    private readonly int _from = from;
    private readonly int _to = to;
    private readonly NeutralRole _role = role;

    /// <summary>Whether it has more than one part of a kind.</summary>
    public bool HasSeveral(PartKind kind) => Next(-1, kind) is var first and >= 0 && Next(first, kind) >= 0;

    /// <summary>The part of a kind that comes first behind another, -1 for none.</summary>
    public int Next(int behind, PartKind kind)
    {
        for (var m = _from; m < _to; m++)
        {
            var message = _request.Messages[m];
            for (var p = Math.Max(message.From, behind + 1); message.Role == _role && p < message.From + message.Count; p++)
            {
                if (_request.Parts[p].Kind == kind)
                    return p;
            }
        }

        return -1;
    }

    /// <summary>The first part of a kind that has that id, -1 for none.</summary>
    public int Find(PartKind kind, Piece id)
    {
        for (var p = Next(-1, kind); p >= 0; p = Next(p, kind))
        {
            if (_request.Parts[p].Id.Of(_request.Source).SequenceEqual(id.Of(_request.Source)))
                return p;
        }

        return -1;
    }
}
