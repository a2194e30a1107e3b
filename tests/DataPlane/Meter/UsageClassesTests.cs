using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.Anthropic;
using AiEdge.DataPlane.Dialects.Gemini;
using AiEdge.DataPlane.Dialects.OpenAi;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Tests.Meter;

/// <summary>What providers tell apart in their usage costs what it costs; and a usage that is of the whole stream is known as one.</summary>
public sealed class UsageClassesTests
{
    private const string Transcription = """
        {"text":"x","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":1,"audio_tokens":13},"output_tokens":45,"output_token_details":{"audio_tokens":5,"image_tokens":3},"total_tokens":59}}
        """;

    private const string Contents = """
        {"candidates":[],"usageMetadata":{"promptTokenCount":20,"candidatesTokenCount":7,"thoughtsTokenCount":2,
        "promptTokensDetails":[{"modality":"TEXT","tokenCount":3},{"tokenCount":12,"modality":"AUDIO"},{"modality":"AUDIO","tokenCount":1},{"modality":"IMAGE","tokenCount":4},7,[1]],
        "candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":5},{"modality":"TEXT","tokenCount":1},{"modality":"IMAGE","tokenCount":1}],"cachedContentTokenCount":6,"totalTokenCount":29}}
        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sound_and_images_are_told_apart(bool isGemini)
    {
        var bytes = Encoding.UTF8.GetBytes(isGemini ? Contents : Transcription);
        for (var step = 1; step <= bytes.Length; step += step < 40 ? 1 : 40)
        {
            var reader = new JsonAnswerReader();
            reader.Reset(isGemini ? GeminiAnswerWords.Shared : OpenAiAnswerWords.Shared);
            for (var at = 0; at < bytes.Length; at += step)
                reader.Feed(bytes.AsSpan(at, Math.Min(step, bytes.Length - at)));
            Assert.True(reader.IsComplete);
            Assert.Equal(
                isGemini ? "usage 20 (6 cached, 13 audio) 9 (2 reasoning, 5 audio) 29" : "usage 14 (0 cached, 13 audio) 45 (0 reasoning, 5 audio) 59",
                AnswerReading.Describe(reader.Usage));
            Assert.Equal(isGemini ? (4, 1) : (0, 3), (reader.Usage.ImageInputTokens, reader.Usage.ImageOutputTokens));
        }
    }

    /// <summary>The first is xAI's.</summary>
    [Theory]
    [InlineData("\"prompt_tokens\":10120,\"completion_tokens\":1499,\"total_tokens\":14428,\"completion_tokens_details\":{\"reasoning_tokens\":2809}", "4308 (2809 reasoning, 0 audio) 14428")]
    [InlineData("\"total_tokens\":30,\"completion_tokens_details\":{\"reasoning_tokens\":8},\"prompt_tokens\":10,\"completion_tokens\":20", "20 (8 reasoning, 0 audio) 30")]
    [InlineData("\"prompt_tokens\":10,\"completion_tokens\":20,\"completion_tokens_details\":{\"reasoning_tokens\":8}", "20 (8 reasoning, 0 audio) 30")]
    [InlineData("\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":39,\"completion_tokens_details\":{\"reasoning_tokens\":8}", "20 (8 reasoning, 0 audio) 39")]
    [InlineData("\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0,\"completion_tokens_details\":{\"reasoning_tokens\":0}", "0 (0 reasoning, 0 audio) 0")]
    public void Reasoning_that_is_counted_beside_the_output_is_a_part_of_it(string usage, string told)
    {
        var whole = new JsonAnswerReader();
        whole.Reset(OpenAiAnswerWords.Shared);
        whole.Feed(Encoding.UTF8.GetBytes($"{{\"choices\":[],\"usage\":{{{usage}}}}}"));
        Assert.EndsWith(told, AnswerReading.Describe(whole.Usage), StringComparison.Ordinal);

        var stream = new OpenAiStreamReader();
        stream.Reset(RequestShape.Chat, stripUsage: false);
        Read(stream, $"{{\"choices\":[],\"usage\":{{{usage}}}}}");
        Assert.EndsWith(told, AnswerReading.Describe(stream.Usage), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_s_usage_is_final_with_its_stop_reason()
    {
        var reader = new AnthropicEventReader();
        reader.Reset(RequestShape.Messages, stripUsage: false);
        Assert.False(Read(reader, """{"type":"message_start","message":{"stop_reason":null,"usage":{"input_tokens":25,"output_tokens":1}}}"""));
        Assert.False(Read(reader, """{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":9}}"""));
        Assert.True(Read(reader, """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":100}}"""));
        Assert.Equal((25, 100), (reader.Usage.InputTokens, reader.Usage.OutputTokens));
    }

    /// <summary>
    /// Anthropic's page "Compaction": the usage's own counts are those of all iterations but the compactions. Its page "Advisor tool": nor are an advisor's in it.
    /// </summary>
    [Theory]
    [InlineData("", "usage 23000 (0 cached, 0 audio) 1000", 0, 0)]
    [InlineData("null", "usage 23000 (0 cached, 0 audio) 1000", 0, 0)]
    [InlineData("[]", "usage 23000 (0 cached, 0 audio) 1000", 0, 0)]
    [InlineData("[MESSAGE]", "usage 23000 (0 cached, 0 audio) 1000", 0, 0)]
    [InlineData("[COMPACTION,MESSAGE]", "usage 203000 (50000 cached, 0 audio) 4500", 30_000, 10_000)]
    [InlineData("[COMPACTION,MESSAGE,LATE,MESSAGE]", "usage 204000 (50000 cached, 0 audio) 4570", 30_000, 10_000)]
    [InlineData("[7,[COMPACTION],{\"type\":\"compaction\",\"usage\":COMPACTION,\"input_tokens\":\"9\"}]", "usage 23000 (0 cached, 0 audio) 1000", 0, 0)]
    public void What_compacting_and_advice_took_is_a_part_of_a_message_s_bill(string iterations, string told, long written, long writtenForAnHour)
    {
        const string message = """{"type":"message","input_tokens":23000,"cache_read_input_tokens":0,"output_tokens":1000}""",
            compaction = """{"type":"compaction","input_tokens":100000,"cache_read_input_tokens":50000,"cache_creation_input_tokens":30000,"""
                + """ "cache_creation":{"ephemeral_5m_input_tokens":20000,"ephemeral_1h_input_tokens":10000},"output_tokens":3500}""",
            late = """{"model":"claude-opus-5-5","output_tokens":70,"input_tokens":1000,"type":"advisor_message"}""";
        var list = iterations.Replace("MESSAGE", message, StringComparison.Ordinal).Replace("COMPACTION", compaction, StringComparison.Ordinal).Replace("LATE", late, StringComparison.Ordinal);
        var usage = "{\"input_tokens\":23000," + (list.Length > 0 ? $"\"iterations\":{list}," : "") + "\"output_tokens\":1000,\"speed\":\"fast\",\"inference_geo\":\"us\"}";
        var bytes = Encoding.UTF8.GetBytes($"{{\"type\":\"message\",\"content\":[],\"usage\":{usage}}}");
        for (var step = 1; step <= bytes.Length; step += step < 40 ? 1 : 40)
        {
            var reader = new JsonAnswerReader();
            reader.Reset(AnthropicAnswerWords.Shared);
            for (var at = 0; at < bytes.Length; at += step)
                reader.Feed(bytes.AsSpan(at, Math.Min(step, bytes.Length - at)));
            AssertTold(reader.Usage);
        }

        // Of a stream the last list holds, which begins with what the first had.
        var stream = new AnthropicEventReader();
        stream.Reset(RequestShape.Messages, stripUsage: false);
        Read(stream, $"{{\"type\":\"message_start\",\"message\":{{\"usage\":{usage}}}}}");
        Read(stream, $"{{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end_turn\"}},\"usage\":{usage}}}");
        AssertTold(stream.Usage);
        Read(stream, """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1000,"speed":"standard"}}""");
        Assert.StartsWith(told, AnswerReading.Describe(stream.Usage), StringComparison.Ordinal);
        var common = stream.Usage.Speed;
        Assert.True(common.Utf8.IsEmpty);

        void AssertTold(Usage read)
        {
            var (speed, place) = (read.Speed, read.Place);
            Assert.StartsWith(told, AnswerReading.Describe(read), StringComparison.Ordinal);
            Assert.Equal((written, writtenForAnHour), (read.CacheWriteTokens, read.CacheWriteHourTokens));
            Assert.Equal(("fast", "us"), (Encoding.ASCII.GetString(speed.Utf8), Encoding.ASCII.GetString(place.Utf8)));
        }
    }

    [Fact]
    public void A_chat_s_usage_is_final_where_no_choice_goes_on()
    {
        var reader = new OpenAiStreamReader();
        reader.Reset(RequestShape.Chat, stripUsage: false);
        Assert.False(Read(reader, """{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"""));
        Assert.True(Read(reader, """{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12}}"""));
        reader.Reset(RequestShape.Chat, stripUsage: false);
        Assert.True(Read(reader, """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12}}"""));
    }

    [Fact]
    public void Gemini_s_usage_is_final_with_the_last_candidate_s_end()
    {
        var reader = new GeminiEventReader();
        reader.Reset(RequestShape.Contents, stripUsage: false);
        Assert.False(Read(reader, """{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1}}"""));
        Assert.True(Read(reader, """{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":12}}"""));
    }

    [Fact]
    public void Code_that_Gemini_runs_was_made_and_what_comes_of_it_was_not()
    {
        var reader = new GeminiEventReader();
        reader.Reset(RequestShape.Contents, stripUsage: false, wantsTexts: true);
        Read(reader, """{"candidates":[{"content":{"parts":[{"executableCode":{"language":"PYTHON","code":"print(1)"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}}]}}]}""");
        Assert.Equal((1, "print(1)".Length), (reader.Texts.Count, reader.Texts.Bytes));
    }

    private static bool Read(EventReader reader, string data)
    {
        var bytes = Encoding.UTF8.GetBytes(data);
        reader.OnEvent([.. "data: "u8, .. bytes, .. "\n\n"u8], bytes, out _, out _);
        return reader.Usage.IsFinal;
    }
}
