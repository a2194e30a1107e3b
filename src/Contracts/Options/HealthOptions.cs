using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>How a model's targets are left out that fail (<c>models.NAME.health</c>).</summary>
public sealed class HealthOptions
{
    /// <summary>How many of the targets of a priority go on being asked as long as one of them answers, whichever fail; rounded up.</summary>
    public static readonly PercentField KeepField = new("keep", 25);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("health", KeepField);

    /// <summary>Nothing written.</summary>
    public static readonly HealthOptions None = new();

    /// <summary>See <see cref="KeepField"/>; percent.</summary>
    public Setting<int> Keep { get; private init; }

    /// <summary>Reads the section; nothing written where it is absent.</summary>
    public static HealthOptions Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? None : new HealthOptions { Keep = reader.Get(KeepField) };
}
