using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>A cheaper model that is asked first, and what its answer must not be (<c>models.NAME.cascade[]</c>).</summary>
public sealed class CascadeOptions
{
    /// <summary>Steps of one model.</summary>
    public const int StepsMax = 4;

    /// <summary>Digits behind the point of <see cref="ProbabilityMinField"/>.</summary>
    public const int ProbabilityDigits = 4;

    /// <summary>The model that is asked.</summary>
    public static readonly StringField ModelField = new("model", TextRules.ModelName) { IsRequired = true };

    /// <summary>What its answer is given up for; left out, all of it.</summary>
    public static readonly StringListField UnlessField = new("unless", TextRules.CascadeRule, TextRules.CascadeRulesMax);

    /// <summary>How probable the answer's tokens have to be, by their geometric mean; left out, nobody looks.</summary>
    public static readonly DecimalField ProbabilityMinField = new("probabilityMin", "a probability, such as 0.3", ProbabilityDigits, "1");

    /// <summary>How long its whole answer may take.</summary>
    public static readonly DurationField WithinField = new("within", "30s", "100ms", "1h", ZeroDuration.Off);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("a step of a cascade", ModelField, UnlessField, ProbabilityMinField, WithinField);

    private CascadeOptions(ConfigMap node) => Node = node;

    /// <summary>The section.</summary>
    public ConfigMap Node { get; }

    /// <summary>See <see cref="ModelField"/>.</summary>
    public Setting<string> Model { get; private init; }

    /// <summary>See <see cref="UnlessField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Unless { get; private init; }

    /// <summary>See <see cref="ProbabilityMinField"/>; ten-thousandths.</summary>
    public Setting<long> ProbabilityMin { get; private init; }

    /// <summary>See <see cref="WithinField"/>.</summary>
    public Setting<TimeSpan> Within { get; private init; }

    /// <summary>Reads the steps of a model.</summary>
    public static IReadOnlyList<CascadeOptions> Read(IReadOnlyList<ConfigNode> nodes, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        var steps = new List<CascadeOptions>(nodes.Count);
        foreach (var node in nodes)
        {
            if (FieldReader.Open(node, Table, faults) is { } reader)
                steps.Add(new CascadeOptions(reader.Map)
                {
                    Model = reader.Get(ModelField),
                    Unless = reader.Get(UnlessField),
                    ProbabilityMin = reader.Get(ProbabilityMinField),
                    Within = reader.Get(WithinField),
                });
        }

        return steps;
    }
}
