using AiEdge.Contracts.Dialects;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Rules;

/// <summary>What must hold within one provider.</summary>
public static class ProviderRules
{
    /// <summary>Accounts of one provider.</summary>
    private const int AccountsMax = 32;

    /// <summary>All rules.</summary>
    public static void Check(ProviderOptions provider, FaultList faults, FaultList warnings)
    {
        CheckName(provider, faults);
        HeaderRules.CheckAuthHeader(provider, faults, warnings);
        HeaderRules.CheckHeaders(provider, faults);
        CheckTls(provider, faults);
        if (provider.Responses.IsSet && provider.Sheet is { HasResponses: false })
            faults.Add(provider.Responses.Source!, "has a meaning for the " + Named(static sheet => sheet.HasResponses) + " alone");
        CheckFeatures(provider, faults);
        CheckHosting(provider, faults);
        CheckAccounts(provider, faults, warnings);
        if (provider.Capacity is { Cache: { IsSet: true, Value: 0 } cache })
            faults.Add(cache.Source!, "must be more than 0%, which every server has in use");
    }

    /// <summary>Nothing is both lacked and taken.</summary>
    private static void CheckFeatures(ProviderOptions provider, FaultList faults)
    {
        foreach (var taken in provider.Takes.Or([]))
        {
            foreach (var lacked in provider.Lacks.Or([]))
            {
                if (lacked.Value == taken.Value)
                    faults.Add(taken.Source!, "stands in lacks, too");
            }
        }
    }

    /// <summary>Each hosts some dialects; Azure in versions.</summary>
    private static void CheckHosting(ProviderOptions provider, FaultList faults)
    {
        if ((provider.IsOnAzure || provider.IsOnVertex) && provider.Hosting.Value is var host && provider.Sheet?.Hosts.Contains(host) == false)
            faults.Add(provider.Hosting.Source!, host + " has a meaning for the " + Named(sheet => sheet.Hosts.Contains(host)) + " alone");
        if (provider.IsOnAzure && provider.Node.Entry(ProviderOptions.ApiVersionField.Name) is null)
            faults.Add(provider.Node, ProviderOptions.ApiVersionField.Name, "is required where hosting is azure");
        if (provider.ApiVersion.IsSet && !provider.IsOnAzure)
            faults.Add(provider.ApiVersion.Source!, "has a meaning where hosting is azure alone");
    }

    private static string Named(Predicate<DialectSheet> isMeant)
    {
        var names = DialectSheet.NamesOf(isMeant);
        return (names.Contains(' ', StringComparison.Ordinal) ? "dialects " : "dialect ") + names;
    }

    private static void CheckName(ProviderOptions provider, FaultList faults)
    {
        if (TextRules.PlainName(provider.Name) is { } complaint)
            faults.Add(provider.Node, complaint);
    }

    /// <summary>Either one credential or several accounts, and some of these are used.</summary>
    private static void CheckAccounts(ProviderOptions provider, FaultList faults, FaultList warnings)
    {
        if (provider.Node.Entry(ProviderOptions.AccountsField.Name) is not { } entry || entry.Value is not ConfigMap accounts)
            return;
        if (provider.Node.Entry(ProviderOptions.KeyField.Name) is not null)
            faults.Add(accounts, "has no meaning beside key: give each account its own");
        if (accounts.Entries.Count is 0 or > AccountsMax)
            faults.Add(accounts, accounts.Entries.Count == 0 ? "is empty; leave it out or name an account" : "holds more than 32 accounts");
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var account in provider.Accounts)
        {
            if (TextRules.PlainName(account.Name) is { } complaint)
                faults.Add(account.Entry.Value, complaint);
            else if (account.Key.IsSet && !names.TryAdd(account.Key.Value, account.Name))
                warnings.Add(account.Key.Source!, $"is the key of {names[account.Key.Value]}, too: to the provider both are one account, with one limit");
        }
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
    public static void CheckPair(TlsOptions tls, ConfigMap node, FaultList faults)
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
