using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Rules;

/// <summary>Which header fields a provider's requests may be given.</summary>
public static class HeaderRules
{
    /// <summary>
    /// Fields that belong to the connection or to the message's framing and coding (RFC 9110 §7.6.1, §8, RFC 9112 §6): a
    /// configured one would contradict what is really sent.
    /// </summary>
    private static readonly HashSet<string> Refused = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding",
        "Upgrade", "HTTP2-Settings", "Host", "Content-Length", "Content-Type", "Content-Encoding", "Expect", "Accept-Encoding", "Range",
    };

    /// <summary>Whether the gateway alone may write a field of that name.</summary>
    public static bool IsRefused(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Refused.Contains(name) || name.StartsWith("x-aiedge-", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The field of the credential is one that may be written.</summary>
    public static void CheckAuthHeader(ProviderOptions provider, FaultList faults, FaultList warnings)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(warnings);
        if (!provider.AuthHeader.IsSet)
            return;
        if (IsRefused(provider.AuthHeader.Value))
            faults.Add(provider.AuthHeader.Source!, "names a header field that the gateway writes itself");
        else if (provider.Node.Entry(ProviderOptions.KeyField.Name) is null && provider.Node.Entry(ProviderOptions.AccountsField.Name) is null)
            warnings.Add(provider.AuthHeader.Source!, "has no effect without a key");
    }

    /// <summary>Each configured field may be written, once.</summary>
    public static void CheckHeaders(ProviderOptions provider, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(faults);
        if (!provider.Headers.IsSet)
            return;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (provider.HasKey)
            seen.Add(provider.AuthHeaderName);
        foreach (var (name, _) in provider.Headers.Value)
        {
            ConfigNode map = provider.Headers.Source!;
            if (IsRefused(name))
                faults.Add(map, name, "is a header field that the gateway writes itself");
            else if (!seen.Add(name))
                faults.Add(map, name, "is the same header field as another one, or as the one that carries the key");
        }
    }
}
