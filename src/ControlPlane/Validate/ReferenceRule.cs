using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.ControlPlane.Validate;

/// <summary>
/// What <c>${…}</c> may stand for in a document that comes by REST, and where. The text behind it is known on the data planes only; a
/// reference in a field that clients or providers get to see would tell it to whoever may write that field.
/// </summary>
/// <param name="secrets">Names of stored secrets.</param>
/// <param name="faults">Takes what is wrong.</param>
internal sealed class ReferenceRule(IReadOnlySet<string> secrets, FaultList faults)
{
    /// <summary>What environment variables begin with that a document may name.</summary>
    public const string EnvironmentPrefix = "AIEDGE_SECRET_";

    private static readonly System.Buffers.SearchValues<char> NameChars =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>Judges all references below a node, and puts a text that no rule judges in their place.</summary>
    /// <param name="node">An entry, or a part of one.</param>
    /// <param name="place">Where it stands: section and fields, list items left out.</param>
    public void Apply(ConfigNode node, string place)
    {
        switch (node)
        {
            case ConfigMap map:
                for (var i = 0; i < map.Entries.Count; i++)
                {
                    var entry = map.Entries[i];
                    if (entry.Name.Contains("${", StringComparison.Ordinal))
                        faults.Add(map, entry.Name, "references are read in values, not in names");
                    var below = $"{place}.{entry.Name}";
                    if (Judged(entry.Value, below) is { } value)
                        map.Replace(i, value);
                    else
                        Apply(entry.Value, below);
                }

                break;
            case ConfigSequence list:
                for (var i = 0; i < list.Items.Count; i++)
                {
                    if (Judged(list.Items[i], place) is { } value)
                        list.Replace(i, value);
                    else
                        Apply(list.Items[i], place);
                }

                break;
        }
    }

    /// <summary>Whether a text refers to something.</summary>
    public static bool IsReference(string text)
    {
        for (var at = text.IndexOf("${", StringComparison.Ordinal); at >= 0; at = text.IndexOf("${", at + 2, StringComparison.Ordinal))
        {
            if (at == 0 || text[at - 1] != '$')
                return true;
        }

        return false;
    }

    private ConfigScalar? Judged(ConfigNode node, string place)
    {
        if (node is not ConfigScalar { Kind: ScalarKind.Text } scalar || !scalar.Text.Contains("${", StringComparison.Ordinal))
            return null;
        if (!IsReference(scalar.Text))
            return new ConfigScalar(ScalarKind.Text, scalar.Text.Replace("$${", "${", StringComparison.Ordinal), scalar.Line, scalar.Column);
        if (Complaint(scalar.Text, place) is { } complaint)
            faults.Add(scalar, complaint);
        return new ConfigScalar(ScalarKind.Text, "", scalar.Line, scalar.Column, byReference: true) { IsBroken = true };
    }

    private string? Complaint(string text, string place)
    {
        var parts = place.Split('.');
        var isProvider = parts[0] == ConfigOptions.ProvidersField.Name && parts.Length >= 2
            && (place == $"{ConfigOptions.ProvidersField.Name}.{ProviderOptions.KeyField.Name}"
                || (parts[1] == ProviderOptions.HeadersField.Name && parts.Length > 2)
                || (parts[1] == ProviderOptions.AccountsField.Name && parts[^1] == AccountOptions.KeyField.Name));
        if (!isProvider && place != $"{ConfigOptions.KeysField.Name}.{KeyOptions.Sha256Field.Name}"
            && place != $"{ConfigOptions.KeysField.Name}.{KeyOptions.PreviousField.Name}.{PreviousSecretOptions.Sha256Field.Name}")
            return "may not hold a reference: only a provider's key and headers and a key's sha256 may";
        for (var at = text.IndexOf("${", StringComparison.Ordinal); at >= 0; at = text.IndexOf("${", at + 2, StringComparison.Ordinal))
        {
            if (at > 0 && text[at - 1] == '$')
                continue;
            var close = text.IndexOf('}', at);
            if (close < 0)
                return "holds \"${\" without its \"}\" (write $${ for the characters themselves)";
            if (OfOne(text[(at + 2)..close], isProvider) is { } complaint)
                return complaint;
        }

        return null;
    }

    private string? OfOne(string reference, bool isProvider)
    {
        var colon = reference.IndexOf(':', StringComparison.Ordinal);
        var name = reference[(colon + 1)..];
        switch (colon < 0 ? "" : reference[..colon])
        {
            case "env":
                return name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) && !name.AsSpan().ContainsAnyExcept(NameChars) ? null
                    : $"may name environment variables that begin with {EnvironmentPrefix} only";
            case "file":
                return name.Length == 0 ? "names no file"
                    : name.Split('/', '\\').Contains("..") ? "names a file by way of '..'; data planes read files of their secrets folder only" : null;
            case "store":
                return !isProvider ? "stored secrets are for providers only"
                    : secrets.Contains(name) ? null : $"no secret named {ConfigText.Quote(name)} is stored";
            case "vault":
                return "references to a vault are not supported yet";
            default:
                return "holds \"${\" without env:, file: or store: behind it; write $${ for the characters themselves";
        }
    }
}
