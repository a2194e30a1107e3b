using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Link;

/// <summary>The numbers that a stream of credit has for buckets and for those whose demand it is, and the wire's words for both.</summary>
internal sealed class QuotaNumbers
{
    /// <summary>Keys that a stream names; the control plane bears a million.</summary>
    private const int SubjectsMax = 100_000;

    private static readonly Priority[] Priorities = [Priority.High, Priority.Normal, Priority.Low];

    private readonly List<KeyDemand> _demands = [];
    private readonly List<(LentScope Lent, string Limit)> _buckets = [];
    private readonly Dictionary<string, uint> _subjects = new(StringComparer.Ordinal);

    public void Clear()
    {
        _buckets.Clear();
        _subjects.Clear();
    }

    /// <summary>What a number stands for; null for none.</summary>
    public LentScope? Find(uint number) => number > 0 && number <= _buckets.Count ? _buckets[(int)number - 1].Lent : null;

    /// <summary>Puts what is told of a scope into an ask, with the names that are new.</summary>
    public void Write(QuotaAsk ask, LentScope lent, string plane)
    {
        var part = lent.Part.Part;
        var limit = part.Limit;
        if (lent.Number == 0 || _buckets[(int)lent.Number - 1].Limit != limit.Name)
        {
            _buckets.Add((lent, limit.Name));
            lent.Number = (uint)_buckets.Count;
            ask.Names.Add(new BucketName
            {
                Bucket = lent.Number,
                Limit = limit.Name,
                Unit = Unit(part),
                Scope = Scope(limit),
                Value = lent.Scope.Value,
                Share = lent.Share.Name,
            });
        }

        var report = Report(lent);
        if (lent.Told.Wanted > 0)
            WriteWants(ask, report, lent, limit.Per == LimitScope.Key ? lent.Scope.Value : plane);
        ask.Buckets.Add(report);
    }

    /// <summary>Whose it is that is wanted; where nobody has gone short, the plane's.</summary>
    private void WriteWants(QuotaAsk ask, BucketReport report, LentScope lent, string other)
    {
        _demands.Clear();
        lent.Demands?.Divide(lent.Told.Wanted, _demands);
        if (_demands.Count == 0)
            _demands.Add(new("", PriorityClass.Normal, lent.Told.Wanted));
        foreach (var demand in _demands)
        {
            report.Wants.Add(new Want
            {
                Subject = Subject(ask, demand.Key.Length == 0 ? other : demand.Key, other),
                Priority = Priorities[(int)demand.Priority],
                Amount = (ulong)demand.Amount,
            });
        }
    }

    /// <summary>A grant as the limits know it.</summary>
    public static LeaseGrant Read(BucketGrant grant)
    {
        // A limit that one side knows and the other not yet is asked for again soon.
        var retryMs = grant.IsUnknown ? 200 : grant.RetryAfterMs;
        return new LeaseGrant(
            grant.Lease, Clamp(grant.Amount), grant.LengthMs * 1_000_000L, Clamp(grant.Share), (long)grant.Window,
            (long)Math.Min(grant.WindowLeftMs, long.MaxValue / 2_000_000) * 1_000_000, retryMs * 1_000_000L,
            grant.HasUsed ? Clamp(grant.Used) : -1, grant.IsSpent);
    }

    private static BucketReport Report(LentScope lent)
    {
        var told = lent.Told;
        var report = new BucketReport
        {
            Bucket = lent.Number,
            OutageTotal = (ulong)told.OutageTotal,
            OutageAcknowledged = (ulong)told.OutageAcknowledged,
            Least = (ulong)told.Least,
        };
        foreach (var lease in told.Leases)
        {
            report.Leases.Add(new LeaseUse
            {
                Lease = lease.Lease,
                Amount = (ulong)lease.Amount,
                Used = (ulong)lease.Used,
                IsClosed = lease.IsClosed,
                Window = (ulong)lease.Window,
            });
        }

        foreach (var adjustment in told.Adjustments)
        {
            report.Adjustments.Add(new WindowAdjustment
            {
                Window = (ulong)adjustment.Window,
                Total = adjustment.Total,
                Acknowledged = adjustment.Acknowledged,
            });
        }

        return report;
    }

    private uint Subject(QuotaAsk ask, string key, string other)
    {
        if (_subjects.TryGetValue(key, out var number))
            return number;
        if (_subjects.Count >= SubjectsMax && key != other)
            return Subject(ask, other, other);
        number = (uint)_subjects.Count + 1;
        _subjects.Add(key, number);
        ask.Subjects.Add(new SubjectName { Subject = number, Key = key });
        return number;
    }

    private static QuotaUnit Unit(LimitPart part) => part.Quantity?.Unit switch
    {
        LimitUnit.Requests => QuotaUnit.Requests,
        LimitUnit.Tokens => QuotaUnit.Tokens,
        LimitUnit.InputTokens => QuotaUnit.InputTokens,
        LimitUnit.OutputTokens => QuotaUnit.OutputTokens,
        LimitUnit.Cost => QuotaUnit.Nanodollars,
        _ => QuotaUnit.Streams,
    };

    private static string Scope(LimitModel limit) => limit.Per switch
    {
        LimitScope.Key => "key",
        LimitScope.Team => "team",
        LimitScope.Model => "model",
        LimitScope.Provider => "provider",
        LimitScope.Ip => "ip",
        LimitScope.Tag => $"tag:{limit.PerTag}",
        _ => "",
    };

    private static long Clamp(ulong amount) => (long)Math.Min(amount, LimitBucket.AmountMax);
}
