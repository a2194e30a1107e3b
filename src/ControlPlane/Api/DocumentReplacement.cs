using System.Text.Json.Nodes;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Tree;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Validate;

namespace AiEdge.ControlPlane.Api;

/// <summary>What changes when all entries of an owner become others.</summary>
internal static class DocumentReplacement
{
    /// <summary>Replaces the owner's entries by those of a document.</summary>
    public static WriteDecision Decide(
        ApiWorld world, EdgeDocument document, List<(string Section, string Name, ConfigNode Node)> entries, EntryOwner owner, AuditRecord audit)
    {
        var foreign = entries.Where(e => document.Find(e.Section, e.Name) is { } there && there.Value.Owner != owner).ToList();
        if (foreign.Count > 0)
        {
            var names = string.Join(", ", foreign.Take(20).Select(e => $"{e.Section}/{e.Name}"));
            return WriteDecision.Refuse(RefusalKind.Conflict, $"owned by {(owner == EntryOwner.Git ? "api" : "git")}: {names}");
        }

        var changes = new List<EntryChange>();
        var faults = new List<ConfigFault>();
        var sources = new Dictionary<(string, string), ConfigNode>();
        var named = new HashSet<(string, string)>();
        var positions = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var (section, name, node) in entries)
        {
            named.Add((section, name));
            sources[(section, name)] = node;
            var before = document.Find(section, name);
            var json = JsonBytes.Of(node);
            if (section == "providers")
                json = WithoutSecret(world, document, name, json, changes, faults);
            var isOff = IsOff(document, section, name, before, changes);
            if (isOff)
                json = EntrySwitch.Switched(json);
            var position = positions[section] = positions.GetValueOrDefault(section) + 1;
            if (before is null || before.Value.Position != position || !before.Value.Json.Span.SequenceEqual(json))
                changes.Add(new(section, name, new EntryValue(json, owner, position, before?.Value.Note ?? (isOff ? EntrySwitch.OffNote(default) : default))));
        }

        foreach (var section in ConfigSections.All)
        {
            foreach (var entry in document.Section(section).Values.Where(e => e.Value.Owner == owner && !named.Contains((section, e.Name))))
                Remove(document, section, entry, changes);
        }

        if (faults.Count > 0)
            return WriteDecision.Refuse(new WriteRefusal(RefusalKind.Invalid, "the document has faults", faults));
        return WriteDecision.Change(audit, changes).From(sources);
    }

    /// <summary>
    /// Makes the document what it was, but for what may not come back by itself: keys that have been revoked since stay revoked, those that came
    /// since stay, with their teams, and all keep their secrets and ends; what REST has switched off stays off; and no stored secret goes to another
    /// address than the one that it was given for.
    /// </summary>
    public static WriteDecision Back(EdgeDocument document, EdgeDocument then, AuditRecord audit)
    {
        var changes = new List<EntryChange>();
        var faults = new List<ConfigFault>();
        foreach (var section in ConfigSections.All)
        {
            foreach (var entry in then.Section(section).Values)
            {
                var now = document.Find(section, entry.Name);
                if (section == "keys" && now is null)
                    continue;
                if (section == "providers" && ProviderSecret.Misdirected(document, entry.Name, JsonNode.Parse(entry.Value.Json.Span)) is { } fault)
                    faults.Add(fault);
                var value = section == "keys" ? Kept(entry.Value, now!.Value)
                    : IsOff(document, section, entry.Name, now, changes)
                        ? EntrySwitch.Switched(entry.Value, now?.Value.Note ?? EntrySwitch.OffNote(entry.Value.Note))
                    : entry.Value;
                if (now is null || !now.Value.Json.Span.SequenceEqual(value.Json.Span) || now.Value.Position != value.Position)
                    changes.Add(new(section, entry.Name, value));
            }
        }

        var keys = document.Section("keys").Values.Where(e => then.Find("keys", e.Name) is null);
        var teams = keys.Select(k => (string?)JsonNode.Parse(k.Value.Json.Span)?["team"]).ToHashSet();
        foreach (var section in ConfigSections.All.Where(s => s != "keys"))
        {
            foreach (var entry in document.Section(section).Values.Where(e => then.Find(section, e.Name) is null))
            {
                if (section != "teams" || !teams.Contains(entry.Name))
                    Remove(document, section, entry, changes);
            }
        }

        return faults.Count > 0
            ? WriteDecision.Refuse(new WriteRefusal(RefusalKind.Invalid, "the document of then has what may not come back", faults))
            : WriteDecision.Change(audit, changes);
    }

    /// <summary>Removes an entry, with what may not outlive it; a kill switch does, but for that of a key that REST itself removes.</summary>
    public static void Remove(EdgeDocument document, string section, EdgeEntry entry, List<EntryChange> changes, bool isByRest = false)
    {
        changes.Add(new(section, entry.Name, null));
        if (section == "providers" && document.Find(Sections.Secrets, entry.Name) is not null)
            changes.Add(new(Sections.Secrets, entry.Name, null));
        if (section == "teams")
            changes.AddRange(ApiToken.OfTeam(document, entry.Name).Select(name => new EntryChange(Sections.Tokens, name, null)));
        if (EntrySwitch.IsOff(entry.Value.Note) && !(isByRest && section == "keys"))
            changes.Add(Denial.Begin(Denial.OfEntry(section, entry.Name)));
    }

    /// <summary>Whether an entry of that name has to be off; of one that comes back, its own note says so from then on.</summary>
    private static bool IsOff(EdgeDocument document, string section, string name, EdgeEntry? now, List<EntryChange> changes)
    {
        if (now is not null)
            return EntrySwitch.IsOff(now.Value.Note);
        var denial = Denial.OfEntry(section, name);
        if (!Denial.Is(document, denial))
            return false;
        changes.Add(Denial.End(denial));
        return true;
    }

    private static EntryValue Kept(EntryValue then, EntryValue now)
    {
        var key = JsonNode.Parse(then.Json.Span)!.AsObject();
        var current = JsonNode.Parse(now.Json.Span)!.AsObject();
        foreach (var field in (string[])["sha256", "expires", "disabled"])
        {
            if (current[field] is { } value)
                key[field] = value.DeepClone();
        }

        // A secret that is gone stays gone, and one that came since keeps its end.
        key.Remove("previous");
        if (current["previous"] is { } previous)
            key["previous"] = previous.DeepClone();
        return then with { Json = JsonBytes.Of(key), Note = now.Note };
    }

    private static byte[] WithoutSecret(
        ApiWorld world, EdgeDocument document, string name, byte[] json, List<EntryChange> changes, List<ConfigFault> faults)
    {
        var provider = JsonNode.Parse(json);
        var secret = ProviderSecret.Take(world.Seal, document, name, provider, faults);
        if (secret is null || (secret.Value is null && document.Find(Sections.Secrets, name) is null))
            return json;
        changes.Add(secret);
        return JsonBytes.Of(provider);
    }
}
