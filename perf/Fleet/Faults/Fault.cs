namespace AiEdge.FleetTest.Faults;

/// <summary>What becomes of one target of three.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Scripts">What it does with its requests, in turn, as knobs of the scripted provider; empty for one that is gone.</param>
/// <param name="Failing">Whether what it does counts against it, so that it has to be ejected.</param>
internal sealed record Fault(string Name, string[] Scripts, bool Failing)
{
    private static readonly string[] Slow = ["head=1000000"];
    private static readonly string[] Limited = ["status=429"];
    private static readonly string[] Silent = ["status=429; retryafter=none"];
    private static readonly string[] Cutting = ["cut=4", "cut=9; how=rst"];
    private static readonly string[] Stalling = ["stall=0", "stall=5"];
    private static readonly string[] Hanging = ["noanswer=hang", "stall=0"];
    private static readonly string[] Lying = ["length=short", "length=long"];

    public static Fault[] All { get; } =
    [
        new("dead", [], true),
        new("slow", Slow, false),
        new("limited", Limited, false),
        new("silent", Silent, false),
        new("cutting", Cutting, true),
        new("stalling", Stalling, true),
        new("hanging", Hanging, true),
        new("lying", Lying, true),
        new("mixed", [.. Slow, .. Limited, .. Silent, .. Cutting, .. Stalling, .. Lying, "noanswer=rst", "noanswer=hang", "status=500"], true),
    ];

    /// <summary>Whether all that is asked for are whole answers: where a length is told that can be wrong, or nobody knows when they should begin.</summary>
    public bool IsWhole => Name is "lying" or "hanging";

    /// <summary>Whether some of it is.</summary>
    public bool IsHalfWhole => Name == "mixed";
}
