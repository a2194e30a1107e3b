using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Link;

/// <summary>What is known of the configuration in force beside its entries.</summary>
/// <param name="StoreId">The store it came from.</param>
/// <param name="Generation">The store's number for it; 0 for none.</param>
/// <param name="Secrets">What its entries refer to as <c>${store:NAME}</c>.</param>
/// <param name="AppliedUnixSeconds">When it first came into force here.</param>
/// <param name="MaxAgeMs">How long the control plane lets it be served without hearing from it; 0 where it did not say.</param>
internal sealed record HeldConfig(
    byte[] StoreId, long Generation, IReadOnlyDictionary<string, string> Secrets, long AppliedUnixSeconds, long MaxAgeMs)
{
    public static HeldConfig None { get; } = new([], 0, new Dictionary<string, string>(), 0, 0);
}

/// <summary>A configuration as it lies on disk.</summary>
/// <param name="Held">What is known of it.</param>
/// <param name="Entries">All of it, each entry once.</param>
internal sealed record StoredConfig(HeldConfig Held, IReadOnlyCollection<ConfigPiece> Entries);
