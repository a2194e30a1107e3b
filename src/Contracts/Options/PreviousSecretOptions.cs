using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>A key's secret of before a rotation (<c>keys[].previous</c>): it is the same key, until its time is over.</summary>
public sealed class PreviousSecretOptions
{
    /// <summary>Digest of the whole secret; unique among all of all keys.</summary>
    public static readonly Sha256Field Sha256Field = new("sha256") { IsRequired = true };

    /// <summary>First instant at which it is no longer good.</summary>
    public static readonly InstantField UntilField = new("until") { IsRequired = true };

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("a previous secret", Sha256Field, UntilField);

    /// <summary>See <see cref="Sha256Field"/>.</summary>
    public Setting<byte[]> Sha256 { get; private init; }

    /// <summary>See <see cref="UntilField"/>.</summary>
    public Setting<DateTimeOffset> Until { get; private init; }

    /// <summary>Reads it; null where it is not a map.</summary>
    public static PreviousSecretOptions? Read(ConfigNode node, FaultList faults) =>
        FieldReader.Open(node, Table, faults) is not { } reader ? null : new PreviousSecretOptions
        {
            Sha256 = reader.Get(Sha256Field),
            Until = reader.Get(UntilField),
        };
}
