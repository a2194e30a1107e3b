using System.Globalization;
using AiEdge.ControlPlane.Quota;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>What a simulated fleet uses in the scenarios that <c>perf/Fleet</c> measures with processes, over many seeds: exact, on whatever machine.</summary>
internal static class FleetFigures
{
    public static readonly QuotaRule Rate = new() { Kind = QuotaKind.Rate, Amount = 200, Burst = 400 };

    /// <summary>One plane is asked for ten times as much as each other, another each 5 s; together for half as much again as the limit.</summary>
    public static double Skewed(int plane, double at) => 1.5 * 200 * ((int)(at / 5) % 4 == plane ? 10 : 1) / 13;

    public static FleetLife Life => new() { Demand = Skewed, TurnSeconds = 0.25, LatencySeconds = 0.004, Outage = LeaseOutage.Share };

    public static int Run(string[] arguments)
    {
        var seeds = arguments is [var count, ..] ? int.Parse(count, CultureInfo.InvariantCulture) : 20;
        Tell("plain", seeds, Plain);
        Tell("plain, the log slow (100 ms)", seeds, static seed => Plain(seed, Life with { DiskSeconds = 0.1 }));
        Tell("plain after a pause", seeds, PlainAfterPause);
        Tell("stop", seeds, static seed => Away(seed, static fleet => fleet.HaltControl(5)).Away);
        Tell("kill", seeds, static seed => Away(seed, static fleet => fleet.StopControl(6.4), 1.4).Away);
        Tell("recovery", seeds, static seed => Away(seed, static fleet => fleet.StopControl(6.4), 1.4).Recovery);
        return 0;
    }

    public static double Plain(int seed) => Plain(seed, Life);

    /// <summary>Planes are there for a while and keep their stocks before anybody comes.</summary>
    public static double PlainAfterPause(int seed)
    {
        var fleet = new FleetSimulation(seed, Rate, Life with { Demand = static (plane, at) => at < 8 ? 0 : Skewed(plane, at - 8) });
        fleet.Run(38);
        Judge(fleet);
        return fleet.Sum(8, 38) / (Rate.Burst + Rate.PerSecond * 30);
    }

    public static double Plain(int seed, FleetLife life)
    {
        var fleet = new FleetSimulation(seed, Rate, life);
        fleet.Run(30);
        Judge(fleet);
        return fleet.Sum(0, 30) / (Rate.Burst + Rate.PerSecond * 30);
    }

    /// <summary>Of the sum of min(demand, lease + share) while the control plane is away from the tenth second on; and of the rate in the six seconds after it serves again.</summary>
    public static (double Away, double Recovery) Away(int seed, Action<FleetSimulation> act, double startSeconds = 0)
    {
        var fleet = new FleetSimulation(seed, Rate, Life);
        fleet.Run(10);
        double[] held = [.. Enumerable.Range(0, 4).Select(plane => (double)fleet.Held(plane))];
        act(fleet);
        fleet.Run(20);
        Judge(fleet);
        var (most, used, seconds) = (0.0, 0.0, 5.0);
        for (var plane = 0; plane < 4; plane++)
        {
            most += Math.Min(fleet.Offered(10, 10 + seconds, plane), held[plane] + seconds * Rate.PerSecond / 4);
            used += fleet.Sum(10, 10 + seconds, plane);
        }

        return (used / most, fleet.Sum(15 + startSeconds, 21 + startSeconds) / (6 * Rate.PerSecond));
    }

    private static void Judge(FleetSimulation fleet)
    {
        if (fleet.PeakOverRate() > Rate.Burst + 1)
            throw new InvalidOperationException($"{fleet.PeakOverRate()} at once");
    }

    private static void Tell(string name, int seeds, Func<int, double> figure)
    {
        double[] all = [.. Enumerable.Range(0, seeds).Select(figure).Order()];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: least {all[0]:P1}, median {all[seeds / 2]:P1}, most {all[^1]:P1} of {seeds}"));
    }
}
