using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>When a stream is taken for one that will not end by itself (<c>runaway:</c>).</summary>
public sealed class RunawayOptions
{
    /// <summary>Nothing written.</summary>
    public static readonly RunawayOptions None = new();

    /// <summary>Output tokens of one stream.</summary>
    public static readonly CountField OutputTokensField = new("outputTokens", 1, 1_000_000_000) { CanBeOff = true };

    /// <summary>How often the same run of words comes right after itself.</summary>
    public static readonly CountField RepeatField = new("repeat", 2, 10_000) { CanBeOff = true };

    /// <summary>What is done then.</summary>
    public static readonly ChoiceField ActionField = new("action", ["cut", "shadow"]) { Default = "cut" };

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("runaway", OutputTokensField, RepeatField, ActionField);

    /// <summary>The section; null where there is none.</summary>
    public ConfigMap? Node { get; private init; }

    /// <summary>See <see cref="OutputTokensField"/>; 0 for off.</summary>
    public Setting<long> OutputTokens { get; private init; }

    /// <summary>See <see cref="RepeatField"/>; 0 for off.</summary>
    public Setting<long> Repeat { get; private init; }

    /// <summary>See <see cref="ActionField"/>.</summary>
    public Setting<string> Action { get; private init; }

    /// <summary>These guards, and those of a wider place for what is not written here.</summary>
    public RunawayOptions Over(RunawayOptions wider)
    {
        ArgumentNullException.ThrowIfNull(wider);
        return new RunawayOptions
        {
            Node = Node ?? wider.Node,
            OutputTokens = OutputTokens.Or(wider.OutputTokens),
            Repeat = Repeat.Or(wider.Repeat),
            Action = Action.Or(wider.Action),
        };
    }

    /// <summary>Reads the section; nothing written where it is absent.</summary>
    public static RunawayOptions Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? None : new RunawayOptions
        {
            Node = reader.Map,
            OutputTokens = reader.Get(OutputTokensField),
            Repeat = reader.Get(RepeatField),
            Action = reader.Get(ActionField),
        };
}
