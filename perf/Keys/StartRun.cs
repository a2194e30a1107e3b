using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using AiEdge.Load;

namespace AiEdge.Keys;

/// <summary>A control plane and a data plane as processes: how long until each answers, what a key takes there, how long one write takes.</summary>
internal static class StartRun
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(5) };

    public static async Task<int> RunAsync(int keys, string dataPlane, string? controlPlane)
    {
        controlPlane ??= Path.Combine(AppContext.BaseDirectory, "aiedge-controlplane.dll");
        var folder = Directory.CreateTempSubdirectory("aiedge-keys-").FullName;
        try
        {
            var few = await OnceAsync(Path.Combine(folder, "few"), 1, dataPlane, controlPlane);
            var many = await OnceAsync(Path.Combine(folder, "many"), keys, dataPlane, controlPlane);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"memory for each key in the data plane: {Each(many.Joined, few.Joined):F0} bytes after joining, "
                + $"{Each(many.Restarted, few.Restarted):F0} after a restart from its disk, {Each(many.Used, few.Used):F0} after writes"));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        double Each(long manyKib, long fewKib) => (manyKib - fewKib) * 1024.0 / (keys - 1);
    }

    private static async Task<(long Joined, long Restarted, long Used)> OnceAsync(string folder, int keys, string dataPlane, string controlPlane)
    {
        Console.WriteLine($"{keys} keys");
        var control = Path.Combine(folder, "control");
        await KeyStore.MakeAsync(control, keys);
        var (http, grpc, admin) = (FreePort(), FreePort(), FreePort());
        using var server = Start(
            controlPlane, "--data-dir", control, "--http", $"127.0.0.1:{http}", "--grpc", $"127.0.0.1:{grpc}", "--join-token", KeyStore.JoinToken);
        using var end = new Ended(server);
        await ReadyAsync("control plane", server, $"http://127.0.0.1:{http}/readyz");
        string[] flags =
        [
            "--control-plane", $"http://127.0.0.1:{grpc}", "--join-token", KeyStore.JoinToken, "--data-dir", Path.Combine(folder, "plane"),
            "--admin", $"127.0.0.1:{admin}",
        ];
        long joined, restarted;
        using (var plane = Start(dataPlane, flags))
        {
            using var ended = new Ended(plane);
            await ReadyAsync("data plane that joins", plane, $"http://127.0.0.1:{admin}/readyz");
            joined = await RestingAsync(plane);
        }

        using var again = Start(dataPlane, flags);
        using var endAgain = new Ended(again);
        await ReadyAsync("data plane from its disk", again, $"http://127.0.0.1:{admin}/readyz");
        restarted = await RestingAsync(again);
        await WritesAsync(http, keys, server, again);
        return (joined, restarted, await RestingAsync(again));
    }

    /// <summary>Waits until it answers; a start that has begun before is counted from there.</summary>
    private static async Task ReadyAsync(string who, Process process, string url)
    {
        while (!process.HasExited)
        {
            try
            {
                using var response = await Client.GetAsync(url);
                if (response.IsSuccessStatusCode)
                {
                    var ms = (DateTime.Now - process.StartTime).TotalMilliseconds;
                    var cpu = new ProcessMeter(process.Id).CpuSeconds();
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {who}: ready after {ms:F0} ms, {cpu:F2} s of processor time"));
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(5);
        }

        throw new InvalidOperationException($"{who} has ended with {process.ExitCode}");
    }

    private static async Task<long> RestingAsync(Process process)
    {
        await Task.Delay(2000);
        var pss = new ProcessMeter(process.Id).PssKib();
        Console.WriteLine($"  data plane: {pss} KiB (PSS)");
        return pss;
    }

    private static async Task WritesAsync(int http, int keys, Process control, Process plane)
    {
        const int Writes = 100;
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", KeyStore.AdminToken);
        var (controlMeter, planeMeter) = (new ProcessMeter(control.Id), new ProcessMeter(plane.Id));
        var (controlCpu, planeCpu) = (controlMeter.CpuSeconds(), planeMeter.CpuSeconds());
        var times = new List<double>();
        for (var i = 0; i < Writes; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using var response = await client.PutAsync(
                $"/api/v1/keys/{KeyStore.Name(keys + i)}?wait=all&timeout=30s", new StringContent(KeyStore.Key(keys + i), Encoding.UTF8, "application/json"));
            response.EnsureSuccessStatusCode();
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {Writes} writes until applied: {times[Writes / 2]:F1} ms at the median, {times[^1]:F1} ms the longest; processor time for each "
            + $"{(controlMeter.CpuSeconds() - controlCpu) * 1000 / Writes:F1} ms there, {(planeMeter.CpuSeconds() - planeCpu) * 1000 / Writes:F1} ms here"));
    }

    private static Process Start(string program, params string[] arguments)
    {
        var isManaged = program.EndsWith(".dll", StringComparison.Ordinal);
        var info = new ProcessStartInfo(isManaged ? "dotnet" : program, isManaged ? [program, .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["AIEDGE_ADMIN_TOKEN"] = KeyStore.AdminToken;
        var process = Process.Start(info)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Ends a process that this one has started.</summary>
    private sealed class Ended(Process process) : IDisposable
    {
        public void Dispose()
        {
            if (!process.HasExited)
                process.Kill();
            process.WaitForExit();
        }
    }
}
