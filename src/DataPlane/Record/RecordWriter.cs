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
        WriteOptional(json, "key"u8, record.Key);
        WriteOptional(json, "team"u8, record.Team);
        WriteTags(json, record.Tags);
        WriteOptional(json, "path"u8, record.Path);
        WriteOptional(json, "model"u8, record.Model);
        WriteOptional(json, "provider"u8, record.Provider);
        if (record.UpstreamModel is { } model)
            json.WriteString("providerModel"u8, model);
        json.WriteBoolean("stream"u8, record.Stream);
        json.WriteNumber("status"u8, record.Status);
        json.WriteString("end"u8, EndName(record.End));
        if (record.Error != ErrorKind.None)
            json.WriteString("error"u8, ErrorTable.Row(record.Error).Code ?? "invalid_request");
        json.WriteNumber("attempts"u8, record.Attempts);
        WriteUsage(json, record.Usage);
        json.WriteNumber("bytesIn"u8, record.BytesIn);
        json.WriteNumber("bytesOut"u8, record.BytesOut);
        json.WriteNumber("events"u8, record.Events);
        WriteTime(json, "bodyUs"u8, record.BodyUs);
        WriteTime(json, "sentUs"u8, record.SentUs);
        WriteTime(json, "firstByteUs"u8, record.FirstByteUs);
        WriteTime(json, "firstTokenUs"u8, record.FirstTokenUs);
        WriteTime(json, "totalUs"u8, record.TotalUs);
        json.WriteNumber("overheadUs"u8, record.OverheadUs);
        json.WriteNumber("config"u8, record.Generation);
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
        EndReason.Crashed => "crashed"u8,
        _ => "internal"u8,
    };

    private static void WriteUsage(JsonLine json, Usage usage)
    {
        if (!usage.IsPresent)
            return;
        json.WriteNumber("inputTokens"u8, usage.InputTokens);
        json.WriteNumber("outputTokens"u8, usage.OutputTokens);
        if (usage.CachedInputTokens > 0)
            json.WriteNumber("cachedInputTokens"u8, usage.CachedInputTokens);
        if (usage.ReasoningTokens > 0)
            json.WriteNumber("reasoningTokens"u8, usage.ReasoningTokens);
        if (usage.AudioInputTokens > 0)
            json.WriteNumber("audioInputTokens"u8, usage.AudioInputTokens);
        if (usage.AudioOutputTokens > 0)
            json.WriteNumber("audioOutputTokens"u8, usage.AudioOutputTokens);
    }

    private static void WriteTags(JsonLine json, KeyValuePair<string, string>[] tags)
    {
        if (tags.Length == 0)
            return;
        json.WriteStartObject("tags"u8);
        foreach (var (name, value) in tags)
            json.WriteString(name, value);
        json.WriteEndObject();
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
