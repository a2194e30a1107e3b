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
        Assert.Equal("messages.reasoning_details", lost);
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

    private static string Body(string message) =>
        $$"""{"model":"m","messages":[{"role":"user","content":"Q"},{{message}}]}""";

    private static string[] BackToMessages(string message, out string lost)
    {
        var told = Translating.Request(RequestShape.Chat, RequestShape.Messages, Body(message), out lost);
        return [.. JsonElement.Parse(told).GetProperty("messages")[1].GetProperty("content").EnumerateArray().Select(block => block.GetRawText())];
    }
}
