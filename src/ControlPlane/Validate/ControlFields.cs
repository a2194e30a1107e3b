using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.ControlPlane.Validate;

/// <summary>
/// Fields that are the control plane's alone and never reach a data plane: <c>disabled</c> of keys and limits, which withholds them, and
/// <c>may</c>, which bounds the owners of a team.
/// </summary>
internal static class ControlFields
{
    public static readonly BooleanField DisabledField = new("disabled", false);

    /// <summary>What owners of a team may do.</summary>
    public const string May = "may";

    /// <summary>Whether the field stays here.</summary>
    public static bool IsOurs(string section, string field) =>
        field == DisabledField.Name ? section is "keys" or "limits" : field == May && section == ConfigOptions.TeamsField.Name;

    /// <summary>
    /// The entry as data planes know it: a copy without our fields, which are judged here. Of a map its values are taken over, so
    /// that each knows its place in the document that the copy becomes a part of.
    /// </summary>
    /// <param name="section">The entry's section.</param>
    /// <param name="node">The entry.</param>
    /// <param name="owned">Takes our fields, to be judged once they have their place.</param>
    public static ConfigNode Without(string section, ConfigNode node, List<ConfigEntry> owned)
    {
        if (node is not ConfigMap map || !map.Entries.Any(e => IsOurs(section, e.Name)))
            return node;
        var copy = new ConfigMap(map.Line, map.Column);
        foreach (var entry in map.Entries)
        {
            if (IsOurs(section, entry.Name))
                owned.Add(entry);
            else
                copy.TryAdd(entry.Name, entry.Value, entry.Line, entry.Column);
        }

        return copy;
    }

    /// <summary>Judges one of our fields.</summary>
    /// <param name="entry">Where it stands.</param>
    /// <param name="field">The field.</param>
    /// <param name="faults">Takes what is wrong.</param>
    public static void Judge(EntryText entry, ConfigEntry field, FaultList faults)
    {
        // Alone under its path, the field has its faults named as if it stood in the document.
        var found = new FaultList();
        var at = ConfigPath.Of(new ConfigMap(0, 0), entry.Name);
        if (field.Name == May)
            TeamMay.Read(field.Value, found);
        else
            DisabledField.TryRead(field.Value, found, out _);
        foreach (var fault in found.ToList())
        {
            var path = fault.Path.StartsWith(field.Name, StringComparison.Ordinal) ? fault.Path : $"{field.Name}{fault.Path}";
            faults.Add($"{entry.Section}{(at.StartsWith('[') ? "" : ".")}{at}.{path}", fault.Line, fault.Column, fault.Message);
        }
    }
}
