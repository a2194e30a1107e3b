using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Tests.Meter;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Dialects.OpenAi;

public class OpenAiStreamReaderTests
{
    private const string Head = "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",";
    private const string UsageChunk = Head + "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12,\"total_tokens\":21}}";

    private readonly OpenAiStreamReader _reader = new();

    [Fact]
    public void A_chat_stream_is_complete_on_DONE_and_brings_its_usage()
    {
        _reader.Reset(RequestShape.Chat, stripUsage: false);
        Send(Chunk("{\"role\":\"assistant\",\"content\":\"\"}"));
        Assert.False(_reader.SawContent);
        Assert.Equal(1, _reader.OpenChoices);
        Send(Chunk("{\"content\":\"Hello\"}"));
        Assert.True(_reader.SawContent);
        Send(Chunk("{\"content\":\" world\"}"));
        Send(Chunk("{}", "\"stop\""));
        Assert.Equal(0, _reader.OpenChoices);
        Assert.Equal(EventAction.Forward, Send(UsageChunk));
        Assert.False(_reader.IsTerminal);
        Assert.False(_reader.IsComplete(cleanFramingEnd: false));
        Send("[DONE]");
        Assert.True(_reader.IsTerminal);
        Assert.True(_reader.IsComplete(cleanFramingEnd: false));
        Assert.False(_reader.EndedInError);
        Assert.Equal("usage 9 (0 cached, 0 audio) 12 (0 reasoning, 0 audio) 21", AnswerReading.Describe(_reader.Usage));
        Assert.Equal(5, _reader.Events);
    }

    [Fact]
    public void Without_DONE_a_stream_is_complete_when_each_choice_is_finished_and_the_framing_ended_cleanly()
    {
        _reader.Reset(RequestShape.Chat, stripUsage: false);
        Assert.False(_reader.IsComplete(cleanFramingEnd: true));
        Send(Chunk("{\"content\":\"a\"}", index: 0));
        Send(Chunk("{\"content\":\"b\"}", index: 127));
        Assert.Equal(2, _reader.OpenChoices);
        Send(Chunk("{}", "\"stop\"", index: 0));
        Assert.False(_reader.IsComplete(cleanFramingEnd: true));
        Send(Chunk("{}", "\"\"", index: 127));
        Assert.Equal(1, _reader.OpenChoices);
        Send(Chunk("{}", "\"length\"", index: 127));
        Assert.True(_reader.IsComplete(cleanFramingEnd: true));
        Assert.False(_reader.IsComplete(cleanFramingEnd: false));
        Assert.False(_reader.IsTerminal);
    }

    [Fact]
    public void Choices_are_told_apart_in_one_chunk_and_by_index_wherever_it_stands()
    {
        _reader.Reset(RequestShape.Chat, stripUsage: false);
        Send(
            "{\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\",\"index\":70},{\"index\":3,\"delta\":{},"
                + "\"finish_reason\":null}]}");
        Assert.Equal(1, _reader.OpenChoices);
        Send("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\",\"index\":3},{\"finish_reason\":null,\"delta\":{}}]}");
        Assert.Equal(1, _reader.OpenChoices);
        Send("{\"choices\":[{\"finish_reason\":\"stop\"}]}");
        Assert.True(_reader.IsComplete(cleanFramingEnd: true));
    }

    [Theory]
    [InlineData("128")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("99999999999999999999")]
    public void A_choice_with_an_index_that_cannot_be_followed_leaves_only_DONE_as_the_end(string index)
    {
        _reader.Reset(RequestShape.Chat, stripUsage: false);
        Send("{\"choices\":[{\"index\":" + index + ",\"delta\":{},\"finish_reason\":\"stop\"},{\"index\":0,\"finish_reason\":\"stop\"}]}");
        Assert.Equal(1, _reader.OpenChoices);
        Assert.False(_reader.IsComplete(cleanFramingEnd: true));
        Send("[DONE]");
        Assert.True(_reader.IsComplete(cleanFramingEnd: true));
    }

    [Theory]
    [InlineData("{\"content\":\"x\"}", true)]
    [InlineData("{\"reasoning_content\":\"x\"}", true)]
    [InlineData("{\"refusal\":\"x\",\"content\":null}", true)]
    [InlineData("{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}", true)]
    [InlineData("{\"content\":[{\"type\":\"thinking\"}]}", true)]
    [InlineData("{\"function_call\":{\"name\":\"f\"}}", true)]
    [InlineData("{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[],\"function_call\":{},\"refusal\":null}", false)]
    [InlineData("{}", false)]
    [InlineData("null", false)]
    public void Content_is_whatever_a_delta_brings_but_its_role(string delta, bool isContent)
    {
        _reader.Reset(RequestShape.Chat, stripUsage: false);
        Send(Chunk(delta));
        Assert.Equal(isContent, _reader.SawContent);
        Assert.Equal(1, _reader.OpenChoices);
    }

    [Fact]
    public void A_completion_stream_is_read_by_its_text()
    {
        _reader.Reset(RequestShape.Completions, stripUsage: true);
        Send("{\"id\":\"c\",\"choices\":[{\"text\":\"\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]}");
        Assert.False(_reader.SawContent);
        for (int i = 0; i < 3; i++)
            Send("{\"id\":\"c\",\"choices\":[{\"text\":\"word" + i + "\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]}");
        Assert.True(_reader.SawContent);
        Assert.Equal(1, _reader.OpenChoices);
        Send("{\"id\":\"c\",\"choices\":[{\"text\":\"\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"length\"}]}");
        Assert.Equal(EventAction.Drop, Send(UsageChunk));
        Assert.True(_reader.IsComplete(cleanFramingEnd: true));
    }

    [Theory]
    [InlineData(Head + "\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":null}", Head + "\"choices\":[{\"index\":0,\"delta\":{}}]}")]
    [InlineData("{\"choices\":[] , \"usage\" : null ,\"x\":1}", "{\"choices\":[]  ,\"x\":1}")]
    [InlineData("{\"usage\":null,\"choices\":[]}", "{\"choices\":[]}")]
    [InlineData("{ \"usage\":null , \"choices\":[],\"y\":{\"usage\":null}}", "{  \"choices\":[],\"y\":{\"usage\":null}}")]
    [InlineData("{\"usage\":null}", "{}")]
    [InlineData(
        "{\"choices\":[{\"usage\":null}],\"us\\u0061ge\":null,\"usage\":null}",
        "{\"choices\":[{\"usage\":null}],\"us\\u0061ge\":null}")]
    [InlineData(
        "{\"choices\":[{\"delta\":{\"content\":\",\\\"usage\\\":null\"}}],\"usage\":null,\"obfuscation\":\"x\"}",
        "{\"choices\":[{\"delta\":{\"content\":\",\\\"usage\\\":null\"}}],\"obfuscation\":\"x\"}")]
    public void Null_usage_is_cut_out_with_its_comma_and_nothing_else(string data, string expected)
    {
        _reader.Reset(RequestShape.Chat, stripUsage: true);
        for (int round = 0; round < 3; round++)
        {
            byte[] frame = Encoding.UTF8.GetBytes("id: 1\ndata: " + data + "\r\n\r\n");
            Assert.Equal(EventAction.Cut, _reader.OnEvent(frame, frame.AsSpan(12, data.Length), out int start, out int length));
            Assert.Equal(
                "id: 1\ndata: " + expected + "\r\n\r\n",
                Encoding.UTF8.GetString([.. frame[..start], .. frame[(start + length)..]]));
        }
    }

    [Fact]
    public void Only_the_chunk_without_choices_and_with_usage_is_dropped()
    {
        _reader.Reset(RequestShape.Chat, stripUsage: true);
        Assert.Equal(
            EventAction.Forward,
            Send("{\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"prompt_filter_results\":[{\"prompt_index\":0}]}"));
        Assert.Equal(EventAction.Forward, Send("{\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{\"prompt_tokens\":1}}"));
        Assert.Equal(EventAction.Forward, Send("{\"usage\":{\"prompt_tokens\":2}}"));
        Assert.Equal(EventAction.Forward, Send("{\"choices\":null,\"usage\":{\"prompt_tokens\":3}}"));
        Assert.Equal(EventAction.Drop, Send(UsageChunk));
        Assert.Equal(EventAction.Drop, Send("{\"usage\":{\"prompt_tokens\":4},\"choices\":[ ]}"));
        Assert.Equal(4, _reader.Usage.InputTokens);

        _reader.Reset(RequestShape.Chat, stripUsage: false);
        Assert.Equal(EventAction.Forward, Send(UsageChunk));
        Assert.Equal(EventAction.Forward, Send("{\"choices\":[],\"usage\":null}"));
    }

    [Fact]
    public void Data_that_is_not_a_slice_of_its_frame_is_never_cut()
    {
        _reader.Reset(RequestShape.Chat, stripUsage: true);
        byte[] frame = "data: {\"choices\":[],\ndata: \"usage\":null}\n\n"u8.ToArray();
        Assert.Equal(EventAction.Forward, _reader.OnEvent(frame, "{\"choices\":[],\n\"usage\":null}"u8, out int start, out int length));
        Assert.Equal((0, 0), (start, length));
        Assert.Equal(1, _reader.Events);
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("{\"choices\":[],\"usage\":{\"prompt_tokens\":9}")]
    [InlineData("{\"choices\":[],\"usage\":{\"prompt_tokens\":9}}}")]
    [InlineData("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}],\"usage\":null,}")]
    [InlineData("{\"error\":{\"message\":\"x\"}")]
    [InlineData("[DONE")]
    [InlineData("")]
    public void Data_that_is_not_JSON_passes_and_counts_for_nothing(string data)
    {
        foreach (RequestShape shape in new[] { RequestShape.Chat, RequestShape.Responses, RequestShape.Images })
        {
            _reader.Reset(shape, stripUsage: true);
            Assert.Equal(EventAction.Forward, Send(data));
            Assert.Equal(0, _reader.Events);
            Assert.Equal(0, _reader.OpenChoices);
            Assert.False(_reader.Usage.IsPresent || _reader.SawContent || _reader.IsTerminal);
        }
    }

    [Theory]
    [InlineData("{\"error\":{\"message\":\"overloaded\",\"code\":\"x\"}}")]
    [InlineData("{\"error\":\"overloaded\"}")]
    [InlineData(Head + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}],\"error\":{\"code\":502}}")]
    public void An_error_in_the_stream_ends_it(string data)
    {
        foreach (RequestShape shape in new[] { RequestShape.Chat, RequestShape.Completions, RequestShape.Responses, RequestShape.Images })
        {
            _reader.Reset(shape, stripUsage: false);
            Assert.Equal(EventAction.Forward, Send(data));
            Assert.True(_reader.IsTerminal && _reader.EndedInError);
        }

        _reader.Reset(RequestShape.Chat, stripUsage: false);
        Send("{\"choices\":[],\"error\":null}");
        Assert.False(_reader.IsTerminal || _reader.EndedInError);
    }

    [Theory]
    [InlineData("response.completed", false)]
    [InlineData("response.incomplete", false)]
    [InlineData("response.cancelled", false)]
    [InlineData("response.failed", true)]
    public void A_response_stream_ends_on_its_terminal_event_and_brings_its_usage(string type, bool isError)
    {
        _reader.Reset(RequestShape.Responses, stripUsage: false);
        Send(
            "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"r\",\"status\":\"in_progress\",\"err"
                + "or\":null,\"usage\":null}}");
        Send(
            "{\"type\":\"response.output_item.added\",\"sequence_number\":1,\"item\":{\"type\":\"response.completed\",\"usage"
                + "\":{\"input_tokens\":1}}}");
        Assert.False(_reader.SawContent);
        Send("{\"type\":\"response.output_text.delta\",\"sequence_number\":2,\"delta\":\"Hi\",\"usage\":{\"input_tokens\":1}}");
        Assert.True(_reader.SawContent);
        Send("[DONE]");
        Assert.False(_reader.IsTerminal || _reader.Usage.IsPresent);
        Send(
            "event: " + type + "\n",
            "{\"response\":{\"output\":[{\"usage\":{\"input_tokens\":9}}],\"usage\":{\"input_tokens\":3,\"output_tokens\":4}},"
                + "\"type\":\"" + type + "\"}");
        Assert.True(_reader.IsTerminal && _reader.IsComplete(cleanFramingEnd: false));
        Assert.Equal(isError, _reader.EndedInError);
        Assert.Equal("usage 3 (0 cached, 0 audio) 4 (0 reasoning, 0 audio) 7", AnswerReading.Describe(_reader.Usage));
        Assert.Equal(4, _reader.Events);
    }

    [Fact]
    public void A_terminal_type_counts_only_if_the_event_name_agrees()
    {
        _reader.Reset(RequestShape.Responses, stripUsage: false);
        Send("event: response.output_text.done\n", "{\"type\":\"response.completed\"}");
        Assert.False(_reader.IsComplete(cleanFramingEnd: true));
        Send("event: x\r\nevent:response.completed\r", "{\"type\":\"response.completed\"}");
        Assert.True(_reader.IsTerminal);
        _reader.Reset(RequestShape.Responses, stripUsage: false);
        Send("{\"type\":\"response.completed\"}");
        Assert.True(_reader.IsTerminal);
    }

    [Fact]
    public void An_error_event_ends_a_response_stream()
    {
        _reader.Reset(RequestShape.Responses, stripUsage: false);
        Send("event: error\n", "{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"x\",\"param\":null}");
        Assert.True(_reader.IsTerminal && _reader.EndedInError);
    }

    [Theory]
    [InlineData(RequestShape.Multipart, "transcript.text.delta", "transcript.text.done")]
    [InlineData(RequestShape.Images, "image_generation.partial_image", "image_generation.completed")]
    [InlineData(RequestShape.Speech, "speech.audio.delta", "speech.audio.done")]
    internal void Image_and_audio_streams_end_by_their_type(RequestShape shape, string part, string last)
    {
        _reader.Reset(shape, stripUsage: false);
        Send("{\"type\":\"" + part + "\",\"b64_json\":\"" + new string('A', 5000) + "\"}");
        Assert.True(_reader.SawContent);
        Assert.False(_reader.IsComplete(cleanFramingEnd: true));
        Send("{\"type\":\"" + last + "\",\"usage\":{\"input_tokens\":14,\"output_tokens\":101,\"total_tokens\":115}}");
        Assert.True(_reader.IsTerminal && !_reader.EndedInError);
        Assert.Equal(115, _reader.Usage.TotalTokens);

        _reader.Reset(shape, stripUsage: false);
        Send("{\"type\":\"x.failed\"}");
        Assert.True(_reader.IsTerminal && _reader.EndedInError);
        _reader.Reset(shape, stripUsage: false);
        Send("[DONE]");
        Assert.True(_reader.IsTerminal && !_reader.EndedInError);
    }

    [Fact]
    public void What_a_reader_has_learned_of_a_stream_never_changes_what_it_reads()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            byte[] stream = Stream(random);
            MeterOracles.ChunksAreReadAlike(stream, seed);
            MeterOracles.ChunksAreReadAlike(JsonCorpus.Mutate(stream, random), seed);
        }

        _reader.Reset(RequestShape.Chat, stripUsage: true);
        Assert.Equal(EventAction.Drop, Send(UsageChunk));
    }

    [Fact]
    public void A_suffix_that_is_alike_does_not_hide_a_missing_comma()
    {
        _reader.Reset(RequestShape.Completions, stripUsage: false);
        for (int i = 0; i < 3; i++)
            Send("{\"choices\":[{\"text\":\"word\",\"index\":0,\"finish_reason\":null}]}");
        Assert.Equal(3, _reader.Events);
        Send("{\"choices\":[{\"text\":\"word\"\"index\":0,\"finish_reason\":null}]}");
        Send("{\"choices\":[{\"text\":\"word\",");
        Send("{\"choices\":[{\"text\":");
        Send("{\"choices\":[{\"text\":{\"finish_reason\":\"stop\"}}]");
        Assert.Equal(3, _reader.Events);
        Send("{\"choices\":[{\"text\":{\"finish_reason\":\"stop\"},\"index\":0,\"finish_reason\":null}]}");
        Assert.Equal(4, _reader.Events);
        Assert.Equal(1, _reader.OpenChoices);
    }

    [Fact]
    public void Reading_events_allocates_nothing()
    {
        byte[][] frames = Frames(new Random(1));
        _reader.Reset(RequestShape.Chat, stripUsage: true);
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            foreach (byte[] frame in frames)
                _reader.OnEvent(frame, frame.AsSpan(6, frame.Length - 8), out _, out _);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(_reader.Events > 10);
    }

    private static byte[][] Frames(Random random) =>
        [.. Encoding.UTF8.GetString(Stream(random)).Split('\n').Select(line => Encoding.UTF8.GetBytes("data: " + line + "\n\n"))];

    /// <summary>The data of a random stream's events, a line each: mostly alike, now and then not.</summary>
    internal static byte[] Stream(Random random)
    {
        string Pick(params string[] of) => of[random.Next(of.Length)];
        string head = Pick(Head, "{", "{\"usage\":null,", Head + "\"x\":{\"delta\":1},");
        string tail = Pick("", ",\"usage\":null", " , \"usage\" : null ", ",\"usage\":null,\"obfuscation\":\"ab\"", ",\"error\":null");
        bool textual = random.Next(4) == 0;
        var lines = new List<string>();
        for (int n = random.Next(5, 25); n > 0; n--)
        {
            string text = Pick("Hello", "", " world, this is a text of more than thirty-two bytes", "\\n\\\"", "é", "}]", "\\ud83d\\ude00");
            string content = $"{{\"content\":\"{text}\"}}";
            string delta = textual ? $"\"text\":\"{text}\"" : "\"delta\":" + Pick(
                content,
                content,
                "{}",
                "{\"tool_calls\":[{\"index\":0}]}",
                "null");
            string index = Pick("\"index\":0", "\"index\":0", "\"index\":1", "\"index\":200");
            string rest = ",\"logprobs\":null,\"finish_reason\":" + Pick("null", "null", "null", "null", "\"stop\"");
            string choice = random.Next(3) == 0 ? $"{delta},{index}{rest}" : $"{index},{delta}{rest}";
            lines.Add(random.Next(12) switch
            {
                0 => Head + "\"choices\":[{" + choice + "},{" + choice + "}]" + tail + "}",
                1 => UsageChunk,
                2 => "{\"choices\":[],\"prompt_filter_results\":[]}",
                _ => head + "\"choices\":[{" + choice + "}]" + tail + "}",
            });
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    private static string Chunk(string delta, string finish = "null", int index = 0) =>
        Head + $"\"choices\":[{{\"index\":{index},\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}]}}";

    private EventAction Send(string data) => Send("", data);

    private EventAction Send(string fields, string data)
    {
        byte[] frame = Encoding.UTF8.GetBytes(fields + "data: " + data + "\n\n");
        int length = Encoding.UTF8.GetByteCount(data);
        return _reader.OnEvent(frame, frame.AsSpan(frame.Length - 2 - length, length), out _, out _);
    }
}
