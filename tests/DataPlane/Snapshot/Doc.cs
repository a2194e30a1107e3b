using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>Documents for tests, written as texts.</summary>
internal static class Doc
{
    /// <summary>What every document needs, on lines 1 to 5; a test writes on from line 6.</summary>
    public const string Head = """
        providers:
          openai: { dialect: openai, baseUrl: "https://api.openai.com/v1", key: sk-1 }
        models:
          gpt-4o: { targets: [ { provider: openai } ] }
          "gpt-*": { targets: [ { provider: openai } ] }

        """;

    /// <summary>A limit that bounds every key, for documents that are not to be warned of.</summary>
    public const string Limits = "limits: [ { name: all, requests: 1000/min } ]\n";

    public const string Sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    public static ConfigLoad Load(string text, Func<string, string?>? env = null, ConfigFormat format = ConfigFormat.Yaml, ConfigOverrides? overrides = null, ConfigSnapshot? running = null) =>
        Load(Encoding.UTF8.GetBytes(text), env, format, overrides, running);

    public static ConfigLoad Load(byte[] content, Func<string, string?>? env = null, ConfigFormat format = ConfigFormat.Yaml, ConfigOverrides? overrides = null, ConfigSnapshot? running = null) =>
        ConfigFile.Load(new ConfigDocument(content, format) { WrittenUnixSeconds = 1_700_000_000 }, Path.GetTempPath(), 1, overrides ?? ConfigOverrides.None, env ?? (_ => null), running);

    /// <summary>The snapshot of a document that has no faults.</summary>
    public static ConfigSnapshot Snapshot(string text, Func<string, string?>? env = null)
    {
        var load = Load(text, env);
        Assert.Equal("", string.Join('\n', Lines(load.Faults)));
        return load.Snapshot!;
    }

    /// <summary>The faults of a document as they are printed, without the file's name: <c>12: path: message</c>.</summary>
    public static string[] Faults(string text, ConfigFormat format = ConfigFormat.Yaml)
    {
        var load = Load(text, format: format);
        Assert.Equal(load.Snapshot is null, load.Faults.Count > 0);
        return Lines(load.Faults);
    }

    public static string[] Lines(IReadOnlyList<ConfigFault> faults) => [.. faults.Select(f => f.Format("").TrimStart(':'))];

    public static ConfigNode? Tree(string text, ConfigFormat format, out string[] faults)
    {
        var list = new FaultList();
        var tree = ConfigSource.Parse(Encoding.UTF8.GetBytes(text), format, list);
        faults = Lines(list.ToList());
        return tree;
    }

    /// <summary>A tree with kinds and texts but without places, to compare two documents by.</summary>
    public static string Shape(ConfigNode? node) => node switch
    {
        ConfigMap map => "{" + string.Join(',', map.Entries.Select(e => ConfigText.Quote(e.Name) + ":" + Shape(e.Value))) + "}",
        ConfigSequence list => "[" + string.Join(',', list.Items.Select(Shape)) + "]",
        ConfigScalar scalar => scalar.Kind + " " + ConfigText.Quote(scalar.Text, 1000),
        _ => "nothing",
    };

    /// <summary>A tree as JSON, each value on the line that it has in the tree where that can be had.</summary>
    public static string ToJson(ConfigNode node)
    {
        var text = new StringBuilder();
        Write(node, text);
        return text.ToString();
    }

    private static void Write(ConfigNode node, StringBuilder text)
    {
        var comma = "";
        switch (node)
        {
            case ConfigMap map:
                text.Append('{');
                foreach (var entry in map.Entries)
                {
                    text.Append(comma);
                    NewLines(text, entry.Line);
                    text.Append(System.Text.Json.JsonSerializer.Serialize(entry.Name, PlainJson.Default.String)).Append(':');
                    Write(entry.Value, text);
                    comma = ",";
                }

                text.Append('}');
                break;
            case ConfigSequence list:
                text.Append('[');
                foreach (var item in list.Items)
                {
                    text.Append(comma);
                    NewLines(text, item.Line);
                    Write(item, text);
                    comma = ",";
                }

                text.Append(']');
                break;
            case ConfigScalar scalar:
                NewLines(text, scalar.Line);
                text.Append(scalar.Kind switch
                {
                    ScalarKind.Null => "null",
                    ScalarKind.Boolean => scalar.Text.ToLowerInvariant(),
                    ScalarKind.Text => System.Text.Json.JsonSerializer.Serialize(scalar.Text, PlainJson.Default.String),
                    _ => scalar.Text,
                });
                break;
        }
    }

    private static void NewLines(StringBuilder text, int line)
    {
        var now = 1 + text.ToString().Count(c => c == '\n');
        text.Append('\n', Math.Max(0, line - now));
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class PlainJson : System.Text.Json.Serialization.JsonSerializerContext;
