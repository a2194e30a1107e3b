using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace AiEdge.Compare;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args.Contains("--help"))
        {
            Console.WriteLine(CompareCommand.Help);
            return 0;
        }

        if (!CompareCommand.TryParse(args, out var command, out var fault))
        {
            Console.Error.WriteLine(fault);
            return 2;
        }

        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        var tests = CompareTest.All.Where(test => command.Tests.Contains(test.Name)).Select(test => command.Quick ? test.Halved() : test).ToArray();
        var folder = Directory.CreateTempSubdirectory("aiedge-compare-").FullName;
        var running = new List<GatewayProcess>();
        using var interrupt = OnSignal(PosixSignal.SIGINT, running, folder);
        using var terminate = OnSignal(PosixSignal.SIGTERM, running, folder);
        try
        {
            var result = await CompareAsync(command, tests, folder, running);
            Console.WriteLine(CompareTable.Write(result, tests));
            if (command.JsonFile is { } file)
                await File.WriteAllTextAsync(file, JsonSerializer.Serialize(result, CompareJson.Default.CompareResult) + "\n");
            return result.Measurements.Any(one => (one.Peer == "aiedge" || PeerCatalog.ToAiEdge.Contains(one.Peer)) && one.Errors > 0) ? 1 : 0;
        }
        finally
        {
            Clean(running, folder);
        }
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, List<GatewayProcess> running, string folder) =>
        PosixSignalRegistration.Create(signal, _ =>
        {
            Clean(running, folder);
            Environment.Exit(130);
        });

    private static void Clean(List<GatewayProcess> running, string folder)
    {
        foreach (var process in running.ToArray())
            process.Dispose();
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private static async Task<CompareResult> CompareAsync(CompareCommand command, CompareTest[] tests, string folder, List<GatewayProcess> running)
    {
        var repository = FindRepository();
        var upstreamPort = PeerCatalog.FreePort();
        var catalog = new PeerCatalog(folder, repository, upstreamPort, command.Gateway);
        var peers = new List<Peer>();
        foreach (var name in command.Peers)
            peers.Add(await catalog.FindAsync(name));
        CpuPinning.PinThisProcess(CpuPinning.ClientCpu);
        var upstream = StartUpstream(upstreamPort, folder);
        running.Add(upstream);
        if (await upstream.UntilReadyAsync(upstreamPort, TimeSpan.FromSeconds(30)) is null)
            throw new InvalidOperationException("The upstream did not start: " + upstream.LastWords());
        var skipped = peers.Where(peer => peer.Missing is not null).Select(peer => $"{peer.Name}: {peer.Missing}").ToList();
        var starts = new List<Readiness>();
        var gateways = new List<(Peer, GatewayProcess)>();
        foreach (var peer in peers.Where(peer => peer.Missing is null))
        {
            if (peer.Name == "direct")
            {
                gateways.Add((peer, upstream));
                continue;
            }

            var process = GatewayProcess.Start(peer.Command, CpuPinning.GatewayCpu, Path.Combine(folder, peer.Name + ".log"), peer.Environment);
            running.Add(process);
            if (await process.UntilReadyAsync(peer.Port, TimeSpan.FromSeconds(15)) is { } milliseconds)
            {
                await Task.Delay(300);
                starts.Add(new Readiness(peer.Name, milliseconds, process.Meter.PssKib()));
                gateways.Add((peer, process));
            }
            else
            {
                skipped.Add($"{peer.Name}: it did not answer within 15 s: {process.LastWords()}");
            }
        }

        var comparison = new Comparison(gateways, upstream);
        await comparison.WarmAsync(tests);
        var measurements = await comparison.RunAsync(tests, command.Rounds);
        var machine = string.Create(CultureInfo.InvariantCulture, $"{Environment.OSVersion}, {Environment.ProcessorCount} processors");
        return new CompareResult(machine, CpuPinning.IsPossible, starts, measurements, skipped);
    }

    private static GatewayProcess StartUpstream(int port, string folder)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "AiEdge.FakeUpstream.dll");
        return GatewayProcess.Start(["dotnet", program, "--port", port.ToString(CultureInfo.InvariantCulture), "--script", "headers=few", "--quick"],
            CpuPinning.ClientCpu, Path.Combine(folder, "upstream.log"));
    }

    private static string FindRepository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "native-aot.props")))
                return folder;
        }

        return Directory.GetCurrentDirectory();
    }
}
