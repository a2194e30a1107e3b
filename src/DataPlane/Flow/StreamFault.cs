using System.Text.Json;

namespace AiEdge.DataPlane.Flow;

/// <summary>Whether an event tells an error in the provider's words: an <c>error</c> that is something, or the type of that name.</summary>
internal static class StreamFault
{
    /// <summary>Looked at for the first event of a stream alone; one that does not hold the word costs next to nothing.</summary>
    public static bool IsIn(ReadOnlySpan<byte> data)
    {
        if (data.IndexOf("\"error\""u8) < 0)
            return false;
        var reader = new Utf8JsonReader(data);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isError, isType) = (reader.ValueTextEquals("error"u8), reader.ValueTextEquals("type"u8));
                reader.Read();
                if (isError && reader.TokenType is (JsonTokenType.StartObject or JsonTokenType.String))
                    return true;
                if (isType && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("error"u8))
                    return true;
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // What is no JSON is nobody's word.
        }

        return false;
    }
}
