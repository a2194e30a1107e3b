using System.Runtime.InteropServices;
using AiEdge.FleetTest.Aborts;
using AiEdge.FleetTest.Accounts;
using AiEdge.FleetTest.Compete;
using AiEdge.FleetTest.Faults;

namespace AiEdge.FleetTest;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args.Contains("--help"))
        {
            Console.WriteLine(FleetCommand.Help);
            return 0;
        }

        if (FleetCommand.Parse(args, out var fault) is not { } command)
        {
            Console.Error.WriteLine(fault);
            return 2;
        }

        // Ends the shells beside the processes, which end those.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static _ => Environment.Exit(130));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static _ => Environment.Exit(143));
        var root = FindRepository();
        if (command.IsSync)
        {
            await SyncRun.RunAsync(root, command);
            return 0;
        }

        if (command.IsAborts)
        {
            using var aborts = new AbortRun(root, command);
            return await aborts.RunAsync() ? 0 : 1;
        }

        if (command.IsCompete)
            return await new CompeteRun(root, command).RunAsync() ? 0 : 1;
        var isGood = true;
        if (command.Faults is { } faults)
        {
            foreach (var way in command.Ways)
            {
                foreach (var one in faults)
                    isGood &= await new FaultRun(root, command, way, one).RunAsync();
            }

            return isGood ? 0 : 1;
        }

        if (command.Accounts is { } accounts)
        {
            foreach (var one in accounts)
                isGood &= await new AccountRun(root, command, one).RunAsync();
            return isGood ? 0 : 1;
        }

        foreach (var name in command.Chosen)
            isGood &= await Make(name).RunAsync(root, command);
        return isGood ? 0 : 1;
    }

    private static Scenario Make(string name) => name switch
    {
        "stop" => new OutageScenario(isKilled: false),
        "kill" => new OutageScenario(isKilled: true),
        "lose" => new LossScenario(),
        "small" => new SmallScenario(),
        "cold" => new ColdScenario(),
        "window" => new WindowScenario(),
        _ => new PlainScenario(),
    };

    private static string FindRepository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "AiEdge.sln")))
                return folder;
        }

        return Directory.GetCurrentDirectory();
    }
}
