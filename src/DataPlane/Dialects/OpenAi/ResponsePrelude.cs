using System.Text.Json;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Which events of a Responses stream only announce an answer. An item that is no message is one: a call, or thought that has begun.</summary>
internal static class ResponsePrelude
{
    /// <summary>Whether an event is one of them.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="data">Its data, which is JSON.</param>
    public static bool Is(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("response.output_item.added"u8))
            return AddsMessage(data);
        return type.SequenceEqual("response.created"u8) || type.SequenceEqual("response.in_progress"u8) || type.SequenceEqual("response.queued"u8)
            || type.SequenceEqual("response.content_part.added"u8) || type.SequenceEqual("keepalive"u8);
    }

    private static bool AddsMessage(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                    continue;
                var isItem = reader.CurrentDepth == 1 && reader.ValueTextEquals("item"u8);
                var isType = reader.CurrentDepth == 2 && reader.ValueTextEquals("type"u8);
                reader.Read();
                if (isType)
                    return reader.ValueTextEquals("message"u8);
                if (!isItem)
                    reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What cannot be read is nothing that is known to announce an answer.
        }

        return false;
    }
}
