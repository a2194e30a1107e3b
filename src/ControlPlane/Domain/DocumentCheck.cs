using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;
using AiEdge.ControlPlane.Validate;

namespace AiEdge.ControlPlane.Domain;

/// <summary>
/// Judges the document that would result from a write. Where only keys change and the document has been found good before, they are judged
/// with all that is not a key, and with the keys that share a digest with them: the others are as good as they were. The faults are the same.
/// </summary>
/// <remarks>For one writer at a time.</remarks>
internal sealed class DocumentCheck
{
    private static readonly string Keys = ConfigOptions.KeysField.Name;

    private KeyIndex? _index;
    private bool _isGood;

    /// <summary>Entries of a section at most.</summary>
    public int EntriesMax { get; init; } = 200_000;

    /// <summary>Whether every write is judged by all that there is.</summary>
    public bool JudgesWhole { get; init; }

    /// <summary>Judges all that data planes would get; what stays here is judged by whoever writes it.</summary>
    /// <param name="before">The document that is in force: the last one that was <see cref="Accept"/>ed.</param>
    /// <param name="document">The document that would result.</param>
    /// <param name="changes">What led to it.</param>
    /// <param name="sources">Nodes of changed entries that know their lines.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="warnings">Takes what is odd: of keys that do not change only where the whole document is judged.</param>
    public void Check(
        EdgeDocument before, EdgeDocument document, IReadOnlyList<EntryChange> changes,
        IReadOnlyDictionary<(string Section, string Name), ConfigNode>? sources, FaultList faults, FaultList warnings)
    {
        foreach (var section in changes.Select(c => c.Section).Distinct())
        {
            if (document.Section(section).Count > EntriesMax)
                faults.Add(section, 0, 0, $"would hold more than {EntriesMax} entries");
        }

        if (faults.Count > 0 || !changes.Any(IsJudged))
            return;
        Judge(document, Concerned(before, document, changes) ?? InOrder(document, Keys), sources, faults, warnings);
    }

    /// <summary>Judges the document in force, so that the first write to a key does not have to wait for it.</summary>
    public void Prepare(EdgeDocument document)
    {
        var (faults, warnings) = (new FaultList(), new FaultList());
        Judge(document, InOrder(document, Keys), null, faults, warnings);
        _isGood = faults.Count == 0;
        _index = IndexOf(document);
    }

    private static void Judge(
        EdgeDocument document, IEnumerable<EdgeEntry> keys, IReadOnlyDictionary<(string Section, string Name), ConfigNode>? sources,
        FaultList faults, FaultList warnings)
    {
        var entries = new List<EntryText>();
        foreach (var section in ConfigSections.All)
        {
            foreach (var entry in section == Keys ? keys : InOrder(document, section))
                entries.Add(new(section, entry.Name, entry.Value.Json, sources?.GetValueOrDefault((section, entry.Name))));
        }

        var secrets = document.Section(Sections.Secrets).Keys.ToHashSet(StringComparer.Ordinal);
        DocumentJudge.Judge(entries, secrets, faults, warnings, hasOtherKeys: document.Section(Keys).Count > 0);
    }

    /// <summary>A document is in force that was checked.</summary>
    /// <param name="before">The one before it.</param>
    /// <param name="changes">What led to it.</param>
    public void Accept(EdgeDocument before, IReadOnlyList<EntryChange> changes)
    {
        _isGood |= changes.Any(IsJudged);
        if (_index is null)
            return;
        foreach (var name in changes.Where(c => c.Section == Keys).Select(c => c.Name).Distinct())
        {
            if (before.Find(Keys, name) is { } old)
                _index.Remove(name, old.Value.Json.Span);
            if (changes.Last(c => c.Section == Keys && c.Name == name).Value is { } value)
                _index.Add(name, value.Json.Span);
        }
    }

    /// <summary>Entries of a section by position, then by name: the order in which they were written.</summary>
    public static IEnumerable<EdgeEntry> InOrder(EdgeDocument document, string section) =>
        document.Section(section).Values.OrderBy(e => e.Value.Position);

    private static bool IsJudged(EntryChange change) => Sections.IsPublished(change.Section) || change.Section == Sections.Secrets;

    /// <summary>The keys that a change concerns, in the order of the document; null where that is everything.</summary>
    private IEnumerable<EdgeEntry>? Concerned(EdgeDocument before, EdgeDocument document, IReadOnlyList<EntryChange> changes)
    {
        if (JudgesWhole || !_isGood || changes.Any(c => IsJudged(c) && c.Section != Keys))
            return null;
        _index ??= IndexOf(before);
        if (_index.HasMisnamed)
            return null;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            if (change.Section != Keys || document.Find(Keys, change.Name) is not { } entry)
                continue;
            names.Add(change.Name);
            if (!_index.Find(change.Name, entry.Value.Json.Span, names))
                return null;
        }

        return names.Select(name => document.Find(Keys, name)).OfType<EdgeEntry>()
            .OrderBy(e => e.Value.Position).ThenBy(e => e.Name, StringComparer.Ordinal);
    }

    private static KeyIndex IndexOf(EdgeDocument document)
    {
        var index = new KeyIndex();
        foreach (var entry in document.Section(Keys).Values)
            index.Add(entry.Name, entry.Value.Json.Span);
        return index;
    }
}
