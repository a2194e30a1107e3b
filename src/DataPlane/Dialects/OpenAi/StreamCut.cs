using System.Buffers;
using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// The last events of a stream that a limit ended, in the stream's own way: to a client it is an answer that reached its length, and
/// the last event says in <c>aiedge</c> which limit it was. Made once for a stream that is cut, so it may allocate.
/// </summary>
internal static class StreamCut
{
    /// <summary>Members of a chunk that all chunks of a stream have alike.</summary>
    private static readonly string[] Common = ["id", "object", "created", "model", "service_tier", "system_fingerprint"];

    /// <summary>The end of a stream of chat completions or completions.</summary>
    /// <param name="reader">What has read the stream so far; its last event is the one whose place this takes.</param>
    /// <param name="data">That event's data.</param>
    /// <param name="usage">What is told as the usage; null where the client did not ask for it.</param>
    /// <param name="cutBy">The limit's name.</param>
    /// <param name="asked">Choices that were asked for: one that has not begun ends as well.</param>
    /// <param name="isChat">Whether the choices have deltas.</param>
    /// <param name="passes">Whether that event was passed on, and this comes behind it.</param>
    public static byte[] OfChunks(OpenAiStreamReader reader, ReadOnlySpan<byte> data, Usage? usage, string cutBy, int asked, bool isChat, bool passes)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var like = Parse(data);
        var index = 0;
        var isOpen = reader.TryFindOpen(ref index, asked, passes);
        while (isOpen)
        {
            var choice = index++;
            isOpen = reader.TryFindOpen(ref index, asked, passes);
            WriteFinish(buffer, like, choice, isChat, usage, isOpen || usage is not null ? null : cutBy);
        }

        if (usage is { } told)
            WriteUsage(buffer, like, told, cutBy);
        else if (buffer.WrittenCount == 0)
            WriteEmpty(buffer, like, cutBy);
        buffer.Write("data: [DONE]\n\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    internal static JsonDocument? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { MaxDepth = JsonScanner.DepthMax });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal static Utf8JsonWriter Begin(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> before)
    {
        buffer.Write(before);
        return new Utf8JsonWriter(buffer, DialectForm.Readable);
    }

    private static void WriteFinish(ArrayBufferWriter<byte> buffer, JsonDocument? like, int choice, bool isChat, Usage? usage, string? cutBy)
    {
        using (var json = Begin(buffer, "data: "u8))
        {
            WriteCommon(json, like);
            json.WriteStartArray("choices"u8);
            json.WriteStartObject();
            json.WriteNumber("index"u8, choice);
            if (isChat)
            {
                json.WriteStartObject("delta"u8);
                json.WriteEndObject();
            }
            else
            {
                json.WriteString("text"u8, ""u8);
            }

            json.WriteNull("logprobs"u8);
            json.WriteString("finish_reason"u8, "length"u8);
            json.WriteEndObject();
            json.WriteEndArray();
            if (usage is not null)
                json.WriteNull("usage"u8);
            if (cutBy is not null)
                DialectForm.WriteLimit(json, cutBy);
            json.WriteEndObject();
        }

        buffer.Write("\n\n"u8);
    }

    private static void WriteUsage(ArrayBufferWriter<byte> buffer, JsonDocument? like, in Usage usage, string cutBy)
    {
        using (var json = Begin(buffer, "data: "u8))
        {
            WriteCommon(json, like);
            json.WriteStartArray("choices"u8);
            json.WriteEndArray();
            json.WriteStartObject("usage"u8);
            json.WriteNumber("prompt_tokens"u8, usage.InputTokens);
            json.WriteNumber("completion_tokens"u8, usage.OutputTokens);
            json.WriteNumber("total_tokens"u8, usage.InputTokens + usage.OutputTokens);
            WriteInputDetails(json, usage);
            if (usage.ReasoningTokens > 0)
            {
                json.WriteStartObject("completion_tokens_details"u8);
                json.WriteNumber("reasoning_tokens"u8, usage.ReasoningTokens);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            DialectForm.WriteLimit(json, cutBy);
            json.WriteEndObject();
        }

        buffer.Write("\n\n"u8);
    }

    /// <summary>Classes of the input, as far as the provider has told any.</summary>
    private static void WriteInputDetails(Utf8JsonWriter json, in Usage usage)
    {
        if (usage.CachedInputTokens + usage.CacheWriteTokens + usage.AudioInputTokens == 0)
            return;
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.CachedInputTokens);
        if (usage.CacheWriteTokens > 0)
            json.WriteNumber("cache_write_tokens"u8, usage.CacheWriteTokens);
        if (usage.AudioInputTokens > 0)
            json.WriteNumber("audio_tokens"u8, usage.AudioInputTokens);
        json.WriteEndObject();
    }

    /// <summary>All choices are finished, and yet the stream was to go on: what is said of the limit stands by itself.</summary>
    private static void WriteEmpty(ArrayBufferWriter<byte> buffer, JsonDocument? like, string cutBy)
    {
        using (var json = Begin(buffer, "data: "u8))
        {
            WriteCommon(json, like);
            json.WriteStartArray("choices"u8);
            json.WriteEndArray();
            DialectForm.WriteLimit(json, cutBy);
            json.WriteEndObject();
        }

        buffer.Write("\n\n"u8);
    }

    private static void WriteCommon(Utf8JsonWriter json, JsonDocument? like)
    {
        json.WriteStartObject();
        if (like is not { RootElement.ValueKind: JsonValueKind.Object })
            return;
        foreach (var name in Common)
        {
            if (!like.RootElement.TryGetProperty(name, out var value))
                continue;
            json.WritePropertyName(name);
            json.WriteRawValue(value.GetRawText(), skipInputValidation: true);
        }
    }
}
