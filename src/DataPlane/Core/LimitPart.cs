namespace AiEdge.DataPlane.Core;

/// <summary>What of a limit has a bucket of its own: one of its amounts, or how many may be under way at once.</summary>
internal sealed class LimitPart(LimitModel limit, QuantityModel? quantity, int index)
{
    public LimitModel Limit { get; } = limit;

    /// <summary>The amount; null for <see cref="LimitModel.Concurrent"/>.</summary>
    public QuantityModel? Quantity { get; } = quantity;

    /// <summary>Its place in <see cref="LimitTable.Parts"/>.</summary>
    public int Index { get; } = index;

    /// <summary>
    /// Whether it is drawn for each attempt: who answers decides whether it binds, whose bucket it is, or what a token costs.
    /// </summary>
    public bool IsOfTarget { get; } =
        limit.Match.IsOfProvider || limit.Per == LimitScope.Provider || quantity is { Unit: LimitUnit.Cost };

    /// <summary>Whether it counts what a prompt is made of.</summary>
    public bool CountsInput { get; } = quantity is { Unit: LimitUnit.Tokens or LimitUnit.InputTokens or LimitUnit.Cost };

    /// <summary>Whether it counts what an answer is made of.</summary>
    public bool CountsOutput { get; } = quantity is { Unit: LimitUnit.Tokens or LimitUnit.OutputTokens or LimitUnit.Cost };

    /// <summary>Whether it may end a stream.</summary>
    public bool Cuts { get; } =
        quantity is { Unit: LimitUnit.Tokens or LimitUnit.OutputTokens or LimitUnit.Cost } && !limit.IsShadow && limit.OnStream == StreamPolicy.Cut;

    /// <summary>Its buckets, which outlive the configuration: put there by whoever keeps them, before the configuration is in force.</summary>
    public object? State { get; set; }
}
