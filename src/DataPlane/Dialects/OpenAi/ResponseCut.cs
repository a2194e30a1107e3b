using System.Buffers;
using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// The last events of a stream of the Responses API that a limit ended: what is open is closed, part by part and item by item, and
/// <c>response.incomplete</c> says all that there was, for clients replace what they have by it. Made once, so it may allocate.
/// </summary>
internal sealed class ResponseCut
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly ResponseDraft _draft;
    private long _sequence;

    private ResponseCut(ResponseDraft draft, long sequence) => (_draft, _sequence) = (draft, sequence);

    /// <summary>The events' bytes.</summary>
    /// <param name="draft">What was passed on so far.</param>
    /// <param name="id">The response's id.</param>
    /// <param name="createdAt">When it was created, in Unix seconds.</param>
    /// <param name="sequence">The first event's number.</param>
    /// <param name="usage">What is told as the usage.</param>
    /// <param name="cutBy">The limit's name.</param>
    public static byte[] Of(ResponseDraft draft, ReadOnlySpan<byte> id, long createdAt, long sequence, in Usage usage, string cutBy)
    {
        var cut = new ResponseCut(draft, sequence);
        var items = new List<DraftItem>(draft.Items);
        items.Sort(static (one, other) => one.Index.CompareTo(other.Index));
        var ended = new List<string>(items.Count);
        foreach (var item in items)
            ended.Add(cut.EndItem(item));
        cut.WriteIncomplete(id, createdAt, ended, usage, cutBy);
        return cut._buffer.WrittenSpan.ToArray();
    }

    /// <summary>Closes an item that is open, and gives it as it then is.</summary>
    private string EndItem(DraftItem item)
    {
        if (item.IsDone)
            return item.Object.IsEmpty ? "{}" : Encoding.UTF8.GetString(item.Object.Bytes);
        using var begun = StreamCut.Parse(item.Object.Bytes);
        var id = begun is not null && begun.RootElement.TryGetProperty("id", out var told) ? told.GetRawText() : "null";
        var parts = new List<DraftPart>(item.Parts);
        parts.Sort(static (one, other) => one.Index.CompareTo(other.Index));
        foreach (var part in parts)
            EndPart(item, part, id);
        var ended = Ended(begun, parts);
        WriteEvent("response.output_item.done"u8, json =>
        {
            json.WriteNumber("output_index"u8, item.Index);
            json.WritePropertyName("item"u8);
            json.WriteRawValue(ended, skipInputValidation: true);
        });
        return ended;
    }

    private void EndPart(DraftItem item, DraftPart part, string itemId)
    {
        if (!part.TextIsDone && !part.IsDone && part.Stem.Length > 0)
        {
            WriteEvent([.. part.Stem, .. ".done"u8], json =>
            {
                WritePlace(json, item, part, itemId);
                json.WritePropertyName(TextName(part));
                json.WriteRawValue(Quoted(part), skipInputValidation: true);
                if (part.Kind == TextKind.Content)
                {
                    json.WriteStartArray("logprobs"u8);
                    json.WriteEndArray();
                }
            });
        }

        if (!part.IsAnnounced || part.IsDone)
            return;
        WriteEvent(part.IsSummary ? "response.reasoning_summary_part.done"u8 : "response.content_part.done"u8, json =>
        {
            WritePlace(json, item, part, itemId);
            json.WritePropertyName("part"u8);
            json.WriteRawValue(PartObject(part), skipInputValidation: true);
        });
    }

    private static void WritePlace(Utf8JsonWriter json, DraftItem item, DraftPart part, string itemId)
    {
        json.WritePropertyName("item_id"u8);
        json.WriteRawValue(itemId, skipInputValidation: true);
        json.WriteNumber("output_index"u8, item.Index);
        if (part.Kind != TextKind.Arguments || part.IsAnnounced)
            json.WriteNumber(part.IsSummary ? "summary_index"u8 : "content_index"u8, part.Index);
    }

    private static string TextName(DraftPart part) => part.Kind switch
    {
        TextKind.Refusal => "refusal",
        TextKind.Arguments when part.Stem.AsSpan().EndsWith("input"u8) => "input",
        TextKind.Arguments when part.Stem.AsSpan().EndsWith("code"u8) => "code",
        TextKind.Arguments => "arguments",
        _ => "text",
    };

    /// <summary>A part as it stands in its item.</summary>
    private static string PartObject(DraftPart part)
    {
        if (part.IsDone)
            return part.Text.IsEmpty ? "{}" : Encoding.UTF8.GetString(part.Text.Bytes);
        var text = Quoted(part);
        return part.Kind switch
        {
            TextKind.Refusal => $$"""{"type":"refusal","refusal":{{text}}}""",
            TextKind.Reasoning => $$"""{"type":"{{(part.IsSummary ? "summary_text" : "reasoning_text")}}","text":{{text}}}""",
            TextKind.Transcript => $$"""{"type":"output_audio","transcript":{{text}}}""",
            _ => $$"""{"type":"output_text","annotations":[],"logprobs":[],"text":{{text}}}""",
        };
    }

    /// <summary>The item as it was begun, with what has come since, and incomplete.</summary>
    private static string Ended(JsonDocument? begun, List<DraftPart> parts)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = StreamCut.Begin(buffer, default))
        {
            json.WriteStartObject();
            if (begun is { RootElement.ValueKind: JsonValueKind.Object })
            {
                foreach (var member in begun.RootElement.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    json.WriteRawValue(Replacement(member, parts) ?? member.Value.GetRawText(), skipInputValidation: true);
                }
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string? Replacement(JsonProperty member, List<DraftPart> parts)
    {
        switch (member.Name)
        {
            case "status":
                return "\"incomplete\"";
            case "content" or "summary":
                return PartObjects(parts, member.Name == "summary");
            case "arguments" or "input" or "code":
                return parts.Find(static part => part.Kind == TextKind.Arguments) is { } call ? Quoted(call) : null;
            default:
                return null;
        }
    }

    private static string PartObjects(List<DraftPart> parts, bool isSummary)
    {
        var objects = new List<string>(parts.Count);
        foreach (var part in parts)
        {
            if (part.IsSummary == isSummary && part.Kind != TextKind.Arguments)
                objects.Add(PartObject(part));
        }

        return $"[{string.Join(',', objects)}]";
    }

    private static string Quoted(DraftPart part) => $"\"{Encoding.UTF8.GetString(WithoutHalf(part.Text.Bytes))}\"";

    /// <summary>A text may have been cut between the halves of a pair of surrogates: one alone is no character.</summary>
    private static ReadOnlySpan<byte> WithoutHalf(ReadOnlySpan<byte> raw)
    {
        if (raw.Length < 6)
            return raw;
        var last = raw[^6..];
        var slashes = raw.Length - 6;
        while (slashes > 0 && raw[slashes - 1] == (byte)'\\')
            slashes--;
        var isEscape = last.StartsWith("\\u"u8) && (raw.Length - 6 - slashes) % 2 == 0;
        return isEscape && (last[2] | 0x20) == 'd' && last[3] is (byte)'8' or (byte)'9' or (byte)'a' or (byte)'b' or (byte)'A' or (byte)'B' ? raw[..^6] : raw;
    }

    private void WriteIncomplete(ReadOnlySpan<byte> id, long createdAt, List<string> items, Usage usage, string cutBy)
    {
        var idText = Encoding.UTF8.GetString(id);
        WriteEvent("response.incomplete"u8, json =>
        {
            json.WriteStartObject("response"u8);
            using var envelope = StreamCut.Parse(_draft.Envelope);
            if (envelope is { RootElement.ValueKind: JsonValueKind.Object })
            {
                foreach (var member in envelope.RootElement.EnumerateObject())
                {
                    if (member.Name is "status" or "incomplete_details" or "output" or "usage" or "error" or "completed_at")
                        continue;
                    json.WritePropertyName(member.Name);
                    json.WriteRawValue(member.Value.GetRawText(), skipInputValidation: true);
                }
            }
            else
            {
                json.WriteString("id"u8, idText);
                json.WriteString("object"u8, "response"u8);
                json.WriteNumber("created_at"u8, createdAt);
            }

            json.WriteString("status"u8, "incomplete"u8);
            json.WriteNull("error"u8);
            json.WriteStartObject("incomplete_details"u8);
            json.WriteString("reason"u8, "max_output_tokens"u8);
            json.WriteEndObject();
            json.WritePropertyName("output"u8);
            json.WriteRawValue($"[{string.Join(',', items)}]", skipInputValidation: true);
            WriteUsage(json, usage);
            json.WriteEndObject();
            DialectForm.WriteLimit(json, cutBy);
        });
    }

    private static void WriteUsage(Utf8JsonWriter json, in Usage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, usage.InputTokens);
        json.WriteStartObject("input_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.CachedInputTokens);
        json.WriteEndObject();
        json.WriteNumber("output_tokens"u8, usage.OutputTokens);
        json.WriteStartObject("output_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.ReasoningTokens);
        json.WriteEndObject();
        json.WriteNumber("total_tokens"u8, usage.InputTokens + usage.OutputTokens);
        json.WriteEndObject();
    }

    private void WriteEvent(ReadOnlySpan<byte> type, Action<Utf8JsonWriter> write)
    {
        _buffer.Write("event: "u8);
        _buffer.Write(type);
        using (var json = StreamCut.Begin(_buffer, "\ndata: "u8))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, type);
            json.WriteNumber("sequence_number"u8, _sequence++);
            write(json);
            json.WriteEndObject();
        }

        _buffer.Write("\n\n"u8);
    }
}
