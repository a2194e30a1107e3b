using System.Text;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Usage;

/// <summary>A record that was found.</summary>
/// <param name="Record">The record.</param>
/// <param name="PlaneId">Who reported it.</param>
/// <param name="Epoch">Its epoch, in hexadecimal.</param>
internal sealed record FoundRequest(UsageRecord Record, string PlaneId, string Epoch);

/// <summary>Which records are looked for.</summary>
internal sealed class RequestFilter
{
    public const int LimitMax = 1_000;

    /// <summary>Records that one answer looks at; the next one goes on from there.</summary>
    public const int LooksMax = 500_000;

    public required long FromUnixMs { get; init; }

    public required long ToUnixMs { get; init; }

    public IReadOnlyList<(UsageDimension Dimension, string Value)> Values { get; init; } = [];

    /// <summary>Attempts, too; else exchanges alone.</summary>
    public bool WithAttempts { get; init; }

    /// <summary>Of HTTP: exactly this, or with 4 and 5 all of that hundred; 0 for any.</summary>
    public long Status { get; init; }

    public string? End { get; init; }

    public string? Limit { get; init; }

    /// <summary>Ours or the client's.</summary>
    public string? RequestId { get; init; }

    public long TotalMsMin { get; init; }

    public long CostMin { get; init; }

    public bool Matches(UsageRecord record, long endedUnixMs)
    {
        if (endedUnixMs < FromUnixMs || endedUnixMs >= ToUnixMs || (record.Kind == RecordKind.Attempt && !WithAttempts))
            return false;
        if (Status > 0 && record.Status != Status && (Status >= 100 || record.Status / 100 != Status))
            return false;
        if ((End is not null && record.End != End && !(End == "refused" && record.End.StartsWith("refused:", StringComparison.Ordinal)))
            || (Limit is not null && record.Limit != Limit))
            return false;
        if (RequestId is not null && record.RequestId != RequestId && record.ClientRequestId != RequestId)
            return false;
        if (record.TotalMs < TotalMsMin || record.CostNanodollars < CostMin)
            return false;
        if (Values.Count == 0)
            return true;
        var series = UsageSeries.Of(record);
        foreach (var (dimension, value) in Values)
        {
            if (dimension.Of(series) != value)
                return false;
        }

        return true;
    }

    /// <summary>Texts that the bytes of every record that matches contain; a look at the bytes is much cheaper than reading them.</summary>
    public IEnumerable<string> Needles()
    {
        if (RequestId is not null)
            yield return RequestId;
        if (Limit is not null)
            yield return Limit;
        foreach (var (_, value) in Values)
        {
            if (value.Length > 0 && value != UsageSeries.Other)
                yield return value;
        }
    }
}

/// <summary>Where a search goes on: behind a record of a batch, counted from the batch's end.</summary>
internal readonly record struct RequestCursor(ulong Batch, int Passed)
{
    public static bool TryParse(string text, out RequestCursor cursor)
    {
        cursor = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash <= 0 || !ulong.TryParse(text.AsSpan(0, dash), out var batch) || !int.TryParse(text.AsSpan(dash + 1), out var passed) || passed < 0)
            return false;
        cursor = new(batch, passed);
        return true;
    }

    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Batch}-{Passed}");
}

/// <summary>Looks through the ledger's records, newest reports first.</summary>
internal static class RequestSearch
{
    /// <summary>The next records that match, and where to go on; null where nothing is left.</summary>
    public static (List<FoundRequest> Found, RequestCursor? Next) Find(
        IUsageLedger ledger, RequestFilter filter, int limit, RequestCursor? from, CancellationToken cancel)
    {
        var found = new List<FoundRequest>();
        var needles = filter.Needles().Select(Encoding.UTF8.GetBytes).ToArray();
        var looks = 0;
        foreach (var (number, batch) in ledger.ReadBackwards(filter.FromUnixMs, filter.ToUnixMs, from?.Batch ?? ulong.MaxValue))
        {
            cancel.ThrowIfCancellationRequested();
            var passed = from is { } begin && begin.Batch == number ? begin.Passed : 0;
            for (; passed < batch.Records.Count; passed++)
            {
                if (found.Count == limit || looks++ == RequestFilter.LooksMax)
                    return (found, new(number, passed));
                var record = batch.Records[^(passed + 1)];
                if (Contains(record.Bytes.Span, needles) && UsageRecord.Parser.ParseFrom(record.Bytes.Span) is var parsed
                    && filter.Matches(parsed, record.EndedUnixMs))
                    found.Add(new(parsed, batch.PlaneId, batch.Epoch.ToString("x32", System.Globalization.CultureInfo.InvariantCulture)));
            }
        }

        return (found, null);
    }

    private static bool Contains(ReadOnlySpan<byte> bytes, byte[][] needles)
    {
        foreach (var needle in needles)
        {
            if (bytes.IndexOf(needle) < 0)
                return false;
        }

        return true;
    }
}
