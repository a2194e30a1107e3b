using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>How requests of the same prompt stay together (<c>affinity:</c> of a model with <c>balance: cache-affinity</c>).</summary>
public sealed class AffinityOptions
{
    /// <summary>Digits behind the point of <see cref="BoundField"/>.</summary>
    public const int BoundDigits = 2;

    /// <summary>How much of a prompt's beginning decides.</summary>
    public static readonly SizeField PrefixField = new("prefix", "4kb", "64b", "1mb");

    /// <summary>How many times its part of what is under way a target may have.</summary>
    public static readonly DecimalField BoundField = new("bound", "a number such as 1.25", BoundDigits, "10", "1") { Default = 125 };

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("affinity", PrefixField, BoundField);

    /// <summary>Nothing written.</summary>
    public static readonly AffinityOptions None = new();

    /// <summary>The section; null where there is none.</summary>
    public ConfigMap? Node { get; private init; }

    /// <summary>See <see cref="PrefixField"/>; bytes.</summary>
    public Setting<long> Prefix { get; private init; }

    /// <summary>See <see cref="BoundField"/>; hundredths.</summary>
    public Setting<long> Bound { get; private init; }

    /// <summary>Reads the section; nothing written where it is absent.</summary>
    public static AffinityOptions Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? None : new AffinityOptions
        {
            Node = reader.Map,
            Prefix = reader.Get(PrefixField),
            Bound = reader.Get(BoundField),
        };
}
