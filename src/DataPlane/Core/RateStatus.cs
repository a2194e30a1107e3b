namespace AiEdge.DataPlane.Core;

/// <summary>How far the tightest limit of a client's key or team is, for the headers of its answer.</summary>
/// <param name="Limit">Units a period; 0 where nothing is limited.</param>
/// <param name="Remaining">Units that are left.</param>
/// <param name="ResetNs">Nanoseconds until all of them are there again.</param>
internal readonly record struct RateStatus(long Limit, long Remaining, long ResetNs)
{
    public bool IsKnown => Limit > 0;

    /// <summary>Of two the one of which less is left, as a part of its limit.</summary>
    public RateStatus Tighter(RateStatus other) =>
        !IsKnown || other.IsKnown && (Int128)other.Remaining * Limit < (Int128)Remaining * other.Limit ? other : this;
}
