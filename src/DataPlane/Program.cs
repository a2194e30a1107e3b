using System.Net.Sockets;
using System.Security.Cryptography;
using AiEdge.DataPlane.Hosting;
using AiEdge.DataPlane.Link;
using AiEdge.DataPlane.Record;
using AiEdge.DataPlane.Snapshot;
using Microsoft.AspNetCore.Connections;

// Completions run on the thread that saw the event; the runtime reads this when the first socket is made.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

var line = CommandLine.Parse(args, Environment.GetEnvironmentVariable);
switch (line.Command)
{
    case Command.Help:
        Console.Out.WriteLine(CommandLine.Usage);
        return 0;
    case Command.Version:
        Console.Out.WriteLine(typeof(EdgeHost).Assembly.GetName().Version?.ToString(3));
        return 0;
    case Command.Wrong:
        Console.Error.WriteLine(line.Complaint);
        Console.Error.WriteLine("Try --help.");
        return 2;
    case Command.Health:
        return await HealthProbe.IsReadyAsync(line.Admin ?? line.Probe ?? "127.0.0.1:8081") ? 0 : 1;
    case Command.Count:
        return CountCommand.Run(line.CountArguments, Console.OpenStandardInput, Console.Out, Console.Error);
    case Command.Check:
        return Check(line);
    case Command.JournalDump:
        return JournalCommand.Dump(line.DataDir!, Console.OpenStandardOutput(), Console.Error);
    case Command.JournalVerify:
        return JournalCommand.Verify(line.DataDir!, Console.Out, Console.Error);
    case Command.JournalRebuild:
        return JournalCommand.Rebuild(line.DataDir!, Console.Out, Console.Error);
    default:
        return await RunAsync(line);
}

static int Check(CommandLine line)
{
    var load = ConfigFile.Load(line.Config!, generation: 1, Overrides(line), Environment.GetEnvironmentVariable);
    foreach (var fault in load.Faults)
        Console.Out.WriteLine(fault.Format(line.Config!));
    foreach (var warning in load.Warnings)
        Console.Out.WriteLine("warning: " + warning.Format(line.Config!));
    if (load.Snapshot is not null)
        Console.Out.WriteLine($"{line.Config}: ok");
    return load.Snapshot is null ? 1 : 0;
}

static async Task<int> RunAsync(CommandLine line)
{
    EdgeHost? host;
    try
    {
        LinkOptions? link = null;
        if (line.ControlPlane is not null && (link = LinkSetup.Read(line, out var complaint)) is null)
        {
            Console.Error.WriteLine(complaint);
            return 2;
        }

        var options = new EdgeHostOptions
        {
            ConfigPath = line.Config,
            ControlPlane = link,
            Overrides = Overrides(line),
            DataDir = line.DataDir,
            Records = Console.OpenStandardOutput(),
            Log = Console.Error,
            DescriptorsMax = Descriptors.Raise(),
        };
        (host, var faults) = await EdgeHost.StartAsync(options);
        foreach (var fault in faults)
            Console.Error.WriteLine(fault.Format(line.Config ?? "control plane"));
    }
    catch (JournalFault e)
    {
        return JournalCommand.Refuse(line.DataDir!, e, Console.Error);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or AddressInUseException or SocketException or CryptographicException)
    {
        Console.Error.WriteLine("cannot start: " + e.Message);
        return 1;
    }

    if (host is null)
        return 1;
    await using var running = host;
    // Before anything else: a signal that comes now is to drain what is served already.
    var stopped = Signals.UntilStopAsync(host);
    Console.Error.WriteLine($"listening on {host.Listen}, admin on {host.Admin}");
    // What reading the configuration left behind goes back now, in some milliseconds, and not under the first load.
    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    await stopped;
    return 0;
}

static ConfigOverrides Overrides(CommandLine line) => new(line.Listen, line.Admin, line.Probe);
