using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Tests;

/// <summary>Documents as trees, and trees as texts to compare by.</summary>
internal static class Trees
{
    public static ConfigNode? Parse(string text, ConfigFormat format, out string[] faults)
    {
        var list = new FaultList();
        var tree = ConfigSource.Parse(Encoding.UTF8.GetBytes(text), format, list);
        faults = Lines(list.ToList());
        return tree;
    }

    public static string[] Lines(IReadOnlyList<ConfigFault> faults) => [.. faults.Select(f => f.Format("").TrimStart(':'))];

    /// <summary>Kinds and texts without places.</summary>
    public static string Shape(ConfigNode? node) => node switch
    {
        ConfigMap map => "{" + string.Join(',', map.Entries.Select(e => ConfigText.Quote(e.Name) + ":" + Shape(e.Value))) + "}",
        ConfigSequence list => "[" + string.Join(',', list.Items.Select(Shape)) + "]",
        ConfigScalar scalar => scalar.Kind + " " + ConfigText.Quote(scalar.Text, 1000),
        _ => "nothing",
    };
}
