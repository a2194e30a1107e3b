using AiEdge.Contracts.Wire;

namespace AiEdge.ControlPlane.Domain;

/// <summary>A window of a budget, of money or of anything else, in which a start of a data plane had credit.</summary>
/// <param name="Limit">The limit's name.</param>
/// <param name="Unit">What it counts.</param>
/// <param name="Scope">What it counts apart, as the wire says it; empty for all together.</param>
/// <param name="Value">The key, team … that it is counted for.</param>
/// <param name="Window">The window's number.</param>
/// <param name="FromUnixMs">From when on what was used counts: the window's begin, or when the data plane had its first credit.</param>
/// <param name="UntilUnixMs">The window's end.</param>
internal sealed record BudgetSpan(string Limit, QuotaUnit Unit, string Scope, string Value, long Window, long FromUnixMs, long UntilUnixMs);

/// <summary>What was used of one.</summary>
/// <param name="Amount">So much, in its unit.</param>
/// <param name="IsExact">False: so much at most, because records do not tell apart what the limit does.</param>
internal readonly record struct BudgetSpent(long Amount, bool IsExact);
