using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Flow;

/// <summary>What an event tells of a failure, before the first one with content; one that does not hold the word <c>error</c> costs next to nothing.</summary>
internal static class StreamFault
{
    /// <summary>What the event says has failed; no error where it says nothing of the kind, or the client is to have it in the provider's words.</summary>
    /// <param name="exchange">The exchange, whose status is that of the failure from then on.</param>
    /// <param name="data">The event's data.</param>
    /// <param name="isTranslated">Whether the client has another dialect.</param>
    /// <param name="hasNext">Whether somebody else may be asked.</param>
    public static EdgeError In(Exchange exchange, ReadOnlySpan<byte> data, bool isTranslated, bool hasNext)
    {
        if (data.IndexOf("\"error\""u8) < 0)
            return default;
        var status = exchange.Status;
        var failure = AnsweredError.In(exchange, data);
        var isOfDialect = failure.IsError;
        if (isOfDialect && ProviderSecrets.IsIn(exchange.Target!.Provider, data))
            failure = EdgeError.Upstream(ErrorKind.UpstreamAuth);
        if (!isOfDialect && IsIn(data))
            failure = AnsweredError.Of(exchange, Read(exchange, data));

        // What refuses us may name the account or the key. What is of the request whoever is asked would say, too.
        if (failure.Kind is ErrorKind.UpstreamAuth or ErrorKind.UpstreamQuota
            || (isTranslated ? hasNext || isOfDialect : hasNext && (failure.Source != ErrorSource.Client || failure.Retry != RetryPermission.Never)))
            return failure;
        exchange.Status = status;
        return default;
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
