using BenchmarkDotNet.Attributes;

namespace AiEdge.Micro;

/// <summary>Every stage of the table as a benchmark.</summary>
[MemoryDiagnoser]
public class StageBenchmarks
{
    private Action _operation = () => { };

    /// <summary>Only stages whose names begin so are run.</summary>
    public static string Prefix { get; set; } = "";

    [ParamsSource(nameof(Names))]
    public string Stage { get; set; } = "";

    public static IEnumerable<string> Names => Stages.All.Select(s => s.Name).Where(n => n.StartsWith(Prefix, StringComparison.Ordinal));

    [GlobalSetup]
    public void Begin() => _operation = Stages.All.Single(s => s.Name == Stage).Begin();

    [Benchmark]
    public void Run() => _operation();
}
