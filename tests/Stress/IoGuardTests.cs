using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AiEdge.DataPlane.Hosting;
using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>Completions run exchanges on I/O threads: a long step there is counted, and none may wait for anything but events.</summary>
public sealed class IoGuardTests
{
    [Fact]
    public void A_step_that_runs_long_is_counted_as_a_stall()
    {
        var before = IoGuard.Stalls;
        Assert.False(IoGuard.IsIoThread);
        Stall();
        Assert.False(IoGuard.IsIoThread);
        Assert.True(IoGuard.Stalls > before);
        Assert.True(IoGuard.LongestUs >= IoGuard.StallMs * 1000);

        static void Stall()
        {
            var started = IoGuard.Enter();
            Assert.True(IoGuard.IsIoThread);
            Spin();
            IoGuard.Leave(started);
        }
    }

    [Fact]
    public async Task A_reader_that_runs_long_where_its_bytes_arrived_is_counted_as_a_stall()
    {
        using var pair = new SocketPair();
        var input = new WireInput(new SocketWire(pair.Server), BlockPool.Shared);
        var before = IoGuard.Stalls;
        var isIoThread = false;
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = input.ReadAsync();
        Assert.False(read.IsCompleted);
        read.GetAwaiter().UnsafeOnCompleted(() =>
        {
            isIoThread = IoGuard.IsIoThread;
            Spin();
            over.SetResult();
        });
        pair.Client.Send("x"u8);
        await over.Task;
        Assert.True(isIoThread);

        // The step ends behind the continuation.
        Assert.True(SpinWait.SpinUntil(() => IoGuard.Stalls > before, TimeSpan.FromSeconds(20)));
        input.Complete();
    }

    /// <summary>Streams, large bodies, TLS handshakes, reloads and scrapes, all at once, while the runtime tells who waits.</summary>
    [LinuxFact]
    public async Task No_IO_thread_waits_for_anything_but_events()
    {
        using var folder = new TemporaryFolder();
        using var provider = new BlockingProvider();
        await using var plain = await StartAsync(folder, "plain.yaml", provider.Port, "");
        await using var tls = await StartAsync(folder, "tls.yaml", provider.Port, folder.MakeCertificate());
        RunTraffic(plain, tls, folder, TimeSpan.FromMilliseconds(100));

        var threads = WaitListener.IoThreads();
        Assert.NotEmpty(threads);
        var sleeps = WaitListener.Sleeps(threads);
        using var listener = new WaitListener(threads);
        RunTraffic(plain, tls, folder, Race.Time);
        Assert.True(WaitListener.Sleeps(threads) > sleeps + 100, "the I/O threads did nothing");

        Assert.True(listener.HearsControl(TimeSpan.FromSeconds(20)), "a wait of our own was not heard");
        Assert.True(listener.Waits.Count == 0, $"{listener.Waits.Count} waits on I/O threads:\n" + string.Join('\n', listener.Waits.Take(20)));
    }

    private static void Spin()
    {
        for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < IoGuard.StallMs + 5;)
            Thread.SpinWait(100);
    }

    private static async Task<EdgeHost> StartAsync(TemporaryFolder folder, string name, int providerPort, string serverMore)
    {
        var file = folder.File(name);
        await File.WriteAllTextAsync(file, Plane.Config(providerPort, serverMore));
        var (host, faults) = await EdgeHost.StartAsync(new EdgeHostOptions
        {
            ConfigPath = file,
            Overrides = new(Listen: "127.0.0.1:0", Admin: "127.0.0.1:0"),
        });
        Assert.Empty(faults);
        return host!;
    }

    private static void RunTraffic(EdgeHost plain, EdgeHost tls, TemporaryFolder folder, TimeSpan time)
    {
        var big = new string('x', 1_000_000);
        Race.Passes(Race.Free(
            time,
            _ => Call(plain, isTls: false, "\"stream\":true", requests: 5),
            _ => Call(plain, isTls: false, "\"stream\":true", requests: 1),
            _ => Call(plain, isTls: false, "\"stream\":false", requests: 20),
            _ => Call(plain, isTls: false, $"\"stream\":false,\"user\":\"{big}\"", requests: 2),
            _ => Call(tls, isTls: true, "\"stream\":true", requests: 1),
            _ => Call(tls, isTls: true, $"\"stream\":true,\"user\":\"{big}\"", requests: 1),
            _ => Leave(plain),
            _ => Reload(plain, folder)));
    }

    /// <summary>Some requests on one connection.</summary>
    private static string? Call(EdgeHost host, bool isTls, string fields, int requests)
    {
        using var connection = Connect(host.Listen, isTls);
        for (var i = 0; i < requests; i++)
        {
            WriteRequest(connection, fields);
            if (!connection.TryReadMessage(out var head, out var body) || !head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
                return $"no good answer: {head}{body}";
            if (fields.Contains("\"stream\":true", StringComparison.Ordinal) && !body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal))
                return "the stream did not end: " + body[^Math.Min(body.Length, 400)..];
        }

        return null;
    }

    /// <summary>Asks for a stream and goes away.</summary>
    private static string? Leave(EdgeHost host)
    {
        using var connection = Connect(host.Listen, isTls: false);
        WriteRequest(connection, "\"stream\":true");
        return null;
    }

    private static string? Reload(EdgeHost host, TemporaryFolder folder)
    {
        var file = folder.File("plain.yaml");
        File.AppendAllText(file, "# changed\n");
        host.Reload();
        using var connection = Connect(host.Admin, isTls: false);
        connection.Write($"GET /metrics HTTP/1.1\r\nHost: {host.Admin}\r\n\r\n");
        return connection.TryReadMessage(out var head, out _) && head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) ? null : "no metrics: " + head;
    }

    private static BlockingConnection Connect(IPEndPoint address, bool isTls)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(address);
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (!isTls)
            return new BlockingConnection(stream);
        var secure = new SslStream(stream, leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.Subject == "CN=localhost");
        secure.AuthenticateAsClient("localhost");
        return new BlockingConnection(secure);
    }

    private static void WriteRequest(BlockingConnection connection, string fields)
    {
        var body = $$"""{"model":"fake-1","messages":[],{{fields}}}""";
        connection.Write($"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {Plane.Key}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    private sealed class SocketPair : IDisposable
    {
        public SocketPair()
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1);
            Client.Connect(listener.LocalEndPoint!);
            Server = listener.Accept();
        }

        public Socket Client { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Socket Server { get; }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("aiedge-stress-").FullName;

        public string File(string name) => Path.Combine(_path, name);

        /// <summary>A certificate for localhost, as the field of <c>server</c> that names its files.</summary>
        public string MakeCertificate()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
            using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            System.IO.File.WriteAllText(File("cert.pem"), certificate.ExportCertificatePem());
            System.IO.File.WriteAllText(File("key.pem"), key.ExportPkcs8PrivateKeyPem());
            return $", tls: {{ certificate: \"{File("cert.pem")}\", key: \"{File("key.pem")}\" }}";
        }

        public void Dispose() => Directory.Delete(_path, recursive: true);
    }
}
