using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.ControlPlane.Api;

/// <summary>A request that is asked about: whose key, which model, and the tags that it would set.</summary>
/// <param name="Key">Name of the key.</param>
/// <param name="Model">The model as a client would name it.</param>
/// <param name="Tags">What would stand in <c>x-aiedge-tags</c>.</param>
internal sealed record ExplainAsk(string Key, string Model, IReadOnlyList<KeyValuePair<string, string>> Tags)
{
    private static readonly StringField KeyField = new("key", TextRules.AccountName) { IsRequired = true };
    private static readonly StringField ModelField = new("model", TextRules.ModelName) { IsRequired = true };
    private static readonly StringMapField TagsField = new("tags", TextRules.PlainName, TextRules.TagValue, 32);
    private static readonly FieldTable Table = new("a question", KeyField, ModelField, TagsField);

    /// <summary>Reads it; null where it is no map. Of no use where there are faults.</summary>
    public static ExplainAsk? Read(ConfigNode node, FaultList faults) => FieldReader.Open(node, Table, faults) is not { } reader ? null : new(
        reader.Get(KeyField).Or(""), reader.Get(ModelField).Or(""),
        [.. reader.Get(TagsField).Or([]).Select(t => KeyValuePair.Create(t.Key, t.Value.Value))]);
}
