using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Validate;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Publish;

/// <summary>
/// The document as data planes get it: without what is the control plane's alone, and without keys and limits that are disabled. Of models,
/// providers and teams the planes are told, since there is something to refuse.
/// </summary>
internal static class PublishedEntries
{
    /// <summary>All of it, by section and name.</summary>
    public static IEnumerable<ConfigEntry> Of(EdgeDocument document)
    {
        foreach (var section in ConfigSections.All.Order(StringComparer.Ordinal))
        {
            foreach (var entry in document.Section(section).Values)
            {
                if (Of(section, entry.Name, entry.Value) is { } published)
                    yield return published;
            }
        }
    }

    /// <summary>An entry; null where it is withheld.</summary>
    public static ConfigEntry? Of(string section, string name, EntryValue value) =>
        Json(section, value.Json) is { } json
            ? new ConfigEntry { Section = section, Name = name, Position = value.Position, Json = UnsafeByteOperations.UnsafeWrap(json) }
            : null;

    /// <summary>Whether a plane that serves these entries serves this document (see <c>ConfigHello.entries_sha256</c>).</summary>
    public static byte[] Hash(EdgeDocument document)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in Of(document))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(entry.Section));
            hash.AppendData([0]);
            hash.AppendData(Encoding.UTF8.GetBytes(entry.Name));
            hash.AppendData([0]);
            hash.AppendData(entry.Json.Span);
            hash.AppendData([0]);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Whether it holds enough for a data plane to serve anything.</summary>
    public static bool IsComplete(EdgeDocument document) => document.Section("providers").Count > 0 && document.Section("models").Count > 0;

    /// <summary>Whether an entry is switched off.</summary>
    public static bool IsDisabled(ReadOnlyMemory<byte> json)
    {
        if (json.Span.IndexOf("\"disabled\""u8) < 0)
            return false;
        using var parsed = JsonDocument.Parse(json);
        return IsDisabled(parsed.RootElement);
    }

    private static bool IsDisabled(JsonElement entry) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(ControlFields.DisabledField.Name, out var disabled)
        && disabled.ValueKind == JsonValueKind.True;

    private static ReadOnlyMemory<byte>? Json(string section, ReadOnlyMemory<byte> json)
    {
        // Few entries hold a field of ours, and of those that do the bytes say so.
        if (json.Span.IndexOf("\"disabled\""u8) < 0 && json.Span.IndexOf("\"may\""u8) < 0)
            return json;
        using var parsed = JsonDocument.Parse(json);
        if (parsed.RootElement.ValueKind != JsonValueKind.Object)
            return json;
        if (ControlFields.IsOurs(section, ControlFields.DisabledField.Name) && IsDisabled(parsed.RootElement))
            return null;
        return JsonBytes.Of(writer =>
        {
            foreach (var member in parsed.RootElement.EnumerateObject())
            {
                if (!ControlFields.IsOurs(section, member.Name))
                    member.WriteTo(writer);
            }
        });
    }
}
