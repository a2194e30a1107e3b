using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Wire;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Quota;

/// <summary>A bucket of the fleet: one limit, one of its units, one value of its scope.</summary>
internal readonly record struct BucketId(string Limit, QuotaUnit Unit, string Scope, string Value)
{
    /// <summary>Stands in the log for each bucket of a limit that has no ceiling of its own. No scope is called so.</summary>
    public BucketId ToAny() => this with { Scope = "*", Value = "*" };

    public bool IsAny => Scope == "*";
}

/// <summary>The present: monotonic nanoseconds, and those of the wall clock, which only place windows.</summary>
internal readonly record struct Moment(long Ns, long UnixNs);

/// <summary>How a bucket refills.</summary>
internal enum QuotaKind
{
    /// <summary>All the time, up to a burst.</summary>
    Rate,

    /// <summary>At the start of each window; money always.</summary>
    Window,

    /// <summary>It does not: so many at a time.</summary>
    Slots,
}

/// <summary>A limit as the allocator keeps it.</summary>
internal sealed record QuotaRule
{
    public required QuotaKind Kind { get; init; }

    /// <summary>Units each period, a window, or slots.</summary>
    public required long Amount { get; init; }

    /// <summary>Of a rate.</summary>
    public long PeriodNs { get; init; } = LimitClock.SecondNs;

    /// <summary>Of a rate: the most at once over the whole fleet.</summary>
    public long Burst { get; init; }

    /// <summary>Of a window.</summary>
    public WindowSchedule? Schedule { get; init; }

    /// <summary>What a window lasts, where that may change: windows of another kind are counted anew.</summary>
    public AmountPeriod? Period { get; init; }

    public DebtPolicy Debt { get; init; }

    /// <summary>Whether planes have to know how much all of them have used.</summary>
    public bool IsUseTold { get; init; }

    /// <summary>What is guaranteed, in percent, to each of the limit's shares; 100 together at most.</summary>
    public IReadOnlyList<int> Shares { get; init; } = [];

    /// <summary>Who they are, in the same order: <c>TAG=VALUE</c>.</summary>
    public IReadOnlyList<string> ShareNames { get; init; } = [];

    /// <summary>Of a window: whether of a share only as much is kept as of the window is still to come.</summary>
    public bool IsLentByPace { get; init; }

    /// <summary>The place of a share; -1 for whoever has none.</summary>
    public int ShareAt(string name)
    {
        for (var i = 0; i < ShareNames.Count; i++)
        {
            if (ShareNames[i] == name)
                return i;
        }

        return -1;
    }

    /// <summary>What is guaranteed to a share, of a whole.</summary>
    public long PartOf(int share, long whole) => (long)((Int128)whole * Shares[share] / 100);

    /// <summary>A share's percent; of those who have none, what no share is guaranteed.</summary>
    public int PercentOf(int share)
    {
        if (share >= 0)
            return Shares[share];
        var rest = 100;
        foreach (var percent in Shares)
            rest -= percent;
        return rest;
    }

    /// <summary>Units a second, of a rate.</summary>
    public double PerSecond => (double)Amount * LimitClock.SecondNs / PeriodNs;
}

/// <summary>Where the allocator finds the limits in force.</summary>
internal interface IQuotaRules
{
    /// <summary>Changes with every edit that may concern a limit, and never comes back.</summary>
    ulong Generation { get; }

    /// <summary>The rule of a bucket; null where there is no such limit, or not of that unit or scope.</summary>
    QuotaRule? Find(in BucketId id);

    /// <summary>Limits in force that go on with what a name that is none any more has used.</summary>
    IEnumerable<(string From, string To)> Renames => [];

    /// <summary>Whether a limit of that name is in force.</summary>
    bool IsLimit(string name) => false;

    /// <summary>All limits and units that buckets may be asked of.</summary>
    IEnumerable<(string Limit, QuotaUnit Unit, QuotaRule Rule)> All => [];
}
