namespace AiEdge.FleetTest;

/// <summary>A small number of requests a day, asked for by all planes alike: how many are refused while there is still credit.</summary>
internal sealed class WindowScenario : Scenario
{
    private const int Most = 200;
    private const int Each = 10;

    protected override string Limit => $$"""{"requests":"{{Most}}/day"}""";

    protected override async Task<bool> RunAsync(RunningFleet fleet, DemandLoad load, Tally tally, int seconds)
    {
        var end = 2.0 * Most / (Each * fleet.Planes);
        tally.Begin();
        await load.RunAsync(end, static (_, _) => Each);
        await Task.Delay(TimeSpan.FromSeconds(1));
        var admitted = tally.Admitted(0, end + 1);
        var until = 0.0;
        while (until < end && tally.Admitted(0, until) < Most * 9 / 10)
            until += 0.05;
        Say($"window, {fleet.Planes} planes, {Most} a day, {Each * fleet.Planes} a second asked for: {admitted} admitted, over {Math.Max(0, admitted - Most)}; "
            + $"nine tenths after {until:F2} s, {tally.Offered(0, until) - tally.Admitted(0, until)} of {tally.Offered(0, until)} refused until then; faults {load.Faults}");
        return admitted <= Most;
    }
}
