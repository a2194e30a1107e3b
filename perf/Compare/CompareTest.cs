using AiEdge.Load;

namespace AiEdge.Compare;

/// <summary>One kind of load, the same for every gateway.</summary>
/// <param name="Name">The letter that stands for it.</param>
/// <param name="Title">What it is, for tables.</param>
/// <param name="Model">The model's name, whose knobs script the upstream.</param>
/// <param name="Stream">Whether events are asked for; cost is told per event then.</param>
/// <param name="BodyBytes">Size of the request body.</param>
/// <param name="Plan">When calls are made.</param>
internal sealed record CompareTest(string Name, string Title, string Model, bool Stream, int BodyBytes, LoadPlan Plan)
{
    public static IReadOnlyList<CompareTest> All { get; } =
    [
        new("a", "1 KB request, whole answer, 64 connections", "fake-n27", false, 1024, Closed(64)),
        new("b", "100 KB request, whole answer, 32 connections", "fake-n27", false, 100 * 1024, Closed(32)),
        new("c", "32 streams of 100 events, flat out", "fake-n100-b1", true, 1024, Closed(32)),
        new("d", "1000 streams, 20 events a second each", "fake-n40-d50000-f50000", true, 1024,
            Closed(1000) with { Ramp = TimeSpan.FromSeconds(1), Warmup = TimeSpan.FromSeconds(1.6), Duration = TimeSpan.FromSeconds(4) }),
        new("e", "open loop, 500 requests a second", "fake-n27", false, 1024, Closed(32) with { Rate = 500, Duration = TimeSpan.FromSeconds(3) }),
    ];

    /// <summary>The same test over half the time.</summary>
    public CompareTest Halved() => this with { Plan = Plan with { Duration = Plan.Duration / 2 } };

    private static LoadPlan Closed(int workers) => new()
    {
        Workers = workers,
        Warmup = TimeSpan.FromSeconds(0.4),
        Duration = TimeSpan.FromSeconds(2),
        Drain = TimeSpan.FromSeconds(4),
    };
}
