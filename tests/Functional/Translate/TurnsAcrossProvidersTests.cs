using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>A conversation whose first turn another provider answered goes on at the client's own, which judges it as strictly as the real one.</summary>
public sealed class TurnsAcrossProvidersTests
{
    private const string Thinks = ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}";
    private const string Tools = ",\"tools\":[{\"name\":\"weather\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}]";
    private const string Functions = ",\"reasoning\":{\"effort\":\"low\"},\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}]";

    private static EdgeSetup All => Claude.Setup with
    {
        Providers = string.Join('\n', Claude.Setup.Providers, Gem.Setup.Providers,
            $"  answers: {{ dialect: openai, responses: only, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}"),
        Models = string.Join('\n', Claude.Setup.Models, Gem.Setup.Models, "  gpt-5: { targets: [ { provider: answers } ] }"),
    };

    [Theory]
    [InlineData("gemini-2.5-flash", "messages.content.thinking,thinking")]
    [InlineData("gpt-5", "messages.content.thinking,thinking")]
    public async Task Claude_goes_on_from_calls_that_another_provider_made_without_thinking_on(string first, string lost)
    {
        await using var edge = await Edge.StartAsync(All);

        var content = await FirstAsync(edge, first, Thinks + Tools);

        Assert.Equal(["thinking", "tool_use"], content.EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        var result = $$"""[{"type":"tool_result","tool_use_id":{{content[1].GetProperty("id").GetRawText()}},"content":"fine"}]""";
        var answer = await edge.AskAsync(Next(content, result, Thinks + Tools));
        Assert.Equal((200, lost), (answer.Status, answer.Field("x-aiedge-translation-loss")));
        var sent = (await edge.Fake.NextRequestAsync()).BodyText;
        Assert.Contains("\"thinking\":{\"type\":\"disabled\"}", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("aiedge.", sent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemini-2.5-flash")]
    [InlineData("gpt-5")]
    public async Task Claude_thinks_on_from_what_another_provider_said(string first)
    {
        await using var edge = await Edge.StartAsync(All);

        var content = await FirstAsync(edge, first, Thinks);

        Assert.Equal(["thinking", "text"], content.EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        var answer = await edge.AskAsync(Next(content, "\"And?\"", Thinks));
        Assert.Equal((200, "messages.content.thinking"), (answer.Status, answer.Field("x-aiedge-translation-loss")));
        Assert.Contains("\"thinking\":{\"type\":\"enabled\"", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemini-2.5-flash")]
    [InlineData("claude-sonnet-4-5")]
    public async Task A_response_goes_on_from_calls_that_another_provider_made(string first)
    {
        await using var edge = await Edge.StartAsync(All);

        var called = await edge.AskAsync(Ask.Post(
            "/v1/responses", $$"""{"model":"{{first}}","max_output_tokens":4000,"input":[{"role":"user","content":"Q"}]{{Functions}}}""", Ask.Script("n=2; reasoning=3")));
        var output = called.Json.GetProperty("output");
        Assert.Equal(["reasoning", "function_call"], output.EnumerateArray().Select(item => item.GetProperty("type").GetString()));
        await edge.Fake.NextRequestAsync();
        var answer = await edge.AskAsync(Ask.Post("/v1/responses", $$"""
            {"model":"gpt-5","input":[{"role":"user","content":"Q"},{{output.GetRawText()[1..^1]}},
            {"type":"function_call_output","call_id":{{output[1].GetProperty("call_id").GetRawText()}},"output":"fine"}]{{Functions}}}
            """));

        Assert.Equal((200, "input.reasoning"), (answer.Status, answer.Field("x-aiedge-translation-loss")));
        Assert.DoesNotContain("aiedge.", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    /// <summary>The content of an answer to a question of Anthropic's dialect.</summary>
    private static async Task<JsonElement> FirstAsync(Edge edge, string model, string more)
    {
        var body = $$"""{"model":"{{model}}","max_tokens":4000,"messages":[{"role":"user","content":"Q"}]{{more}}}""";
        var answer = await edge.AskAsync(Ask.Post("/v1/messages", body, Ask.Script("n=2; reasoning=3")));
        Assert.Equal(200, answer.Status);
        await edge.Fake.NextRequestAsync();
        return answer.Json.GetProperty("content");
    }

    private static string Next(JsonElement said, string next, string more) => Ask.Post("/v1/messages", $$"""
        {"model":"claude-sonnet-4-5","max_tokens":4000,"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":{{said.GetRawText()}}},
        {"role":"user","content":{{next}}}]{{more}}}
        """);
}
