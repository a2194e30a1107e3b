using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;

namespace AiEdge.Contracts.Rules;

/// <summary>What must hold within one provider.</summary>
public static class ProviderRules
{
    /// <summary>All rules.</summary>
    public static void Check(ProviderOptions provider, FaultList faults, FaultList warnings)
    {
        CheckName(provider, faults);
        HeaderRules.CheckAuthHeader(provider, faults, warnings);
        HeaderRules.CheckHeaders(provider, faults);
        CheckTls(provider, faults);
        if (provider.Responses.IsSet && provider.Dialect is { IsSet: true, Value: not "openai" })
            faults.Add(provider.Responses.Source!, "has a meaning for the dialect openai alone");
    }

    private static void CheckName(ProviderOptions provider, FaultList faults)
    {
        if (TextRules.PlainName(provider.Name) is { } complaint)
            faults.Add(provider.Node, complaint);
    }

    /// <summary>TLS settings go with https, and a certificate with its key.</summary>
    private static void CheckTls(ProviderOptions provider, FaultList faults)
    {
        if (provider.Tls.Node is not { } tls)
            return;
        if (provider.BaseUrl is { IsSet: true, Value.UseTls: false })
            faults.Add(tls, "has no meaning for a baseUrl of http://");
        TlsRules.CheckPair(provider.Tls, tls, faults);
    }
}

/// <summary>What must hold within a TLS section.</summary>
public static class TlsRules
{
    /// <summary>A certificate has its key and the other way round.</summary>
    public static void CheckPair(TlsOptions tls, Tree.ConfigMap node, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(tls);
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(faults);
        var hasCertificate = node.Entry(TlsOptions.CertificateField.Name) is not null;
        var hasKey = node.Entry(TlsOptions.KeyField.Name) is not null;
        if (hasCertificate && !hasKey)
            faults.Add(node, TlsOptions.KeyField.Name, "is required beside certificate");
        if (hasKey && !hasCertificate)
            faults.Add(node, TlsOptions.CertificateField.Name, "is required beside key");
    }
}
