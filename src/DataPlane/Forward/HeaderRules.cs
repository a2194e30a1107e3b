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
                return !IsWithheld(name) && !IsFixed(provider, name);
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
                return !IsOfProviderAlone(name);
        }
    }

    /// <summary>Whether a client's header means something in its own dialect alone.</summary>
    public static bool IsOfDialect(RequestHead head, int i)
    {
        if (head.Id(i) is HeaderId.ContentType or HeaderId.Accept)
            return true;
        var name = head.Name(i);
        return StartsWith(name, "anthropic-"u8) || StartsWith(name, "openai-"u8) || StartsWith(name, "x-goog-"u8) || StartsWith(name, "x-stainless-"u8);
    }

    private static bool IsOfProviderAlone(ReadOnlySpan<byte> name) => (name[0] | 0x20) switch
    {
        (byte)'x' => StartsWith(name, "x-ratelimit-"u8) || StartsWith(name, "x-aiedge-"u8),
        (byte)'o' => Is(name, "openai-organization"u8) || Is(name, "openai-project"u8),
        (byte)'a' => StartsWith(name, "anthropic-ratelimit-"u8) || Is(name, "anthropic-organization-id"u8),
        (byte)'r' => Is(name, "request-id"u8),
        _ => false,
    };

    private static bool IsWithheld(ReadOnlySpan<byte> name) => (name[0] | 0x20) switch
    {
        (byte)'x' => StartsWith(name, "x-aiedge-"u8) || StartsWith(name, "x-forwarded-"u8)
            || Is(name, "x-goog-user-project"u8) || Is(name, "x-original-url"u8) || Is(name, "x-rewrite-url"u8) || Is(name, "x-client-ip"u8),
        (byte)'o' => Is(name, "openai-organization"u8) || Is(name, "openai-project"u8),
        (byte)'c' => Is(name, "cookie2"u8) || Is(name, "cf-connecting-ip"u8) || Is(name, "content-encoding"u8),
        (byte)'t' => Is(name, "true-client-ip"u8),
        _ => false,
    };

    private static bool IsFixed(ProviderModel provider, ReadOnlySpan<byte> name)
    {
        foreach (var known in provider.FixedHeaderNames)
        {
            if (known.Length == name.Length && Ascii.EqualsIgnoreCase(name, known))
                return true;
        }

        return false;
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) =>
        name.Length == lower.Length && Ascii.EqualsIgnoreCase(name, lower);

    private static bool StartsWith(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) =>
        name.Length >= lower.Length && Ascii.EqualsIgnoreCase(name[..lower.Length], lower);
}
