using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using AiEdge.Contracts.Wire;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Crash;

/// <summary>One start of a plane that reports: which records it has made, and up to which the control plane has said that it has them.</summary>
internal sealed class CrashEpoch
{
    public byte[] Id { get; } = RandomNumberGenerator.GetBytes(16);

    public UInt128 Number => BinaryPrimitives.ReadUInt128BigEndian(Id);

    public ulong Made { get; set; }

    public ulong Acknowledged { get; set; }

    public string RequestId(ulong sequence) => $"{Convert.ToHexStringLower(Id)}-{sequence.ToString(CultureInfo.InvariantCulture)}";

    public static long Cost(ulong sequence) => 1_000 + (long)(sequence % 97);
}

/// <summary>
/// A data plane as the control plane sees it: reports records as a journal does that outlives both sides, and draws from leases. Another start
/// of it has another epoch and no leases, and goes on with the records of those before.
/// </summary>
internal sealed class CrashPlane(string id, CrashFaults faults, CrashCredit credit)
{
    private const int BatchRecords = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private readonly Random _random = new();
    private bool _hasJoined;

    public string Id => id;

    public List<CrashEpoch> Epochs { get; } = [new()];

    private CrashEpoch Now => Epochs[^1];

    /// <summary>The process has died and another has taken its place.</summary>
    public void Restart()
    {
        Epochs.Add(new());
        credit.Forget(id);
    }

    /// <summary>Reports and draws until the control plane is gone; <paramref name="onLent"/> is told of each answer to an ask.</summary>
    public async Task RunAsync(Uri grpc, Action onLent, CancellationToken stop)
    {
        using var channel = new GrpcChannel(new() { Address = grpc, Authorization = _ => new($"Bearer {id}.{Base64Url.EncodeToString(_secret)}") });
        if (!_hasJoined)
        {
            // The same hash again is the same credential: an answer that was lost is asked for again.
            using var stranger = new GrpcChannel(new() { Address = grpc, Authorization = _ => new("Bearer " + ControlProcess.Join) });
            var joined = await stranger.UnaryAsync(
                PlaneMethods.Join, new() { PlaneId = id, CredentialSha256 = ByteString.CopyFrom(SHA256.HashData(_secret)) }, cancellation: stop);
            if (!joined.IsOk)
                return;
            _hasJoined = true;
        }

        var start = new PlaneStart { PlaneId = id, Epoch = ByteString.CopyFrom(Now.Id) };
        await Task.WhenAll(ReportAsync(channel, start, stop), credit.SyncAsync(channel, start, onLent, stop));
    }

    private async Task ReportAsync(GrpcChannel channel, PlaneStart start, CancellationToken stop)
    {
        await using var call = channel.Open(PlaneMethods.Report, cancellation: stop);
        var hello = new UsageHello { Plane = start };
        foreach (var epoch in Epochs)
            hello.Journals.Add(new JournalSpan { Epoch = ByteString.CopyFrom(epoch.Id), FirstSequence = 1, LastSequence = epoch.Made, IsClosed = epoch != Now });
        if (!await call.WriteAsync(new() { Hello = hello }) || !await call.ReadAsync())
            return;
        var taking = TakeAsync(call);
        foreach (var epoch in Epochs)
        {
            // Some of what is safe already comes again, as after an acknowledgement that was lost.
            var next = epoch.Acknowledged + 1 - Math.Min(epoch.Acknowledged, (ulong)_random.Next(30));
            while (!stop.IsCancellationRequested && !call.Completion.IsCompleted && (epoch == Now || next <= epoch.Made))
            {
                if (epoch == Now)
                    epoch.Made += BatchRecords;
                var through = Math.Min(next + BatchRecords - 1, epoch.Made);
                if (!await call.WriteAsync(new() { Batch = Batch(epoch, next, through) }))
                    break;
                next = through + 1;
                if (epoch == Now)
                    await Task.Delay(Pause, CancellationToken.None);
            }
        }

        if (stop.IsCancellationRequested)
            call.Cancel();
        await taking;
    }

    private UsageBatch Batch(CrashEpoch epoch, ulong from, ulong through)
    {
        var batch = new UsageBatch { Epoch = ByteString.CopyFrom(epoch.Id), ThroughSequence = through, IsClosed = epoch != Now && through == epoch.Made };
        for (var sequence = from; sequence <= through; sequence++)
        {
            batch.Records.Add(new UsageRecord
            {
                Sequence = sequence,
                Kind = RecordKind.Exchange,
                EndedUnixMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
                RequestId = epoch.RequestId(sequence),
                Key = id,
                Model = "gpt-4o",
                Provider = "openai",
                Attempts = 1,
                Status = 200,
                End = "done",
                CostNanodollars = CrashEpoch.Cost(sequence),
            });
        }

        return batch;
    }

    private async Task TakeAsync(GrpcCall<UsageUp, UsageDown> call)
    {
        while (await call.ReadAsync())
        {
            if (call.Current.Acknowledged is { } told && Find(told.Epoch) is { } epoch)
            {
                if (told.ThroughSequence < epoch.Acknowledged)
                    faults.Add($"{id}: {told.ThroughSequence} records are there, {epoch.Acknowledged} were acknowledged");
                if (told.ThroughSequence > epoch.Made)
                    faults.Add($"{id}: {told.ThroughSequence} records are there, {epoch.Made} were made");
                epoch.Acknowledged = Math.Max(epoch.Acknowledged, told.ThroughSequence);
            }
            else if (call.Current.Resend is { } resend && Find(resend.Epoch) is { } lost && resend.FromSequence <= lost.Acknowledged)
            {
                faults.Add($"{id}: record {resend.FromSequence} is asked for again, {lost.Acknowledged} were acknowledged");
            }
        }
    }

    private CrashEpoch? Find(ByteString epoch) => Epochs.Find(e => epoch.Span.SequenceEqual(e.Id));
}
