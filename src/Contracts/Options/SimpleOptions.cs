using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>Which of a model's requests another one is enough for (<c>models.NAME.simple</c>).</summary>
public sealed class SimpleOptions
{
    /// <summary>The model that these go to.</summary>
    public static readonly StringField ModelField = new("model", TextRules.ModelName) { IsRequired = true };

    /// <summary>How long the prompt of such a request is at most, in tokens.</summary>
    public static readonly CountField PromptTokensMaxField = new("promptTokensMax", 1, 1_000_000_000) { IsRequired = true };

    /// <summary>What it may ask for besides text; left out, nothing.</summary>
    public static readonly StringListField CapabilitiesField = new("capabilities", TextRules.Capability, TextRules.CapabilitiesMax);

    /// <summary>Values of tags that it has, all of them; left out, any.</summary>
    public static readonly StringMapField TagsField = new("tags", TextRules.PlainName, TextRules.TagValue, 8);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new("simple", ModelField, PromptTokensMaxField, CapabilitiesField, TagsField);

    /// <summary>See <see cref="ModelField"/>.</summary>
    public Setting<string> Model { get; private init; }

    /// <summary>See <see cref="PromptTokensMaxField"/>.</summary>
    public Setting<long> PromptTokensMax { get; private init; }

    /// <summary>See <see cref="CapabilitiesField"/>.</summary>
    public Setting<IReadOnlyList<Setting<string>>> Capabilities { get; private init; }

    /// <summary>See <see cref="TagsField"/>.</summary>
    public Setting<IReadOnlyList<KeyValuePair<string, Setting<string>>>> Tags { get; private init; }

    /// <summary>Reads the section; null where there is none.</summary>
    public static SimpleOptions? Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? null : new SimpleOptions
        {
            Model = reader.Get(ModelField),
            PromptTokensMax = reader.Get(PromptTokensMaxField),
            Capabilities = reader.Get(CapabilitiesField),
            Tags = reader.Get(TagsField),
        };
}
