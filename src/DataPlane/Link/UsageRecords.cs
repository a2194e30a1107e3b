using System.Globalization;
using System.Text;
using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Link;

/// <summary>From a record of the journal to one of the wire.</summary>
internal static class UsageRecords
{
    /// <summary>The record. An exchange's stands for its last attempt, too: nearly every exchange has no other.</summary>
    public static UsageRecord Of(JournalItem item)
    {
        var target = item[JournalText.ProviderModel];
        var dialect = DialectTable.NameOf(item[JournalText.Path]);
        var record = new UsageRecord
        {
            Sequence = (ulong)item.Sequence + 1,
            Kind = item.Kind == JournalKind.Attempt ? RecordKind.Attempt : RecordKind.Exchange,
            EndedUnixMs = item.UnixMs,
            RequestId = item[JournalText.EdgeId],
            ClientRequestId = item[JournalText.RequestId],
            Key = item[JournalText.Key],
            Team = item[JournalText.Team],
            ModelAsked = item[JournalText.Model],
            Provider = item[JournalText.Provider],
            Account = item[JournalText.Account],
            Purpose = item.Purpose,
            Attempts = (uint)item.Attempts,
            Status = (uint)item.Status,
            End = RecordWriter.EndWithLimit(item.End, item[JournalText.Limit]) ?? Encoding.ASCII.GetString(RecordWriter.EndName(item.End)),
            DialectIn = dialect,
            DialectOut = item[JournalText.Provider].Length > 0 ? DialectOut(item, dialect) : "",
            Reported = Reported(item),
            Counted = Counted(item),
            Billed = Billed(item),
            CostNanodollars = Math.Max(0, item[JournalNumber.CostNanodollars]),
            PriceVersion = item[JournalNumber.PriceVersion] is var version and > 0 ? version.ToString(CultureInfo.InvariantCulture) : "",
            FirstTokenMs = Milliseconds(item[JournalNumber.FirstTokenUs]),
            TotalMs = Milliseconds(item[JournalNumber.TotalUs]),
            RequestBytes = Known(item[JournalNumber.BytesIn]),
            ResponseBytes = Known(item[JournalNumber.BytesOut]),
            ConfigGeneration = Known(item[JournalNumber.Generation]),
            Limit = item[JournalText.Limit],
            Rule = item[JournalText.Rule],
            RefusalsLeftOut = Known(item[JournalNumber.LeftOut]),
        };

        // Where no name is configured for the provider, it was asked for what the client asked for.
        record.Target = target.Length > 0 || record.Provider.Length == 0 ? target : record.ModelAsked;
        record.Model = record.Target;
        foreach (var (name, value) in item.Tags)
            record.Tags[name] = value;
        foreach (var (name, value) in item.ClientTags)
            record.Tags[name] = value;
        return record;
    }

    /// <summary>
    /// The provider's own dialect: a call in another one was translated. A record of an older program does not have it, and native paths pass as
    /// they are.
    /// </summary>
    private static string DialectOut(JournalItem item, string dialect) =>
        item[JournalNumber.DialectOut] is >= 0 and var known && known < DialectTable.Forms.Length && dialect != DialectTable.Passthrough
            ? DialectTable.Of((Dialect)known).Name : dialect;

    /// <summary>What the provider said, each class by itself: it counts cached and audio input in its input, and reasoning in its output.</summary>
    private static TokenCounts Reported(JournalItem item)
    {
        var isKnown = item[JournalNumber.InputTokens] >= 0 || item[JournalNumber.OutputTokens] >= 0;
        return isKnown ? Counts(
            item[JournalNumber.InputTokens],
            item[JournalNumber.CachedInputTokens],
            item[JournalNumber.OutputTokens],
            item) : new TokenCounts();
    }

    private static TokenCounts Counted(JournalItem item) =>
        item[JournalNumber.CountedOutputTokens] >= 0 ? new() { IsKnown = true, Output = Known(item[JournalNumber.CountedOutputTokens]) } : new();

    /// <summary>What is paid for. Audio and reasoning are known as far as the provider told them.</summary>
    private static TokenCounts Billed(JournalItem item) =>
        item.InputTokens >= 0 || item.OutputTokens >= 0 ? Counts(item.InputTokens, item.CachedInputTokens, item.OutputTokens, item) : new();

    private static TokenCounts Counts(long input, long cached, long output, JournalItem item)
    {
        var counts = new TokenCounts { IsKnown = true };
        var left = Known(input);
        counts.CachedInput = Part(cached, ref left);
        counts.AudioInput = Part(item[JournalNumber.AudioInputTokens], ref left);
        counts.Input = left;
        left = Known(output);
        counts.Reasoning = Part(item[JournalNumber.ReasoningTokens], ref left);
        counts.AudioOutput = Part(item[JournalNumber.AudioOutputTokens], ref left);
        counts.Output = left;
        return counts;
    }

    /// <summary>A part is never more than what it is a part of.</summary>
    private static ulong Part(long part, ref ulong whole)
    {
        var taken = Math.Min(Known(part), whole);
        whole -= taken;
        return taken;
    }

    private static ulong Known(long number) => number > 0 ? (ulong)number : 0;

    private static uint Milliseconds(long us) => us > 0 ? (uint)Math.Min(us / 1000, uint.MaxValue) : 0;
}
