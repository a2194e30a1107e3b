using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>
/// A control plane's document in force, as far as its next change is built upon it. The text of a key is not kept: what it says is in the
/// <see cref="ConfigSnapshot.Keys"/>, but for keys with references, which have to be followed anew.
/// </summary>
internal sealed class CompiledEntries
{
    /// <summary>All entries but keys without references, as they came.</summary>
    public required ConfigEntries Kept { get; init; }

    /// <summary>The document as it was read, without its keys.</summary>
    public required ConfigOptions Options { get; init; }

    /// <summary>The policies of its keys, which those of the next one are taken from.</summary>
    public required KeyPolicies Policies { get; init; }

    /// <summary>What came of it: a snapshot, never faults.</summary>
    public required ConfigLoad Load { get; init; }

    public ConfigSnapshot Snapshot => Load.Snapshot!;

    /// <summary>The same with what is said of it in other words.</summary>
    public CompiledEntries With(ConfigLoad load) => new() { Kept = Kept, Options = Options, Policies = Policies, Load = load };
}
