using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>What one speaker says in messages that follow each other, which is one content here: a range of the request's parts.</summary>
/// <param name="Request">The request.</param>
/// <param name="From">The first of the parts.</param>
/// <param name="To">The one behind the last.</param>
internal readonly record struct ContentsTurn(NeutralRequest Request, int From, int To)
{
    /// <summary>How many parts of a kind it has. Calls and results are of one speaker alone, whoever else stands between.</summary>
    public int Count(PartKind kind)
    {
        var count = 0;
        for (var p = Next(From - 1, kind); p >= 0; p = Next(p, kind))
            count++;
        return count;
    }

    /// <summary>Whether a part is among them.</summary>
    public bool Holds(int part) => part >= From && part < To;

    /// <summary>The part of a kind that comes first behind another, -1 for none.</summary>
    public int Next(int behind, PartKind kind)
    {
        for (var p = behind + 1; p < To; p++)
        {
            if (Request.Parts[p].Kind == kind)
                return p;
        }

        return -1;
    }
}
