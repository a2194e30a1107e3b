using System.Globalization;
using AiEdge.Limits;

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

    /// <summary>Who has shares of it and which of them have a bucket of their own, as which no edit can give or take; empty where nobody has.</summary>
    public string SharesId { get; } = string.Join('\n', Array.ConvertAll(limit.Shares, share => $"{share.Name}:{HasPart(quantity, share.Percent)}"));

    /// <summary>A short word for all that makes it another part if it is edited, besides its names: empty where nobody has a share.</summary>
    public string SharesMark => field ??= SharesId.Length == 0 ? "" : StableHash.Of(SharesId).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Its buckets, which outlive the configuration: put there by whoever keeps them, before the configuration is in force.</summary>
    public object? State { get; set; }

    /// <summary>Of places it is not a bucket.</summary>
    private static bool HasPart(QuantityModel? quantity, int percent) =>
        quantity is null || SharedBucket.HasPart(quantity.IsRate ? quantity.Burst : quantity.Amount, quantity.IsRate, percent);
}
