using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using AiEdge.Contracts.Faults;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Store;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Link;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.Keys;

/// <summary>
/// From the first byte of a write by REST to the last plane's word that it is in force. Planes are whole but for their clients: each has its own
/// stream, compiles, and has the change on its own disk before it says so.
/// </summary>
internal static class WatchRun
{
    public static async Task<int> RunAsync(int keys, int planes, int writes)
    {
        var folder = Directory.CreateTempSubdirectory("aiedge-keys-").FullName;
        try
        {
            var control = Path.Combine(folder, "control");
            await KeyStore.MakeAsync(control, keys);
            await using var store = await FasterStore.OpenAsync(FasterStore.FolderOf(control));
            var options = new ControlOptions
            {
                Http = new(IPAddress.Loopback, 0),
                Grpc = new(IPAddress.Loopback, 0),
                DataDir = control,
                AdminToken = KeyStore.AdminToken,
                JoinToken = KeyStore.JoinToken,
            };
            var began = Stopwatch.GetTimestamp();
            await using var host = await ControlHost.StartAsync(options, store);
            Say($"control plane with {keys} keys: {Ms(began)} ms to start");
            var links = new List<PlaneLink>();
            for (var i = 0; i < planes; i++)
            {
                var data = Path.Combine(folder, $"plane-{i}");
                Directory.CreateDirectory(data);
                var link = PlaneLink.Open(
                    new LinkOptions { Address = host.Grpc, JoinToken = KeyStore.JoinToken, PlaneId = $"plane-{i}", DataDir = data },
                    ConfigOverrides.None, _ => null, TextWriter.Null);
                began = Stopwatch.GetTimestamp();
                link.Start();
                await link.Feed.First.WaitAsync(TimeSpan.FromMinutes(1));
                link.Feed.Attach(new IdlePlane());
                if (i == 0)
                    Say($"the first plane: {Ms(began)} ms to its first configuration");
                links.Add(link);
            }

            await MeasureAsync(host, keys, writes);
            foreach (var link in links)
                await link.DisposeAsync();
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(ControlHost host, int keys, int writes)
    {
        using var client = new HttpClient { BaseAddress = host.Http };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", KeyStore.AdminToken);
        await host.Planes.WaitForAllAsync(host.State.Current.Generation, TimeSpan.FromMinutes(1), default);
        var cpu = Environment.CpuUsage.TotalTime;
        var (answered, applied) = (new List<double>(), new List<double>());
        for (var i = 0; i < writes; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using var response = (i % 4) switch
            {
                0 => await client.DeleteAsync($"/api/v1/keys/{KeyStore.Name(i * 7 % keys)}"),
                _ => await client.PutAsync(
                    $"/api/v1/keys/{KeyStore.Name(keys + i)}", new StringContent(KeyStore.Key(keys + i), Encoding.UTF8, "application/json")),
            };
            response.EnsureSuccessStatusCode();
            answered.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            if (!await host.Planes.WaitForAllAsync(host.State.Current.Generation, TimeSpan.FromSeconds(30), default))
                throw new InvalidOperationException("a plane did not answer");
            applied.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        var perWrite = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / writes;
        Say($"{writes} writes, each to {host.Planes.All().Count(p => p.IsConnected)} planes; ms at the median, the 99th of a hundred, the longest");
        Say($"  answered         {Figures(answered)}");
        Say($"  applied by all   {Figures(applied)}");
        Say($"  processor time of all, for each write: {perWrite.ToString("F1", CultureInfo.InvariantCulture)} ms");
        if (host.Planes.All().Any(p => p.Rejected != 0))
            throw new InvalidOperationException("a plane has refused a change");
    }

    public static string Figures(List<double> times)
    {
        times.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"{times[times.Count / 2],8:F1} {times[(int)(times.Count * 0.99)],8:F1} {times[^1],8:F1}");
    }

    private static long Ms(long began) => (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds;

    private static void Say(string line) => Console.WriteLine(line);

    private sealed class IdlePlane : ILinkedPlane
    {
        public void Publish(ConfigSnapshot config)
        {
        }

        public void Reject(IReadOnlyList<ConfigFault> faults)
        {
        }

        public void Warn(IReadOnlyList<ConfigFault> warnings)
        {
        }

        public void Revoke(Predicate<Exchange> restsOnIt)
        {
        }

        public void SetStale(bool isStale)
        {
        }
    }
}
