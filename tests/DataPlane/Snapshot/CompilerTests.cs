using System.Net;
using System.Text;
using System.Text.Json;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Tests.Snapshot;

public sealed class CompilerTests
{
    private static readonly string Keys = $"keys: [ {{ name: a, sha256: \"{Doc.Sha}\" }} ]\n" + Doc.Limits;

    private static ProviderModel Provider(string fields) =>
        Doc.Snapshot($"providers:\n  p: {{ dialect: openai, {fields} }}\nmodels:\n  m: {{ targets: [ {{ provider: p }} ] }}\n").Providers[0];

    [Fact]
    public void What_is_left_out_takes_its_default()
    {
        var snapshot = Doc.Snapshot(Doc.Head);
        var server = snapshot.Server;
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 8080), server.Listen);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 8081), server.Admin);
        Assert.Null(server.Probe);
        Assert.Equal((32 * 1024, 32L << 20, 512L << 20, 10_000), (server.HeadBytesMax, server.BodyBytesMax, server.BufferedBytesMax, server.ConnectionsMax));
        Assert.Equal((10, 60, 120, 60, 15, 5, 30), (Seconds(server.HeadTimeout), Seconds(server.BodyTimeout), Seconds(server.KeepAlive), Seconds(server.ClientIdle),
            Seconds(server.Heartbeat), Seconds(server.DrainDelay), Seconds(server.DrainTimeout)));
        Assert.Null(server.TlsCertificateFile);

        var provider = snapshot.Providers[0];
        Assert.Equal(new TimeoutsModel(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(180), TimeSpan.FromSeconds(180), TimeSpan.FromMinutes(30)), provider.Timeouts);
        Assert.Equal((UsageChunkMode.Inject, true, 1024, 60, 60), (provider.UsageChunk, provider.RetryReused, provider.ConnectionsMax, Seconds(provider.PoolIdle), Seconds(provider.DnsRefresh)));
        Assert.Equal(0, snapshot.Keys.Count);
        Assert.Equal(1, snapshot.Generation);
    }

    [Fact]
    public void What_is_written_is_taken()
    {
        var server = Doc.Snapshot(Doc.Head + """
            server:
              listen: "[::1]:1"
              admin: ":2"
              probe: "10.0.0.1:3"
              bodyBytesMax: 1mb
              bufferedBytesMax: 2000000
              headBytesMax: 8KiB
              connectionsMax: 7
              headTimeout: 1s
              bodyTimeout: 2s
              keepAlive: 3s
              clientIdle: 4s
              heartbeat: off
              drainDelay: 0
              drainTimeout: 1500ms
            """).Server;
        Assert.Equal(("[::1]:1", 2, "10.0.0.1:3"), (server.Listen.ToString(), server.Admin.Port, server.Probe!.ToString()));
        Assert.Equal((8192, 1L << 20, 2_000_000, 7), (server.HeadBytesMax, server.BodyBytesMax, server.BufferedBytesMax, server.ConnectionsMax));
        Assert.Equal((1, 2, 3, 4), (Seconds(server.HeadTimeout), Seconds(server.BodyTimeout), Seconds(server.KeepAlive), Seconds(server.ClientIdle)));
        Assert.Equal((Timeout.InfiniteTimeSpan, TimeSpan.Zero, TimeSpan.FromMilliseconds(1500)), (server.Heartbeat, server.DrainDelay, server.DrainTimeout));
    }

    [Theory]
    [InlineData("off")]
    [InlineData("0")]
    [InlineData("0s")]
    public void A_deadline_that_is_off_is_infinite(string text)
    {
        var timeouts = Doc.Snapshot(Doc.Head + $"timeouts: {{ firstByte: {text}, idle: {text}, total: {text} }}\n").Providers[0].Timeouts;
        Assert.Equal(new TimeoutsModel(TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), timeouts);
    }

    [Theory]
    [InlineData("key: k", "Authorization: Bearer k\r\n", "authorization")]
    [InlineData("key: k, authHeader: authorization", "authorization: Bearer k\r\n", "authorization")]
    [InlineData("key: k, authHeader: api-key", "api-key: k\r\n", "api-key")]
    [InlineData("key: k, headers: { X-A: v, x-b: \"\" }", "Authorization: Bearer k\r\nX-A: v\r\nx-b: \r\n", "authorization,x-a,x-b")]
    [InlineData("headers: { Authorization: \"Basic eA==\" }", "Authorization: Basic eA==\r\n", "authorization")]
    [InlineData("usageChunk: never", "", "")]
    public void The_fixed_header_lines_begin_with_the_credential(string fields, string lines, string names)
    {
        var provider = Provider("baseUrl: \"http://h\", " + fields);
        Assert.Equal(lines, Encoding.ASCII.GetString(provider.FixedHeaders));
        Assert.Equal(names, string.Join(',', provider.FixedHeaderNames));
    }

    [Theory]
    [InlineData("https://api.openai.com/v1/", true, "api.openai.com", 443, "api.openai.com", "/v1")]
    [InlineData("http://localhost:11434", false, "localhost", 11434, "localhost:11434", "")]
    [InlineData("http://[::1]:80/x", false, "::1", 80, "[::1]", "/x")]
    public void The_base_url_says_where_to_connect_and_what_to_say(string url, bool useTls, string host, int port, string hostHeader, string path)
    {
        var provider = Provider($"baseUrl: \"{url}\"");
        Assert.Equal(
            (useTls, host, port, hostHeader, path),
            (provider.UseTls, provider.Host, provider.Port, Encoding.ASCII.GetString(provider.HostHeader), Encoding.ASCII.GetString(provider.BasePath)));
    }

    [Fact]
    public void Only_endpoint_and_tls_settings_tell_endpoints_apart()
    {
        const string Url = "baseUrl: \"https://h/v1\"";
        var identity = Provider(Url).EndpointIdentity;
        Assert.Equal(identity, Provider(Url + ", key: k, headers: { a: b }, timeouts: { total: 1s }, retryReused: false, usageChunk: never, poolIdle: 1s").EndpointIdentity);
        Assert.Equal(identity, Provider("baseUrl: \"https://H:443/other\"").EndpointIdentity);
        string[] others =
        [
            identity,
            Provider("baseUrl: \"http://h:443/v1\"").EndpointIdentity,
            Provider("baseUrl: \"https://h:444/v1\"").EndpointIdentity,
            Provider("baseUrl: \"https://i/v1\"").EndpointIdentity,
            Provider($"{Url}, tls: {{ caFile: \"{Repository.PathOf("global.json")}\" }}").EndpointIdentity,
            Provider($"{Url}, tls: {{ certificate: \"{Repository.PathOf("global.json")}\", key: \"{Repository.PathOf("global.json")}\" }}").EndpointIdentity,
        ];
        Assert.Equal(others.Length, others.Distinct().Count());
    }

    [Fact]
    public void The_narrowest_deadline_wins_field_by_field()
    {
        var snapshot = Doc.Snapshot("""
            timeouts: { connect: 1s, firstByte: 1s, idle: 1s, total: 1s }
            providers:
              p: { dialect: openai, baseUrl: "http://h", timeouts: { firstByte: 2s, idle: 2s, total: 2s } }
            models:
              m: { timeouts: { idle: 3s, whole: 4s, total: 3s }, targets: [ { provider: p, timeouts: { total: off } } ] }
            """);
        Assert.Equal(new TimeoutsModel(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2)), snapshot.Providers[0].Timeouts);
        Assert.Equal(
            new TimeoutsModel(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan) { Whole = TimeSpan.FromSeconds(4) },
            snapshot.Models.All[0].Targets[0].Timeouts);
    }

    [Fact]
    public void Exact_models_go_before_globs_and_globs_in_the_order_written()
    {
        var models = Doc.Snapshot("""
            providers:
              p: { dialect: openai, baseUrl: "http://h" }
            models:
              "gpt-*": { targets: [ { provider: p } ] }
              gpt-4o: { targets: [ { provider: p, model: "Qwen/\"x\\y" } ] }
              "*": { targets: [ { provider: p, model: other } ] }
            """).Models;
        Assert.Equal("gpt-4o", models.Find("gpt-4o"u8)!.Name);
        Assert.Equal("gpt-*", models.Find("gpt-4.1"u8)!.Name);
        Assert.Equal("*", models.Find("claude"u8)!.Name);
        var target = models.Find("gpt-4o"u8)!.Targets[0];
        Assert.Equal("Qwen/\"x\\y", Encoding.UTF8.GetString(target.UpstreamModel!));
        Assert.Equal("\"Qwen/\\\"x\\\\y\"", Encoding.UTF8.GetString(target.UpstreamModelJson!));
        Assert.Null(models.Find("gpt-4.1"u8)!.Targets[0].UpstreamModel);
        Assert.Null(models.Find("gpt-4.1"u8)!.Targets[0].UpstreamModelJson);
        Assert.Equal(1_700_000_000, models.All[0].Created);
    }

    [Fact]
    public void A_key_is_found_by_its_digest_with_team_tags_models_and_expiry()
    {
        var keys = Doc.Snapshot(Doc.Head + $$"""
            teams: { blue: { tags: { env: prod, tier: low } }, red: }
            keys:
              - { name: a, sha256: "{{Doc.Sha.ToUpperInvariant()}}", team: blue, tags: { tier: high, feature: chat }, models: [ gpt-4o, "gpt-4.1*", "*-mini" ], expires: 2027-01-01 }
              - { name: b, sha256: "{{new string('0', 64)}}", team: red }
            """).Keys;
        var a = keys.Find(Convert.FromHexString(Doc.Sha))!;
        Assert.Equal(("a", "blue", 1_798_761_600_000), (a.Name, a.Team, a.ExpiresUnixMs));
        Assert.Equal(["env=prod", "tier=high", "feature=chat"], a.Tags.Select(t => t.Key + "=" + t.Value));
        Assert.Equal(["gpt-4o", "gpt-4.1*", "*-mini"], a.Models!.Select(Encoding.UTF8.GetString));
        var b = keys.Find(new byte[32])!;
        Assert.Equal(("b", "red", long.MaxValue), (b.Name, b.Team, b.ExpiresUnixMs));
        Assert.Null(b.Models);
        Assert.Empty(b.Tags);
        Assert.Null(keys.Find(new byte[32].Select(_ => (byte)1).ToArray()));
    }

    [Fact]
    public void Flags_win_over_the_document()
    {
        var load = Doc.Load(Doc.Head + "server: { listen: \"127.0.0.1:1\", admin: \"127.0.0.1:2\" }\n", overrides: new ConfigOverrides("127.0.0.1:0", "127.0.0.1:0", "0.0.0.0:3"));
        var server = load.Snapshot!.Server;
        Assert.Equal(("127.0.0.1:0", "127.0.0.1:0", "0.0.0.0:3"), (server.Listen.ToString(), server.Admin.ToString(), server.Probe!.ToString()));
    }

    [Fact]
    public void A_running_process_keeps_its_addresses_and_warns_of_the_edit()
    {
        var inForce = Doc.Snapshot(Doc.Head + Keys);
        var running = inForce.Server;
        var load = Doc.Load(Doc.Head + Keys + "server: { listen: \"127.0.0.1:1\", probe: \"127.0.0.1:2\", connectionsMax: 5 }\n", running: inForce);
        Assert.Equal((running.Listen, running.Admin, running.Probe, 5), (load.Snapshot!.Server.Listen, load.Snapshot.Server.Admin, load.Snapshot.Server.Probe, load.Snapshot.Server.ConnectionsMax));
        Assert.Equal(
            [
                "8: server.listen: needs a restart: 127.0.0.1:8080 is still listened on",
                "8: server.probe: needs a restart: nothing is still listened on",
            ],
            Doc.Lines(load.Warnings));
    }

    [Theory]
    [InlineData("", "a", "8: server.tls.certificate: needs a restart: clients still come in clear")]
    [InlineData("a", "b", "8: server.tls.certificate: needs a restart: the earlier certificate is still shown")]
    [InlineData("a", "", " server.tls: needs a restart: the earlier certificate is still shown")]
    [InlineData("a", "a", null)]
    public void A_running_process_keeps_its_certificate_files_and_warns_of_the_edit(string before, string after, string? warning)
    {
        using var folder = new TempFolder();
        foreach (var name in (string[])["a.pem", "a.key", "b.pem", "b.key"])
            folder.Write(name, "x");
        var inForce = Load(before, null).Snapshot!;
        var running = inForce.Server;
        var load = Load(after, inForce);
        Assert.Equal((running.TlsCertificateFile, running.TlsKeyFile), (load.Snapshot!.Server.TlsCertificateFile, load.Snapshot.Server.TlsKeyFile));
        Assert.Equal(warning is null ? [] : [warning], Doc.Lines(load.Warnings));

        ConfigLoad Load(string name, ConfigSnapshot? running) => ConfigFile.Load(
            folder.Write("aiedge.yaml", Doc.Head + Keys + (name.Length == 0 ? "" : $"server: {{ tls: {{ certificate: {name}.pem, key: {name}.key }} }}\n")),
            1, ConfigOverrides.None, _ => null, running);
    }

    [Fact]
    public void Relative_paths_start_at_the_folder_of_the_document()
    {
        using var folder = new TempFolder();
        folder.Write("ca.pem", "x");
        folder.Write("secret", "from-file\n\n");
        var path = folder.Write("c.yaml", "providers:\n  p: { dialect: openai, baseUrl: \"https://h\", key: \"${file:secret}\", tls: { caFile: ca.pem } }\nmodels: { m: { targets: [ { provider: p } ] } }\n");
        var load = ConfigFile.Load(path, 3, ConfigOverrides.None, _ => null);
        Assert.Empty(load.Faults);
        Assert.Equal(folder.PathOf("ca.pem"), load.Snapshot!.Providers[0].CaFile);
        Assert.Equal("Authorization: Bearer from-file\r\n", Encoding.ASCII.GetString(load.Snapshot.Providers[0].FixedHeaders));
        Assert.Equal(["c.yaml", "secret", "ca.pem"], load.Files.Select(f => Path.GetFileName(f.Path)));
        Assert.All(load.Files, f => Assert.True(f.Stamp.Exists));
        Assert.Equal(new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeSeconds(), load.Snapshot.Models.All[0].Created);
        Assert.Equal(3, load.Snapshot.Generation);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_a_fault()
    {
        using var folder = new TempFolder();
        Assert.Equal(["f: does not exist"], Failures(folder.PathOf("none.yaml")));
        Assert.Equal(["f: does not exist"], Failures(folder.PathOf("none/none.yaml")));
        Assert.Equal(["f: is a folder"], Failures(folder.Root));
        var large = folder.PathOf("large.yaml");
        using (var file = File.Create(large))
            file.SetLength(SourceText.DocumentBytesMax + 1);
        Assert.Equal(["f: is larger than 8192 KiB"], Failures(large));

        static IEnumerable<string> Failures(string path)
        {
            var load = ConfigFile.Load(path, 1, ConfigOverrides.None, _ => null);
            Assert.Null(load.Snapshot);
            return load.Faults.Select(f => f.Format("f"));
        }
    }

    [Fact]
    public void Ten_thousand_models_and_keys_are_compiled()
    {
        var text = new StringBuilder("providers:\n  p: { dialect: openai, baseUrl: \"http://h\" }\nteams: { t: { tags: { a: b } } }\nmodels:\n");
        for (var i = 0; i < 10_000; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  m{i}: {{ targets: [ {{ provider: p }} ] }}\n");
        text.Append("keys:\n");
        for (var i = 0; i < 10_000; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"- {{ name: k{i}, sha256: \"{i:x64}\", team: t, models: [ m{i}, \"m*\" ] }}\n");
        var snapshot = Doc.Snapshot(text.ToString());
        Assert.Equal((10_000, 10_000), (snapshot.Models.All.Length, snapshot.Keys.Count));
        Assert.Equal("m9999", snapshot.Models.Find("m9999"u8)!.Name);
    }

    private static int Seconds(TimeSpan span) => (int)span.TotalSeconds;

    [Fact]
    public void Every_field_of_a_key_is_shown()
    {
        var snapshot = Doc.Snapshot(Doc.Head + $$"""
            teams: { payments: {} }
            keys:
              - { name: full, sha256: {{Doc.Sha}}, team: payments, tags: { env: prod }, models: [ gpt-4o ], modelMap: { cheap: gpt-4o }, regions: [ "eu*" ],
                  expires: 2099-01-01T00:00:00Z, tier: gold, priority: high, weight: 3, onDisconnect: drain, clientTags: [ feature ], passthrough: [ "openai: POST /v1/rerank" ],
                  previous: { sha256: {{Doc.Sha.Replace('9', '8')}}, until: 2099-01-01T00:00:00Z }, disabled: true }
            limits: [ { name: all, requests: 1000/min } ]
            """);

        var key = JsonElement.Parse(snapshot.MaskedJson).GetProperty("keys")[0];
        Assert.Equal(KeyOptions.Table.Fields.Select(field => field.Name).Order(), key.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal("gpt-4o", key.GetProperty("modelMap").GetProperty("cheap").GetString());
        Assert.Equal("eu*", key.GetProperty("regions")[0].GetString());
    }
}
