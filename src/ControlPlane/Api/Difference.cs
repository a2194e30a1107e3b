using System.Text.Json;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Api;

/// <summary>What a write changes, entry by entry, as it is answered.</summary>
internal static class Difference
{
    /// <summary>Whether a request is to be judged only: <c>?dryRun=true</c>.</summary>
    public static bool IsDryRun(HttpContext http) => (string?)http.Request.Query["dryRun"] == "true";

    /// <summary>Whether what is said of it is one of the two words: another one is not taken for no.</summary>
    public static bool IsWord(HttpContext http) => (string?)http.Request.Query["dryRun"] is null or "true" or "false";

    /// <summary>
    /// Writes <c>changes</c>: entries that REST shows; of what is kept beside them that a token, or a stored secret, goes with one of them, which nobody gets
    /// back.
    /// </summary>
    /// <param name="writer">Inside an object.</param>
    /// <param name="changes">In order.</param>
    /// <param name="before">The document that they change.</param>
    /// <param name="hidden">A field that is of no use to the reader: the hash of a secret that nobody gets.</param>
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<EntryChange> changes, EdgeDocument before, string? hidden = null)
    {
        writer.WriteStartArray("changes");
        foreach (var change in changes)
        {
            var then = before.Find(change.Section, change.Name)?.Value;
            if (Sections.IsPublished(change.Section) || change.Section == Sections.Alerts)
                Write(writer, change, then, hidden);
            else if (change.Section is Sections.Tokens or Sections.Secrets && change.Value is null && then is not null)
                Write(writer, change, null);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes one change.</summary>
    public static void Write(Utf8JsonWriter writer, EntryChange change, EntryValue? before, string? hidden = null)
    {
        writer.WriteStartObject();
        writer.WriteString("section", change.Section);
        writer.WriteString("name", change.Name);
        writer.WriteString("change", change.Value is null ? "removed" : before is null ? "added" : "changed");
        if (before is not null)
        {
            writer.WritePropertyName("before");
            writer.WriteRawValue(before.Json.Span);
        }

        if (change.Value is not null)
        {
            writer.WritePropertyName("after");
            writer.WriteRawValue(hidden is null ? change.Value.Json.Span : Without(change.Value.Json, hidden));
        }

        writer.WriteEndObject();
    }

    private static byte[] Without(ReadOnlyMemory<byte> json, string field)
    {
        var entry = JsonNode.Parse(json.Span)!.AsObject();
        entry.Remove(field);
        return JsonBytes.Of(entry);
    }
}
