using System.Globalization;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;

namespace AiEdge.DataPlane.Tests.Forward;

/// <summary>What must hold of metrics, whatever they are.</summary>
internal static class ExpositionOracles
{
    /// <summary>However it is cut, the same is read, and nothing that no server could have.</summary>
    public static void MetricsAreReadAlike(byte[] input, int seed)
    {
        var whole = Read(input, input.Length);
        var random = new Random(seed);
        foreach (var step in (int[])[1, 2, 3, 1 + random.Next(64), 1 + random.Next(4096)])
        {
            var cut = Read(input, step);
            if (Print(cut) is var text && text != Print(whole))
                throw new InvalidOperationException($"Pieces of {step} give {text} instead of {Print(whole)}.");
        }

        var load = whole.Of(default);
        var isSound = load is { Waiting: >= ReportedLoad.Unknown, Running: >= ReportedLoad.Unknown, CachePpm: >= ReportedLoad.Unknown and <= ReportedLoad.WholePpm };
        if (!isSound || whole.IsAny != load.IsAny)
            throw new InvalidOperationException("No server could say " + Print(whole) + ".");
    }

    /// <summary>Reads metrics in pieces of so many bytes.</summary>
    public static ReportedLoads Read(ReadOnlySpan<byte> input, int step)
    {
        var (reader, loads) = (new ExpositionReader(), new ReportedLoads());
        for (var at = 0; at < input.Length; at += step)
            reader.Read(input.Slice(at, Math.Min(step, input.Length - at)).ToArray(), loads);
        reader.End(loads);
        return loads;
    }

    public static string Print(ReportedLoads loads) => Print(loads.Of(default)) + " a: " + Print(loads.Of("a"u8)) + " b/c: " + Print(loads.Of("b/c"u8));

    private static string Print(in ReportedLoad load) => string.Create(CultureInfo.InvariantCulture, $"{load.Waiting} {load.Running} {load.CachePpm}");
}
