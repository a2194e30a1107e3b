using System.Text.Json;
using System.Text.Json.Nodes;
using AiEdge.Contracts.Faults;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Usage;

namespace AiEdge.ControlPlane.Api;

/// <summary>
/// Judges alerts as those judge them who send them. The secret that they are signed with is sealed and stored, and a reference takes its
/// place: nobody reads it back.
/// </summary>
internal static class AlertEntry
{
    /// <summary>The name under which an alert's secret is stored; no provider can have it.</summary>
    public static string SecretName(string name) => "alert/" + name;

    /// <summary>Takes the secret out of an alert that is about to be stored; null where it brings none.</summary>
    public static EntryChange? TakeSecret(SecretSeal seal, string name, JsonNode? after)
    {
        var stored = $"${{store:{SecretName(name)}}}";
        if (after is not JsonObject alert || alert["secret"] is not JsonValue value || !value.TryGetValue<string>(out var secret) || secret == stored)
            return null;
        alert["secret"] = stored;
        return new EntryChange(Sections.Secrets, SecretName(name), new EntryValue(seal.Seal(SecretName(name), secret), EntryOwner.Api, 1, default));
    }

    /// <summary>A stored secret by its name; null where there is none, or it was sealed under another key.</summary>
    public static byte[]? Secret(EdgeDocument document, SecretSeal seal, string name) =>
        document.Find(Sections.Secrets, name) is { } entry ? seal.Open(entry) : null;

    public static IEnumerable<ConfigFault> Faults(string name, JsonNode? entry)
    {
        using var json = JsonDocument.Parse(entry?.ToJsonString() ?? "null");
        var found = new List<(string Path, string Message)>();
        AlertRuleReader.Read(name, json.RootElement, text => System.Text.Encoding.UTF8.GetBytes(text), found);
        return found.Select(f => new ConfigFault(f.Path.Length == 0 ? $"{Sections.Alerts}.{name}" : $"{Sections.Alerts}.{name}.{f.Path}", 0, 0, f.Message));
    }
}
