using System.Globalization;
using AiEdge.ControlPlane.Tests.Crash;
using AiEdge.ControlPlane.Tests.Quota;
using AiEdge.ControlPlane.Tests.Store;
using AiEdge.ControlPlane.Tests.Usage;

// Processes of their own: one that tests of crashes kill, one that measures.
return args switch
{
    ["store-crash", var folder, var run] => await CrashChild.RunAsync(folder, run),
    ["control-crash", var dataDir, var kind] => await ControlProcess.RunAsync(dataDir, kind),
    ["usage-load", var folder, var records, var series] =>
        await UsageLoad.RunAsync(folder, int.Parse(records, CultureInfo.InvariantCulture), int.Parse(series, CultureInfo.InvariantCulture)),
    ["usage-ask", var folder, var waitMs] => await UsageLoad.AskAsync(folder, int.Parse(waitMs, CultureInfo.InvariantCulture)),
    ["quota-load", .. var sizes] => AllocatorLoad.Run(sizes),
    ["quota-figures", .. var seeds] => FleetFigures.Run(seeds),
    _ => 2,
};
