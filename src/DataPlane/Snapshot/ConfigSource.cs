using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>The formats a document may be written in.</summary>
internal enum ConfigFormat : byte
{
    Yaml,
    Json,
}

/// <summary>Turns the bytes of a document into a tree.</summary>
internal static class ConfigSource
{
    /// <summary>Deepest nesting of maps and lists.</summary>
    public const int DepthMax = 64;

    /// <summary>JSON for <c>.json</c>, else YAML.</summary>
    public static ConfigFormat FormatOf(string path) =>
        path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ConfigFormat.Json : ConfigFormat.Yaml;

    /// <summary>
    /// The tree, or null with faults added. Never throws, whatever the bytes are. Duplicate names are faults, too, but leave a
    /// tree to go on with.
    /// </summary>
    public static ConfigNode? Parse(ReadOnlySpan<byte> content, ConfigFormat format, FaultList faults)
    {
        content = SourceFile.WithoutMark(content);
        if (!SourceFile.IsText(content, faults))
            return null;
        return format == ConfigFormat.Json ? JsonSource.Parse(content, faults) : YamlSource.Parse(Encoding.UTF8.GetString(content), faults);
    }
}
