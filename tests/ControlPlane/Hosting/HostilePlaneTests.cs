using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Store;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Hosting;

/// <summary>Data planes that are none, or send what is none: a status each, nothing changed, and the next plane is served.</summary>
public sealed class HostilePlaneTests
{
    private static readonly string[] Paths = ["aiedge.v1.Enrolment/Join", "aiedge.v1.Config/Watch", "aiedge.v1.Quota/Sync", "aiedge.v1.Usage/Report"];

    public static TheoryData<string, byte[]> Frames => new()
    {
        { "nothing", [] },
        { "a part of a prefix", [0, 0, 0] },
        { "a prefix alone", [0, 0, 0, 0, 9] },
        { "a message that is cut", [0, 0, 0, 0, 9, 10, 3, 1] },
        { "a message that says that it is larger than any", [0, 255, 255, 255, 255, 1, 2, 3] },
        { "a message over the bound", [0, 127, 0, 0, 0, 1] },
        { "a message that is compressed with nothing", [1, 0, 0, 0, 1, 0] },
        { "a flag that is none", [255, 0, 0, 0, 1, 0] },
        { "what is no protobuf", Framed([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) },
        { "a length within that goes beyond it", Framed([10, 0x7f, 1]) },
        { "groups within groups without an end", Framed([.. Enumerable.Repeat((byte)11, 10_000)]) },
    };

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task Frames_that_are_none_end_the_call_with_a_status_and_change_nothing(string what, byte[] frames)
    {
        await using var rig = await ControlRig.WithModelAsync();
        await rig.PutAsync("limits", "a", """{"name":"a","requests":"9/min"}""");
        var credential = await rig.JoinAsync("p1");
        var (version, generation) = (rig.State.Current.Version, rig.State.Current.Generation);
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (var path in Paths)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(rig.Host.Grpc, path)) { Content = new ByteArrayContent(frames) };
            request.Version = HttpVersion.Version20;
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            request.Headers.TryAddWithoutValidation("authorization", "Bearer " + (path == Paths[0] ? ControlRig.Join : credential));
            request.Headers.TryAddWithoutValidation("te", "trailers");
            request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
            using var answer = await http.SendAsync(request).WaitAsync(TimeSpan.FromSeconds(60));
            await answer.Content.ReadAsByteArrayAsync().WaitAsync(TimeSpan.FromSeconds(60));
            var status = answer.TrailingHeaders.TryGetValues("grpc-status", out var told) || answer.Headers.TryGetValues("grpc-status", out told) ? told.Single() : "";
            Assert.True(status.Length > 0 && status != "0", $"{what} at {path}: {answer.StatusCode} {status}");
            var message = answer.TrailingHeaders.TryGetValues("grpc-message", out var words) || answer.Headers.TryGetValues("grpc-message", out words) ? words.Single() : "";
            Assert.DoesNotContain("Exception", message, StringComparison.Ordinal);
        }

        Assert.Equal((version, generation), (rig.State.Current.Version, rig.State.Current.Generation));
        Assert.NotEmpty(await rig.JoinAsync("p2"));
    }

    [Fact]
    public async Task A_credential_that_is_wrong_opens_no_service()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var good = await rig.JoinAsync("p1");
        var other = await rig.JoinAsync("p2");
        var version = rig.State.Current.Version;
        foreach (var bearer in (string?[])
        [
            null, ControlRig.Join, ControlRig.Admin, "p1", "p1.", "p1." + new string('A', 43), good[..^1], good + "A", "p2" + good[2..], "p1" + other[2..], "P1" + good[2..], "../p1" + good[2..],
        ])
        {
            var channel = rig.Channel(bearer);
            Assert.Equal(GrpcCode.Unauthenticated, await CodeAsync(channel.Open(PlaneMethods.Watch), new ConfigUp { Hello = new() }));
            Assert.Equal(GrpcCode.Unauthenticated, await CodeAsync(channel.Open(PlaneMethods.Sync), new QuotaUp { Hello = new() }));
            Assert.Equal(GrpcCode.Unauthenticated, await CodeAsync(channel.Open(PlaneMethods.Report), new UsageUp { Hello = new() }));
        }

        Assert.Equal(version, rig.State.Current.Version);
    }

    [Fact]
    public async Task Over_mutual_tls_only_those_of_the_authority_come_to_speak_and_a_certificate_alone_is_no_credential()
    {
        var folder = Directory.CreateTempSubdirectory("aiedge-mtls-").FullName;
        using var authority = Authority("our own");
        using var stranger = Authority("somebody's");
        using var server = Issue(authority, "localhost");
        using var plane = Issue(authority, "plane");
        using var foreign = Issue(stranger, "plane");
        var loopback = new IPEndPoint(IPAddress.Loopback, 0);
        await using (var store = await FasterStore.OpenAsync(Path.Combine(folder, "store")))
        {
            await using var host = await ControlHost.StartAsync(
                new ControlOptions
                {
                    Http = loopback,
                    Grpc = loopback,
                    DataDir = folder,
                    AdminToken = ControlRig.Admin,
                    JoinToken = ControlRig.Join,
                    Certificate = server,
                    ClientAuthorities = [authority],
                },
                store);
            var address = new Uri($"https://localhost:{host.Grpc.Port}");
            foreach (var certificate in (X509Certificate2?[])[null, foreign])
            {
                using var refused = Channel(certificate);
                Assert.NotEqual(GrpcCode.Ok, (await refused.UnaryAsync(PlaneMethods.Join, Join("p1"), new() { Timeout = TimeSpan.FromSeconds(60) })).Status.Code);
                Assert.Empty(host.State.Current.Section(Sections.DataPlanes));
            }

            using var good = Channel(plane);
            Assert.True((await good.UnaryAsync(PlaneMethods.Join, Join("p1"))).IsOk);
            Assert.Equal(GrpcCode.Unauthenticated, await CodeAsync(good.Open(PlaneMethods.Watch), new ConfigUp { Hello = new() }));

            GrpcChannel Channel(X509Certificate2? certificate) => new(new()
            {
                Address = address,
                Authorities = [authority],
                Certificate = certificate,
                Authorization = _ => new($"Bearer {ControlRig.Join}"),
            });
        }

        Directory.Delete(folder, recursive: true);
    }

    private static JoinRequest Join(string id) => new() { PlaneId = id, CredentialSha256 = ByteString.CopyFrom(SHA256.HashData("secret"u8)) };

    private static async Task<GrpcCode> CodeAsync<TUp, TDown>(GrpcCall<TUp, TDown> call, TUp first)
        where TUp : class
        where TDown : class
    {
        await using (call)
        {
            await call.WriteAsync(first);
            while (await call.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)))
                Assert.Fail("something was told");
            return (await call.Completion.WaitAsync(TimeSpan.FromSeconds(60))).Code;
        }
    }

    private static byte[] Framed(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(8), RandomNumberGenerator.GetBytes(8));
        using var whole = issued.CopyWithPrivateKey(key);

        // As a file has it: some platforms use no key that lives in memory alone.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
