using System.Buffers;
using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Record;

/// <summary>Prints the journal as JSON, one object a line (docs/operations.md lists the fields). What is not known is null.</summary>
internal sealed class JournalWriter(Stream output) : IDisposable
{
    private const int BatchBytes = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _buffer = new(BatchBytes);
    private Utf8JsonWriter? _json;

    /// <summary>
    /// Prints records that end an exchange or one of its attempts; the others serve recovery alone. A record of both is two lines,
    /// so that each attempt has one and each exchange, whatever it took.
    /// </summary>
    public void Write(JournalItem item)
    {
        if (item.Kind is not (JournalKind.Attempt or JournalKind.Exchange))
            return;
        if (item.HasAttempt)
            WriteLine(item, "attempt"u8);
        WriteLine(item, item.Kind == JournalKind.Attempt ? "attempt"u8 : "exchange"u8);
    }

    public void Flush()
    {
        output.Write(_buffer.WrittenSpan);
        output.Flush();
        _buffer.ResetWrittenCount();
    }

    public void Dispose() => _json?.Dispose();

    private void WriteLine(JournalItem item, ReadOnlySpan<byte> kind)
    {
        _json ??= new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });
        WriteItem(_json, item, kind);
        _json.Flush();
        _json.Reset();
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount >= BatchBytes)
            Flush();
    }

    private static void WriteItem(Utf8JsonWriter json, JournalItem item, ReadOnlySpan<byte> kind)
    {
        json.WriteStartObject();
        json.WriteString("time"u8, DateTimeOffset.FromUnixTimeMilliseconds(item.UnixMs));
        json.WriteString("kind"u8, kind);
        json.WriteNumber("epoch"u8, item.Epoch);
        json.WriteNumber("sequence"u8, item.Sequence);
        Text(json, "requestId"u8, item[JournalText.RequestId]);
        Text(json, "edgeRequestId"u8, item[JournalText.EdgeId]);
        Text(json, "providerRequestId"u8, item[JournalText.ProviderId]);
        Text(json, "key"u8, item[JournalText.Key]);
        Text(json, "team"u8, item[JournalText.Team]);
        Text(json, "tier"u8, item[JournalText.Tier]);
        WriteTags(json, item);
        Text(json, "path"u8, item[JournalText.Path]);
        Text(json, "model"u8, item[JournalText.Model]);
        Text(json, "rule"u8, item[JournalText.Rule]);
        Text(json, "provider"u8, item[JournalText.Provider]);
        // Where no name is configured for the provider, it was asked for what the client asked for.
        var target = item[JournalText.ProviderModel];
        Text(json, "target"u8, target.Length > 0 || item[JournalText.Provider].Length == 0 ? target : item[JournalText.Model]);
        Text(json, "account"u8, item[JournalText.Account]);
        Text(json, "variant"u8, item[JournalText.Variant]);
        json.WriteString("purpose"u8, item.Purpose);
        json.WriteBoolean("stream"u8, item.Stream);
        json.WriteNumber("status"u8, item.Status);
        if (RecordWriter.EndWithLimit(item.End, item[JournalText.Limit]) is { } refused)
            json.WriteString("end"u8, refused);
        else
            json.WriteString("end"u8, RecordWriter.EndName(item.End));
        Text(json, "limit"u8, item[JournalText.Limit]);
        var error = (ErrorKind)Math.Max(0, item[JournalNumber.Error]);
        Text(json, "error"u8, error == ErrorKind.None ? "" : ErrorTable.Row(error).Code ?? "invalid_request");
        json.WriteNumber("attempts"u8, item.Attempts);
        WriteTokens(json, item);
        json.WriteBoolean("simple"u8, item.IsSimple);
        Text(json, "degraded"u8, item[JournalText.Degraded]);
        Number(json, "maxTokens"u8, item[JournalNumber.OutputClamp] is var clamp and > 0 ? clamp : JournalFormat.Unknown);
        Number(json, "leftOut"u8, kind.SequenceEqual("exchange"u8) && item[JournalNumber.LeftOut] is var left and > 0 ? left : JournalFormat.Unknown);
        Number(json, "bytesIn"u8, item[JournalNumber.BytesIn]);
        Number(json, "bytesOut"u8, item[JournalNumber.BytesOut]);
        Number(json, "events"u8, item[JournalNumber.Events]);
        Number(json, "queueMs"u8, item[JournalNumber.QueueMs]);
        Milliseconds(json, "firstTokenMs"u8, item[JournalNumber.FirstTokenUs]);
        Milliseconds(json, "totalMs"u8, item[JournalNumber.TotalUs]);
        Number(json, "overheadUs"u8, item[JournalNumber.OverheadUs]);
        Number(json, "config"u8, item[JournalNumber.Generation]);
        json.WriteEndObject();
    }

    private static void WriteTokens(Utf8JsonWriter json, JournalItem item)
    {
        Number(json, "inputTokens"u8, item.InputTokens);
        Number(json, "outputTokens"u8, item.OutputTokens);
        Number(json, "cachedInputTokens"u8, item.CachedInputTokens);
        Number(json, "cacheWriteTokens"u8, item[JournalNumber.CacheWriteTokens]);
        Number(json, "reasoningTokens"u8, item[JournalNumber.ReasoningTokens]);
        Number(json, "audioInputTokens"u8, item[JournalNumber.AudioInputTokens]);
        Number(json, "audioOutputTokens"u8, item[JournalNumber.AudioOutputTokens]);
        Number(json, "imageInputTokens"u8, item[JournalNumber.ImageInputTokens]);
        Number(json, "reportedInputTokens"u8, item[JournalNumber.InputTokens]);
        Number(json, "reportedOutputTokens"u8, item[JournalNumber.OutputTokens]);
        Number(json, "countedOutputTokens"u8, item[JournalNumber.CountedOutputTokens]);
        json.WriteBoolean("estimate"u8, item.IsEstimate);
        if (item[JournalNumber.CostNanodollars] is var cost and >= 0)
            json.WriteString("costNanodollars"u8, cost.ToString(System.Globalization.CultureInfo.InvariantCulture));
        else
            json.WriteNull("costNanodollars"u8);
        Number(json, "priceVersion"u8, item[JournalNumber.PriceVersion]);
    }

    private static void WriteTags(Utf8JsonWriter json, JournalItem item)
    {
        json.WriteStartObject("tags"u8);
        foreach (var (name, value) in item.Tags)
        {
            if (!item.ClientTags.Exists(tag => tag.Key == name))
                json.WriteString(name, value);
        }

        foreach (var (name, value) in item.ClientTags)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, string value)
    {
        if (value.Length > 0)
            json.WriteString(name, value);
        else
            json.WriteNull(name);
    }

    private static void Number(Utf8JsonWriter json, ReadOnlySpan<byte> name, long value)
    {
        if (value >= 0)
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    private static void Milliseconds(Utf8JsonWriter json, ReadOnlySpan<byte> name, long us)
    {
        if (us >= 0)
            json.WriteNumber(name, Math.Round(us / 1000.0, 3));
        else
            json.WriteNull(name);
    }
}
