using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.OpenAi;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>What proves a thought goes through a chat's client, which sends a message back as it got it, and reaches the provider that gave it.</summary>
public sealed class ChatThoughtTests
{
    private const string Signed = """{"type":"thinking","thinking":"so \"it\" is","signature":"SIG+/=="}""";
    private const string Hidden = """{"type":"redacted_thinking","data":"HID=="}""";
    private const string Second = """{"type":"thinking","thinking":"","signature":"TWO"}""";
    private const string Call = """{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":1}}""";
    private const string Third = """{"type":"thinking","thinking":"third","signature":"THREE"}""";
    private const string Answer = $$$"""{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{{{Signed}}},{{{Hidden}}},{{{Second}}},{{{Call}}}],"""
        + "\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":7,\"output_tokens\":20}}";

    private const string Sealed = """
        {"id":"resp_1","object":"response","model":"gpt-5-codex","status":"completed","output":[{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"SEAL"},
        {"id":"fc_1","type":"function_call","call_id":"call_1","name":"f","arguments":"{}","status":"completed"}],"usage":{"input_tokens":7,"output_tokens":20}}
        """;

    private static readonly string[] Stream =
    [
        """{"type":"message_start","message":{"id":"msg_1","model":"claude-x","content":[],"usage":{"input_tokens":7,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"so "}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"\"it\" is"}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"SIG"}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"+/=="}}""",
        """{"type":"content_block_stop","index":0}""",
        """{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"HID=="}}""",
        """{"type":"content_block_stop","index":1}""",
        """{"type":"content_block_start","index":2,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
        """{"type":"content_block_delta","index":2,"delta":{"type":"signature_delta","signature":"TWO"}}""",
        """{"type":"content_block_stop","index":2}""",
        """{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}""",
        """{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}""",
        """{"type":"content_block_stop","index":3}""",
        """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":20}}""",
        """{"type":"message_stop"}""",
    ];

    [Fact]
    public void A_message_that_is_sent_back_has_the_thoughts_as_they_were()
    {
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Messages, [Answer], isStream: false, out var lost);
        Assert.Equal("", lost);
        var message = JsonElement.Parse(told).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal("so \"it\" is", message.GetProperty("reasoning_content").GetString());
        Assert.Equal([Signed, Hidden, Second, Call], BackToMessages(message.GetRawText(), out lost));
        Assert.Equal("", lost);
    }

    [Fact]
    public void A_stream_tells_each_thought_whole_once_it_is_proved()
    {
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Messages, Stream, isStream: true, out var lost);
        Assert.Equal("", lost);
        var details = new List<string>();
        foreach (var line in told.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (line != "data: [DONE]" && JsonElement.Parse(line[6..]).GetProperty("choices") is { } choices && choices.GetArrayLength() > 0
                && choices[0].GetProperty("delta").TryGetProperty("reasoning_details", out var added))
                details.AddRange(added.EnumerateArray().Select(detail => detail.GetRawText()));
        }

        Assert.Equal([0, 1, 2], details.Select(detail => JsonElement.Parse(detail).GetProperty("index").GetInt32()));
        const string call = """{"id":"toolu_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}""";
        var message = $$"""{"role":"assistant","content":null,"tool_calls":[{{call}}],"reasoning_details":[{{string.Join(',', details)}}]}""";
        Assert.Equal([Signed, Hidden, Second, Call], BackToMessages(message, out lost));
        Assert.Equal("", lost);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_thought_between_calls_comes_back_between_them(bool isStream)
    {
        string[] blocks = [Signed, Call, Second, Hidden, CallOf(2), CallOf(3), Third, CallOf(4)];
        var message = Told(isStream ? StreamOf(blocks) : [AnswerOf(blocks)], isStream);
        Assert.Equal(blocks, BackToMessages(message, out var lost));
        Assert.Equal("", lost);
    }

    [Theory]
    [InlineData("text behind its calls", true)]
    [InlineData("text before them", false)]
    public void Whatever_the_order_of_the_message_is(string _, bool isTextLast)
    {
        const string text = "\"content\":\"A\"";
        var calls = $"\"tool_calls\":[{CallIn(1)},{CallIn(2)}]";
        var details = $"\"reasoning_details\":[{Detail("aiedge.signed.0.ONE")},{Detail("aiedge.signed.1.TWO")}]";
        var message = $"{{{details},{(isTextLast ? calls : text)},{(isTextLast ? text : calls)},\"role\":\"assistant\"}}";
        const string one = """{"type":"thinking","thinking":"t","signature":"ONE"}""";
        const string two = """{"type":"thinking","thinking":"t","signature":"TWO"}""";
        const string said = """{"type":"text","text":"A"}""";
        Assert.Equal(isTextLast ? [one, CallOf(1), two, CallOf(2), said] : [one, said, CallOf(1), two, CallOf(2)], BackToMessages(message, out var lost));
        Assert.Equal("", lost);
    }

    [Theory]
    [InlineData("a call of the message is gone", "aiedge.signed.2.TWO")]
    [InlineData("nothing follows it", "aiedge.signed.1.TWO")]
    [InlineData("what only the provider can read", "aiedge.hidden.1.TWO")]
    public void A_thought_whose_place_is_gone_is_lost_and_reported(string _, string proof)
    {
        var message = $$"""{"role":"assistant","content":null,"tool_calls":[{{CallIn(1)}}],"reasoning_details":[{{Detail("aiedge.signed.0.ONE")}},{{Detail(proof)}}]}""";
        Assert.Equal(["""{"type":"thinking","thinking":"t","signature":"ONE"}""", CallOf(1)], BackToMessages(message, out var lost));
        Assert.Equal("messages.reasoning_details", lost);
    }

    [Fact]
    public void Thoughts_in_another_order_than_their_calls_are_lost_and_reported()
    {
        var message = $$"""{"role":"assistant","content":null,"tool_calls":[{{CallIn(1)}},{{CallIn(2)}}],"reasoning_details":[{{Detail("aiedge.signed.1.TWO")}},{{Detail("aiedge.signed.0.ONE")}}]}""";
        Assert.Equal([CallOf(1), """{"type":"thinking","thinking":"t","signature":"TWO"}""", CallOf(2)], BackToMessages(message, out var lost));
        Assert.Equal("messages.reasoning_details", lost);
    }

    [Fact]
    public void A_thought_that_was_told_without_a_number_stands_first()
    {
        var message = $$"""{"role":"assistant","content":null,"tool_calls":[{{CallIn(1)}}],"reasoning_details":[{{Detail("aiedge.signed.12+/==")}}]}""";
        Assert.Equal(["""{"type":"thinking","thinking":"t","signature":"12+/=="}""", CallOf(1)], BackToMessages(message, out var lost));
        Assert.Equal("", lost);
    }

    [Fact]
    public void Where_there_is_one_call_alone_the_thought_behind_it_is_lost()
    {
        string[] answer = [AnswerOf(Signed, Call, Second, CallOf(2))];
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Messages, answer, isStream: false, out _, wantsOldCalls: true);
        var message = JsonElement.Parse(told).GetProperty("choices")[0].GetProperty("message").GetRawText();
        var back = BackToMessages(message, out var lost);
        Assert.Equal(2, back.Length);
        Assert.Equal(Signed, back[0]);
        Assert.Equal("messages.reasoning_details", lost);
    }

    [Fact]
    public void What_openai_has_sealed_between_calls_goes_back_there()
    {
        const string answer = """
            {"id":"resp_1","object":"response","model":"gpt-5-codex","status":"completed","output":[{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"ONE"},
            {"id":"fc_1","type":"function_call","call_id":"call_1","name":"f","arguments":"{}","status":"completed"},
            {"id":"rs_2","type":"reasoning","summary":[],"encrypted_content":"TWO"},
            {"id":"fc_2","type":"function_call","call_id":"call_2","name":"f","arguments":"{}","status":"completed"}],"usage":{"input_tokens":7,"output_tokens":20}}
            """;
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Responses, [answer], isStream: false, out _);
        var message = JsonElement.Parse(told).GetProperty("choices")[0].GetProperty("message").GetRawText();
        var back = Translating.Request(RequestShape.Chat, RequestShape.Responses, Body(message), out var lost, thinks: true);
        Assert.Equal("", lost);
        Assert.Equal(["message", "reasoning", "function_call", "reasoning", "function_call"],
            JsonElement.Parse(back).GetProperty("input").EnumerateArray().Select(item => item.GetProperty("type").GetString()));
    }

    [Fact]
    public void What_openai_has_sealed_goes_back_to_it_and_to_nobody_else()
    {
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Responses, [Sealed], isStream: false, out var lost);
        Assert.Equal("", lost);
        var message = JsonElement.Parse(told).GetProperty("choices")[0].GetProperty("message").GetRawText();
        var back = Translating.Request(RequestShape.Chat, RequestShape.Responses, Body(message), out lost, thinks: true);
        Assert.Equal("", lost);
        Assert.Equal("SEAL", JsonElement.Parse(back).GetProperty("input")[1].GetProperty("encrypted_content").GetString());
        Assert.Contains("\"include\":[\"reasoning.encrypted_content\"]", back, StringComparison.Ordinal);
        Assert.Single(BackToMessages(message, out lost));
        Assert.Contains("messages.reasoning_content", lost, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"type":"reasoning.text","text":"t","signature":"EqQ","format":"anthropic-claude-v1","index":0}]""")]
    [InlineData("""[{"type":"reasoning.encrypted","data":"aiedge.signed.X"}]""")]
    public void Thoughts_that_others_proved_are_lost_and_reported(string details)
    {
        var message = $$"""{"role":"assistant","content":"A","reasoning_details":{{details}}}""";
        Assert.Equal(["""{"type":"text","text":"A"}"""], BackToMessages(message, out var lost));
        Assert.Equal("messages.reasoning_details,messages.prefill", lost);
    }

    [Fact]
    public void A_thought_that_was_not_proved_is_none_of_the_next()
    {
        string[] answer = ["""{"type":"message","model":"c","content":[{"type":"thinking","thinking":"one"},{"type":"text","text":"A"},{"type":"thinking","thinking":"two","signature":"S"}],"stop_reason":"end_turn"}"""];
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Messages, answer, isStream: false, out _);
        var detail = JsonElement.Parse(told).GetProperty("choices")[0].GetProperty("message").GetProperty("reasoning_details")[0];
        Assert.Equal("two", detail.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_thought_of_no_end_is_lost_with_its_proof(bool isStream)
    {
        var thought = new string('a', ChatThoughts.ThoughtBytesMax + 1);
        string[] answer = isStream
            ? ["""{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"THOUGHT"}}""".Replace("THOUGHT", thought), Stream[4], Stream[^1]]
            : [$$"""{"type":"message","model":"c","content":[{"type":"thinking","thinking":"{{thought}}","signature":"S"}],"stop_reason":"end_turn"}"""];
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Messages, answer, isStream, out var lost);
        Assert.Equal("answer.thinking.signature", lost);
        Assert.DoesNotContain("reasoning_details", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_proof_of_no_end_leaves_nothing_behind(bool isStream)
    {
        var endless = new string('a', ChatThoughts.ThoughtBytesMax);
        string[] answer = isStream
            ? [Stream[0], Stream[2], Stream[4], Stream[5].Replace("+/==", endless), Stream[5], Stream[2].Replace("so ", "next"), Stream[5].Replace("+/==", "NEXT"), Stream[^1]]
            : [AnswerOf($$"""{"type":"thinking","thinking":"t","signature":"a{{endless}}"}""", """{"type":"thinking","thinking":"next","signature":"NEXT"}""")];
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Messages, answer, isStream, out var lost);
        Assert.Equal("answer.thinking.signature", lost);
        Assert.Equal(1, System.Text.RegularExpressions.Regex.Count(told, "\"signature\""));
        Assert.Contains("""{"type":"reasoning.text","text":"next","signature":"aiedge.signed.0.NEXT","index":0}""", told, StringComparison.Ordinal);
    }

    private static string CallOf(int number) => $$$"""{"type":"tool_use","id":"toolu_{{{number}}}","name":"f","input":{"a":{{{number}}}}}""";

    private static string CallIn(int number) => $$$"""{"id":"toolu_{{{number}}}","type":"function","function":{"name":"f","arguments":"{\"a\":{{{number}}}}"}}""";

    private static string Detail(string proof) => $$"""{"type":"reasoning.text","text":"t","signature":"{{proof}}"}""";

    private static string AnswerOf(params string[] blocks) =>
        $$$"""{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{{{string.Join(',', blocks)}}}],"stop_reason":"tool_use","usage":{"input_tokens":7,"output_tokens":20}}""";

    private static string[] StreamOf(params string[] blocks)
    {
        List<string> events = [Stream[0]];
        for (var i = 0; i < blocks.Length; i++)
        {
            var isCall = blocks[i].StartsWith("{\"type\":\"tool_use\"", StringComparison.Ordinal);
            var input = isCall ? JsonElement.Parse(blocks[i]).GetProperty("input").GetRawText() : "";
            events.Add($$"""{"type":"content_block_start","index":{{i}},"content_block":{{(isCall ? blocks[i].Replace(input, "{}") : blocks[i])}}}""");
            if (isCall)
                events.Add($$$"""{"type":"content_block_delta","index":{{{i}}},"delta":{"type":"input_json_delta","partial_json":"{{{JsonEncodedText.Encode(input)}}}"}}""");
            events.Add($$"""{"type":"content_block_stop","index":{{i}}}""");
        }

        return [.. events, Stream[^2], Stream[^1]];
    }

    /// <summary>The message that a client has then, a stream's deltas put together.</summary>
    private static string Told(string[] answer, bool isStream)
    {
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Messages, answer, isStream, out var lost);
        Assert.Equal("", lost);
        if (!isStream)
            return JsonElement.Parse(told).GetProperty("choices")[0].GetProperty("message").GetRawText();
        List<string> details = [], calls = [];
        foreach (var line in told.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var choices = line == "data: [DONE]" ? default : JsonElement.Parse(line[6..]).GetProperty("choices");
            if (choices.ValueKind != JsonValueKind.Array || choices.GetArrayLength() == 0)
                continue;
            var delta = choices[0].GetProperty("delta");
            if (delta.TryGetProperty("reasoning_details", out var added))
                details.AddRange(added.EnumerateArray().Select(detail => detail.GetRawText()));
            if (!delta.TryGetProperty("tool_calls", out var parts))
                continue;
            foreach (var part in parts.EnumerateArray())
            {
                if (part.TryGetProperty("id", out _))
                    calls.Add(part.GetRawText());
                else
                    calls[^1] = calls[^1].Replace("\"arguments\":\"\"", "\"arguments\":" + part.GetProperty("function").GetProperty("arguments").GetRawText());
            }
        }

        return $$"""{"role":"assistant","content":null,"tool_calls":[{{string.Join(',', calls)}}],"reasoning_details":[{{string.Join(',', details)}}]}""";
    }

    private static string Body(string message) =>
        $$"""{"model":"m","messages":[{"role":"user","content":"Q"},{{message}}]}""";

    private static string[] BackToMessages(string message, out string lost)
    {
        var told = Translating.Request(RequestShape.Chat, RequestShape.Messages, Body(message), out lost);
        return [.. JsonElement.Parse(told).GetProperty("messages")[1].GetProperty("content").EnumerateArray().Select(block => block.GetRawText())];
    }
}
