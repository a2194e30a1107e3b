using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>Writes records as JSON, one object a line (docs/operations.md lists the fields).</summary>
internal static class RecordWriter
{
    public static void Write(JsonLine json, ExchangeRecord record)
    {
        json.WriteStartObject();
        json.WriteTime("time"u8, record.UnixMs);
        json.WriteString("kind"u8, "exchange"u8);
        if (!record.RequestId.IsEmpty)
            json.WriteString("requestId"u8, record.RequestId);
        json.WriteString("edgeRequestId"u8, record.EdgeId);
        if (!record.ProviderId.IsEmpty)
            json.WriteString("providerRequestId"u8, record.ProviderId);
        WriteOptional(json, "key"u8, record.Key?.Name);
        WriteOptional(json, "team"u8, record.Key?.Team);
        WriteOptional(json, "tier"u8, record.Key?.Tier);
        WriteTags(json, record);
        WriteOptional(json, "path"u8, record.Path);
        WriteOptional(json, "model"u8, record.Model?.Name);
        WriteOptional(json, "provider"u8, record.Target?.Provider.Name);
        if (record.Target?.UpstreamModel is { } model)
            json.WriteString("providerModel"u8, model);
        WriteOptional(json, "account"u8, record.Account);
        WriteOptional(json, "variant"u8, record.Target?.Variant);
        json.WriteBoolean("stream"u8, record.Stream);
        json.WriteNumber("status"u8, record.Status);
        if (EndWithLimit(record.End, record.Limit) is { } refused)
            json.WriteString("end"u8, refused);
        else
            json.WriteString("end"u8, EndName(record.End));
        WriteOptional(json, "limit"u8, record.Limit);
        if (record.Error != ErrorKind.None)
            json.WriteString("error"u8, ErrorTable.Row(record.Error).Code ?? "invalid_request");
        json.WriteNumber("attempts"u8, record.Attempts);
        WriteUsage(json, record);
        if (record.IsSimple)
            json.WriteBoolean("simple"u8, true);
        WriteOptional(json, "degraded"u8, record.DegradedBy);
        if (record.OutputClamp > 0)
            json.WriteNumber("maxTokens"u8, record.OutputClamp);
        if (!record.TranslationLoss.IsEmpty)
            json.WriteString("translationLoss"u8, record.TranslationLoss);
        json.WriteNumber("bytesIn"u8, record.BytesIn);
        json.WriteNumber("bytesOut"u8, record.BytesOut);
        json.WriteNumber("events"u8, record.Events);
        if (record.QueueMs > 0)
            json.WriteNumber("queueMs"u8, record.QueueMs);
        WriteTime(json, "bodyUs"u8, record.BodyUs);
        WriteTime(json, "sentUs"u8, record.SentUs);
        WriteTime(json, "firstByteUs"u8, record.FirstByteUs);
        WriteTime(json, "firstTokenUs"u8, record.FirstTokenUs);
        WriteTime(json, "totalUs"u8, record.TotalUs);
        json.WriteNumber("overheadUs"u8, record.OverheadUs);
        json.WriteNumber("config"u8, record.Config.Generation);
        json.WriteEndObject();
    }

    /// <summary>The word for how an exchange ended, in records and metrics.</summary>
    public static ReadOnlySpan<byte> EndName(EndReason end) => end switch
    {
        EndReason.Done => "done"u8,
        EndReason.ClientClosed => "client_closed"u8,
        EndReason.UpstreamFault => "upstream_fault"u8,
        EndReason.Refused => "refused"u8,
        EndReason.Timeout => "timeout"u8,
        EndReason.Draining => "draining"u8,
        EndReason.Revoked => "revoked"u8,
        EndReason.Cancelled => "cancelled"u8,
        EndReason.Escalated => "escalated"u8,
        EndReason.Unpicked => "unpicked"u8,
        EndReason.Cut => "cut"u8,
        EndReason.Crashed => "crashed"u8,
        _ => "internal"u8,
    };

    /// <summary>Of a refusal by a limit also which: <c>refused:LIMIT</c>; null where the end's name is all.</summary>
    public static string? EndWithLimit(EndReason end, string? limit) =>
        end == EndReason.Refused && !string.IsNullOrEmpty(limit) ? "refused:" + limit : null;

    private static void WriteUsage(JsonLine json, ExchangeRecord record)
    {
        var (usage, bill) = (record.Usage, record.Bill);
        if (bill.PriceVersion != 0)
        {
            Span<byte> digits = stackalloc byte[20];
            bill.CostNanodollars.TryFormat(digits, out var length, provider: System.Globalization.CultureInfo.InvariantCulture);
            json.WriteString("costNanodollars"u8, digits[..length]);
            json.WriteNumber("priceVersion"u8, bill.PriceVersion);
        }

        if (record.CountedOutputTokens >= 0)
            json.WriteNumber("countedOutputTokens"u8, record.CountedOutputTokens);
        if (!usage.IsPresent && bill is { InputTokens: 0, OutputTokens: 0 })
            return;
        json.WriteNumber("inputTokens"u8, bill.InputTokens);
        json.WriteNumber("outputTokens"u8, bill.OutputTokens);
        if (bill.IsEstimate)
            json.WriteBoolean("estimate"u8, true);
        WriteOptional(json, "cachedInputTokens"u8, bill.CachedInputTokens);
        WriteOptional(json, "cacheWriteTokens"u8, usage.CacheWriteTokens);
        WriteOptional(json, "cacheWriteHourTokens"u8, usage.CacheWriteHourTokens);
        WriteOptional(json, "reasoningTokens"u8, usage.ReasoningTokens);
        WriteOptional(json, "audioInputTokens"u8, usage.AudioInputTokens);
        WriteOptional(json, "audioOutputTokens"u8, usage.AudioOutputTokens);
        WriteOptional(json, "imageInputTokens"u8, usage.ImageInputTokens);
        WriteOptional(json, "imageOutputTokens"u8, usage.ImageOutputTokens);
        if (usage.IsPresent)
            json.WriteNumber("reportedOutputTokens"u8, usage.OutputTokens);
    }

    private static void WriteTags(JsonLine json, ExchangeRecord record)
    {
        if (record.Tags.Length == 0 && record.ClientTags.IsEmpty)
            return;
        json.WriteStartObject("tags"u8);
        foreach (var (name, value) in record.Tags)
        {
            if (!IsSet(record.ClientTags, name))
                json.WriteString(name, value);
        }

        foreach (var (name, value) in record.ClientTags)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static bool IsSet(ReadOnlySpan<KeyValuePair<string, string>> tags, string name)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == name)
                return true;
        }

        return false;
    }

    private static void WriteOptional(JsonLine json, ReadOnlySpan<byte> name, long value)
    {
        if (value > 0)
            json.WriteNumber(name, value);
    }

    private static void WriteOptional(JsonLine json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static void WriteTime(JsonLine json, ReadOnlySpan<byte> name, long us)
    {
        if (us >= 0)
            json.WriteNumber(name, us);
    }
}
