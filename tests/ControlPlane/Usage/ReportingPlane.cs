using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Tests.Hosting;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>A data plane that keeps its records and reports to a control plane as a shipper does: what that says it wants, from where it wants it.</summary>
internal sealed class ReportingPlane(string id, string credential)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly byte[] _epoch = System.Security.Cryptography.RandomNumberGenerator.GetBytes(16);

    /// <summary>All records that it keeps, the first with sequence 1.</summary>
    public List<UsageRecord> Journal { get; } = [];

    /// <summary>From which record on the control plane wanted them, at each connection.</summary>
    public List<ulong> Wanted { get; } = [];

    public void Add(params UsageRecord[] records)
    {
        foreach (var record in records)
        {
            record.Sequence = (ulong)Journal.Count + 1;
            Journal.Add(record);
        }
    }

    /// <summary>Connects, sends what is wanted, and returns once it is acknowledged.</summary>
    public async Task ReportAsync(ControlRig rig)
    {
        await using var call = rig.Channel(credential).Open(PlaneMethods.Report);
        var last = (ulong)Journal.Count;
        var hello = new UsageHello { Plane = new() { PlaneId = id, Epoch = ByteString.CopyFrom(_epoch) } };
        hello.Journals.Add(new JournalSpan { Epoch = ByteString.CopyFrom(_epoch), FirstSequence = 1, LastSequence = last });
        await call.WriteAsync(new() { Hello = hello });
        while (await call.ReadAsync().AsTask().WaitAsync(Patience))
        {
            if (call.Current.Acknowledged is { } told && told.ThroughSequence == last)
                return;
            if (call.Current.Resend is not { } resend)
                continue;
            Wanted.Add(resend.FromSequence);
            var batch = new UsageBatch { Epoch = ByteString.CopyFrom(_epoch), ThroughSequence = last };
            batch.Records.AddRange(Journal.Skip((int)resend.FromSequence - 1));
            await call.WriteAsync(new() { Batch = batch });
        }

        throw new InvalidOperationException((await call.Completion).ToString());
    }
}
