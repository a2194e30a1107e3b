using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Store;

var line = CommandLine.Parse(args, Environment.GetEnvironmentVariable);
switch (line.Command)
{
    case Command.Help:
        Console.Out.WriteLine(CommandLine.Usage);
        return 0;
    case Command.Version:
        Console.Out.WriteLine(typeof(ControlHost).Assembly.GetName().Version?.ToString(3));
        return 0;
    case Command.Wrong:
        Console.Error.WriteLine(line.Complaint);
        Console.Error.WriteLine("Try --help.");
        return 2;
    case Command.Store:
        return await StoreCommands.RunAsync(line.StoreArguments, Console.Out, Console.Error);
    case Command.TokenCreate:
        return await TokenCommand.RunAsync(line, Environment.GetEnvironmentVariable, Console.Out, Console.Error);
    default:
        return await RunAsync(line);
}

static async Task<int> RunAsync(CommandLine line)
{
    try
    {
        if (ControlOptions.Of(line, Environment.GetEnvironmentVariable, out var complaint) is not { } options)
        {
            Console.Error.WriteLine(complaint);
            return 2;
        }

        await using var store = await FasterStore.OpenAsync(options.StoreDir);
        await using var host = await ControlHost.StartAsync(options, store);
        Console.Error.WriteLine($"listening on {host.Http} (REST) and {host.Grpc} (data planes); data in {Path.GetFullPath(options.DataDir)}");
        await UntilStopAsync(host);
        return 0;
    }
    catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or SocketException or CryptographicException)
    {
        Console.Error.WriteLine("cannot start: " + e.Message);
        return 1;
    }
}

// A second signal does not wait for what is under way.
static async Task UntilStopAsync(ControlHost host)
{
    var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    var hurry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    void OnStop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!stop.TrySetResult())
            hurry.TrySetResult();
    }

    using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnStop);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnStop);
    await stop.Task;
    await Task.WhenAny(host.StopAsync(ControlHost.StopGrace), hurry.Task);
}
