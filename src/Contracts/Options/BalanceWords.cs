namespace AiEdge.Contracts.Options;

/// <summary>Words of <see cref="ModelOptions.BalanceField"/> that others need to know.</summary>
public static class BalanceWords
{
    /// <summary>Requests of the same prompt stay together.</summary>
    public const string CacheAffinity = "cache-affinity";
}
