using System.Net;

namespace AiEdge.FleetTest;

/// <summary>How long first requests on buckets wait for their grant, and that nothing else waits for the control plane.</summary>
internal sealed class ColdScenario : Scenario
{
    private const int Keys = 300;
    private const double StoppedSeconds = 5;

    /// <summary>A bucket for each key, so that each key's first request is a cold bucket's.</summary>
    protected override string Limit => """{"per":"key","requests":"1000/s","burst":2000}""";

    protected override async Task<bool> RunAsync(RunningFleet fleet, DemandLoad load, Tally tally, int seconds)
    {
        for (var i = 0; i < Keys; i++)
            await fleet.PutKeyAsync($"cold{i}");
        await WarmAsync(fleet, load);
        List<double> first = [], second = [];
        var refused = 0;
        for (var i = 0; i < Keys; i++)
        {
            // A little apart, so that they do not meet in one ask.
            await Task.Delay(5);
            var (status, ms) = await load.AskAsync(i % fleet.Planes, $"sk-cold{i}");
            refused += status == HttpStatusCode.OK ? 0 : 1;
            first.Add(ms);
            second.Add((await load.AskAsync(i % fleet.Planes, $"sk-cold{i}")).Ms);
        }

        Tell($"first requests of {Keys} buckets ({refused} not admitted)", first);
        Tell("the second requests", second);
        Say($"  difference of the medians: {At(first, 0.5) - At(second, 0.5):F2} ms");
        await StoppedAsync(fleet, load);
        return true;
    }

    /// <summary>What is compiled at first use has been used; and the keys have come to all planes.</summary>
    private static async Task WarmAsync(RunningFleet fleet, DemandLoad load)
    {
        for (var plane = 0; plane < fleet.Planes; plane++)
        {
            while ((await load.AskAsync(plane, $"sk-cold{Keys - 1}")).Status == HttpStatusCode.Unauthorized)
                await Task.Delay(20);
            for (var i = 0; i < 300; i++)
                await load.AskAsync(plane, "sk-shared");
        }
    }

    private static async Task StoppedAsync(RunningFleet fleet, DemandLoad load)
    {
        var before = await AskForAsync(fleet, load, StoppedSeconds);
        fleet.Control.Stop();
        var stopped = await AskForAsync(fleet, load, StoppedSeconds);
        fleet.Control.Continue();
        Tell("warm requests", before.Took);
        Tell($"warm requests while the control plane is stopped ({stopped.Refused} refused)", stopped.Took);
    }

    /// <summary>100 requests a second on each plane, one after the other.</summary>
    private static async Task<(List<double> Took, int Refused)> AskForAsync(RunningFleet fleet, DemandLoad load, double seconds)
    {
        var took = new List<double>();
        var refused = 0;
        await Task.WhenAll(Enumerable.Range(0, fleet.Planes).Select(async plane =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
            for (var i = 0; i < seconds * 100; i++)
            {
                var (status, ms) = await load.AskAsync(plane, "sk-shared");
                lock (took)
                {
                    took.Add(ms);
                    refused += status == HttpStatusCode.OK ? 0 : 1;
                }

                await timer.WaitForNextTickAsync();
            }
        }));
        return (took, refused);
    }

    private static void Tell(string what, List<double> ms) =>
        Say($"{what}: p50 {At(ms, 0.5):F2} ms, p99 {At(ms, 0.99):F2} ms, max {At(ms, 1):F2} ms, of {ms.Count}");

    private static double At(List<double> values, double part)
    {
        values.Sort();
        return values.Count == 0 ? 0 : values[(int)Math.Min(values.Count - 1, values.Count * part)];
    }
}
