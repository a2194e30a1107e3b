using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Hosting;

/// <summary>SIGTERM and SIGINT drain, a second one hurries; SIGHUP reads the configuration again.</summary>
internal static class Signals
{
    public static async Task UntilStopAsync(EdgeHost host)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var hurry = new CancellationTokenSource();
        var seen = 0;

        void OnStop(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref seen) == 1)
                stop.TrySetResult();
            else
                hurry.Cancel();
        }

        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnStop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnStop);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            host.Reload();
        });
        await stop.Task;
        await host.DrainAsync(hurry.Token);
    }
}
