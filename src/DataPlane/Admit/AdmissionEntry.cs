using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>A part of a limit that one exchange has drawn from, or entered.</summary>
internal struct AdmissionEntry
{
    public LimitPart Part;

    public PartState State;

    public ScopeState Scope;

    /// <summary>The share of the scope that it belongs to.</summary>
    public ScopeShare Share;

    /// <summary>The share's bucket; null for a gate.</summary>
    public LimitBucket? Bucket;

    /// <summary>What was left when it was looked at, before the draw.</summary>
    public long Remaining;

    /// <summary>What the request and its prompt come to.</summary>
    public long Prompt;

    /// <summary>Output tokens that were drawn for.</summary>
    public long Covered;

    /// <summary>A shadow that would have refused the exchange: nothing was drawn from it, and nothing will be.</summary>
    public bool IsOut;

    /// <summary>A shadow that would have cut the stream: what was drawn from it until then is all that counts.</summary>
    public bool IsStopped;

    public readonly bool IsGate => Bucket is null;

    public readonly LimitUnit Unit => Part.Quantity!.Unit;

    /// <summary>Whether output is drawn for as it comes.</summary>
    public readonly bool IsDrawnAhead => Part.CountsOutput && !IsOut && !IsStopped;

    /// <summary>Whether it may end a stream.</summary>
    public readonly bool Cuts => Part.Cuts;
}
