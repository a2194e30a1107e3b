namespace AiEdge.ControlPlane.Usage;

/// <summary>Whom to tell of what.</summary>
internal sealed class AlertRule
{
    public required string Name { get; init; }

    /// <summary>Where to: https, at a public host.</summary>
    public required Uri Webhook { get; init; }

    /// <summary>What the messages are signed with; 16 bytes at least.</summary>
    public required ReadOnlyMemory<byte> Secret { get; init; }

    /// <summary>Percent of a budget, growing; empty watches no budgets.</summary>
    public IReadOnlyList<int> Thresholds { get; init; } = [];

    /// <summary>The limits whose budgets are watched; empty for all.</summary>
    public IReadOnlyList<string> Limits { get; init; } = [];

    /// <summary>For whose hours that are dearer than usual it looks; null for none.</summary>
    public UsageDimension? AnomalyBy { get; init; }

    /// <summary>What an hour must cost before it can be an anomaly, in nanodollars.</summary>
    public long AnomalyCostMin { get; init; }
}

/// <summary>What has been used of a budget in its present window.</summary>
/// <param name="Limit">The limit's name.</param>
/// <param name="Scope">What it counts apart: key, team …; empty for all together.</param>
/// <param name="Value">The key, team … that it is counted for.</param>
/// <param name="WindowUnixMs">Where the window begins.</param>
/// <param name="Used">In nanodollars; may be more than is allowed.</param>
/// <param name="Allowed">In nanodollars.</param>
internal sealed record BudgetUse(string Limit, string Scope, string Value, long WindowUnixMs, long Used, long Allowed);

/// <summary>A message on its way.</summary>
/// <param name="Id">Of its own; the same over all tries.</param>
/// <param name="Rule">The rule's name, whose address and secret of then are taken.</param>
/// <param name="Body">JSON in UTF-8.</param>
/// <param name="Tries">So far.</param>
/// <param name="NextUnixMs">When to try again.</param>
internal sealed record AlertMessage(string Id, string Rule, byte[] Body, int Tries, long NextUnixMs);
