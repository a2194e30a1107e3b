using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace AiEdge.Compare;

/// <summary>One gateway that can be started, or the reason why it cannot.</summary>
internal sealed record Peer(string Name, int Port, string[] Command, string? Missing = null)
{
    public (string Name, string Value)[] Environment { get; init; } = [];
}

/// <summary>How each gateway is configured: every one as a plain proxy that streams, keeps connections and buffers nothing to disk.</summary>
internal sealed class PeerCatalog(string folder, string repository, int upstreamPort, string gateway)
{
    /// <summary>Six limits on all that is counted, by key, team and for all, so wide that none is ever near; with them goes a journal.</summary>
    private const string Limits = """
        limits:
          - { name: key, per: key, requests: 1000000000/min, tokens: 10000000000/min }
          - { name: team, per: team, tokens: 10000000000/min, cost: "$30000000/month" }
          - { name: all, tokens: 1000000000000/day, cost: "$3000000/day" }
        journal: { bytesMax: 4gb }

        """;

    /// <summary>Those that are AiEdge with more to do, and are told by how much more than without.</summary>
    public static readonly string[] ToAiEdge = ["limits", "from-anthropic", "from-gemini", "from-responses"];

    private static readonly string UserLine = Environment.UserName == "root" ? "user root;" : "";

    public async Task<Peer> FindAsync(string name)
    {
        var port = FreePort();
        return name switch
        {
            "direct" => new Peer(name, upstreamPort, []),
            "nginx" => Nginx(port),
            "haproxy" => Haproxy(port),
            "yarp" => await YarpAsync(port),
            "aiedge" => AiEdge(name, port),
            "limits" => AiEdge(name, port, limits: Limits),
            "from-anthropic" => AiEdge(name, port, "dialect: anthropic", path: ""),
            "from-gemini" => AiEdge(name, port, "dialect: gemini", path: ""),
            "from-responses" => AiEdge(name, port, "dialect: openai, responses: only"),
            _ => new Peer(name, 0, [], "no peer has that name"),
        };
    }

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private Peer Nginx(int port)
    {
        if (CommandSearch.Find("nginx") is not { } nginx)
            return new Peer("nginx", 0, [], "nginx is not installed");
        var file = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(file, $$"""
            {{UserLine}}
            worker_processes 1;
            worker_rlimit_nofile 65536;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/nginx.err warn;
            events { worker_connections 16384; multi_accept on; }
            http {
              access_log off;
              server_tokens off;
              tcp_nodelay on;
              keepalive_requests 1000000000;
              keepalive_timeout 300s;
              client_max_body_size 64m;
              client_body_buffer_size 1m;
              client_body_temp_path {{folder}}/nginx-body; proxy_temp_path {{folder}}/nginx-proxy; fastcgi_temp_path {{folder}}/nginx-f;
              uwsgi_temp_path {{folder}}/nginx-u; scgi_temp_path {{folder}}/nginx-s;
              upstream fake { server 127.0.0.1:{{upstreamPort}}; keepalive 4096; keepalive_requests 1000000000; keepalive_timeout 300s; }
              server {
                listen 127.0.0.1:{{port}} backlog=8192;
                location / {
                  proxy_pass http://fake;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_set_header Host $host;
                  proxy_buffering off;
                  proxy_request_buffering off;
                  proxy_read_timeout 600s;
                }
              }
            }
            """);
        return new Peer("nginx", port, [nginx, "-p", folder, "-c", file, "-e", Path.Combine(folder, "nginx.err"), "-g", "daemon off;"]);
    }

    private Peer Haproxy(int port)
    {
        if (CommandSearch.Find("haproxy") is not { } haproxy)
            return new Peer("haproxy", 0, [], "haproxy is not installed");
        var file = Path.Combine(folder, "haproxy.cfg");
        File.WriteAllText(file, $"""
            global
              nbthread 1
              maxconn 9000
              tune.bufsize 32768
            defaults
              mode http
              timeout connect 5s
              timeout client 600s
              timeout server 600s
              timeout http-keep-alive 300s
              option http-no-delay
              http-reuse always
            frontend f
              bind 127.0.0.1:{port} backlog 8192
              default_backend b
            backend b
              server fake 127.0.0.1:{upstreamPort} pool-max-conn -1 pool-purge-delay 300s maxconn 9000

            """);
        return new Peer("haproxy", port, [haproxy, "-f", file, "-db"]);
    }

    private Peer AiEdge(string name, int port, string provider = "dialect: openai", string path = "/v1", string limits = "")
    {
        var binary = Path.GetFullPath(gateway, repository);
        if (!File.Exists(binary))
            return new Peer(name, 0, [], $"{gateway} is not there; ./build.sh aot makes it");
        var file = Path.Combine(folder, name + ".yaml");
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("sk-test")));
        File.WriteAllText(file, $$"""
            providers:
              fake: { {{provider}}, baseUrl: "http://127.0.0.1:{{upstreamPort}}{{path}}", key: "${env:COMPARE_UPSTREAM_KEY}" }
            models:
              "fake-*": { targets: [ { provider: fake } ], price: { input: 2.5, output: 10 } }
            teams:
              compare: {}
            keys:
              - { name: compare, sha256: "{{hash}}", models: [ "fake-*" ], team: compare }
            {{limits}}
            """);
        var admin = FreePort();
        string[] command = [binary, "--config", file, "--listen", $"127.0.0.1:{port}", "--admin", $"127.0.0.1:{admin}"];
        if (limits.Length > 0)
            command = [.. command, "--data-dir", Path.Combine(folder, name)];
        return new Peer(name, port, command) { Environment = [("COMPARE_UPSTREAM_KEY", "sk-upstream")] };
    }

    private async Task<Peer> YarpAsync(int port)
    {
        var work = Path.Combine(repository, "artifacts", "compare", "peers");
        var binary = Path.Combine(work, "yarp", "out", "yarp");
        if (!File.Exists(binary) && await BuildYarpAsync(work) is { } fault)
            return new Peer("yarp", 0, [], fault);
        return new Peer("yarp", port, [binary, port.ToString(CultureInfo.InvariantCulture), upstreamPort.ToString(CultureInfo.InvariantCulture)])
        {
            Environment = [("DOTNET_gcServer", "0"), ("DOTNET_TieredPGO", "1")],
        };
    }

    /// <summary>Builds YARP in a copy; a feed that lacks System.IO.Hashing gets a stand-in for it. Null if all went well.</summary>
    private async Task<string?> BuildYarpAsync(string work)
    {
        var source = Path.Combine(repository, "perf", "Compare", "peers");
        if (!Directory.Exists(source))
            return "its project is not there";
        Console.WriteLine("building yarp ...");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(work, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }

        var yarp = Path.Combine(work, "yarp");
        var packages = Path.Combine(work, "nupkg");
        if (await DotnetAsync(yarp, "restore") != 0)
        {
            if (await DotnetAsync(Path.Combine(work, "hashing-stub"), "pack", "-c", "Release", "-o", packages) != 0
                || await DotnetAsync(yarp, "restore", $"-p:RestoreAdditionalProjectSources={packages}") != 0)
                return "it does not restore from this feed";
        }

        return await DotnetAsync(yarp, "publish", "-c", "Release", "-o", "out", "--no-restore") == 0 ? null : "it does not build";
    }

    private static async Task<int> DotnetAsync(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
