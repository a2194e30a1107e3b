using System.Runtime.InteropServices;
using AiEdge.Sample;

// Sample ROOT [--once]: what a newcomer sees first. Built and started by `./build.sh run`.
if (args is not [var root, ..])
    return 2;
// Not disposed: a signal may come at the very end.
var stop = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => { c.Cancel = true; stop.Cancel(); });
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => { c.Cancel = true; stop.Cancel(); });
using var onHangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, c => { c.Cancel = true; stop.Cancel(); });
try
{
    using var fleet = new Fleet(root);
    await fleet.StartAsync(stop.Token);
    if (!args.Contains("--once"))
        await fleet.StayAsync(stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (Exception e) when (e is SampleException or HttpRequestException)
{
    await Console.Error.WriteLineAsync("run: " + e.Message);
    return 1;
}
