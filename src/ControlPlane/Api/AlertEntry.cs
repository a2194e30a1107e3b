using System.Text.Json;
using System.Text.Json.Nodes;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;
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
        var stored = Reference(name);
        if (after is not JsonObject alert || alert["secret"] is not JsonValue value || !value.TryGetValue<string>(out var secret) || secret == stored)
            return null;
        alert["secret"] = stored;
        return new EntryChange(Sections.Secrets, SecretName(name), new EntryValue(seal.Seal(SecretName(name), secret), EntryOwner.Api, 1, default));
    }

    /// <summary>A stored secret by its name; null where there is none, or it was sealed under another key.</summary>
    public static byte[]? Secret(EdgeDocument document, SecretSeal seal, string name) =>
        document.Find(Sections.Secrets, name) is { } entry ? seal.Open(entry) : null;

    /// <summary>What is wrong with an alert that is about to be stored: all that would keep it from being sent.</summary>
    public static IEnumerable<ConfigFault> Faults(EdgeDocument document, string name, JsonNode? entry, WebhookHosts hosts)
    {
        using var json = JsonDocument.Parse(entry?.ToJsonString() ?? "null");
        var found = new List<(string Path, string Message)>();
        AlertRuleReader.Read(name, json.RootElement, text => System.Text.Encoding.UTF8.GetBytes(text), hosts, found);
        if (TextRules.AccountName(name) is { } complaint)
            found.Add(("", $"its name {complaint}"));
        var alert = entry as JsonObject;
        if (Text(alert?["secret"]) is { } secret && secret.StartsWith("${", StringComparison.Ordinal)
            && (secret != Reference(name) || document.Find(Sections.Secrets, SecretName(name)) is null))
            found.Add(("secret", "refers to nothing that is stored for this alert; give it as text"));
        foreach (var limit in (alert?["limits"] as JsonArray ?? []).Select(Text).OfType<string>().Where(l => document.Find("limits", l) is null))
            found.Add(("limits", $"no limit named {ConfigText.Quote(limit)}"));
        return found.Select(f => new ConfigFault(f.Path.Length == 0 ? $"{Sections.Alerts}.{name}" : $"{Sections.Alerts}.{name}.{f.Path}", 0, 0, f.Message));
    }

    private static string Reference(string name) => $"${{store:{SecretName(name)}}}";

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
