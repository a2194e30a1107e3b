using System.Text.Json.Serialization;

namespace AiEdge.Compare;

/// <summary>
/// What one gateway did under one test in one round: CpuUs is its processor time per request, or per event of a stream; PssKib its memory
/// at the end of the measured time.
/// </summary>
internal sealed record Measurement(
    string Peer, string Test, int Round, double CpuUs, double CpuSeconds, double CallsPerSecond, double EventsPerSecond,
    double P50Us, double P99Us, double FirstEventP50Us, long Errors, string FirstError, long PssKib);

/// <summary>A gateway when it had just started: time to the first answer, and memory before any load.</summary>
internal sealed record Readiness(string Peer, double StartMs, long PssKib);

/// <summary>Everything that a comparison measured.</summary>
internal sealed record CompareResult(string Machine, bool Pinned, IReadOnlyList<Readiness> Starts, IReadOnlyList<Measurement> Measurements, IReadOnlyList<string> Skipped);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CompareResult))]
internal sealed partial class CompareJson : JsonSerializerContext;
