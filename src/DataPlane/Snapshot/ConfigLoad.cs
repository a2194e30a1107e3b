using AiEdge.Contracts.Faults;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>What came of loading a document: a snapshot, or faults.</summary>
internal sealed class ConfigLoad
{
    /// <summary>The compiled document; null where there are faults.</summary>
    public ConfigSnapshot? Snapshot { get; init; }

    /// <summary>Everything that is wrong, by line; empty where there is a snapshot.</summary>
    public required IReadOnlyList<ConfigFault> Faults { get; init; }

    /// <summary>What is probably not meant, by line.</summary>
    public required IReadOnlyList<ConfigFault> Warnings { get; init; }

    /// <summary>The document and the other files that went into it (secrets, certificates), also those that could not be read.</summary>
    public required IReadOnlyList<StampedFile> Files { get; init; }
}
