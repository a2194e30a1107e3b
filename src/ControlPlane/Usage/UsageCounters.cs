using System.Runtime.InteropServices;
using AiEdge.Contracts.Wire;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Sums over exchanges. Money in nanodollars, sizes in bytes; tokens as billed, each class by itself.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct UsageCounters
{
    public long Requests;

    /// <summary>Answered with 4xx or 5xx, broken off by the provider, or lost in a crash; refusals are among them.</summary>
    public long Errors;

    /// <summary>Turned away by a limit.</summary>
    public long Refused;

    public long Input;
    public long CachedInput;
    public long Output;
    public long Reasoning;
    public long AudioInput;
    public long AudioOutput;
    public long Cost;
    public long Saved;
    public long RequestBytes;
    public long ResponseBytes;

    /// <summary>What one exchange adds. An attempt that was given up before its last one adds tokens and money, and nothing else.</summary>
    public static UsageCounters Of(UsageRecord record)
    {
        var counters = record.Kind == RecordKind.Exchange ? OfExchange(record) : default;
        counters.Cost = record.CostNanodollars;
        if (record.Billed is { IsKnown: true } billed)
        {
            counters.Input = (long)billed.Input;
            counters.CachedInput = (long)billed.CachedInput;
            counters.Output = (long)billed.Output;
            counters.Reasoning = (long)billed.Reasoning;
            counters.AudioInput = (long)billed.AudioInput;
            counters.AudioOutput = (long)billed.AudioOutput;
        }

        return counters;
    }

    private static UsageCounters OfExchange(UsageRecord record)
    {
        var isRefused = record.End.StartsWith("refused", StringComparison.Ordinal);
        var leftOut = (long)Math.Min(record.RefusalsLeftOut, int.MaxValue);
        return new UsageCounters
        {
            Requests = 1 + leftOut,
            Refused = (isRefused ? 1 : 0) + leftOut,
            Errors = (isRefused || record.Status >= 400 || record.End is "upstream_fault" or "crashed" ? 1 : 0) + leftOut,
            Saved = record.SavedNanodollars,
            RequestBytes = (long)record.RequestBytes,
            ResponseBytes = (long)record.ResponseBytes,
        };
    }

    public void Add(in UsageCounters more)
    {
        Requests += more.Requests;
        Errors += more.Errors;
        Refused += more.Refused;
        Input += more.Input;
        CachedInput += more.CachedInput;
        Output += more.Output;
        Reasoning += more.Reasoning;
        AudioInput += more.AudioInput;
        AudioOutput += more.AudioOutput;
        Cost += more.Cost;
        Saved += more.Saved;
        RequestBytes += more.RequestBytes;
        ResponseBytes += more.ResponseBytes;
    }

    public readonly void Write(BinaryWriter to)
    {
        foreach (var value in MemoryMarshal.Cast<UsageCounters, long>(new ReadOnlySpan<UsageCounters>(in this)))
            to.Write7BitEncodedInt64(value);
    }

    public static UsageCounters Read(BinaryReader from)
    {
        var counters = default(UsageCounters);
        foreach (ref var value in MemoryMarshal.Cast<UsageCounters, long>(new Span<UsageCounters>(ref counters)))
            value = from.Read7BitEncodedInt64();
        return counters;
    }
}
