namespace AiEdge.FleetTest;

internal sealed class PlainScenario : Scenario
{
    protected override async Task<bool> RunAsync(RunningFleet fleet, DemandLoad load, Tally tally, int seconds)
    {
        tally.Begin();
        await load.RunAsync(seconds, Skewed(fleet.Planes, Rate));
        var isGood = Judge($"plain, {fleet.Planes} planes, {Rate}/s, burst {Burst}, {seconds} s", tally, load, Rate, Burst, seconds);
        Beginning(tally);
        for (var from = 0; from < seconds; from += Shift)
            Phase($"plane {from / Shift % fleet.Planes} wants most", tally, Rate, from, Math.Min(from + Shift, seconds));
        return isGood;
    }
}

/// <summary>The control plane is not there for a while.</summary>
internal sealed class OutageScenario(bool isKilled) : Scenario
{
    private const double AwaySeconds = 5;

    /// <summary>A plane's lease of a rate ends so long after it was asked for.</summary>
    private const double LeaseSeconds = 5;
    private const double Step = 0.05;

    protected override async Task<bool> RunAsync(RunningFleet fleet, DemandLoad load, Tally tally, int seconds)
    {
        var demand = Skewed(fleet.Planes, Rate);
        var stopAt = Math.Min(10, seconds / 3);
        tally.Begin();
        var loading = load.RunAsync(seconds, demand);
        await Task.Delay(TimeSpan.FromSeconds(stopAt - tally.Now));
        var held = await Task.WhenAll(Enumerable.Range(0, fleet.Planes).Select(fleet.HeldAsync));
        var from = tally.Now;
        if (isKilled)
            fleet.Control.Dispose();
        else
            fleet.Control.Stop();
        await Task.Delay(TimeSpan.FromSeconds(AwaySeconds - (tally.Now - from)));
        var again = tally.Now;
        if (isKilled)
            await fleet.StartControlAsync();
        else
            fleet.Control.Continue();
        var to = tally.Now;
        await loading;

        var isGood = Judge(isKilled ? "control plane killed, started again after 5 s" : "control plane stopped for 5 s", tally, load, Rate, Burst, seconds);
        Phase("before", tally, Rate, 0, from);
        Phase("away", tally, Rate, from, again);
        Away(fleet, tally, held, from, again);
        if (isKilled)
        {
            Phase("until it serves again", tally, Rate, again, to);
            Away(fleet, tally, held, from, to);
        }

        Phase("recovery", tally, Rate, to, to + Lease);
        Phase("after", tally, Rate, to + Lease, seconds);
        return isGood;
    }

    /// <summary>
    /// What each plane admitted of what it could have: of its demand, at each moment, as much as there was of its lease and of its share of the rate.
    /// A share that nobody wants grows to its part of the burst and no further, so it is no matter of sums over a span in which demand shifts.
    /// </summary>
    private static void Away(RunningFleet fleet, Tally tally, long[] held, double from, double to)
    {
        double most = 0;
        var admitted = 0;
        for (var i = 0; i < fleet.Planes; i++)
        {
            var own = Most(fleet.Planes, tally, i, held[i], from, to);
            most += own;
            admitted += tally.Admitted(from, to, i);
            Say($"    plane {i}: held {held[i]}, offered {tally.Offered(from, to, i)}, admitted {tally.Admitted(from, to, i)}, min(demand, lease + share) {own:F0}");
        }

        Say($"    all: {admitted} of {most:F0}, {admitted / most:P1} of the sum of min(demand, lease + share) (97 % wanted)");
    }

    private static double Most(int planes, Tally tally, int plane, double lease, double from, double to)
    {
        double share = 0, most = 0;
        for (var at = from; at < to; at += Step)
        {
            share = Math.Min(share + Rate / planes * Step, Burst / planes);
            if (at - from >= LeaseSeconds)
                lease = 0;
            double wanted = tally.Offered(at, Math.Min(at + Step, to), plane);
            var ofLease = Math.Min(wanted, lease);
            var ofShare = Math.Min(wanted - ofLease, share);
            lease -= ofLease;
            share -= ofShare;
            most += ofLease + ofShare;
        }

        return most;
    }
}

/// <summary>A data plane dies; the others want all there is.</summary>
internal sealed class LossScenario : Scenario
{
    protected override async Task<bool> RunAsync(RunningFleet fleet, DemandLoad load, Tally tally, int seconds)
    {
        var each = 1.5 * Rate / Math.Max(1, fleet.Planes - 1);
        var killAt = seconds / 3;
        tally.Begin();
        var loading = load.RunAsync(seconds, (_, _) => each);
        await Task.Delay(TimeSpan.FromSeconds(killAt - tally.Now));
        lock (load.Gone)
            load.Gone.Add(0);
        var from = tally.Now;
        fleet.KillPlane(0);
        await loading;
        var isGood = Judge($"one of {fleet.Planes} planes killed", tally, load, Rate, Burst, seconds);
        Phase("before", tally, Rate, 0, from);
        Phase("within a lease", tally, Rate, from, from + Lease);
        Phase("after it", tally, Rate, from + Lease, seconds);
        Say($"  the others had {Rate:F0} a second again after {Back(tally, from, seconds):F1} s");
        return isGood;
    }

    /// <summary>From when on each second had 97 % of the rate.</summary>
    private static double Back(Tally tally, double from, double to)
    {
        for (var at = to - 1; at >= from; at -= 0.1)
        {
            if (tally.Admitted(at, at + 1) < 0.97 * Rate)
                return at + 0.1 - from;
        }

        return 0;
    }
}

/// <summary>A burst so small that a lease that is lost shows at once.</summary>
internal sealed class SmallScenario : Scenario
{
    private const double SmallRate = 10;
    private const double SmallBurst = 20;

    protected override string Limit => """{"requests":"10/s","burst":20}""";

    protected override async Task<bool> RunAsync(RunningFleet fleet, DemandLoad load, Tally tally, int seconds)
    {
        tally.Begin();
        await load.RunAsync(seconds, (_, _) => 15 * SmallRate / fleet.Planes);
        var isGood = Judge($"small burst: 10/s, burst 20, {fleet.Planes} planes", tally, load, SmallRate, SmallBurst, seconds);
        var first = tally.Admitted(0, 5);
        Say($"  in the first 5 s {first} of {SmallBurst + 5 * SmallRate:F0}, in the first second {tally.Admitted(0, 1)} of {SmallBurst + SmallRate:F0}");
        return isGood;
    }
}
