using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace AiEdge.ControlPlane.Usage;

/// <summary>What becomes of a message that was sent.</summary>
internal enum WebhookEnd
{
    /// <summary>The receiver answered with 2xx.</summary>
    Taken,

    /// <summary>It answered with something else, or could not be called: to be tried again.</summary>
    Failed,

    /// <summary>It did not answer in time: to be tried again, and so is what else is for it.</summary>
    Silent,
}

/// <summary>
/// Sends signed messages: to public hosts, by https, without following redirects, without a proxy, and without reading what the receiver says.
/// </summary>
internal sealed class Webhook : IDisposable
{
    public const string TimestampHeader = "x-aiedge-timestamp";
    public const string SignatureHeader = "x-aiedge-signature";
    public const string MessageHeader = "x-aiedge-message";

    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _patience;
    private readonly HttpMessageInvoker _invoker;
    private readonly TimeProvider _time;
    private readonly bool _allowsClear;
    private readonly WebhookHosts _hosts;

    /// <summary>A sender.</summary>
    /// <param name="time">Dates the messages.</param>
    /// <param name="isAllowed">Judges addresses; null for <see cref="PublicHosts.IsPublic"/>, by https alone.</param>
    /// <param name="patience">How long an answer is waited for; null for 10 s.</param>
    /// <param name="hosts">Whom messages may be sent to; null for all that are public.</param>
    public Webhook(TimeProvider time, Func<IPAddress, bool>? isAllowed = null, TimeSpan? patience = null, WebhookHosts? hosts = null)
    {
        _hosts = hosts ?? WebhookHosts.Any;
        _patience = patience ?? Usual;
        _time = time;
        _allowsClear = isAllowed is not null;
        isAllowed ??= PublicHosts.IsPublic;
        _invoker = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
            MaxResponseHeadersLength = 16,
            ConnectCallback = (context, cancel) => PublicHosts.ConnectAsync(context.DnsEndPoint, isAllowed, cancel),
        });
    }

    /// <summary>Why no message would be sent to an address; null where one would.</summary>
    public static string? Fault(Uri address, WebhookHosts hosts)
    {
        if (!address.IsAbsoluteUri || address.Scheme != Uri.UriSchemeHttps)
            return "is not an address that begins with https://";
        if (address.UserInfo.Length > 0)
            return "carries a name or a password";
        if (!hosts.Allows(address.Host))
            return "is at none of the hosts that --webhook-hosts allows";
        return IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && !PublicHosts.IsPublic(ip) ? "is no public address" : null;
    }

    /// <summary>HMAC-SHA-256 over timestamp, a dot, and body, in hexadecimal.</summary>
    public static string Sign(ReadOnlySpan<byte> secret, string timestamp, ReadOnlySpan<byte> body)
    {
        var signed = new byte[timestamp.Length + 1 + body.Length];
        Encoding.ASCII.GetBytes(timestamp, signed);
        signed[timestamp.Length] = (byte)'.';
        body.CopyTo(signed.AsSpan(timestamp.Length + 1));
        return "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, signed));
    }

    /// <summary>Sends a message once.</summary>
    /// <returns>How it ended, and in words why it failed.</returns>
    public async ValueTask<(WebhookEnd End, string Why)> SendAsync(AlertRule rule, AlertMessage message, CancellationToken cancel)
    {
        if (!_allowsClear && Fault(rule.Webhook, _hosts) is { } fault)
            return (WebhookEnd.Failed, fault);
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, rule.Webhook) { Content = new ByteArrayContent(message.Body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TryAddWithoutValidation("user-agent", "aiedge");
        request.Headers.TryAddWithoutValidation(TimestampHeader, timestamp);
        request.Headers.TryAddWithoutValidation(MessageHeader, message.Id);
        request.Headers.TryAddWithoutValidation(SignatureHeader, Sign(rule.Secret.Span, timestamp, message.Body));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_patience);
        try
        {
            using var answer = await _invoker.SendAsync(request, limit.Token);
            var status = (int)answer.StatusCode;
            return status is >= 200 and < 300 ? (WebhookEnd.Taken, "") : (WebhookEnd.Failed, $"answered with {status}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return e is OperationCanceledException
                ? (WebhookEnd.Silent, "did not answer in time") : (WebhookEnd.Failed, (e.InnerException ?? e).Message);
        }
    }

    public void Dispose() => _invoker.Dispose();
}
