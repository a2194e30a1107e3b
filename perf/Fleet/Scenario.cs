using System.Globalization;
using System.Net;
using AiEdge.FakeUpstream;

namespace AiEdge.FleetTest;

/// <summary>One shared limit, demand on it, and what goes wrong meanwhile.</summary>
internal abstract class Scenario
{
    public const double Rate = 200;
    public const double Burst = 400;
    public const int Shift = 5;

    /// <summary>A lease of a rate, and the second more that the control plane counts it out for.</summary>
    public const double Lease = 6;

    /// <summary>Runs it and tells; false where more was admitted than the limit allows.</summary>
    public async Task<bool> RunAsync(string root, FleetCommand command)
    {
        var tally = new Tally();
        await using var provider = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions { Script = "n=1; d=0; headers=few", ScriptFor = tally.OnRequest, RequestLogMax = 16 });
        using var fleet = new RunningFleet(root, command.Plane, command.Planes);
        await fleet.StartControlAsync();
        await fleet.ConfigureAsync(provider.Port);
        for (var i = 0; i < fleet.Planes; i++)
            await fleet.StartPlaneAsync(i);
        using var load = new DemandLoad(fleet, tally);
        await WarmAsync(fleet, load);
        await fleet.LimitAsync(Limit);
        return await RunAsync(fleet, load, tally, command.Seconds);
    }

    /// <summary>
    /// What client and provider compile at first use, they have compiled before there is a limit: of a burst that nobody asks for all that comes
    /// meanwhile is lost, and the fleet would be charged with it.
    /// </summary>
    private static async Task WarmAsync(RunningFleet fleet, DemandLoad load)
    {
        for (var plane = 0; plane < fleet.Planes; plane++)
        {
            while ((await load.AskAsync(plane, "sk-shared")).Status == HttpStatusCode.Unauthorized)
                await Task.Delay(20);
        }

        for (var i = 0; i < 100; i++)
            await Task.WhenAll(Enumerable.Range(0, fleet.Planes).Select(plane => load.AskAsync(plane, "sk-shared")));
    }

    protected virtual string Limit => string.Create(CultureInfo.InvariantCulture, $$"""{"requests":"{{Rate}}/s","burst":{{Burst}}}""");

    protected abstract Task<bool> RunAsync(RunningFleet fleet, DemandLoad load, Tally tally, int seconds);

    /// <summary>One plane is asked for ten times as much as each other, another each 5 s; together for half as much again as the limit.</summary>
    protected static Func<int, double, double> Skewed(int planes, double rate) =>
        (plane, at) => 1.5 * rate * ((int)(at / Shift) % planes == plane ? 10 : 1) / (planes + 9);

    /// <summary>Tells of all of it and whether the limit held.</summary>
    protected static bool Judge(string name, Tally tally, DemandLoad load, double rate, double burst, double seconds)
    {
        var admitted = tally.Admitted(0, seconds);
        var over = tally.Over(rate, burst);
        Say($"{name}: {admitted} of {burst + rate * seconds:F0} admitted, {admitted / (burst + rate * seconds):P1} used; "
            + $"nearest to the limit {Math.Max(0, -over):F1} below, over {Math.Max(0, Math.Ceiling(over)):F0}; at once {tally.Peak(rate):F1} of {burst:F0}; "
            + $"offered {tally.Offered(0, seconds)}, faults {load.Faults}");
        return over <= 0;
    }

    /// <summary>What was asked for and admitted in a span, as a part of the least of demand and rate.</summary>
    protected static void Phase(string name, Tally tally, double rate, double from, double to)
    {
        if (to <= from)
            return;
        var (offered, admitted) = (tally.Offered(from, to), tally.Admitted(from, to));
        var most = Math.Min(offered, rate * (to - from));
        Say($"  {name} ({from:F1} to {to:F1} s): offered {offered}, admitted {admitted}, {admitted / Math.Max(1, most):P1} of min(demand, rate)");
    }

    /// <summary>What was asked for and admitted in each quarter of the first seconds.</summary>
    protected static void Beginning(Tally tally, double seconds = 2)
    {
        for (var at = 0.0; at < seconds; at += 0.25)
            Say(string.Create(CultureInfo.InvariantCulture, $"    {at:F2} s: offered {tally.Offered(at, at + 0.25)}, admitted {tally.Admitted(at, at + 0.25)}"));
    }

    protected static void Say(string line) => Console.WriteLine(line);
}
