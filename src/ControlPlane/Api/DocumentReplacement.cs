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
                json = WithoutSecret(world, document, name, before, json, changes, faults);
            if (before is not null && EntrySwitch.IsOff(before.Value.Note))
                json = EntrySwitch.Switched(json);
            var position = positions[section] = positions.GetValueOrDefault(section) + 1;
            if (before is null || before.Value.Position != position || !before.Value.Json.Span.SequenceEqual(json))
                changes.Add(new(section, name, new EntryValue(json, owner, position, before?.Value.Note ?? default)));
        }

        foreach (var section in ConfigSections.All)
        {
            foreach (var entry in document.Section(section).Values.Where(e => e.Value.Owner == owner && !named.Contains((section, e.Name))))
            {
                changes.Add(new(section, entry.Name, null));
                if (section == "providers" && document.Find(Sections.Secrets, entry.Name) is not null)
                    changes.Add(new(Sections.Secrets, entry.Name, null));
            }
        }

        if (faults.Count > 0)
            return WriteDecision.Refuse(new WriteRefusal(RefusalKind.Invalid, "the document has faults", faults));
        return WriteDecision.Change(audit, changes).From(sources);
    }

    /// <summary>
    /// Makes the document what it was. Keys that have been revoked since stay revoked, disabled ones disabled, and those that are there
    /// keep their secrets and ends: what was taken from a client does not come back by itself.
    /// </summary>
    public static WriteDecision Back(EdgeDocument document, EdgeDocument then, AuditRecord audit)
    {
        var changes = new List<EntryChange>();
        foreach (var section in ConfigSections.All)
        {
            foreach (var entry in then.Section(section).Values)
            {
                var now = document.Find(section, entry.Name);
                if (section == "keys" && now is null)
                    continue;
                var value = section == "keys" ? Kept(entry.Value, now!.Value)
                    : now is not null && EntrySwitch.IsOff(now.Value.Note) ? EntrySwitch.Switched(entry.Value, now.Value.Note)
                    : entry.Value;
                if (now is null || !now.Value.Json.Span.SequenceEqual(value.Json.Span) || now.Value.Position != value.Position)
                    changes.Add(new(section, entry.Name, value));
            }

            foreach (var entry in document.Section(section).Values.Where(e => then.Find(section, e.Name) is null))
                changes.Add(new(section, entry.Name, null));
        }

        return WriteDecision.Change(audit, changes);
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
        ApiWorld world, EdgeDocument document, string name, EdgeEntry? before, byte[] json, List<EntryChange> changes, List<ConfigFault> faults)
    {
        var provider = JsonNode.Parse(json);
        var secret = ProviderSecret.Take(world.Seal, name, before is null ? null : JsonNode.Parse(before.Value.Json.Span), provider, faults);
        if (secret is null || (secret.Value is null && document.Find(Sections.Secrets, name) is null))
            return json;
        changes.Add(secret);
        return JsonBytes.Of(provider);
    }
}
