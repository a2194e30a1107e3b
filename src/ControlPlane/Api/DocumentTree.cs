using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Validate;

namespace AiEdge.ControlPlane.Api;

/// <summary>A document as a file has it, from entries and back.</summary>
internal static class DocumentTree
{
    /// <summary>The whole document.</summary>
    public static ConfigMap Of(EdgeDocument document)
    {
        var root = new ConfigMap(0, 0);
        foreach (var section in ConfigSections.All)
        {
            ConfigNode holder = section == ConfigSections.Settings ? root : ConfigSections.IsList(section) ? new ConfigSequence(0, 0) : new ConfigMap(0, 0);
            var entries = DocumentCheck.InOrder(document, section).ToList();
            foreach (var entry in entries)
            {
                if (ConfigSource.Parse(entry.Value.Json.Span, ConfigFormat.Json, new FaultList()) is not { } node)
                    continue;
                if (holder is ConfigSequence list)
                    list.Add(node);
                else
                    ((ConfigMap)holder).TryAdd(entry.Name, node, 0, 0);
            }

            if (entries.Count > 0 && holder != root)
                root.TryAdd(section, holder, 0, 0);
        }

        return root;
    }

    /// <summary>The entries of a document by section and name, each with its node.</summary>
    public static List<(string Section, string Name, ConfigNode Node)> Entries(ConfigNode root, FaultList faults)
    {
        var entries = new List<(string, string, ConfigNode)>();
        if (root is not ConfigMap map)
        {
            faults.Add(root, $"expected the document (a map), found {root.KindText}");
            return entries;
        }

        foreach (var section in map.Entries)
        {
            if (section.Name == "$schema")
                continue;
            if (ConfigSections.SettingNames.Contains(section.Name))
                entries.Add((ConfigSections.Settings, section.Name, section.Value));
            else if (!ConfigSections.All.Contains(section.Name) || section.Name == ConfigSections.Settings)
                faults.Add(map, section.Name, $"is not a field of the document{Suggestion.For(section.Name, ConfigSections.All)}");
            else if (section.Value is not ConfigScalar { Kind: ScalarKind.Null })
                Add(section, entries, faults);
        }

        return entries;
    }

    private static void Add(ConfigEntry section, List<(string, string, ConfigNode)> entries, FaultList faults)
    {
        switch (section.Value)
        {
            case ConfigMap map when !ConfigSections.IsList(section.Name):
                entries.AddRange(map.Entries.Select(e => (section.Name, e.Name, e.Value)));
                break;
            case ConfigSequence list when ConfigSections.IsList(section.Name):
                var seen = new HashSet<string>(StringComparer.Ordinal);
                foreach (var item in list.Items)
                {
                    if ((item as ConfigMap)?.Entry("name")?.Value is not ConfigScalar { Kind: ScalarKind.Text } name)
                        faults.Add(item, "needs a name");
                    else if (!seen.Add(name.Text))
                        faults.Add(name, "is there twice");
                    else
                        entries.Add((section.Name, name.Text, item));
                }

                break;
            default:
                faults.Add(section.Value, ConfigSections.IsList(section.Name) ? "expected a list" : "expected a map of names");
                break;
        }
    }
}
