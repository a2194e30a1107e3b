using System.Diagnostics;

namespace AiEdge.Fuzz;

/// <summary>One target under random inputs until time or count is up or something is wrong.</summary>
public sealed class Fuzzer(FuzzTarget target, int seed)
{
    private readonly byte[][] _seeds = Corpus.Read(target.Name);
    private readonly Random _random = new(seed);

    /// <summary>Inputs tried.</summary>
    public long Executions { get; private set; }

    /// <summary>The input that failed, and why.</summary>
    public (byte[] Input, string Reason)? Failure { get; private set; }

    /// <summary>Tries every seed as it is, then mutations; true if nothing is wrong.</summary>
    public bool Run(long executionsMax, TimeSpan timeMax)
    {
        var mutator = new Mutator(_seeds, target.Dictionary, _random);
        var watch = Stopwatch.StartNew();
        foreach (var input in _seeds)
            if (!TryOne(input)) return false;
        while (Executions < executionsMax && watch.Elapsed < timeMax)
            if (!TryOne(mutator.Next())) return false;
        return true;
    }

    private bool TryOne(byte[] input)
    {
        Executions++;
        var reason = Explain(target, input, _random);
        if (reason is not null) Failure = (input, reason);
        return reason is null;
    }

    /// <summary>What is wrong with one input, or null.</summary>
    public static string? Explain(FuzzTarget target, byte[] input, Random random)
    {
        try
        {
            return target.Check(input, random);
        }
        catch (Exception e)
        {
            return e.ToString();
        }
    }
}
