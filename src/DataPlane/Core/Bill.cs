namespace AiEdge.DataPlane.Core;

/// <summary>
/// What an exchange is charged with, once it is over: what the provider reported, if it did, else what was delivered and
/// counted here. Kept apart from <see cref="Usage"/>, which is the provider's word alone.
/// </summary>
internal struct Bill
{
    public long InputTokens { get; set; }

    /// <summary>Part of <see cref="InputTokens"/>.</summary>
    public long CachedInputTokens { get; set; }

    public long OutputTokens { get; set; }

    /// <summary>Nanodollars; 0 where the model has no price.</summary>
    public long CostNanodollars { get; set; }

    /// <summary>Version of the prices; 0 where there were none.</summary>
    public long PriceVersion { get; set; }

    /// <summary>A number in it is an estimate and not a count.</summary>
    public bool IsEstimate { get; set; }
}
