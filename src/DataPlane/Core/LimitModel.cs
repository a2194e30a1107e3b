using AiEdge.Limits;

namespace AiEdge.DataPlane.Core;

/// <summary>What a limit counts.</summary>
internal enum LimitUnit : byte
{
    Requests,

    /// <summary>Input and output together.</summary>
    Tokens,
    InputTokens,
    OutputTokens,

    /// <summary>Nanodollars.</summary>
    Cost,
}

/// <summary>The time that an amount is allowed in.</summary>
internal enum LimitPeriod : byte
{
    Second,
    Minute,
    Hour,
    Day,
    Month,
}

/// <summary>Whom a limit keeps a bucket for (<c>per:</c>).</summary>
internal enum LimitScope : byte
{
    Global,
    Key,
    Team,
    Model,
    Provider,
    Ip,
    Tag,
}

/// <summary>What becomes of a stream whose next slice of credit is refused (<c>onStream:</c>).</summary>
internal enum StreamPolicy : byte
{
    /// <summary>It ends within one event, in its dialect's own way.</summary>
    Cut,

    /// <summary>It goes on, into debt.</summary>
    Overdraw,
}

/// <summary>What a limit does while the level above cannot be asked (<c>onOutage:</c>); of no effect on a plane that stands alone.</summary>
internal enum OutagePolicy : byte
{
    Share,
    Refuse,
    Allow,
}

/// <summary>What a cost limit does with a model that has no price (<c>unpriced:</c>).</summary>
internal enum UnpricedPolicy : byte
{
    /// <summary>Not said: the document may not let it happen.</summary>
    Fault,
    Refuse,
    Zero,
}

/// <summary>One amount of a limit: so much of a unit in a period.</summary>
internal sealed record QuantityModel
{
    public required LimitUnit Unit { get; init; }

    /// <summary>Requests, tokens or nanodollars; at least 1.</summary>
    public required long Amount { get; init; }

    public required LimitPeriod Period { get; init; }

    /// <summary>How much may be drawn at once, of a rate; equals <see cref="Amount"/> for a window.</summary>
    public required long Burst { get; init; }

    /// <summary>A rate refills all the time; a window (from an hour on, and everything that counts money) starts anew.</summary>
    public bool IsRate => Unit != LimitUnit.Cost && Period <= LimitPeriod.Minute;
}

/// <summary>Requests that wait for credit rather than being refused (<c>queue:</c>).</summary>
internal sealed record QueueModel(int Max, TimeSpan Wait);

/// <summary>A part of a limit that belongs to whoever carries a tag (<c>shares:</c>).</summary>
internal sealed record ShareModel(string Tag, string Value, int Percent)
{
    /// <summary>Who it is of, <c>TAG=VALUE</c>.</summary>
    public string Name { get; } = Tag + "=" + Value;
}

/// <summary>A limit, compiled.</summary>
internal sealed class LimitModel
{
    /// <summary>Unique in the document; what clients and metrics see.</summary>
    public required string Name { get; init; }

    /// <summary>The name of an earlier document whose use this one goes on with, or null (<c>was:</c>).</summary>
    public string? Was { get; init; }

    public required LimitSelector Match { get; init; }

    public required LimitScope Per { get; init; }

    /// <summary>The tag's name where <see cref="Per"/> is <see cref="LimitScope.Tag"/>.</summary>
    public string? PerTag { get; init; }

    public required QuantityModel[] Quantities { get; init; }

    /// <summary>Requests under way at once; null for any number.</summary>
    public int? Concurrent { get; init; }

    /// <summary>Measures and never refuses.</summary>
    public bool IsShadow { get; init; }

    public StreamPolicy OnStream { get; init; }

    public OutagePolicy OnOutage { get; init; }

    public UnpricedPolicy Unpriced { get; init; }

    /// <summary>Where calendar windows begin.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    public DebtPolicy Debt { get; init; }

    /// <summary>Buckets of an address or a tag; who comes later shares one.</summary>
    public int BucketsMax { get; init; } = 10_000;

    /// <summary>What a cached input token counts, in thousandths of a token (<c>weights.cachedInput</c>).</summary>
    public int CachedInputWeight { get; init; } = 1000;

    public QueueModel? Queue { get; init; }

    public ShareModel[] Shares { get; init; } = [];

    /// <summary>Whether of a window's share only as much is kept as of the window is still to come (<c>lend: pace</c>).</summary>
    public bool IsLentByPace { get; init; }

    /// <summary>Which share is of a key with such tags, its own and its team's; -1 for none. A client's own do not count.</summary>
    public int ShareOf(ReadOnlySpan<KeyValuePair<string, string>> tags)
    {
        for (var i = 0; i < Shares.Length; i++)
        {
            foreach (var (name, value) in tags)
            {
                if (name == Shares[i].Tag && value == Shares[i].Value)
                    return i;
            }
        }

        return -1;
    }

    /// <summary>What it does with requests before it refuses them, by rising parts of its use.</summary>
    public DegradeStep[] Degrade { get; init; } = [];
}
