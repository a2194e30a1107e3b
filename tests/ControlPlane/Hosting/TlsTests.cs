using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Tests.Publish;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Hosting;

/// <summary>The listeners' certificates, and to whom providers' secrets go: over real sockets, from loopback and from an address that is none.</summary>
public sealed class TlsTests
{
    private const string Secret = "sk-of-the-provider-itself";

    [Fact]
    public async Task Both_listeners_send_what_stands_between_their_certificate_and_its_authority()
    {
        using var chain = new Chain();
        var (certificate, key) = chain.Server(IPAddress.Loopback);
        await using var rig = await Rig.StartAsync(chain.Root, "--tls-cert", certificate, "--tls-key", key);
        foreach (var (address, protocol) in new[] { (rig.Host.Http, SslApplicationProtocol.Http11), (rig.Host.Grpc, SslApplicationProtocol.Http2) })
            Assert.Equal(["CN=server", "CN=between", "CN=root"], await ShownAsync(address, protocol, chain.Root));
        Assert.Equal(HttpStatusCode.OK, await rig.GetAsync("teams"));
    }

    [Fact]
    public async Task A_token_is_made_over_TLS_whatever_authority_the_certificate_has()
    {
        using var chain = new Chain();
        var (certificate, key) = chain.Server(IPAddress.Loopback);
        await using var rig = await Rig.StartAsync(chain.Root, "--tls-cert", certificate, "--tls-key", key);
        var (code, output, error) = await TokenAsync(certificate);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains(rig.Host.State.Current.Section(Sections.Tokens).Keys, name => name == "made");
        Assert.NotEmpty(output.Trim());

        // Another's certificate is another's control plane, and is told nothing.
        using var stranger = new Chain();
        (code, output, error) = await TokenAsync(stranger.Server(IPAddress.Loopback).Certificate);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("shows another certificate", error, StringComparison.Ordinal);

        // What is no certificate is said, and nobody asked.
        foreach (var file in (string[])[Path.Combine(rig.Folder, "none.pem"), Path.Combine(rig.Folder, "seal.key")])
        {
            (code, output, error) = await TokenAsync(file);
            Assert.Equal((1, ""), (code, output));
            Assert.StartsWith($"--tls-cert {file}: no certificate", error, StringComparison.Ordinal);
        }

        async Task<(int Code, string Output, string Error)> TokenAsync(string trusted)
        {
            var line = CommandLine.Parse(
                ["token", "create", "--role", "viewer", "--name", "made", "--http", $"0.0.0.0:{rig.Host.Http.Port}", "--data-dir", rig.Folder, "--tls-cert", trusted],
                static _ => null);
            Assert.Null(line.Complaint);
            using var output = new StringWriter();
            using var error = new StringWriter();
            return (await TokenCommand.RunAsync(line, Rig.Env, output, error), output.ToString(), error.ToString());
        }
    }

    [Fact]
    public async Task Alerts_go_to_hosts_of_the_list_alone()
    {
        await using var rig = await Rig.StartAsync(null, "--webhook-hosts", "hooks.example.com,*.corp.example");
        Assert.Equal(HttpStatusCode.OK, await PutAsync("hooks.example.com"));
        Assert.Equal(HttpStatusCode.OK, await PutAsync("x.corp.example"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await PutAsync("hooks.example.org"));

        async Task<HttpStatusCode> PutAsync(string host)
        {
            using var http = rig.Client();
            var alert = $$"""{"webhook":"https://{{host}}/x","thresholds":[50],"secret":"0123456789abcdef0"}""";
            using var answer = await http.PutAsync("alerts/a", new StringContent(alert, System.Text.Encoding.UTF8, "application/json"));
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_plane_on_the_same_machine_gets_secrets_in_clear_text()
    {
        await using var rig = await Rig.StartAsync(null);
        await rig.PutSecretAsync();
        Assert.Equal(Secret, await rig.WatchAsync(new() { Address = rig.Host.Grpc }));
    }

    [OtherAddressFact]
    public async Task A_plane_elsewhere_gets_secrets_for_a_certificate_and_without_one_does_not_connect()
    {
        using var chain = new Chain();
        var (certificate, key) = chain.Server(OtherAddressFactAttribute.Address!, IPAddress.Loopback);
        await using var rig = await Rig.StartAsync(chain.Root, "--grpc", Elsewhere, "--tls-cert", certificate, "--tls-key", key, "--client-ca", chain.RootFile());
        await rig.PutSecretAsync();
        using var client = chain.Client();
        Assert.Equal(Secret, await rig.WatchAsync(new() { Address = rig.Host.Grpc, Authorities = [chain.Root], Certificate = client }));
        using var stranger = new Chain();
        using var strange = stranger.Client();
        foreach (var other in (X509Certificate2?[])[null, strange])
        {
            using var channel = new GrpcChannel(new() { Address = rig.Host.Grpc, Authorities = [chain.Root], Certificate = other });
            Assert.False((await Rig.JoinAsync(channel, "other", new byte[32])).IsOk);
        }

        Assert.Equal(["edge"], rig.Host.State.Current.Section(Sections.DataPlanes).Keys);
    }

    [OtherAddressFact]
    public async Task A_plane_elsewhere_gets_no_secret_over_TLS_without_a_certificate_of_its_own()
    {
        using var chain = new Chain();
        var (certificate, key) = chain.Server(OtherAddressFactAttribute.Address!, IPAddress.Loopback);
        await using var rig = await Rig.StartAsync(chain.Root, "--grpc", Elsewhere, "--tls-cert", certificate, "--tls-key", key);
        await rig.PutSecretAsync();
        Assert.Null(await rig.WatchAsync(new() { Address = rig.Host.Grpc, Authorities = [chain.Root] }));
    }

    [OtherAddressFact]
    public async Task A_plane_elsewhere_gets_no_secret_in_clear_text()
    {
        await using var rig = await Rig.StartAsync(null, "--grpc", Elsewhere, "--insecure");
        await rig.PutSecretAsync();
        Assert.Null(await rig.WatchAsync(new() { Address = rig.Host.Grpc, Insecure = true }));
    }

    private static string Elsewhere => $"{OtherAddressFactAttribute.Address}:0";

    /// <summary>The subjects of what a listener sends, to a client that knows the root alone and fetches nothing.</summary>
    private static async Task<string[]> ShownAsync(Uri address, SslApplicationProtocol protocol, X509Certificate2 root)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port);
        string[] shown = [];
        await using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            ApplicationProtocols = [protocol],
            CertificateChainPolicy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                CustomTrustStore = { root },
            },
            RemoteCertificateValidationCallback = (_, _, chain, errors) =>
            {
                shown = [.. chain!.ChainElements.Select(e => e.Certificate.Subject)];
                return errors == SslPolicyErrors.None;
            },
        });
        return shown;
    }

    /// <summary>A control plane as its command line makes it.</summary>
    private sealed class Rig(string folder, FasterStore store, ControlHost host, X509Certificate2? root) : IAsyncDisposable
    {
        public ControlHost Host => host;

        public string Folder => folder;

        /// <param name="root">Whom REST's clients trust, and nobody else.</param>
        /// <param name="arguments">Of the command line.</param>
        public static async Task<Rig> StartAsync(X509Certificate2? root, params string[] arguments)
        {
            var folder = Directory.CreateTempSubdirectory("aiedge-tls-").FullName;
            string[] own = ["--http", "127.0.0.1:0", "--data-dir", folder, .. arguments.Contains("--grpc") ? (string[])[] : ["--grpc", "127.0.0.1:0"]];
            var line = CommandLine.Parse([.. own, .. arguments], Env);
            Assert.Null(line.Complaint);
            var options = ControlOptions.Of(line, Env, out var complaint);
            Assert.Null(complaint);
            var store = await FasterStore.OpenAsync(options!.StoreDir);
            return new(folder, store, await ControlHost.StartAsync(options, store), root);
        }

        public async Task PutSecretAsync()
        {
            using var http = Client();
            foreach (var (path, body) in new[]
            {
                ("providers/openai", $$"""{"dialect":"openai","baseUrl":"https://api.openai.com/v1","key":"{{Secret}}"}"""), ("models/gpt-4o", Domain.World.Model),
            })
            {
                using var answer = await http.PutAsync(path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
                Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            }
        }

        public async Task<HttpStatusCode> GetAsync(string path)
        {
            using var http = Client();
            using var answer = await http.GetAsync(path);
            return answer.StatusCode;
        }

        /// <summary>Joins, watches, and returns the provider's secret, or null where the change comes without it.</summary>
        public async Task<string?> WatchAsync(GrpcChannelOptions options)
        {
            var secret = RandomNumberGenerator.GetBytes(PlaneIdentity.SecretBytes);
            using (var stranger = new GrpcChannel(With(options, ControlRig.Join)))
                Assert.True((await JoinAsync(stranger, "edge", secret)).IsOk);
            using var channel = new GrpcChannel(With(options, $"edge.{System.Buffers.Text.Base64Url.EncodeToString(secret)}"));
            await using var plane = new PlaneClient(channel, "edge");
            await plane.HelloAsync();
            Assert.Equal(0UL, await plane.ChangeAsync());
            Assert.Contains("${store:", plane.Entries[("providers", "openai")], StringComparison.Ordinal);
            Assert.DoesNotContain(plane.Entries.Values, e => e.Contains(Secret, StringComparison.Ordinal));
            return plane.Secrets.Values.SingleOrDefault();
        }

        public static async Task<GrpcResult<JoinResponse>> JoinAsync(GrpcChannel channel, string id, byte[] secret) =>
            await channel.UnaryAsync(PlaneMethods.Join, new() { PlaneId = id, CredentialSha256 = ByteString.CopyFrom(SHA256.HashData(secret)) });

        public async ValueTask DisposeAsync()
        {
            await host.DisposeAsync();
            await store.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }

        public static string? Env(string name) => name switch { "AIEDGE_ADMIN_TOKEN" => ControlRig.Admin, "AIEDGE_JOIN_TOKEN" => ControlRig.Join, _ => null };

        private static GrpcChannelOptions With(GrpcChannelOptions options, string bearer) => new()
        {
            Address = options.Address,
            Insecure = options.Insecure,
            Authorities = options.Authorities,
            Certificate = options.Certificate,
            Authorization = _ => new($"Bearer {bearer}"),
        };

        public HttpClient Client()
        {
            var handler = new SocketsHttpHandler();
            if (root is not null)
            {
                handler.SslOptions.CertificateChainPolicy = new()
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    DisableCertificateDownloads = true,
                    CustomTrustStore = { root },
                };
            }

            var http = new HttpClient(handler) { BaseAddress = new(host.Http, "/api/v1/") };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ControlRig.Admin);
            return http;
        }
    }
}
