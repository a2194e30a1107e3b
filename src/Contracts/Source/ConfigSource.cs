using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Source;

/// <summary>The formats a document may be written in.</summary>
public enum ConfigFormat
{
    /// <summary>YAML 1.2, the core schema, without what makes it more than data.</summary>
    Yaml,

    /// <summary>JSON (RFC 8259).</summary>
    Json,
}

/// <summary>Turns the bytes of a document into a tree.</summary>
public static class ConfigSource
{
    /// <summary>Deepest nesting of maps and lists.</summary>
    public const int DepthMax = 64;

    /// <summary>JSON for <c>.json</c>, else YAML.</summary>
    public static ConfigFormat FormatOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ConfigFormat.Json : ConfigFormat.Yaml;
    }

    /// <summary>
    /// The tree, or null with faults added. Never throws, whatever the bytes are. Duplicate names are faults, too, but leave a
    /// tree to go on with.
    /// </summary>
    public static ConfigNode? Parse(ReadOnlySpan<byte> content, ConfigFormat format, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        content = SourceText.WithoutMark(content);
        if (!SourceText.IsText(content, faults))
            return null;
        return format == ConfigFormat.Json ? JsonSource.Parse(content, faults) : YamlSource.Parse(Encoding.UTF8.GetString(content), faults);
    }
}
