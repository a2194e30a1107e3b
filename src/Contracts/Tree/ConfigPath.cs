using System.Text;

namespace AiEdge.Contracts.Tree;

/// <summary>The dotted path of a node: <c>models.gpt-4o.targets[0].provider</c>, <c>models["gpt-4.1"]</c>.</summary>
public static class ConfigPath
{
    private const int NameCharsMax = 80;

    /// <summary>Path of a node; empty for the root.</summary>
    public static string Of(ConfigNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.Parent is null)
            return "";
        var chain = new List<ConfigNode>();
        for (ConfigNode? at = node; at?.Parent is not null; at = at.Parent)
            chain.Add(at);
        var text = new StringBuilder();
        for (var i = chain.Count - 1; i >= 0; i--)
        {
            if (chain[i].Name is { } name)
                AppendName(text, name);
            else
                text.Append('[').Append(chain[i].Index).Append(']');
        }

        return text.ToString();
    }

    /// <summary>Path of a field of <paramref name="node"/> that may be absent.</summary>
    public static string Of(ConfigNode node, string field)
    {
        var text = new StringBuilder(Of(node));
        AppendName(text, field);
        return text.ToString();
    }

    private static void AppendName(StringBuilder text, string name)
    {
        if (!IsPlain(name))
        {
            text.Append('[').Append(ConfigText.Quote(name, NameCharsMax)).Append(']');
            return;
        }

        if (text.Length > 0)
            text.Append('.');
        text.Append(name);
    }

    private static bool IsPlain(string name)
    {
        if (name.Length is 0 or > NameCharsMax)
            return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not '-' and not '_')
                return false;
        }

        return true;
    }
}
