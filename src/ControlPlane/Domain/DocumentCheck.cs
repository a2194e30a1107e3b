using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;
using AiEdge.ControlPlane.Validate;

namespace AiEdge.ControlPlane.Domain;

/// <summary>Judges the document that would result from a write.</summary>
internal sealed class DocumentCheck
{
    /// <summary>Entries of a section at most.</summary>
    public int EntriesMax { get; init; } = 200_000;

    /// <summary>Judges all that data planes would get; what stays here is judged by whoever writes it.</summary>
    /// <param name="document">The document that would result.</param>
    /// <param name="changes">What led to it.</param>
    /// <param name="sources">Nodes of changed entries that know their lines.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="warnings">Takes what is odd.</param>
    public void Check(
        EdgeDocument document, IReadOnlyList<EntryChange> changes, IReadOnlyDictionary<(string Section, string Name), ConfigNode>? sources,
        FaultList faults, FaultList warnings)
    {
        foreach (var section in changes.Select(c => c.Section).Distinct())
        {
            if (document.Section(section).Count > EntriesMax)
                faults.Add(section, 0, 0, $"would hold more than {EntriesMax} entries");
        }

        if (faults.Count > 0 || !changes.Any(c => Sections.IsPublished(c.Section) || c.Section == Sections.Secrets))
            return;
        var entries = new List<EntryText>();
        foreach (var section in ConfigSections.All)
        {
            foreach (var entry in InOrder(document, section))
                entries.Add(new(section, entry.Name, entry.Value.Json, sources?.GetValueOrDefault((section, entry.Name))));
        }

        DocumentJudge.Judge(entries, document.Section(Sections.Secrets).Keys.ToHashSet(StringComparer.Ordinal), faults, warnings);
    }

    /// <summary>Entries of a section by position, then by name: the order in which they were written.</summary>
    public static IEnumerable<EdgeEntry> InOrder(EdgeDocument document, string section) =>
        document.Section(section).Values.OrderBy(e => e.Value.Position);
}
