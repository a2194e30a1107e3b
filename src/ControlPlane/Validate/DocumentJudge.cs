using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Rules;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Tree;

namespace AiEdge.ControlPlane.Validate;

/// <summary>
/// Judges a whole document of entries as a data plane judges a file: by the same tree, the same readers and the same rules. What a
/// data plane alone can know (the text behind a reference, a file) is not judged here.
/// </summary>
internal sealed class DocumentJudge
{
    private readonly FaultList _faults = new();
    private readonly FaultList _warnings = new();
    private readonly ConfigMap _root = new(0, 0);
    private readonly Dictionary<string, List<EntryText>> _sections = new(StringComparer.Ordinal);
    private readonly bool _hasLines;

    private DocumentJudge(IReadOnlyList<EntryText> entries)
    {
        _hasLines = entries.Any(e => e.Source is not null);
        foreach (var entry in entries)
        {
            if (!_sections.TryGetValue(entry.Section, out var section))
                _sections.Add(entry.Section, section = []);
            section.Add(entry);
        }
    }

    /// <summary>Judges.</summary>
    /// <param name="entries">In the order of the document.</param>
    /// <param name="secrets">Names of the secrets that are stored.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="warnings">Takes what is odd.</param>
    /// <param name="hasOtherKeys">Whether there are keys beside the <paramref name="entries"/>.</param>
    public static void Judge(
        IReadOnlyList<EntryText> entries, IReadOnlySet<string> secrets, FaultList faults, FaultList warnings, bool hasOtherKeys = false)
    {
        var judge = new DocumentJudge(entries);
        judge.Build(new ReferenceRule(secrets, judge._faults));
        if (DocumentRules.Read(judge._root, judge._faults, judge._warnings, keysComeAndGo: true, hasOtherKeys) is { } document)
        {
            judge.CheckAddresses(document);
            judge.CheckFiles(document);
        }

        judge.HandOver(judge._faults, faults);
        judge.HandOver(judge._warnings, warnings);
    }

    private void Build(ReferenceRule references)
    {
        foreach (var (section, entries) in _sections)
        {
            var isList = ConfigSections.IsList(section);
            ConfigNode? holder = section == ConfigSections.Settings ? null : isList ? new ConfigSequence(0, 0) : new ConfigMap(0, 0);
            if (holder is not null)
                _root.TryAdd(section, holder, 0, 0);
            foreach (var entry in entries)
            {
                if ((entry.Source ?? ConfigSource.Parse(entry.Json.Span, ConfigFormat.Json, _faults)) is not { } whole)
                    continue;
                var owned = new List<ConfigEntry>();
                var node = ControlFields.Without(section, whole, owned);
                if (holder is ConfigSequence list)
                    list.Add(node);
                else
                    ((ConfigMap?)holder ?? _root).TryAdd(entry.Name, node, node.Line, node.Column);
                foreach (var field in owned)
                    ControlFields.Judge(entry, field, _faults);
                references.Apply(node, section == ConfigSections.Settings ? $"{section}.{entry.Name}" : section);
            }
        }
    }

    private void CheckAddresses(ConfigOptions document)
    {
        foreach (var provider in document.Providers)
        {
            if (provider.BaseUrl.IsSet && PublicAddress.Complaint(provider.BaseUrl.Value.Host) is { } complaint)
                _faults.Add(provider.BaseUrl.Source!, complaint);
        }
    }

    /// <summary>Planes read vocabularies below the folder that each has set aside for it: what leads out of any is known here.</summary>
    private void CheckFiles(ConfigOptions document)
    {
        foreach (var tokenizer in document.Tokenizers)
        {
            if (tokenizer.File.IsSet && tokenizer.File.Value.Split('/', '\\').Contains(".."))
                _faults.Add(tokenizer.File.Source!, "names a file by way of '..'; data planes read files of their secrets folder only");
        }
    }

    /// <summary>Hands faults on: list items by their names, lines only where they are lines of what the user sent.</summary>
    private void HandOver(FaultList from, FaultList to)
    {
        foreach (var fault in from.ToList())
        {
            // A document grows entry by entry: as long as it holds no model it is not given to anyone.
            if (fault is { Path: "providers" or "models", Message: "is required" })
                continue;
            var (path, entry) = Named(fault.Path);
            var isTheirs = _hasLines && (entry is null || entry.Source is not null);
            to.Add(path, isTheirs ? fault.Line : 0, isTheirs ? fault.Column : 0, isTheirs ? fault.Message : WithoutLine(fault.Message));
        }
    }

    /// <summary><c>keys[3].team</c> as <c>keys.checkout.team</c>, with the entry that it is in.</summary>
    private (string Path, EntryText? Entry) Named(string path)
    {
        foreach (var (section, entries) in _sections)
        {
            if (!path.StartsWith(section, StringComparison.Ordinal))
                continue;
            if (!ConfigSections.IsList(section))
            {
                var entry = entries.Find(e => Holds(ConfigPath.Of(_root, section) + Suffix(e.Name), path));
                return (path, entry);
            }

            var close = path.IndexOf(']', StringComparison.Ordinal);
            if (path.Length > section.Length && path[section.Length] == '[' && int.TryParse(path[(section.Length + 1)..close], out var index)
                && index < entries.Count)
                return (section + Suffix(entries[index].Name) + path[(close + 1)..], entries[index]);
        }

        return (path, null);
    }

    private static bool Holds(string prefix, string path) =>
        path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] is '.' or '[');

    /// <summary>A name as it stands in a path behind another.</summary>
    private static string Suffix(string name)
    {
        var alone = ConfigPath.Of(new ConfigMap(0, 0), name);
        return alone.StartsWith('[') ? alone : "." + alone;
    }

    /// <summary>Entries that are kept here stand on no line of anything: <c>the key on line 1 has</c> is another key.</summary>
    private static string WithoutLine(string message)
    {
        var at = message.IndexOf(" on line ", StringComparison.Ordinal);
        if (at < 0 || !message.StartsWith("the ", StringComparison.Ordinal))
            return message;
        var end = at + " on line ".Length;
        while (end < message.Length && char.IsAsciiDigit(message[end]))
            end++;
        return string.Concat("another ", message.AsSpan(4, at - 4), message.AsSpan(end));
    }
}
