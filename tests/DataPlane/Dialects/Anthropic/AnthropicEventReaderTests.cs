using System.Globalization;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.Anthropic;
using AiEdge.DataPlane.Flow;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Dialects.Anthropic;

/// <summary>What a streamed message says is the same wherever the network cuts it, and an event that ends anywhere is read without fault.</summary>
public sealed class AnthropicEventReaderTests
{
    private const string Stream = """
        event: message_start
        data: {"type":"message_start","message":{"usage":{"input_tokens":25,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000,"cache_creation":{"ephemeral_5m_input_tokens":60,"ephemeral_1h_input_tokens":40}}}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

        event: ping
        data: {"type": "ping"}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm \"日本\""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: content_block_start
        data: {"index":1,"content_block":{"text":"be","type":"text"},"type":"content_block_start"}

        event: content_block_delta
        data: {"delta":{"text":"gun \ud83c\udf0d","type":"text_delta"},"index":1,"type":"content_block_delta"}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"no","document_title":"text"}}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":1}

        event: content_block_start
        data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\":"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":2}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":null,"output_tokens":89,"server_tool_use":{"output_tokens":3}}}

        event: message_stop
        data: {"type":"message_stop"}


        """;

    private const string Said =
        "0 Reasoning hm \\\"日本\\\";1 Content be;1 Content gun \\ud83c\\udf0d;2 Name weather;2 Arguments {\\\"city\\\":; | in 1125 (1000 read, 100 written, 40 for an hour) out 89 of 1214, terminal";

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
    public void A_stream_that_ends_anywhere_shows_a_beginning_of_its_texts_and_no_end()
    {
        var bytes = Encoding.UTF8.GetBytes(Stream.ReplaceLineEndings("\n"));
        for (var length = 0; length < bytes.Length - 1; length++)
        {
            var part = Describe([bytes[..length]]);
            Assert.StartsWith(part[..part.IndexOf(" |", StringComparison.Ordinal)], Said, StringComparison.Ordinal);
            Assert.DoesNotContain("terminal", part, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_event_whose_data_breaks_off_counts_for_nothing()
    {
        var reader = new AnthropicEventReader();
        foreach (var line in Stream.ReplaceLineEndings("\n").Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            var data = Encoding.UTF8.GetBytes(line[6..]);
            reader.Reset(RequestShape.Messages, stripUsage: false, wantsTexts: true);
            for (var length = 0; length < data.Length; length++)
                reader.OnEvent(data.AsSpan(0, length), data.AsSpan(0, length), out _, out _);
            Assert.Equal((0, 0, false, -1), (reader.Events, reader.Texts.Count, reader.IsTerminal, reader.OpenBlock(withLast: true)));
        }
    }

    [Fact]
    public void Events_that_are_mutated_count_for_nothing_or_are_noted_as_they_lie()
    {
        var data = string.Join('\n', Stream.ReplaceLineEndings("\n").Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..]));
        for (var seed = 0; seed < 1000; seed++)
            EventOracles.EventsAreRead(JsonCorpus.Mutate(Encoding.UTF8.GetBytes(data), new Random(seed)), seed);
    }

    [Fact]
    public void A_block_is_open_from_its_start_to_its_stop()
    {
        var reader = new AnthropicEventReader();
        reader.Reset(RequestShape.Messages, stripUsage: false);
        List<(int Before, int After)> open = [];
        foreach (var type in (string[])["start", "delta", "stop"])
        {
            var data = Encoding.UTF8.GetBytes($"{{\"type\":\"content_block_{type}\",\"index\":7}}");
            reader.OnEvent(data, data, out _, out _);
            open.Add((reader.OpenBlock(withLast: false), reader.OpenBlock(withLast: true)));
        }

        Assert.Equal([(-1, 7), (7, 7), (7, -1)], open);
    }

    [Fact]
    public void An_error_is_the_end()
    {
        var reader = new AnthropicEventReader();
        reader.Reset(RequestShape.Messages, stripUsage: false);
        var data = "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}"u8;
        reader.OnEvent(data, data, out _, out _);
        Assert.True(reader.IsTerminal && reader.EndedInError);
        reader.Reset(RequestShape.Messages, stripUsage: false);
        Assert.False(reader.IsTerminal || reader.EndedInError);
    }

    [Fact]
    public void Thought_that_is_only_shown_in_part_is_noticed()
    {
        var reader = new AnthropicEventReader();
        foreach (var type in (string[])["text", "thinking", "redacted_thinking"])
        {
            reader.Reset(RequestShape.Messages, stripUsage: false);
            Feed(reader, $"{{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{{\"type\":\"{type}\"}}}}");
            Feed(reader, "{\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}");
            Assert.Equal(type != "text", reader.Usage.HidesThought);
        }
    }

    private static void Feed(AnthropicEventReader reader, string text)
    {
        var data = Encoding.UTF8.GetBytes(text);
        reader.OnEvent(data, data, out _, out _);
    }

    private static string Describe(IReadOnlyList<byte[]> pieces, bool isWhole = false)
    {
        var (frames, reader) = (new FrameSplitter(), new AnthropicEventReader());
        frames.Reset();
        reader.Reset(RequestShape.Messages, stripUsage: false, wantsTexts: true);
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
            $" | in {usage.InputTokens} ({usage.CachedInputTokens} read, {usage.CacheWriteTokens} written, {usage.CacheWriteHourTokens} for an hour) out {usage.OutputTokens} of {usage.TotalTokens}");
        return said.Append(reader.IsTerminal ? ", terminal" : "").ToString();
    }

    private static void Take(AnthropicEventReader reader, ReadOnlySpan<byte> frame, StringBuilder said)
    {
        var data = FrameSplitter.Data(frame);
        reader.OnEvent(frame, data, out _, out _);
        foreach (var text in reader.Texts.All)
            said.Append(CultureInfo.InvariantCulture, $"{text.Part} {text.Kind} {Encoding.UTF8.GetString(data.Slice(text.Start, text.Length))};");
    }
}
