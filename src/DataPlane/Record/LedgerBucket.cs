using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// Whose use of what: the name of a bucket over restarts and edits. Of a limit with <c>shares:</c> there is one of the whole, and beside it one
/// for what each share has used of that, whose <paramref name="Tag"/> begins with the share's name; the <paramref name="Tag"/> of both ends with a mark of
/// all shares, for an edit of these begins anew.
/// </summary>
internal readonly record struct LedgerKey(string Limit, LimitUnit Unit, LimitPeriod Period, LimitScope Per, string Tag, string Value)
{
    /// <param name="part">Of which limit.</param>
    /// <param name="value">Whose.</param>
    /// <param name="share">Which share's; -1 for the whole.</param>
    public static LedgerKey Of(LimitPart part, string value, int share = -1) => new(
        part.Limit.Name, part.Quantity!.Unit, part.Quantity.Period, part.Limit.Per,
        (share < 0 ? part.Limit.PerTag ?? "" : part.Limit.Shares[share].Name) + part.SharesMark, value);
}

/// <summary>What was used of one bucket in its latest window, debt of the windows before it included. Windows only ever follow one another.</summary>
/// <param name="key">Its name.</param>
/// <param name="window">The window's number.</param>
/// <param name="endUnixNs">When the window ends.</param>
/// <param name="used">What was used in it.</param>
/// <param name="touchedUnixMs">When it was charged last.</param>
internal sealed class LedgerBucket(LedgerKey key, long window, long endUnixNs, long used, long touchedUnixMs)
{
    private WindowSchedule? _schedule;
    private LimitModel? _limit;
    private long _amount;

    /// <summary>Its name; it changes where a limit was renamed.</summary>
    public LedgerKey Key { get; set; } = key;

    public long Window { get; private set; } = window;

    public long EndUnixNs { get; private set; } = endUnixNs;

    public long Used { get; private set; } = used;

    /// <summary>When it was charged last.</summary>
    public long TouchedUnixMs { get; private set; } = touchedUnixMs;

    public BucketCheckpoint Checkpoint => new(Used, Window);

    /// <summary>A bucket of <paramref name="part"/> in the window of a moment.</summary>
    public static LedgerBucket New(LimitPart part, LedgerKey key, long unixMs)
    {
        var span = ScheduleOf(part).At(unixMs * 1_000_000);
        return new LedgerBucket(key, span.Number, span.EndUnixNs, 0, unixMs);
    }

    /// <summary>Where the windows of a part begin and end.</summary>
    public static WindowSchedule ScheduleOf(LimitPart part) => part.Quantity!.Period switch
    {
        LimitPeriod.Month => WindowSchedule.Monthly(part.Limit.TimeZone),
        LimitPeriod.Day => WindowSchedule.Daily(part.Limit.TimeZone),
        LimitPeriod.Hour => WindowSchedule.Hourly(part.Limit.TimeZone),
        LimitPeriod.Minute => WindowSchedule.Fixed(60 * LimitClock.SecondNs),
        _ => WindowSchedule.Fixed(LimitClock.SecondNs),
    };

    /// <summary>
    /// Takes the limit as it is configured now. Where its windows begin at other moments than before, what was used in one that is
    /// still open stays used until a window of the new kind ends.
    /// </summary>
    public void Follow(LimitPart part, long nowUnixMs)
    {
        if (ReferenceEquals(_limit, part.Limit))
            return;
        var schedule = ScheduleOf(part);
        if (!schedule.Equals(_schedule))
        {
            if (nowUnixMs * 1_000_000 < EndUnixNs)
                Window = Math.Max(Window, schedule.At(nowUnixMs * 1_000_000).Number);
            EndUnixNs = schedule.Of(Window).EndUnixNs;
        }

        (_limit, _schedule, _amount) = (part.Limit, schedule, part.Quantity!.Amount);
    }

    /// <summary>Charges what ended at a moment to the window of then; to the present window if a clock was put back since.</summary>
    public void Charge(long amount, long unixMs)
    {
        TouchedUnixMs = Math.Max(TouchedUnixMs, unixMs);
        if (unixMs * 1_000_000 >= EndUnixNs)
            Move(_schedule!.At(unixMs * 1_000_000));
        Used = (long)Int128.Clamp((Int128)Used + amount, 0, LimitBucket.AmountMax);
    }

    /// <summary>What was left at a moment.</summary>
    public long RoomAt(long unixMs)
    {
        if (unixMs * 1_000_000 >= EndUnixNs)
            Move(_schedule!.At(unixMs * 1_000_000));
        return Math.Max(0, _amount - Used);
    }

    /// <summary>Takes over the use of a bucket that had another name.</summary>
    public void Merge(LedgerBucket other)
    {
        TouchedUnixMs = Math.Max(TouchedUnixMs, other.TouchedUnixMs);
        if (other.Window < Window)
            return;
        Used = other.Window > Window ? other.Used : (long)Int128.Min((Int128)Used + other.Used, LimitBucket.AmountMax);
        (Window, EndUnixNs) = (other.Window, other.EndUnixNs);
    }

    /// <summary>Whether nothing of it can matter any more: its window is long over, by any time zone, and it owes nothing.</summary>
    public bool IsOver(long unixMs)
    {
        var keep = Key.Period switch
        {
            LimitPeriod.Month => TimeSpan.FromDays(33),
            LimitPeriod.Day => TimeSpan.FromDays(3),
            _ => TimeSpan.FromDays(1),
        };
        return unixMs - TouchedUnixMs > keep.TotalMilliseconds && (_limit is null || Used <= _amount || _limit.Debt == DebtPolicy.Forgive);
    }

    private void Move(WindowSpan span)
    {
        var owed = _limit!.Debt == DebtPolicy.Forgive ? 0 : (Int128)Used - (Int128)_amount * (span.Number - Window);
        Used = (long)Int128.Max(0, owed);
        Window = span.Number;
        EndUnixNs = span.EndUnixNs;
    }
}
