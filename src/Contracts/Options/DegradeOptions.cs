using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>
/// What a limit, or a model by its capacity, does with requests before they are refused (<c>limits[].degrade[]</c>, <c>models.NAME.degrade[]</c>).
/// </summary>
public sealed class DegradeOptions
{
    /// <summary>Steps of one limit or model.</summary>
    public const int StepsMax = 8;

    /// <summary>How much of the limit, or of what the targets can do, is used by then.</summary>
    public static readonly PercentField AtField = new("at") { IsRequired = true };

    /// <summary>The model that requests go to from there on.</summary>
    public static readonly StringField ModelField = new("model", TextRules.ModelName);

    /// <summary>The cap of each answer from there on.</summary>
    public static readonly CountField MaxTokensField = new("maxTokens", 1, 1_000_000_000);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("a step", AtField, ModelField, MaxTokensField);

    private DegradeOptions(ConfigMap node) => Node = node;

    /// <summary>The section.</summary>
    public ConfigMap Node { get; }

    /// <summary>See <see cref="AtField"/>; percent.</summary>
    public Setting<int> At { get; private init; }

    /// <summary>See <see cref="ModelField"/>.</summary>
    public Setting<string> Model { get; private init; }

    /// <summary>See <see cref="MaxTokensField"/>.</summary>
    public Setting<long> MaxTokens { get; private init; }

    /// <summary>Reads the steps of a limit or a model.</summary>
    public static IReadOnlyList<DegradeOptions> Read(IReadOnlyList<ConfigNode> nodes, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        var steps = new List<DegradeOptions>(nodes.Count);
        foreach (var node in nodes)
        {
            if (FieldReader.Open(node, Table, faults) is { } reader)
                steps.Add(new DegradeOptions(reader.Map) { At = reader.Get(AtField), Model = reader.Get(ModelField), MaxTokens = reader.Get(MaxTokensField) });
        }

        return steps;
    }
}
