using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiEdge.Contracts.Fields;

namespace AiEdge.ControlPlane.Hosting;

/// <summary>
/// <c>aiedge-controlplane token create</c>: asks the running control plane for a token, as its administrator. The administrator's token comes
/// from the environment, else from the data dir.
/// </summary>
internal static class TokenCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Prints the token alone; 0 where it was made, 1 with a reason where it was not.</summary>
    public static async Task<int> RunAsync(CommandLine line, Func<string, string?> env, TextWriter output, TextWriter error)
    {
        var file = Path.Combine(line.DataDir, "admin-token");
        var admin = env("AIEDGE_ADMIN_TOKEN") is { Length: > 0 } given ? given : File.Exists(file) ? (await File.ReadAllTextAsync(file)).Trim() : null;
        if (admin is null)
        {
            await error.WriteLineAsync($"the administrator's token is needed: AIEDGE_ADMIN_TOKEN, or {file}");
            return 1;
        }

        X509Certificate2? own;
        try
        {
            own = line["tls-cert"] is { } certificate ? X509CertificateLoader.LoadCertificateFromFile(certificate) : null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"--tls-cert {line["tls-cert"]}: no certificate can be read there: {e.Message}");
            return 1;
        }

        using (own)
            return await AskAsync(line, admin, own, output, error);
    }

    private static async Task<int> AskAsync(CommandLine line, string admin, X509Certificate2? own, TextWriter output, TextWriter error)
    {
        var role = line.Role!;
        var body = new JsonObject { ["name"] = line.Name ?? $"{role}-{DateTimeOffset.UtcNow:yyyyMMddHHmmss}", ["role"] = role };
        if (line.Team is { } team)
            body["team"] = team;
        using var handler = new SocketsHttpHandler { ConnectTimeout = Patience, AllowAutoRedirect = false, UseProxy = false };
        var isAnother = false;
        if (own is not null)
        {
            // It asks itself: whoever shows this very certificate is the control plane, whatever name and authority it has.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
                !(isAnother = shown is null || !shown.GetRawCertData().AsSpan().SequenceEqual(own.RawData));
        }

        using var http = new HttpMessageInvoker(handler);
        using var patience = new CancellationTokenSource(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{(own is null ? "http" : "https")}://{Address(line.Http)}/api/v1/tokens")
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", admin);
        try
        {
            using var answer = await http.SendAsync(request, patience.Token);
            var text = await answer.Content.ReadAsStringAsync(patience.Token);
            if (answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK)
            {
                using var json = JsonDocument.Parse(text);
                await output.WriteLineAsync(json.RootElement.GetProperty("secret").GetString());
                return 0;
            }

            await error.WriteLineAsync($"the control plane answered {(int)answer.StatusCode}: {text}");
            return 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await error.WriteLineAsync(isAnother
                ? $"who answers at {line.Http} shows another certificate than {line["tls-cert"]}, and was told nothing"
                : $"no control plane answers at {line.Http}: {e.Message}");
            return 1;
        }
    }

    /// <summary>Where it listens on all addresses, this machine's own is one of them.</summary>
    private static string Address(string http)
    {
        if (!ListenAddress.TryParse(http, out var address))
            return http;
        if (address.Address.Equals(IPAddress.Any))
            address.Address = IPAddress.Loopback;
        else if (address.Address.Equals(IPAddress.IPv6Any))
            address.Address = IPAddress.IPv6Loopback;
        return address.ToString();
    }
}
