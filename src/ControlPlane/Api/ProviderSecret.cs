using System.Text.Json.Nodes;
using AiEdge.Contracts.Faults;
using AiEdge.ControlPlane.Domain;

namespace AiEdge.ControlPlane.Api;

/// <summary>
/// A provider's key that comes as text is sealed and stored under the provider's name, and <c>${store:NAME}</c> takes its place: nobody
/// reads it back. It belongs to the baseUrl that it was given with.
/// </summary>
internal static class ProviderSecret
{
    private const string TextOfAccount = "a secret as text is not supported yet for accounts; refer to it by ${env:…} or ${file:…}";

    /// <summary>Takes the secret out of a provider. Returns what else is to be changed; what is wrong goes to the faults.</summary>
    public static EntryChange? Take(SecretSeal seal, string name, JsonNode? before, JsonNode? after, List<ConfigFault> faults)
    {
        var stored = $"${{store:{name}}}";
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
            if ((its as JsonObject)?["key"] is JsonValue given && given.TryGetValue<string>(out var secret) && !secret.Contains("${", StringComparison.Ordinal))
                faults.Add(new($"providers.{name}.accounts.{account}.key", 0, 0, TextOfAccount));
        }

        var key = provider["key"] is JsonValue text && text.TryGetValue<string>(out var written) ? written : null;
        if (key is { Length: > 0 } && !key.Contains("${", StringComparison.Ordinal))
        {
            provider["key"] = stored;
            return new EntryChange(Sections.Secrets, name, new EntryValue(seal.Seal(name, key), EntryOwner.Api, 1, default));
        }

        if (provider.ToJsonString().Contains(stored, StringComparison.Ordinal))
        {
            if (before is JsonObject old && !JsonNode.DeepEquals(old["baseUrl"], provider["baseUrl"]))
                faults.Add(new($"providers.{name}.key", 0, 0, "the stored secret was given for another baseUrl; give it again"));
            return null;
        }

        return new EntryChange(Sections.Secrets, name, null);
    }
}
