using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Api;

/// <summary>
/// The kill switch over what git owns: an entry that REST has switched off stays off whatever git says of it, until REST switches it on. In an
/// emergency nobody waits for a merge, and no merge undoes what was done then.
/// </summary>
internal static class EntrySwitch
{
    private const string Off = "off";
    private const string Disabled = "disabled";

    /// <summary>Whether a change does nothing but switch the entry on or off.</summary>
    public static bool IsAll(EdgeEntry before, JsonNode? after) =>
        after is JsonObject now && JsonNode.Parse(before.Value.Json.Span) is JsonObject old && JsonNode.DeepEquals(Without(old), Without(now));

    /// <summary>Whether REST has switched it off.</summary>
    public static bool IsOff(ReadOnlyMemory<byte> note) => !note.IsEmpty && JsonNode.Parse(note.Span) is JsonObject all && all.ContainsKey(Off);

    /// <summary>The entry's note with what REST says now.</summary>
    public static byte[] Note(ReadOnlyMemory<byte> note, JsonNode? after)
    {
        var all = (note.IsEmpty ? null : JsonNode.Parse(note.Span) as JsonObject) ?? [];
        if ((after as JsonObject)?[Disabled] is JsonValue value && value.TryGetValue<bool>(out var isOff) && isOff)
            all[Off] = true;
        else
            all.Remove(Off);
        return JsonBytes.Of(all);
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

    private static JsonObject Without(JsonObject entry)
    {
        var copy = entry.DeepClone().AsObject();
        copy.Remove(Disabled);
        return copy;
    }
}
