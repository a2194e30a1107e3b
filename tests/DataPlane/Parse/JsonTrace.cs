using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Parse;

/// <summary>The tokens of a text in one line, as the scanner finds them and as System.Text.Json does.</summary>
internal static class JsonTrace
{
    /// <summary>Every token with its text and place, then the fault if there is one.</summary>
    public static string Of(IReadOnlyList<byte[]> pieces) => Of(pieces, int.MaxValue, offsets: true);

    public static string Of(IReadOnlyList<byte[]> pieces, int depthMax, bool offsets)
    {
        var trace = new StringBuilder();
        var scanner = default(JsonScanner);
        scanner.Reset(new byte[JsonScanner.CaptureMax], checkUtf8: true);
        foreach (byte[] piece in pieces)
        {
            while (scanner.Read(piece))
            {
                trace.Append(scanner.Token);
                if (scanner.Token is JsonToken.Name or JsonToken.String or JsonToken.Number)
                    trace.Append(':').Append(Encoding.Latin1.GetString(scanner.Text(piece)));
                if (offsets && scanner.Token != JsonToken.Number)
                    trace.Append('@').Append(scanner.TokenStart).Append('-').Append(scanner.TokenEnd);
                trace.Append(' ');
                if (scanner.Token is JsonToken.StartObject or JsonToken.StartArray && scanner.Depth <= depthMax)
                    scanner.Enter();
            }
        }

        JsonFault fault = scanner.Finish();
        if (fault != JsonFault.None)
            trace.Append("fault ").Append(fault);

        // A number at the very end of the text has no byte behind it that would end its token.
        string text = trace.ToString();
        return fault == JsonFault.None && (text.Length == 0 || text.StartsWith("Number:", StringComparison.Ordinal)) ? "Number" : text;
    }

    /// <summary>The same of System.Text.Json, or null when it refuses.</summary>
    public static string? OfReference(byte[] bytes)
    {
        if (!Utf8.IsValid(bytes))
            return null;
        var trace = new StringBuilder();
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 128 });
        try
        {
            while (reader.Read())
            {
                JsonToken token = reader.TokenType switch
                {
                    JsonTokenType.PropertyName => JsonToken.Name,
                    JsonTokenType.None or JsonTokenType.Comment => JsonToken.None,
                    _ => Enum.Parse<JsonToken>(reader.TokenType.ToString()),
                };
                trace.Append(token);
                ReadOnlySpan<byte> value = reader.ValueSpan;
                bool quoted = token is JsonToken.Name or JsonToken.String;
                if (quoted || token == JsonToken.Number)
                    trace.Append(':').Append(Encoding.Latin1.GetString(value));
                if (token != JsonToken.Number)
                {
                    long end = reader.TokenStartIndex + value.Length + (quoted ? 2 : 0);
                    trace.Append('@').Append(reader.TokenStartIndex).Append('-').Append(end);
                }

                trace.Append(' ');
            }
        }
        catch (JsonException)
        {
            return null;
        }

        string text = trace.ToString();
        return text.StartsWith("Number:", StringComparison.Ordinal) ? "Number" : text;
    }
}
