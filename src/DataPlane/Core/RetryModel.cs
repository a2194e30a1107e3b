namespace AiEdge.DataPlane.Core;

/// <summary>How often a request is sent again, as long as nothing of an answer has gone to its client (<c>retry:</c>), compiled.</summary>
/// <param name="AttemptsMax">Attempts of one exchange, the first included; at least 1.</param>
/// <param name="BudgetPercent">How many of a model's requests may be sent again, in percent of them.</param>
/// <param name="WaitMax">How long is waited at most before one is sent again.</param>
/// <param name="SameTarget">Whether the target that failed is asked again where there is no other.</param>
internal sealed record RetryModel(int AttemptsMax, int BudgetPercent, TimeSpan WaitMax, bool SameTarget);

/// <summary>How a model's targets share its requests.</summary>
internal enum BalanceMode : byte
{
    /// <summary>By their weights alone.</summary>
    Weighted,

    /// <summary>Of two, the one with fewer requests under way for its weight.</summary>
    LeastPending,

    /// <summary>Of two, the one that is expected to say its first token earlier.</summary>
    Latency,

    /// <summary>The cheapest.</summary>
    Cost,

    /// <summary>The one that has the prompt's beginning in its provider's cache, as long as it has not too many under way.</summary>
    CacheAffinity,
}

/// <summary>By what requests stay with one of a model's targets.</summary>
/// <param name="Tag">Name of a tag; null for the key or the user.</param>
/// <param name="IsUser">Whether it is whom the request names as its user.</param>
internal sealed record StickyModel(string? Tag, bool IsUser = false);

/// <summary>How requests of the same prompt stay together.</summary>
/// <param name="PrefixBytes">Bytes of the prompt's beginning that decide.</param>
/// <param name="BoundPercent">How much of its part of what is under way a target may have, in percent; at least 100.</param>
internal sealed record AffinityModel(long PrefixBytes, long BoundPercent);
