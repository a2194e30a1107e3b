using System.Net;

namespace AiEdge.FleetTest;

/// <summary>
/// How long first requests on buckets wait for their grant, and that nothing else waits for the control plane. Judged is by how much first requests
/// took longer than second ones of the same buckets: the rest is the client's, the provider's and the plane's.
/// </summary>
internal sealed class ColdScenario : Scenario
{
    private const int Keys = 300;
    private const double StoppedSeconds = 5;
    private const double P99MsMax = 5;
    private const double WaitMsMax = 50;

    private static readonly (string Kind, string Name, string Limit)[] Kinds =
    [
        ("window", "shared", """{"per":"key","requests":"1000000/day"}"""),
        ("places", "places", """{"per":"key","concurrent":100}"""),
        ("rate", "rate", """{"per":"key","requests":"1000/s","burst":2000}"""),
    ];

    /// <summary>A bucket for each key, so that each key's first request is a cold bucket's.</summary>
    protected override string Limit => Kinds[0].Limit;

    protected override async Task<bool> RunAsync(RunningFleet fleet, DemandLoad load, Tally tally, int seconds)
    {
        for (var i = 0; i < Keys * Kinds.Length; i++)
            await fleet.PutKeyAsync($"cold{i}");
        Say($"the first request of all on a bucket: {await WarmAsync(fleet, load):F2} ms");
        var isGood = true;
        for (var kind = 0; kind < Kinds.Length; kind++)
        {
            if (kind > 0)
            {
                // Another name: planes know of this one once they show it.
                await fleet.LimitAsync(Kinds[kind].Limit, Kinds[kind].Name, Kinds[kind - 1].Name);
                await load.AskAsync(0, "sk-shared");
            }

            isGood &= await FirstAsync(fleet, load, Kinds[kind].Kind, kind * Keys);
        }

        await StoppedAsync(fleet, load);
        return isGood;
    }

    private static async Task<bool> FirstAsync(RunningFleet fleet, DemandLoad load, string kind, int from)
    {
        List<double> first = [], second = [];
        var refused = 0;
        for (var i = from; i < from + Keys; i++)
        {
            // A little apart, so that they do not meet in one ask.
            await Task.Delay(5);
            var (status, ms) = await load.AskAsync(i % fleet.Planes, $"sk-cold{i}");
            refused += status == HttpStatusCode.OK ? 0 : 1;
            first.Add(ms);
            second.Add((await load.AskAsync(i % fleet.Planes, $"sk-cold{i}")).Ms);
        }

        Tell($"{kind}: first requests of {Keys} buckets ({refused} not admitted)", first);
        Tell($"{kind}: the second requests", second);
        var (median, p99, most) = (At(second, 0.5), At(first, 0.99), At(first, 1));
        Say($"  longer than the median of second requests: p50 {At(first, 0.5) - median:F2} ms, p99 {p99 - median:F2} ms ({P99MsMax:F0} wanted), most {most - median:F2} ms");
        return refused == 0 && p99 - median <= P99MsMax && most - median <= WaitMsMax;
    }

    /// <summary>What is compiled at first use has been used; and the keys have come to all planes. Says what the first request on a bucket took.</summary>
    private static async Task<double> WarmAsync(RunningFleet fleet, DemandLoad load)
    {
        var first = 0.0;
        for (var plane = 0; plane < fleet.Planes; plane++)
        {
            while ((await load.AskAsync(plane, $"sk-cold{Keys * Kinds.Length - 1}")) is var asked && (asked.Status == HttpStatusCode.Unauthorized || first == 0))
            {
                if (asked.Status != HttpStatusCode.Unauthorized)
                    first = asked.Ms;
                await Task.Delay(20);
            }

            for (var i = 0; i < 300; i++)
                await load.AskAsync(plane, "sk-shared");
        }

        return first;
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
