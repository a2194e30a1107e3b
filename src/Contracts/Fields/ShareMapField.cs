using System.Globalization;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Fields;

/// <summary>A part of a limit for whoever carries a tag.</summary>
/// <param name="Tag">The tag's name.</param>
/// <param name="Value">The tag's value.</param>
/// <param name="Percent">The part, 1 to 100.</param>
/// <param name="Node">Where it stands.</param>
public sealed record Share(string Tag, string Value, int Percent, ConfigNode Node);

/// <summary>Parts of a limit: <c>{"env=prod": 80%, "env=dev": 20%}</c>.</summary>
public sealed class ShareMapField : Field<IReadOnlyList<Share>>
{
    /// <summary>How many parts there may be.</summary>
    public const int EntriesMax = 16;

    /// <summary>Makes a field of that name.</summary>
    public ShareMapField(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    public override bool TryRead(ConfigNode node, FaultList faults, out IReadOnlyList<Share> value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(faults);
        var shares = new List<Share>();
        value = shares;
        if (node is not ConfigMap map)
        {
            faults.Add(node, $"expected a map such as {{\"env=prod\": 80%}}, found {node.KindText}");
            return false;
        }

        if (map.Entries.Count is 0 or > EntriesMax)
        {
            faults.Add(map, map.Entries.Count == 0 ? "is empty; leave it out or name something" : $"holds more than {EntriesMax} entries");
            return false;
        }

        foreach (var entry in map.Entries)
        {
            if (!TagText.TryParse(entry.Name, out var tag, out var complaint))
                faults.Add(map, entry.Name, complaint);
            else if (TryPercent(entry.Value, faults, out var percent))
                shares.Add(new Share(tag.Key, tag.Value, percent, entry.Value));
        }

        return true;
    }

    private static bool TryPercent(ConfigNode node, FaultList faults, out int percent)
    {
        percent = 0;
        if (node is ConfigScalar { Kind: ScalarKind.Text } scalar && scalar.Text.EndsWith('%')
            && int.TryParse(scalar.Text.AsSpan()[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out percent) && percent is >= 1 and <= 100)
            return true;
        var found = node is ConfigScalar { Kind: not ScalarKind.Null } written ? written.Shown : node.KindText;
        faults.Add(node, $"expected a whole percentage from 1% to 100%, found {found}");
        return false;
    }
}

/// <summary>A tag and its value in one text, <c>env=prod</c>.</summary>
public static class TagText
{
    /// <summary>Reads a tag; the value may be a glob where the caller takes one.</summary>
    public static bool TryParse(string text, out KeyValuePair<string, string> tag, out string complaint)
    {
        ArgumentNullException.ThrowIfNull(text);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        tag = default;
        complaint = equals < 0 ? "is not a tag with its value, such as env=prod"
            : TextRules.PlainName(text[..equals]) is { } name ? "names a tag that " + name
            : TextRules.TagValue(text[(equals + 1)..]) is { } value ? "has a value that " + value
            : "";
        if (complaint.Length > 0)
            return false;
        tag = new(text[..equals], text[(equals + 1)..]);
        return true;
    }

    /// <summary>What is wrong with a text that is to be a tag and a value, or null.</summary>
    public static string? Rule(string text) => TryParse(text, out _, out var complaint) ? null : complaint;
}
