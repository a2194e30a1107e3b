using System.Globalization;
using System.Net.Sockets;

namespace AiEdge.Load;

/// <summary>What the connections of a <see cref="HoldRun"/> do while they are held.</summary>
internal enum HoldKind
{
    None,

    /// <summary>Nothing, between two calls.</summary>
    Idle,

    /// <summary>They have asked for a long stream, and read no more than its beginning.</summary>
    Stalled,
}

/// <summary>
/// Holds many connections and asks little of them: how many a gateway bears, and what each costs it while nothing happens. Prints one
/// line; whatever was not held is a failure.
/// </summary>
internal sealed class HoldRun(LoadTarget target, LoadPlan plan, Expectation expected, HoldKind kind, ProcessMeter? watched)
{
    /// <summary>Connections that begin at a time: more would overflow the listener's queue, which is not what is asked.</summary>
    private const int Beginning = 64;

    /// <summary>A stalled client's receive buffer is small, so that what it does not read waits in the gateway soon.</summary>
    private const int ReceiveBytes = 4096;

    /// <summary>How many connections were not held, with the first reason.</summary>
    public int Failed { get; private set; }

    public string FirstFault { get; private set; } = "";

    public async Task RunAsync(TextWriter output)
    {
        var before = watched?.PssKib() ?? 0;
        if (kind == HoldKind.Idle)
            await IdleAsync(output, before);
        else
            await StallAsync(output, before);
    }

    private async Task IdleAsync(TextWriter output, long before)
    {
        var scenario = new ChatScenario(target with { Stream = false }, expected);
        var measures = new Measures();
        var workers = new ChatWorker[plan.Workers];
        for (var i = 0; i < workers.Length; i++)
            workers[i] = (ChatWorker)scenario.Open(measures);
        await ForAllAsync(workers, CallAsync);
        var cpu = watched?.CpuSeconds() ?? 0;
        await Task.Delay(plan.Duration);
        cpu = ((watched?.CpuSeconds() ?? 0) - cpu) / plan.Duration.TotalSeconds;
        var held = watched?.PssKib() ?? 0;
        await ForAllAsync(workers, CallAsync);
        foreach (var worker in workers)
        {
            if (worker.Connects > 1)
                Fail("closed while it was idle");
            await worker.DisposeAsync();
        }

        Tell(output, "idle", before, held, cpu);
    }

    private async Task StallAsync(TextWriter output, long before)
    {
        var request = ChatScenario.MakeRequest(target with { Stream = true });
        var sockets = new Socket[plan.Workers];
        for (var i = 0; i < sockets.Length; i++)
            sockets[i] = new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = ReceiveBytes };
        await ForAllAsync(sockets, async socket =>
        {
            await socket.ConnectAsync(target.Address);
            await socket.SendAsync(request);
            var bytes = new byte[16];
            if (await socket.ReceiveAsync(bytes) == 0 || !"HTTP/1.1 200"u8.SequenceEqual(bytes.AsSpan(0, 12)))
                Fail("no answer of status 200 began");
        });
        var cpu = watched?.CpuSeconds() ?? 0;
        await Task.Delay(plan.Duration);
        cpu = ((watched?.CpuSeconds() ?? 0) - cpu) / plan.Duration.TotalSeconds;
        var held = watched?.PssKib() ?? 0;
        foreach (var socket in sockets)
            socket.Dispose();
        Tell(output, "stalled", before, held, cpu);
    }

    private async Task CallAsync(ChatWorker worker)
    {
        if ((await worker.CallAsync()).Error is { } error)
            Fail(error);
    }

    private async Task ForAllAsync<T>(T[] all, Func<T, Task> act)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Beginning };
        await Parallel.ForEachAsync(all, options, async (one, _) =>
        {
            try
            {
                await act(one);
            }
            catch (SocketException e)
            {
                Fail(e.SocketErrorCode.ToString());
            }
        });
    }

    private void Fail(string why)
    {
        lock (this)
        {
            Failed++;
            if (FirstFault.Length == 0)
                FirstFault = why;
        }
    }

    private void Tell(TextWriter output, string word, long before, long held, double cpu)
    {
        var memory = watched is null ? "" : string.Create(CultureInfo.InvariantCulture,
            $"; memory {before} -> {held} KiB, {(held - before) / (double)plan.Workers:0.0} KiB each; {cpu * 1000:0.0} ms of processor time a second");
        var fault = Failed == 0 ? "" : $" ({FirstFault})";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{plan.Workers} {word} connections for {plan.Duration.TotalSeconds:0.#} s: {Failed} failed{fault}{memory}"));
    }
}
