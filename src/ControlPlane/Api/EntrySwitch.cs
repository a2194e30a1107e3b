using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Api;

/// <summary>
/// The kill switch: an entry that REST has switched off stays off whatever git says of it, whatever a document that is put says, and whatever a
/// rollback brings back, until REST switches it on. In an emergency nobody waits for a merge, and no merge undoes what was done then.
/// </summary>
internal static class EntrySwitch
{
    private const string Off = KeyNote.OffField;
    private const string Owners = "owner";
    private const string Disabled = "disabled";

    /// <summary>The note of an entry that comes back switched off.</summary>
    public static byte[] OffNote(ReadOnlyMemory<byte> note)
    {
        var all = Read(note);
        all[Off] = true;
        return JsonBytes.Of(all);
    }

    /// <summary>Whether a change does nothing but switch the entry on or off.</summary>
    public static bool IsAll(EdgeEntry before, JsonNode? after) =>
        after is JsonObject now && JsonNode.Parse(before.Value.Json.Span) is JsonObject old && JsonNode.DeepEquals(Without(old), Without(now));

    /// <summary>Whether REST has switched it off.</summary>
    public static bool IsOff(ReadOnlyMemory<byte> note) => Read(note).ContainsKey(Off);

    /// <summary>Whether it is off, and not by an owner of its team.</summary>
    public static bool IsOffByOthers(EdgeEntry entry) =>
        IsDisabled(JsonNode.Parse(entry.Value.Json.Span))
        && !(Read(entry.Value.Note)[Off] is JsonValue value && value.TryGetValue<string>(out var by) && by == Owners);

    /// <summary>Whether an entry says that it is switched off.</summary>
    public static bool IsDisabled(JsonNode? entry) => (entry as JsonObject)?[Disabled] is JsonValue value && value.TryGetValue<bool>(out var isOff) && isOff;

    /// <summary>The entry's note with what REST says now.</summary>
    /// <param name="note">The note so far.</param>
    /// <param name="before">The entry so far; null where there was none.</param>
    /// <param name="after">The entry from now on.</param>
    /// <param name="isOwners">Whether an owner of a team says it: what others have switched off stays theirs.</param>
    public static byte[] Note(ReadOnlyMemory<byte> note, EdgeEntry? before, JsonNode? after, bool isOwners)
    {
        var all = Read(note);
        if (!IsDisabled(after))
            all.Remove(Off);
        else if (!isOwners)
            all[Off] = true;
        else if (before is null || !IsDisabled(JsonNode.Parse(before.Value.Json.Span)))
            all[Off] = Owners;
        return all.Count == 0 ? [] : JsonBytes.Of(all);
    }

    /// <summary>What git says of an entry, switched off.</summary>
    public static byte[] Switched(byte[] json)
    {
        var entry = JsonNode.Parse(json) as JsonObject ?? [];
        entry[Disabled] = true;
        return JsonBytes.Of(entry);
    }

    /// <summary>The same of an older value, with the note of now.</summary>
    public static EntryValue Switched(EntryValue then, ReadOnlyMemory<byte> note) => then with { Json = Switched(then.Json.ToArray()), Note = note };

    private static JsonObject Read(ReadOnlyMemory<byte> note) => (note.IsEmpty ? null : JsonNode.Parse(note.Span) as JsonObject) ?? [];

    private static JsonObject Without(JsonObject entry)
    {
        var copy = entry.DeepClone().AsObject();
        copy.Remove(Disabled);
        return copy;
    }
}
