using System.Text.Json;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Dialects;

/// <summary>Properties of what is noted of a prompt, for any bytes; each throws where it does not hold.</summary>
internal static class PromptOracles
{
    /// <summary>Kinds of JSON whose prompt is counted by its tokens.</summary>
    private static readonly RequestShape[] Shapes =
    [
        .. DialectTable.Forms.ToArray().SelectMany(form => form.Shapes).Select(row => row.Shape)
            .Except(SpokenDialect.All.SelectMany(dialect => dialect.Uncounted)),
    ];

    /// <summary>
    /// A body is noted alike however it is cut; what is noted are whole strings and values of the body, of which none overlaps
    /// another's; and noting changes nothing of what is judged. Returns whether any shape accepted the body.
    /// </summary>
    public static bool PromptIsNotedAlike(byte[] input, int seed)
    {
        bool isAccepted = false;
        foreach (RequestShape shape in Shapes)
        {
            string line = Cuts.SameForSome(input, seed, pieces => PromptReading.Describe(shape, pieces));
            bool isRefused = line.StartsWith("error ", StringComparison.Ordinal);
            EdgeError plain = RequestReading.Error(shape, input);
            if (isRefused ? line != $"error {plain.Message}" : plain.IsError)
                throw new InvalidOperationException($"'{line}' and without notes '{plain.Message}' for {Convert.ToHexString(input)}");
            if (isRefused)
                continue;
            isAccepted = true;
            var prompt = new PromptText();
            PromptReading.Read(shape, [input], prompt);
            Check(input, prompt);
        }

        return isAccepted;
    }

    private static void Check(byte[] input, PromptText prompt)
    {
        long bytes = prompt.FoldedBytes;
        var places = new List<(long Start, long End)>();
        foreach (PromptSpan span in prompt.Spans)
        {
            bytes += span.Length;
            long start = span.Start - (span.IsString ? 1 : 0);
            long end = span.Start + span.Length + (span.IsString ? 1 : 0);
            ReadOnlySpan<byte> value = input.AsSpan((int)start, (int)(end - start));
            bool isEscaped = span.IsString && value.Contains((byte)'\\');
            if (!IsWhole(value, span.IsString) || isEscaped != span.IsEscaped)
                throw new InvalidOperationException($"{span} is '{Encoding.UTF8.GetString(value)}'");
            places.Add((start, end));
        }

        places.Sort();
        for (int i = 1; i < places.Count; i++)
        {
            // An item of an unknown type is noted whole, the texts that were found in it besides.
            if (places[i].Start < places[i - 1].End && places[i].End > places[i - 1].End)
                throw new InvalidOperationException($"{places[i]} overlaps {places[i - 1]}");
        }

        if (bytes != prompt.Bytes)
            throw new InvalidOperationException($"{bytes} bytes noted, {prompt.Bytes} said");
    }

    private static bool IsWhole(ReadOnlySpan<byte> value, bool isString)
    {
        var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = JsonScanner.DepthMax });
        reader.Read();
        bool isRight = isString ? reader.TokenType == JsonTokenType.String : reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
        reader.Skip();
        return isRight && reader.BytesConsumed == value.Length;
    }
}
