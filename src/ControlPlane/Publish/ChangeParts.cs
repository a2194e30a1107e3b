using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Publish;

/// <summary>Makes what a plane is sent: a generation, whole or as a change to another, in parts of bounded size.</summary>
internal static class ChangeParts
{
    /// <summary>A part is closed once it holds so many bytes; an entry is at most a message.</summary>
    public const int PartBytes = 1 << 20;

    /// <summary>All that there is.</summary>
    public static IEnumerable<ConfigChange> Whole(EdgeDocument document, SecretSeal? secrets) =>
        Parts(document.Generation, 0, PublishedEntries.Of(document), [], Secrets(document, secrets));

    /// <summary>What brings a plane from one generation to the document's.</summary>
    /// <param name="document">What it will serve.</param>
    /// <param name="from">The generation that it serves.</param>
    /// <param name="changes">Of entries that differ, as they are now.</param>
    /// <param name="removedKeys">Keys that were gone in between: one of such a name is another key, and what is under way by the old one ends.</param>
    /// <param name="secrets">Opens what is sealed; null for a plane that may not have it.</param>
    public static IEnumerable<ConfigChange> Delta(
        EdgeDocument document, ulong from, IReadOnlyList<EntryChange> changes, IReadOnlySet<string> removedKeys, SecretSeal? secrets)
    {
        var entries = new List<ConfigEntry>();
        var removals = new List<ConfigRemoval>();
        foreach (var change in changes)
        {
            var entry = change.Value is null ? null : PublishedEntries.Of(change.Section, change.Name, change.Value);
            if (entry is not null)
                entries.Add(entry);

            // Beside an entry of its name it says what the change takes away with it: a plane removes first, and adds then.
            if (entry is null || EndsExchanges(change, from, removedKeys))
                removals.Add(new() { Section = change.Section, Name = change.Name, EndsExchanges = entry is not null || change.Section == "keys" });
        }

        return Parts(document.Generation, from, entries, removals, changes.Any(c => c.Section == "providers") ? Secrets(document, secrets) : []);
    }

    /// <summary>Whether what is under way ends though the entry stays: a team that was disabled, a key that has lost one of its secrets.</summary>
    private static bool EndsExchanges(EntryChange change, ulong from, IReadOnlySet<string> removedKeys) => change.Section switch
    {
        "teams" => PublishedEntries.IsDisabled(change.Value!.Json),
        "keys" => removedKeys.Contains(change.Name) || KeyNote.Read(change.Value!.Note).RevokedIn > from,
        _ => false,
    };

    private static IEnumerable<ConfigChange> Parts(
        ulong generation, ulong from, IEnumerable<ConfigEntry> entries, IEnumerable<ConfigRemoval> removals, IEnumerable<ConfigSecret> secrets)
    {
        var part = new ConfigChange { Generation = generation, BaseGeneration = from };
        var bytes = 0;
        foreach (var message in entries.Cast<IMessage>().Concat(removals).Concat(secrets))
        {
            var size = message.CalculateSize() + 8;
            if (bytes > 0 && bytes + size > PartBytes)
            {
                part.HasMore = true;
                yield return part;
                part = new ConfigChange { Generation = generation, BaseGeneration = from };
                bytes = 0;
            }

            bytes += size;
            switch (message)
            {
                case ConfigEntry entry:
                    part.Entries.Add(entry);
                    break;
                case ConfigRemoval removal:
                    part.Removals.Add(removal);
                    break;
                case ConfigSecret secret:
                    part.Secrets.Add(secret);
                    break;
            }
        }

        yield return part;
    }

    /// <summary>The secrets that providers refer to; none for a plane that may not have them.</summary>
    private static IEnumerable<ConfigSecret> Secrets(EdgeDocument document, SecretSeal? seal)
    {
        if (seal is null)
            yield break;
        foreach (var entry in document.Section(Sections.Secrets).Values)
        {
            if (document.Find("providers", entry.Name) is not null && seal.Open(entry) is { } secret)
                yield return new ConfigSecret { Name = entry.Name, Value = UnsafeByteOperations.UnsafeWrap(secret) };
        }
    }
}
