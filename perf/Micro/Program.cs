using AiEdge.Micro;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// gate [--update] [--baselines FILE]      compare allocations with the baselines
// bench [--stage PREFIX] [--short]        measure times (BenchmarkDotNet, in this process)
string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
bool Flag(string name) => Array.IndexOf(args, name) >= 0;

switch (args.FirstOrDefault())
{
    case "gate":
        return AllocationGate.Run(Option("--baselines") ?? FindBaselines(), Flag("--update"));
    case "bench":
        StageBenchmarks.Prefix = Option("--stage") ?? "";
        var job = (Flag("--short") ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
        BenchmarkRunner.Run<StageBenchmarks>(DefaultConfig.Instance.AddJob(job));
        return 0;
    default:
        Console.Error.WriteLine("gate [--update] [--baselines FILE] | bench [--stage PREFIX] [--short]");
        return 2;
}

// Beside the sources, wherever in the tree the program is started.
static string FindBaselines()
{
    for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
    {
        var baselines = Path.Combine(folder.FullName, "perf", "baselines");
        if (Directory.Exists(baselines)) return Path.Combine(baselines, "allocations.json");
    }
    return "allocations.json";
}
