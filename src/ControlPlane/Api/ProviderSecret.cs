using System.Text.Json.Nodes;
using AiEdge.Contracts.Faults;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Validate;

namespace AiEdge.ControlPlane.Api;

/// <summary>
/// A provider's key that comes as text is sealed and stored under the provider's name, and <c>${store:NAME}</c> takes its place: nobody
/// reads it back. It belongs to the baseUrl that it was given with.
/// </summary>
internal static class ProviderSecret
{
    private const string TextOfAccount = "a secret as text is not supported yet for accounts; refer to it by ${env:…} or ${file:…}";
    private const string TextOfHeader = "its name says that it is a secret, which as text would be read back; refer to it by ${env:…} or ${file:…}";
    private const string TextBeside = "is a secret as text, or references alone: what stands beside them would be read back";

    /// <summary>What names of headers hold that carry a secret.</summary>
    private static readonly string[] SecretWords = ["auth", "cookie", "credential", "key", "passw", "secret", "token"];

    /// <summary>Takes the secret out of a provider. Returns what else is to be changed; what is wrong goes to the faults.</summary>
    public static EntryChange? Take(SecretSeal seal, EdgeDocument document, string name, JsonNode? after, List<ConfigFault> faults)
    {
        var stored = Reference(name);
        if (after is not JsonObject provider)
            return after is null ? new EntryChange(Sections.Secrets, name, null) : null;
        foreach (var (field, value) in provider)
        {
            if (value?.ToJsonString().Replace(stored, "", StringComparison.Ordinal).Contains("${store:", StringComparison.Ordinal) == true)
                faults.Add(new($"providers.{name}.{field}", 0, 0, $"may refer to the provider's own secret only: {stored}"));
        }

        foreach (var (account, its) in provider["accounts"] as JsonObject ?? [])
        {
            // What is written here would be stored as it is, and read back.
            if (Text((its as JsonObject)?["key"]) is { } given && !IsReferencesAlone(given))
                faults.Add(new($"providers.{name}.accounts.{account}.key", 0, 0, TextOfAccount));
        }

        foreach (var (header, its) in provider["headers"] as JsonObject ?? [])
        {
            if (Text(its) is { } given && !ReferenceRule.IsReference(given) && SecretWords.Any(w => header.Contains(w, StringComparison.OrdinalIgnoreCase)))
                faults.Add(new($"providers.{name}.headers.{header}", 0, 0, TextOfHeader));
        }

        if (Text(provider["key"]) is { Length: > 0 } key && !IsReferencesAlone(key))
        {
            if (ReferenceRule.IsReference(key))
                faults.Add(new($"providers.{name}.key", 0, 0, TextBeside));
            provider["key"] = stored;
            var secret = key.Replace("$${", "${", StringComparison.Ordinal);
            return new EntryChange(Sections.Secrets, name, new EntryValue(seal.Seal(name, secret), EntryOwner.Api, 1, default));
        }

        if (provider.ToJsonString().Contains(stored, StringComparison.Ordinal))
        {
            if (Misdirected(document, name, provider) is { } fault)
                faults.Add(fault);
            return null;
        }

        return new EntryChange(Sections.Secrets, name, null);
    }

    /// <summary>What is wrong where a provider would get a stored secret that was given for another address, or for another provider of its name.</summary>
    public static ConfigFault? Misdirected(EdgeDocument document, string name, JsonNode? provider)
    {
        if (provider?.ToJsonString().Contains(Reference(name), StringComparison.Ordinal) != true || document.Find(Sections.Secrets, name) is null)
            return null;
        return document.Find("providers", name) is { } before && JsonNode.DeepEquals(JsonNode.Parse(before.Value.Json.Span)?["baseUrl"], provider["baseUrl"])
            ? null : new($"providers.{name}.key", 0, 0, "the stored secret was given for another baseUrl; give it again");
    }

    private static string Reference(string name) => $"${{store:{name}}}";

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>Whether a text is references from one end to the other.</summary>
    private static bool IsReferencesAlone(string text)
    {
        var rest = text.AsSpan().Trim();
        while (rest.StartsWith("${", StringComparison.Ordinal) && rest.IndexOf('}') is > 0 and var close)
            rest = rest[(close + 1)..];
        return rest.IsEmpty && text.Contains("${", StringComparison.Ordinal);
    }
}
