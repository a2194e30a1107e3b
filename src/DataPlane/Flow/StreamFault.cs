using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Flow;

/// <summary>What an event tells of a failure, before the first one with content; one that does not hold the word <c>error</c> costs next to nothing.</summary>
internal static class StreamFault
{
    /// <summary>What the event says has failed; no error where it says nothing of the kind.</summary>
    /// <param name="exchange">The exchange, whose status is that of the failure from then on.</param>
    /// <param name="data">The event's data.</param>
    public static EdgeError In(Exchange exchange, ReadOnlySpan<byte> data)
    {
        if (data.IndexOf("\"error\""u8) < 0)
            return default;
        var failure = AnsweredError.In(exchange, data);
        if (failure.IsError)
            return ProviderSecrets.IsIn(exchange.Target!.Provider, data) ? EdgeError.Upstream(ErrorKind.UpstreamAuth) : failure;
        return IsIn(data) ? AnsweredError.Of(exchange, Read(exchange, data), data) : default;
    }

    private static JsonAnswerReader Read(Exchange exchange, ReadOnlySpan<byte> data)
    {
        var reader = new JsonAnswerReader();
        reader.Reset(DialectTable.Of(exchange.SpokenEndpoint.Dialect).Words);
        reader.Feed(data);
        return reader;
    }

    /// <summary>Whether it is an error: an <c>error</c> that is something, or the type of that name.</summary>
    private static bool IsIn(ReadOnlySpan<byte> data)
    {
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
