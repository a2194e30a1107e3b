using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Store;
using AiEdge.DataPlane.Hosting;
using AiEdge.DataPlane.Link;
using AiEdge.FakeUpstream;

namespace AiEdge.Keys;

/// <summary>
/// From the first byte of a write by REST that revokes a key to the end of what is open by it: one stream on each of many planes, all of them whole and in
/// this process, with sockets between.
/// </summary>
internal static class RevokeRun
{
    public static async Task<int> RunAsync(int planes, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("aiedge-revoke-").FullName;
        await using var fake = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions());
        var hosts = new List<EdgeHost>();
        try
        {
            var control = Path.Combine(folder, "control");
            Directory.CreateDirectory(control);
            await using var store = await FasterStore.OpenAsync(FasterStore.FolderOf(control));
            await using var host = await ControlHost.StartAsync(
                new ControlOptions
                {
                    Http = new(IPAddress.Loopback, 0),
                    Grpc = new(IPAddress.Loopback, 0),
                    DataDir = control,
                    AdminToken = KeyStore.AdminToken,
                    JoinToken = KeyStore.JoinToken,
                },
                store);
            using var rest = new HttpClient { BaseAddress = new(host.Http, "/api/v1/") };
            rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", KeyStore.AdminToken);
            await DoAsync(rest, "PUT", "config?owner=git", """{"server":{"drainDelay":0},"timeouts":{"connect":"20s"}}""");
            await DoAsync(rest, "PUT", "providers/fake", $$"""{"dialect":"openai","baseUrl":"{{fake.BaseUrl}}"}""");
            await DoAsync(rest, "PUT", "models/m", """{"targets":[{"provider":"fake","model":"fake-n3"}]}""");
            for (var i = 0; i < planes; i++)
                hosts.Add(await PlaneAsync(host.Grpc, Path.Combine(folder, $"plane-{i}"), i));
            await MeasureAsync(rest, hosts, rounds);
            foreach (var plane in hosts)
                await plane.DisposeAsync();
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<EdgeHost> PlaneAsync(Uri control, string data, int number)
    {
        Directory.CreateDirectory(data);
        var (host, faults) = await EdgeHost.StartAsync(new EdgeHostOptions
        {
            ControlPlane = new LinkOptions { Address = control, JoinToken = KeyStore.JoinToken, PlaneId = $"plane-{number}", DataDir = data },
            Overrides = new(Listen: "127.0.0.1:0", Admin: "127.0.0.1:0"),
            DataDir = data,
        });
        return host ?? throw new InvalidOperationException(string.Join('\n', faults.Select(f => f.Message)));
    }

    private static async Task MeasureAsync(HttpClient rest, List<EdgeHost> planes, int rounds)
    {
        using var clients = new HttpClient();
        var (each, last) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            var secret = (string)JsonNode.Parse(await DoAsync(rest, "POST", "keys?wait=all&timeout=30s", $$"""{"name":"k{{round}}"}"""))!["secret"]!;
            var streams = await Task.WhenAll(planes.Select(plane => OpenAsync(clients, plane.Listen.Port, secret)));
            var began = Stopwatch.GetTimestamp();
            var ends = streams.Select(stream => EndAsync(stream, began)).ToList();
            await DoAsync(rest, "DELETE", $"keys/k{round}", null);
            var times = await Task.WhenAll(ends).WaitAsync(TimeSpan.FromSeconds(60));
            each.AddRange(times);
            last.Add(times.Max());
        }

        Console.WriteLine($"{rounds} keys revoked, each with a stream on {planes.Count} planes; ms at the median, the 99th of a hundred, the longest");
        Console.WriteLine($"  a stream has ended    {WatchRun.Figures(each)}");
        Console.WriteLine($"  all of a key's have   {WatchRun.Figures(last)}");
    }

    /// <summary>A stream of which something has come.</summary>
    private static async Task<StreamReader> OpenAsync(HttpClient clients, int port, string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}/v1/chat/completions");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        request.Headers.TryAddWithoutValidation("x-fake", "n=9; b=0; stall=4");
        request.Content = new StringContent(
            """{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json");
        var response = await clients.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line && !line.StartsWith("data: ", StringComparison.Ordinal))
        {
            // Up to the first event.
        }

        return reader;
    }

    /// <summary>Milliseconds until it has ended, as it has to: by the error that says why.</summary>
    private static async Task<double> EndAsync(StreamReader stream, long began)
    {
        using (stream)
        {
            var rest = await stream.ReadToEndAsync();
            var time = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            return rest.Contains("revoked", StringComparison.Ordinal) ? time : throw new InvalidOperationException("a stream has ended by something else: " + rest);
        }
    }

    private static async Task<string> DoAsync(HttpClient rest, string method, string path, string? json)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await rest.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? text : throw new InvalidOperationException(text);
    }
}
