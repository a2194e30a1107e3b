using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using AiEdge.Contracts.Wire;
using AiEdge.Grpc.Client;
using AiEdge.Load;
using Google.Protobuf;

namespace AiEdge.FleetTest;

/// <summary>
/// Planes that exist as streams alone, each asking each second for all its buckets, which all planes share and of which they want half as
/// much again as there is. They come over 10 s, as planes do that lost their control plane together, and are measured from then on. The control
/// plane runs on one processor, this program on another.
/// </summary>
internal static class SyncRun
{
    private const int PlanesPerConnection = 50;
    private const int ComingSeconds = 10;

    public static async Task RunAsync(string root, FleetCommand command)
    {
        using var fleet = new RunningFleet(root, null, 0);
        var isPinned = Environment.ProcessorCount > 1;
        if (isPinned)
            Pin(Environment.ProcessId, 1);
        await fleet.StartControlAsync(isPinned ? ["taskset", "-c", "0"] : []);
        for (var i = 1; i <= command.Buckets; i++)
        {
            await fleet.PutAsync(SyncPlane.LimitOf(i).Insert(0, "limits/"), string.Create(CultureInfo.InvariantCulture,
                $$"""{"requests":"{{100 * command.Planes}}/s","burst":{{200 * command.Planes}}}"""));
        }

        var meter = new ProcessMeter(fleet.Control.Id);
        var idle = meter.PssKib();
        var channels = new List<GrpcChannel>();
        var planes = new List<SyncPlane>();
        for (var i = 0; i < command.Planes; i++)
        {
            if (i % PlanesPerConnection == 0)
                channels.Add(new GrpcChannel(new() { Address = fleet.Grpc }));
            planes.Add(new SyncPlane(channels[^1], i, command.Buckets));
        }

        await JoinAsync(fleet, planes);
        var took = new Histogram();
        var timeline = Enumerable.Range(0, 3 * (ComingSeconds + command.Seconds)).Select(static _ => new Histogram()).ToArray();
        var (began, own, control) = (0L, 0.0, 0.0);
        var self = new ProcessMeter(Environment.ProcessId);
        SyncPlane.MeasuredFrom = Stopwatch.GetTimestamp() + ComingSeconds * Stopwatch.Frequency;
        var running = planes.Select((plane, i) => plane.RunAsync(ComingSeconds * 1000.0 * i / planes.Count, command.Seconds, took, timeline)).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(ComingSeconds));
        (began, own, control) = (Stopwatch.GetTimestamp(), self.CpuSeconds(), meter.CpuSeconds());
        await Task.WhenAll(running);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var used = meter.CpuSeconds() - control;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"sync: {planes.Count} planes x {command.Buckets} buckets, {took.Count} asks in {seconds:F1} s: p50 {took.Percentile(0.5) / 1000.0:F1} ms, "
            + $"p99 {took.Percentile(0.99) / 1000.0:F1} ms, max {took.Max / 1000.0:F1} ms; control plane {used / seconds:P1} of a processor, "
            + $"{used / took.Count * 1e6:F0} µs an ask, {meter.PssKib() / 1024} MiB (before {idle / 1024}); "
            + $"this side {(self.CpuSeconds() - own - used) / seconds:P1} of another; pinned: {isPinned}"));
        Timeline(timeline);
        foreach (var channel in channels)
            channel.Dispose();
    }

    /// <summary>A stall shows in the asks that began shortly before it.</summary>
    private static void Timeline(Histogram[] timeline)
    {
        for (var second = 0; second < timeline.Length; second++)
        {
            if (timeline[second] is { Count: > 0 } took)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  asked in second {second}: {took.Count}, p50 {took.Percentile(0.5) / 1000.0:F1} ms, p99 {took.Percentile(0.99) / 1000.0:F1} ms, max {took.Max / 1000.0:F1} ms"));
            }
        }
    }

    private static async Task JoinAsync(RunningFleet fleet, List<SyncPlane> planes)
    {
        using var joining = new GrpcChannel(new() { Address = fleet.Grpc, Authorization = _ => new("Bearer " + fleet.JoinToken) });
        // Of one address 32 may join at a time.
        foreach (var some in planes.Chunk(32))
        {
            await Task.WhenAll(some.Select(async plane =>
            {
                var answer = await joining.UnaryAsync(PlaneMethods.Join, plane.Enrolment());
                if (!answer.IsOk)
                    throw new InvalidOperationException(answer.Status.ToString());
            }));
        }
    }

    private static void Pin(int process, int processor)
    {
        using var taskset = Process.Start(new ProcessStartInfo("taskset", ["-a", "-p", "-c", $"{processor}", $"{process}"]) { RedirectStandardOutput = true });
        taskset?.WaitForExit();
    }
}

/// <summary>A plane that uses all that it gets and wants 150 a second of each bucket.</summary>
internal sealed class SyncPlane(GrpcChannel channel, int index, int buckets)
{
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private readonly List<(ulong Lease, ulong Amount)>[] _leases = [.. Enumerable.Range(0, buckets).Select(static _ => new List<(ulong, ulong)>())];
    private ulong _number;

    /// <summary>When all have come.</summary>
    public static long MeasuredFrom { get; set; }

    private string Id => string.Create(CultureInfo.InvariantCulture, $"sim-{index}");

    public static string LimitOf(int bucket) => string.Create(CultureInfo.InvariantCulture, $"limit{bucket}");

    public JoinRequest Enrolment() => new() { PlaneId = Id, CredentialSha256 = ByteString.CopyFrom(SHA256.HashData(_secret)) };

    /// <summary>Asks each second until <paramref name="seconds"/> after all have come; what begins once they have is noted, in µs.</summary>
    public async Task RunAsync(double delayMs, int seconds, Histogram took, Histogram[] timeline)
    {
        var born = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromMilliseconds(delayMs));
        var options = new GrpcCallOptions { Metadata = new() { { "authorization", $"Bearer {Id}.{Base64Url.EncodeToString(_secret)}" } } };
        await using var call = channel.Open(PlaneMethods.Sync, options: options);
        var start = new PlaneStart { PlaneId = Id, Epoch = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16)) };
        await call.WriteAsync(new QuotaUp { Hello = new QuotaHello { Plane = start } });
        if (!await call.ReadAsync())
            throw new InvalidOperationException((await call.Completion).ToString());
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (Stopwatch.GetElapsedTime(MeasuredFrom).TotalSeconds < seconds)
        {
            var ask = new QuotaUp { Ask = Next() };
            var began = Stopwatch.GetTimestamp();
            await call.WriteAsync(ask);
            do
            {
                if (!await call.ReadAsync())
                    throw new InvalidOperationException((await call.Completion).ToString());
            }
            while (call.Current.KindCase != QuotaDown.KindOneofCase.Answer);
            var us = (long)Stopwatch.GetElapsedTime(began).TotalMicroseconds;
            timeline[(int)Math.Min(timeline.Length - 1, Stopwatch.GetElapsedTime(born, began).TotalSeconds)].Record(us);
            if (began >= MeasuredFrom)
                took.Record(us);
            Take(call.Current.Answer);
            await timer.WaitForNextTickAsync();
        }
    }

    private QuotaAsk Next()
    {
        var ask = new QuotaAsk { Number = ++_number };
        if (_number == 1)
            ask.Subjects.Add(new SubjectName { Subject = 1, Key = Id });
        for (var i = 0; i < buckets; i++)
        {
            var number = (uint)i + 1;
            if (_number == 1)
                ask.Names.Add(new BucketName { Bucket = number, Limit = LimitOf((int)number), Unit = QuotaUnit.Requests, Value = "*" });
            var report = new BucketReport { Bucket = number };
            foreach (var (lease, amount) in _leases[i])
                report.Leases.Add(new LeaseUse { Lease = lease, Amount = amount, Used = amount, IsClosed = true });
            report.Wants.Add(new Want { Subject = 1, Amount = 750 });
            ask.Buckets.Add(report);
        }

        return ask;
    }

    private void Take(QuotaAnswer answer)
    {
        foreach (var grant in answer.Buckets)
        {
            var leases = _leases[(int)grant.Bucket - 1];
            leases.Clear();
            if (grant.Lease != 0)
                leases.Add((grant.Lease, grant.Amount));
            if (grant.IsUnknown)
                throw new InvalidOperationException("a limit is not known");
        }
    }
}
