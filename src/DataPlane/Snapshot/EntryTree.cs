using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>Puts the document together that entries are of: the same tree as from a file that says the same.</summary>
internal static class EntryTree
{
    private static readonly string[] Lists = [ConfigOptions.KeysField.Name, ConfigOptions.LimitsField.Name];

    /// <summary>The tree; entries that are no JSON are faults and left out. A section that nobody knows is one for the rules.</summary>
    /// <param name="entries">The document.</param>
    /// <param name="faults">Takes what is no JSON.</param>
    /// <param name="hasKeys">Whether keys are among what is built.</param>
    public static ConfigMap Build(ConfigEntries entries, FaultList faults, bool hasKeys = true)
    {
        var root = new ConfigMap(0, 0);
        var sections = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);
        var own = new FaultList();
        foreach (var piece in InOrder(entries))
        {
            if (!hasKeys && piece.Section == ConfigOptions.KeysField.Name)
                continue;
            var node = Parse(piece, ref own, faults);
            if (piece.Section == ConfigEntries.SettingsSection)
            {
                root.TryAdd(piece.Name, node, 0, 0);
                continue;
            }

            if (!sections.TryGetValue(piece.Section, out var section))
            {
                section = Array.IndexOf(Lists, piece.Section) >= 0 ? new ConfigSequence(0, 0) : new ConfigMap(0, 0);
                sections.Add(piece.Section, section);
                root.TryAdd(piece.Section, section, 0, 0);
            }

            if (section is ConfigMap map)
                map.TryAdd(piece.Name, node, 0, 0);
            else
                ((ConfigSequence)section).Add(Named(node, piece, faults));
        }

        return root;
    }

    /// <summary>As the document's author wrote them, section by section.</summary>
    private static ConfigPiece[] InOrder(ConfigEntries entries)
    {
        ConfigPiece[] pieces = [.. entries.All];
        Array.Sort(pieces, static (one, other) =>
            string.CompareOrdinal(one.Section, other.Section) is var sections and not 0 ? sections
            : one.Position != other.Position ? one.Position.CompareTo(other.Position)
            : string.CompareOrdinal(one.Name, other.Name));
        return pieces;
    }

    private static ConfigNode Parse(ConfigPiece piece, ref FaultList own, FaultList faults)
    {
        var node = ConfigSource.Parse(piece.Json, ConfigFormat.Json, own);
        if (own.Count > 0)
        {
            foreach (var fault in own.ToList())
                faults.Add(Place(piece) + (fault.Path.Length > 0 ? "." + fault.Path : ""), 0, 0, fault.Message);
            own = new FaultList();
        }

        return node ?? new ConfigScalar(ScalarKind.Null, "", 0, 0) { IsBroken = true };
    }

    /// <summary>An entry of a list says its name itself; where it does not, it gets the one by which it was sent.</summary>
    public static ConfigNode Named(ConfigNode node, ConfigPiece piece, FaultList faults)
    {
        if (node is not ConfigMap map)
            return node;
        if (map.Entry("name") is not { } name)
            map.TryAdd("name", new ConfigScalar(ScalarKind.Text, piece.Name, 0, 0), 0, 0);
        else if (name.Value is not ConfigScalar { Kind: ScalarKind.Text } text || text.Text != piece.Name)
            faults.Add(Place(piece), 0, 0, "the entry calls itself by another name");
        return map;
    }

    private static string Place(ConfigPiece piece) => PlaceOf(piece.Section, piece.Name);

    /// <summary>Where an entry is, by its name.</summary>
    public static string PlaceOf(string section, string name) => section + "[" + ConfigText.Quote(name) + "]";
}
