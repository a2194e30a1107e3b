using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Tests.Meter;
using AiEdge.DataPlane.Tests.Parse;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Tests.Flow;

/// <summary>What a stream says is the same wherever the network cuts it, and an event that ends anywhere is read without fault.</summary>
public sealed class DeltaCutsTests
{
    private const string Chat = """
        data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

        data: {"id":"c","choices":[{"index":0,"delta":{"content":"Naïve \"日本\" \ud83c\udf0d"},"finish_reason":null}],"usage":null}

        : a comment

        event: message
        data: {"id":"c","choices":[{"index":1,"delta":{"reasoning_content":"hm","tool_calls":[{"index":2,"function":{"name":"f","arguments":"{\"a\\\\"}}]}},
        data: {"index":0,"delta":{"refusal":"no","audio":{"transcript":"said"}},"finish_reason":"stop"}]}

        data: {"id":"c","choices":[{"index":1,"delta":{"content":[{"type":"text","text":"part"}]},"finish_reason":"tool_calls"}]}

        data: {"id":"c","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":11,"total_tokens":18}}

        data: [DONE]


        """;

    private const string Typed = """
        event: response.output_item.added
        data: {"type":"response.output_item.added","sequence_number":2,"output_index":1,"item":{"type":"function_call","name":"f","arguments":""}}

        event: response.output_text.delta
        data: {"type":"response.output_text.delta","sequence_number":3,"output_index":0,"content_index":1,"delta":"a \"b\" é","logprobs":[]}

        event: response.function_call_arguments.delta
        data: {"delta":"{\"a\":","output_index":1,"sequence_number":4,"type":"response.function_call_arguments.delta"}

        event: response.reasoning_summary_text.delta
        data: {"type":"response.reasoning_summary_text.delta","sequence_number":5,"output_index":2,"summary_index":1,"delta":"why"}

        event: response.completed
        data: {"type":"response.completed","sequence_number":6,"response":{"id":"r","usage":{"input_tokens":7,"output_tokens":11,"total_tokens":18}}}


        """;

    private const string Answer = """
        {"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Naïve \"日本\" \ud83c\udf0d","reasoning_content":"hm",
        "tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}],"annotations":[{"text":"not this"}]},
        "logprobs":{"content":[{"token":"nor","text":"this"}]}},{"index":1,"message":{"content":[{"type":"text","text":"a part"}],"refusal":null}}],"system_fingerprint":"f"}
        """;

    public static TheoryData<string, object> Streams => new()
    {
        { Chat, RequestShape.Chat },
        { Typed, RequestShape.Responses },
        { Chat.ReplaceLineEndings("\r\n"), RequestShape.Chat },
        { Chat.ReplaceLineEndings("\r"), RequestShape.Chat },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Texts_and_usage_of_a_stream_are_the_same_wherever_it_is_cut(string stream, object shape)
    {
        if (!stream.Contains('\r', StringComparison.Ordinal))
            stream = stream.ReplaceLineEndings("\n");
        var said = Cuts.SameForAll(Encoding.UTF8.GetBytes(stream), pieces => Describe(pieces, (RequestShape)shape, isWhole: true));

        Assert.EndsWith(" | usage 7 (0 cached, 0 audio) 11 (0 reasoning, 0 audio) 18, terminal", said, StringComparison.Ordinal);
        Assert.StartsWith(
            (RequestShape)shape == RequestShape.Chat
                ? "0.0 Content Naïve \\\"日本\\\" \\ud83c\\udf0d;1.0 Reasoning hm;1.2 Name f;1.2 Arguments {\\\"a\\\\\\\\;0.0 Refusal no;0.0 Transcript said;1.0 Content part; |"
                : "1.0 Name f;0.1 Content a \\\"b\\\" é;1.0 Arguments {\\\"a\\\":;2.1 Reasoning why; |",
            said,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_s_data_may_end_anywhere()
    {
        foreach (string stream in (string[])[Chat, Typed])
        {
            foreach (string line in stream.ReplaceLineEndings("\n").Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
            {
                byte[] data = Encoding.UTF8.GetBytes(line[6..]);
                for (int length = 0; length <= data.Length; length++)
                    DeltaOracles.TextsAreThoseOfTheTree(data[..length], length);
            }
        }
    }

    [Fact]
    public void A_stream_that_ends_anywhere_shows_a_beginning_of_its_texts()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Chat.ReplaceLineEndings("\n"));
        string whole = Describe([bytes], RequestShape.Chat);
        for (int length = 0; length < bytes.Length; length++)
        {
            string part = Describe([bytes[..length]], RequestShape.Chat);
            Assert.StartsWith(part[..part.IndexOf(" |", StringComparison.Ordinal)], whole, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_texts_of_a_whole_answer_count_the_same_wherever_it_is_cut()
    {
        var tokenizer = JsonTokenizer.Of(TokenEncoding.O200kBase);
        string said = Cuts.SameForAll(Encoding.UTF8.GetBytes(Answer), pieces =>
        {
            var reader = new JsonAnswerReader();
            reader.Reset(OpenAiAnswerWords.Shared, wantsTexts: true);
            foreach (byte[] piece in pieces)
                reader.Feed(piece);
            return FormattableString.Invariant($"{reader.Texts!.Count(tokenizer).Tokens} {reader.IsComplete}");
        });
        long expected = ((string[])["Naïve \\\"日本\\\" \\ud83c\\udf0d", "hm", "f", "{\\\"a\\\":1}", "a part"])
            .Sum(text => tokenizer.CountText(Encoding.UTF8.GetBytes(text)));
        Assert.Equal($"{expected} True", said);
    }

    [Fact]
    public void An_answer_that_outgrows_what_is_kept_of_it_has_the_same_texts_wherever_it_does()
    {
        var tokenizer = JsonTokenizer.Of(TokenEncoding.O200kBase);
        var answer = Encoding.UTF8.GetBytes(Answer);
        var reader = new JsonAnswerReader();
        reader.Reset(OpenAiAnswerWords.Shared, wantsTexts: true);
        reader.Feed(answer);
        var expected = (reader.Texts!.Count(tokenizer).Tokens, reader.Usage.OutputTokens, reader.IsComplete);
        reader.Reset(OpenAiAnswerWords.Shared, wantsTexts: true, isHeld: true);
        reader.Feed(answer);
        Assert.Equal(expected, (reader.TextsOf(answer)!.Count(tokenizer).Tokens, reader.Usage.OutputTokens, reader.IsComplete));
        Assert.NotEqual(0, expected.Tokens);
        for (var inside = 0; inside <= answer.Length; inside++)
        {
            byte[] padded = [.. Enumerable.Repeat((byte)' ', JsonAnswerReader.KeptBytesMax - inside), .. answer];
            reader.Reset(OpenAiAnswerWords.Shared, wantsTexts: true);
            foreach (var piece in padded.Chunk(inside % 2 == 0 ? 7 : padded.Length))
                reader.Feed(piece);
            Assert.Equal(expected, (reader.Texts!.Count(tokenizer).Tokens, reader.Usage.OutputTokens, reader.IsComplete));
            reader.Release();
        }
    }

    private static void Take(OpenAiStreamReader reader, ReadOnlySpan<byte> frame, StringBuilder said)
    {
        ReadOnlySpan<byte> data = FrameSplitter.Data(frame);
        reader.OnEvent(frame, data, out _, out _);
        foreach (DeltaText text in reader.Texts.All)
            said.Append($"{text.Choice}.{text.Part} {text.Kind} {Encoding.UTF8.GetString(data.Slice(text.Start, text.Length))};");
    }

    private static string Describe(IReadOnlyList<byte[]> pieces, RequestShape shape, bool isWhole = false)
    {
        var (frames, reader) = (new FrameSplitter(), new OpenAiStreamReader());
        frames.Reset();
        reader.Reset(shape, stripUsage: false, wantsTexts: true);
        var said = new StringBuilder();
        foreach (byte[] piece in pieces)
        {
            int position = 0;
            while (frames.TryNext(piece, ref position, out ReadOnlySpan<byte> frame, out _))
                Take(reader, frame, said);
            frames.Carry(piece.AsSpan(position));
        }

        // Where lines end in CR alone, nobody knows before the end that the last one does.
        if (isWhole && frames.TryTakeLast(out ReadOnlySpan<byte> last))
            Take(reader, last, said);

        return $"{said} | {AnswerReading.Describe(reader.Usage)}{(reader.IsTerminal ? ", terminal" : "")}";
    }
}
