using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace AiEdge.Load;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        // Read by the runtime when the first socket is made; a worker's continuations are short and never block.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        if (args.Length == 0 || args.Contains("--help"))
        {
            Console.WriteLine(LoadCommand.Help);
            return args.Length == 0 ? 2 : 0;
        }

        if (!LoadCommand.TryParse(args, out var command, out var fault))
        {
            Console.Error.WriteLine(fault);
            return 2;
        }

        if (command!.Hold != HoldKind.None)
        {
            var hold = new HoldRun(command.Target, command.Plan, command.Expected, command.Hold, command.WatchPid is { } held ? new ProcessMeter(held) : null);
            await hold.RunAsync(Console.Out);
            return hold.Failed > 0 ? 1 : 0;
        }

        var summary = await RunAsync(command!);
        Console.Write(TextReport.Write(summary));
        if (command.JsonFile is { } json)
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(summary, JsonReport.Default.LoadSummary) + "\n");
        if (command.HtmlFile is { } html)
            await File.WriteAllTextAsync(html, HtmlReport.Write(summary));
        return summary.ErrorsInAll > 0 ? 1 : 0;
    }

    private static async Task<LoadSummary> RunAsync(LoadCommand command)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        var watched = command.WatchPid is { } pid ? new ProcessMeter(pid) : null;
        double cpu = 0;
        long pss = 0;
        LoadRunner? runner = null;
        runner = new LoadRunner(new ChatScenario(command.Target, command.Expected), command.Plan)
        {
            OnSecond = second => Console.Error.WriteLine(TextReport.Line(second, runner!.Measures)),
            OnWindow = opens =>
            {
                cpu = (watched?.CpuSeconds() ?? 0) - (opens ? 0 : cpu);
                pss = opens ? 0 : watched?.PssKib() ?? 0;
            },
        };
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{command.Target.Url}: {command.Plan.Warmup.TotalSeconds:0.#} s to warm up, {command.Plan.Duration.TotalSeconds:0.#} s measured"));
        await runner.RunAsync(stop.Token);
        return LoadSummary.Of(command.Target, command.Plan, runner.Measures) with
        {
            CpuSeconds = watched is null ? null : cpu,
            PssKib = watched is null ? null : pss,
        };
    }
}
