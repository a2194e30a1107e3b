using System.Buffers.Text;
using System.Text.Json;

namespace AiEdge.Load;

/// <summary>What one chat event says, read by a JSON reader.</summary>
internal struct EventReading
{
    public string? Content;
    public string? FinishReason;
    public bool HasUsage;
    public bool HasError;
    public int Choices;
    public long Stamp;

    /// <summary>False if the data is not one JSON object.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out EventReading reading)
    {
        reading = default;
        try
        {
            var json = new Utf8JsonReader(data);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                reading.ReadMember(ref json);
            return !json.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private void ReadMember(ref Utf8JsonReader json)
    {
        if (json.ValueTextEquals("choices"u8))
        {
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.StartObject)
            {
                Choices++;
                ReadChoice(ref json);
            }
        }
        else if (json.ValueTextEquals("usage"u8))
        {
            json.Read();
            HasUsage = json.TokenType == JsonTokenType.StartObject;
            json.Skip();
        }
        else if (json.ValueTextEquals("obfuscation"u8))
        {
            json.Read();
            if (json.TokenType == JsonTokenType.String && json.ValueSpan is [(byte)'T', .. var digits] && Utf8Parser.TryParse(digits, out long stamp, out _))
                Stamp = stamp;
        }
        else
        {
            HasError |= json.ValueTextEquals("error"u8);
            json.Read();
            json.Skip();
        }
    }

    private void ReadChoice(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isDelta = json.ValueTextEquals("delta"u8) || json.ValueTextEquals("message"u8);
            var isFinish = json.ValueTextEquals("finish_reason"u8);
            json.Read();
            if (isDelta && json.TokenType == JsonTokenType.StartObject)
                ReadDelta(ref json);
            else if (isFinish && json.TokenType == JsonTokenType.String)
                FinishReason = json.GetString();
            else
                json.Skip();
        }
    }

    private void ReadDelta(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isContent = json.ValueTextEquals("content"u8);
            json.Read();
            if (isContent && json.TokenType == JsonTokenType.String)
                Content = json.GetString();
            json.Skip();
        }
    }
}
