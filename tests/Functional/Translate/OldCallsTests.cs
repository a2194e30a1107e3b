using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Chats that still ask with <c>functions</c> use the tools of providers of other dialects.</summary>
public sealed class OldCallsTests
{
    private const string Functions = ""","functions":[{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}]""";

    [Fact]
    public async Task A_function_is_called_and_its_result_goes_back()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var used = await edge.AskAsync(Ask.Chat("", "claude-sonnet-4-5", Functions));

        var choice = used.Json.GetProperty("choices")[0];
        Assert.Equal((200, "function_call"), (used.Status, choice.GetProperty("finish_reason").GetString()));
        var call = choice.GetProperty("message").GetProperty("function_call");
        Assert.Equal("weather", call.GetProperty("name").GetString());
        Assert.Null(used.Field("x-aiedge-translation-loss"));

        var body = $$$"""
            {"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Q"},{"role":"assistant","content":null,"function_call":{{{call.GetRawText()}}}},
            {"role":"function","name":"weather","content":"sunny"}]{{{Functions}}}}
            """;
        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", body));

        Assert.Equal((200, "stop"), (answer.Status, answer.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString()));
        Assert.Contains("\"type\":\"tool_result\",\"tool_use_id\":\"call_0\"", edge.Fake.Requests[^1].BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_tells_the_call_in_parts()
    {
        await using var edge = await Edge.StartAsync(Claude.Setup);

        var used = await edge.AskAsync(Ask.Stream("", "claude-sonnet-4-5", Functions));

        Assert.Contains("\"function_call\":{\"name\":\"weather\"", used.Text, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"function_call\"", used.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("tool_calls", used.Text, StringComparison.Ordinal);
        Assert.True(used.IsWhole);
    }
}
