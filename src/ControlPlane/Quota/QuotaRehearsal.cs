using System.Buffers;
using AiEdge.Contracts.Wire;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>
/// Asks once for a bucket of each kind, of limits that nobody has. What answers an ask is compiled when it is called first, which takes longer than
/// a request on a cold bucket may wait; so that is done while the process starts.
/// </summary>
internal sealed class QuotaRehearsal : IQuotaRules
{
    private static readonly (QuotaUnit Unit, QuotaRule Rule)[] Kinds =
    [
        (QuotaUnit.Requests, new QuotaRule { Kind = QuotaKind.Rate, Amount = 1000, Burst = 1000 }),
        (QuotaUnit.Tokens, new QuotaRule { Kind = QuotaKind.Window, Amount = 1000, Schedule = WindowSchedule.Daily(TimeZoneInfo.Utc) }),
        (QuotaUnit.Streams, new QuotaRule { Kind = QuotaKind.Slots, Amount = 1000 }),
    ];

    private static readonly Dictionary<uint, string> Keys = new() { [1] = "key" };

    private QuotaRehearsal()
    {
    }

    ulong IQuotaRules.Generation => 1;

    IEnumerable<(string Limit, QuotaUnit Unit, QuotaRule Rule)> IQuotaRules.All => Kinds.Select(static kind => ("rehearsal", kind.Unit, kind.Rule));

    /// <summary>Returns how many buckets lent something, without waiting for a log: all three.</summary>
    public static int Run()
    {
        var now = new Moment(LimitClock.SecondNs, 0);
        var allocator = new QuotaAllocator(new QuotaRehearsal(), QuotaMemory.Of(default, []), now);
        allocator.Prepare(now);
        allocator.Written(allocator.TakeRecords());
        var plane = allocator.Join("rehearsal", 1, now);
        var lent = 0;
        foreach (var (unit, _) in Kinds)
        {
            var seat = new BucketSeat(new BucketId("rehearsal", unit, "key", "key"));
            var report = new BucketReport { Bucket = 1, Least = 1, Wants = { new Want { Subject = 1, Amount = 4 } } };
            var grant = Pass(allocator.Ask(plane, 1, seat, Pass(report), Keys, now, out _));
            lent += grant.Amount > 0 ? 1 : 0;
            report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = 1 });
            allocator.Ask(plane, 1, seat, report, Keys, now, out _);
        }

        allocator.Reported(plane);
        allocator.Leave(plane, now);
        return lent;
    }

    QuotaRule? IQuotaRules.Find(in BucketId id)
    {
        var unit = id.Unit;
        return Array.Find(Kinds, kind => kind.Unit == unit).Rule;
    }

    /// <summary>As it comes over the wire.</summary>
    private static BucketReport Pass(BucketReport report)
    {
        var bytes = new ArrayBufferWriter<byte>();
        PlaneMethods.Sync.Requests.Write(new QuotaUp { Ask = new QuotaAsk { Number = 1, Buckets = { report } } }, bytes);
        return PlaneMethods.Sync.Requests.TryRead(new ReadOnlySequence<byte>(bytes.WrittenMemory), out var up) ? up.Ask.Buckets[0] : report;
    }

    private static BucketGrant Pass(BucketGrant grant)
    {
        var bytes = new ArrayBufferWriter<byte>();
        PlaneMethods.Sync.Responses.Write(new QuotaDown { Answer = new QuotaAnswer { Number = 1, Buckets = { grant } } }, bytes);
        return PlaneMethods.Sync.Responses.TryRead(new ReadOnlySequence<byte>(bytes.WrittenMemory), out var down) ? down.Answer.Buckets[0] : grant;
    }
}
