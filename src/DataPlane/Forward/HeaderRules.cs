using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.Http;

namespace AiEdge.DataPlane.Forward;

/// <summary>
/// Which headers cross the gateway. To a provider: never the client's credential, cookies, account choices, who forwarded it,
/// nor what belongs to one hop. From a provider: never cookies, its account, its rate limits (ours take their place), nor what
/// holds for its own host alone (Alt-Svc, RFC 7838; Strict-Transport-Security, RFC 6797).
/// </summary>
internal static class HeaderRules
{
    // What one dialect's providers are asked by, or say, means the same where a provider of another is asked: the names of all are taken together.
    private static readonly HeaderNameSet OfDialects = new([], [.. Of(static dialect => dialect.ClientPrefixes), "x-stainless-"]);

    private static readonly HeaderNameSet OfProviders = new(
        Of(static dialect => dialect.ProviderHeaders),
        [.. Of(static dialect => dialect.Rates is { } rates ? [Encoding.ASCII.GetString(rates.Prefix)] : []), "x-aiedge-"]);

    private static readonly HeaderNameSet Withheld = new(
        [
            .. Of(static dialect => dialect.AccountHeaders), "x-original-url", "x-rewrite-url", "x-client-ip", "cookie2", "cf-connecting-ip",
            "content-encoding", "true-client-ip",
        ],
        ["x-aiedge-", "x-forwarded-"]);

    public static bool GoesUpstream(RequestHead head, int i, ProviderModel provider)
    {
        if (head.IsHopByHop(i))
            return false;
        switch (head.Id(i))
        {
            case HeaderId.ContentType or HeaderId.Accept or HeaderId.UserAgent:
                return !IsFixed(provider, head.Name(i));
            case HeaderId.Host or HeaderId.ContentLength or HeaderId.TransferEncoding or HeaderId.Expect
                or HeaderId.Authorization or HeaderId.XApiKey or HeaderId.ApiKey or HeaderId.XGoogApiKey
                or HeaderId.Cookie or HeaderId.SetCookie
                or HeaderId.AcceptEncoding or HeaderId.Forwarded or HeaderId.Via or HeaderId.XForwardedFor or HeaderId.XForwardedHost
                or HeaderId.XForwardedProto or HeaderId.XForwardedPort or HeaderId.XRealIp:
                return false;
            default:
                var name = head.Name(i);
                return !Withheld.Contains(name) && !IsFixed(provider, name);
        }
    }

    public static bool GoesToClient(ResponseHead head, int i)
    {
        if (head.IsHopByHop(i))
            return false;
        switch (head.Id(i))
        {
            case HeaderId.ContentType or HeaderId.Date:
                return true;
            case HeaderId.ContentLength or HeaderId.TransferEncoding or HeaderId.SetCookie or HeaderId.XRequestId:
            case HeaderId.AltSvc or HeaderId.StrictTransportSecurity:
                return false;
            default:
                var name = head.Name(i);
                return !OfProviders.Contains(name);
        }
    }

    /// <summary>Whether a client's header means something in its own dialect alone.</summary>
    public static bool IsOfDialect(RequestHead head, int i)
    {
        if (head.Id(i) is HeaderId.ContentType or HeaderId.Accept)
            return true;
        return OfDialects.Contains(head.Name(i));
    }

    private static List<string> Of(Func<DialectTraits, string[]> names)
    {
        var all = new List<string>();
        foreach (var dialect in DialectTraits.All)
            all.AddRange(names(dialect));
        return all;
    }

    private static bool IsFixed(ProviderModel provider, ReadOnlySpan<byte> name)
    {
        foreach (var known in provider.FixedHeaderNames)
        {
            if (Endpoint.IsOf(name, known))
                return true;
        }

        return false;
    }
}
