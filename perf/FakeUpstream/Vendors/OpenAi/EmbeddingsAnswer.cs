using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace AiEdge.FakeUpstream;

/// <summary>Embeddings: one vector per input, as numbers or as base64 of little-endian floats, as encoding_format asks.</summary>
internal static class EmbeddingsAnswer
{
    private const int DimensionsDefault = 1536;

    public static Answer Make(AnswerContext context)
    {
        using var document = JsonDocument.Parse(context.Body);
        var root = document.RootElement;
        if (!root.TryGetProperty("input", out var input))
            return ErrorAnswer.Json(400, "", "invalid_request_error", null, "'input' is a required property", "input");
        var isTokens = input.ValueKind == JsonValueKind.Array && input.GetArrayLength() > 0 && input[0].ValueKind == JsonValueKind.Number;
        var count = input.ValueKind == JsonValueKind.Array && !isTokens ? input.GetArrayLength() : 1;
        var dimensions = root.TryGetProperty("dimensions", out var asked) && asked.TryGetInt32(out var number) ? Math.Clamp(number, 1, 8192) : DimensionsDefault;
        var isBase64 = root.TryGetProperty("encoding_format", out var format) && format.ValueKind == JsonValueKind.String && format.ValueEquals("base64"u8);
        return Answer.Json(to => Write(to, context, count, dimensions, isBase64));
    }

    private static void Write(ByteWriter to, AnswerContext context, int count, int dimensions, bool isBase64)
    {
        to.Add("{\"object\":\"list\",\"data\":["u8);
        for (var i = 0; i < count; i++)
        {
            to.Add(i > 0 ? ",{\"object\":\"embedding\",\"index\":"u8 : "{\"object\":\"embedding\",\"index\":"u8).Add(i).Add(",\"embedding\":"u8);
            if (isBase64)
                WriteBase64(to, i, dimensions);
            else
                WriteNumbers(to, i, dimensions);
            to.Add("}"u8);
        }

        to.Add("],\"model\":"u8).AddJson(context.Model);
        if (context.Script.Usage != UsageRule.Off)
            to.Add(",\"usage\":{\"prompt_tokens\":"u8).Add(context.Script.InputTokens).Add(",\"total_tokens\":"u8).Add(context.Script.InputTokens).Add("}"u8);
        to.Add("}"u8);
    }

    /// <summary>A vector in brackets.</summary>
    internal static void WriteNumbers(ByteWriter to, int vector, int dimensions)
    {
        to.Add("["u8);
        for (var i = 0; i < dimensions; i++)
            to.Add(i > 0 ? ","u8 : ""u8).Add(Value(vector, i).ToString("R", CultureInfo.InvariantCulture));
        to.Add("]"u8);
    }

    private static void WriteBase64(ByteWriter to, int vector, int dimensions)
    {
        var bytes = new byte[dimensions * 4];
        for (var i = 0; i < dimensions; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * 4), Value(vector, i));
        to.AddJson(Convert.ToBase64String(bytes));
    }

    /// <summary>Multiples of 1/1024 below 1: exact as floats and short as text.</summary>
    private static float Value(int vector, int index) => ((vector * 31 + index * 7) % 1023 - 511) / 1024f;
}
