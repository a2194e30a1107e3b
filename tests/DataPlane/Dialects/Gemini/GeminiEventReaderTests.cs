using System.Globalization;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.Gemini;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Dialects.Gemini;

/// <summary>What streamed contents say is the same wherever the network cuts them, and an event that ends anywhere is read without fault.</summary>
public sealed class GeminiEventReaderTests
{
    private const string Stream = """
        data: {"candidates": [{"content": {"parts": [{"text": "hm","thought": true}]},"index": 0}],"usageMetadata": {"promptTokenCount": 10,"toolUsePromptTokenCount": 3,"thoughtsTokenCount": 4,"promptTokensDetails": [{"tokenCount": 10}]}}

        data: {"candidates":[{"index":1,"content":{"role":"model","parts":[{"thoughtSignature":"sig","text":"a \"日本\" \ud83c\udf0d"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}]}

        : a comment

        data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"text":"x","n":{"deep":[1]}},"id":"i"}}]},"finishReason":"STOP","index":1,"safetyRatings":[{"category":"C","text":"no"}]}]}

        data: {"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS","finishMessage":"m"}]}

        data: {"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":6,"toolUsePromptTokenCount":3,"candidatesTokenCount":8,"thoughtsTokenCount":4,"totalTokenCount":25}}


        """;

    private const string Said =
        "0.0 Reasoning hm;1.0 Content a \\\"日本\\\" \\ud83c\\udf0d;1.0 Name f;1.0 Arguments {\"text\":\"x\",\"n\":{\"deep\":[1]}};0.0 Content b;"
        + " | in 13 (6 read) out 12 (4 thought) of 25, whole";

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Texts_and_usage_are_the_same_wherever_the_stream_is_cut(string lineEnd)
    {
        var bytes = Encoding.UTF8.GetBytes(Stream.ReplaceLineEndings(lineEnd));
        Assert.Equal(Said, Cuts.SameForAll(bytes, pieces => Describe(pieces, isWhole: true)));
    }

    [Fact]
    public void A_stream_that_ends_anywhere_shows_a_beginning_of_its_texts_and_is_not_whole()
    {
        var bytes = Encoding.UTF8.GetBytes(Stream.ReplaceLineEndings("\n"));
        for (var length = 0; length < bytes.Length - 1; length++)
        {
            var part = Describe([bytes[..length]]);
            Assert.StartsWith(part[..part.IndexOf(" |", StringComparison.Ordinal)], Said, StringComparison.Ordinal);
            Assert.DoesNotContain(", whole", part, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_event_whose_data_breaks_off_counts_for_nothing()
    {
        var reader = new GeminiEventReader();
        foreach (var line in Stream.ReplaceLineEndings("\n").Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            var data = Encoding.UTF8.GetBytes(line[6..]);
            reader.Reset(RequestShape.Contents, stripUsage: false, wantsTexts: true);
            for (var length = 0; length < data.Length; length++)
                reader.OnEvent(data.AsSpan(0, length), data.AsSpan(0, length), out _, out _);
            var index = 0;
            Assert.Equal((0, 0, false, false), (reader.Events, reader.Texts.Count, reader.IsTerminal, reader.TryFindOpen(ref index, 0, withLast: true)));
        }
    }

    [Theory]
    [InlineData("""{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}""", true, false)]
    [InlineData("""{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}""", true, true)]
    [InlineData("""{"candidates":[{"finishReason":"FINISH_REASON_UNSPECIFIED"}]}""", false, false)]
    [InlineData("""{"candidates":[{"finishReason":"STOP"},{"index":1}]}""", false, false)]
    [InlineData("""{"usageMetadata":{"promptTokenCount":3}}""", false, false)]
    public void What_ends_a_stream(string data, bool isWhole, bool isError)
    {
        var reader = new GeminiEventReader();
        reader.Reset(RequestShape.Contents, stripUsage: false);
        var bytes = Encoding.UTF8.GetBytes(data);
        reader.OnEvent(bytes, bytes, out _, out _);
        Assert.Equal((isWhole, isError), (reader.IsComplete(cleanFramingEnd: true), reader.EndedInError));
        Assert.Equal(isError, reader.IsComplete(cleanFramingEnd: false));
    }

    private static string Describe(IReadOnlyList<byte[]> pieces, bool isWhole = false)
    {
        var (frames, reader) = (new FrameSplitter(), new GeminiEventReader());
        frames.Reset();
        reader.Reset(RequestShape.Contents, stripUsage: false, wantsTexts: true);
        var said = new StringBuilder();
        foreach (var piece in pieces)
        {
            var position = 0;
            while (frames.TryNext(piece, ref position, out var frame, out _))
                Take(reader, frame, said);
            frames.Carry(piece.AsSpan(position));
        }

        // Where lines end in CR alone, nobody knows before the end that the last one does.
        if (isWhole && frames.TryTakeLast(out var last))
            Take(reader, last, said);
        var usage = reader.Usage;
        said.Append(
            CultureInfo.InvariantCulture,
            $" | in {usage.InputTokens} ({usage.CachedInputTokens} read) out {usage.OutputTokens} ({usage.ReasoningTokens} thought) of {usage.TotalTokens}");
        return said.Append(reader.IsComplete(cleanFramingEnd: true) && isWhole ? ", whole" : "").ToString();
    }

    private static void Take(GeminiEventReader reader, ReadOnlySpan<byte> frame, StringBuilder said)
    {
        var data = FrameSplitter.Data(frame);
        reader.OnEvent(frame, data, out _, out _);
        foreach (var text in reader.Texts.All)
            said.Append(CultureInfo.InvariantCulture, $"{text.Choice}.{text.Part} {text.Kind} {Encoding.UTF8.GetString(data.Slice(text.Start, text.Length))};");
    }
}
