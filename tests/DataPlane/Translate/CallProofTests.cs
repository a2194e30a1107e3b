using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Tests.Dialects.OpenAi.Responses;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>What Gemini wants to see again with a call goes through each dialect's client and comes back.</summary>
public sealed class CallProofTests
{
    private const string Call = """{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"SIG+/=="}""";
    private const string Second = """{"functionCall":{"name":"g","args":{}}}""";
    private const string Answer = $$"""{"candidates":[{"content":{"role":"model","parts":[{{Call}},{{Second}}]},"finishReason":"STOP","index":0}],"modelVersion":"gemini-3-pro"}""";

    [Fact]
    public void A_chat_client_has_it_with_the_call()
    {
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Contents, [Answer], isStream: false, out var lost);
        var message = JsonElement.Parse(told).GetProperty("choices")[0].GetProperty("message").GetRawText();
        Assert.Equal("", lost);
        Assert.Equal([Call, Second], Back(RequestShape.Chat, $$"""{"model":"m","messages":[{"role":"user","content":"Q"},{{message}}]}"""));
    }

    [Fact]
    public void A_stream_of_chunks_has_it_with_the_call()
    {
        var told = Translating.Answer(RequestShape.Chat, RequestShape.Contents, [Answer], isStream: true, out _);
        Assert.Contains("\"extra_content\":{\"google\":{\"thought_signature\":\"SIG+/==\"}}", told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_of_messages_has_it_as_a_thought_before_the_call()
    {
        var told = Translating.Answer(RequestShape.Messages, RequestShape.Contents, [Answer], isStream: false, out var lost);
        var content = JsonElement.Parse(told).GetProperty("content").GetRawText();
        Assert.Equal("", lost);
        Assert.Equal([Call, Second], Back(RequestShape.Messages, $$"""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":{{content}}}]}"""));
        var stream = Translating.Answer(RequestShape.Messages, RequestShape.Contents, [Answer], isStream: true, out _);
        Assert.Contains("\"type\":\"signature_delta\",\"signature\":\"aiedge.call.SIG+/==\"", stream, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_of_responses_has_it_as_reasoning_before_the_call()
    {
        var told = Translating.Answer(RequestShape.Responses, RequestShape.Contents, [Answer], isStream: false, out var lost);
        var output = JsonElement.Parse(told).GetProperty("output").GetRawText()[1..^1];
        Assert.Equal("", lost);
        Assert.Equal([Call, Second], Back(RequestShape.Responses, $$"""{"model":"m","input":[{"role":"user","content":"Q"},{{output}}]}"""));
        var stream = new ResponseLog(Translating.Answer(RequestShape.Responses, RequestShape.Contents, [Answer], isStream: true, out _));
        Assert.Equal(3, stream.Final.GetProperty("output").GetArrayLength());
    }

    [Fact]
    public void Other_providers_are_not_sent_it_and_that_is_reported()
    {
        const string body = """{"model":"m","messages":[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","""
            + """ "function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"S"}}}]},{"role":"tool","tool_call_id":"c","content":"x"}]}""";
        Assert.DoesNotContain("\"S\"", Translating.Request(RequestShape.Chat, RequestShape.Messages, body, out var lost), StringComparison.Ordinal);
        Assert.Equal("messages.tool_calls.extra_content", lost);
    }

    [Theory]
    [InlineData("gemini-3-pro-preview", true)]
    [InlineData("gemini-flash-latest", true)]
    [InlineData("gemini-pro-latest", true)]
    [InlineData("gemini-2.5-flash", false)]
    public void A_model_that_refuses_calls_without_one_is_told_that_there_is_none(string model, bool isTold)
    {
        const string body = """{"model":"m","messages":[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}},"""
            + """{"id":"d","type":"function","function":{"name":"g","arguments":"{}"}}]}]}""";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out _, model);
        var parts = JsonElement.Parse(told).GetProperty("contents")[1].GetProperty("parts");
        Assert.Equal(isTold, parts[0].TryGetProperty("thoughtSignature", out var proof));
        Assert.Equal(isTold ? "skip_thought_signature_validator" : null, isTold ? proof.GetString() : null);
        Assert.False(parts[1].TryGetProperty("thoughtSignature", out _));
    }

    private static string[] Back(RequestShape client, string body)
    {
        var told = Translating.Request(client, RequestShape.Contents, body, out var lost);
        Assert.Equal("", lost);
        return [.. JsonElement.Parse(told).GetProperty("contents")[1].GetProperty("parts").EnumerateArray().Select(part => part.GetRawText())];
    }
}
