using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>What Anthropic's clients ask for and OpenAI would refuse as it stands, and Gemini of OpenAI's.</summary>
public sealed class RefusedByOpenAiTests
{
    private const string Tools = ""","tools":[{"name":"f","input_schema":{"type":"object"}}]""";
    private const string Thinks = ""","thinking":{"type":"enabled","budget_tokens":2048}""";
    private const string Adaptive = ",\"thinking\":{\"type\":\"adaptive\"}";
    private const string Off = ""","thinking":{"type":"disabled"}""";

    private const string Most = ""","temperature":0.5,"output_config":{"effort":"max"}""";

    private static EdgeSetup Setup => new()
    {
        Providers = $"  chats: {{ dialect: openai, responses: translated, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}",
        Models = "  \"gpt-*\": { targets: [ { provider: fake } ] }\n"
            + string.Join('\n', ((string[])["gpt-5.6", "gpt-5.2"]).Select(model => $"  of-chats-{model}: {{ targets: [ {{ provider: chats, model: {model} }} ] }}")),
    };

    private static string Messages(string model, string more) =>
        Ask.Post("/v1/messages", $$"""{"model":"{{model}}","max_tokens":9000,"messages":[{"role":"user","content":"Q"}]{{more}}}""");

    /// <summary>From gpt-5.4 on functions and thought exclude each other in chat completions.</summary>
    [Theory]
    [InlineData("gpt-5.6-sol", Tools + Thinks, "/v1/responses", "\"reasoning\":{\"effort\":\"low\"", null)]
    [InlineData("gpt-5.6", Tools, "/v1/responses", "", null)]
    [InlineData("gpt-5.4", Tools + Thinks, "/v1/responses", "\"reasoning\":{\"effort\":\"low\"", null)]
    [InlineData("gpt-5.4", Tools, "/v1/chat/completions", "", null)]
    [InlineData("gpt-5.4", Tools + Adaptive, "/v1/responses", "\"reasoning\":{\"effort\":\"medium\"", null)]
    [InlineData("gpt-5.4", Adaptive, "/v1/chat/completions", "\"reasoning_effort\":\"medium\"", null)]
    [InlineData("gpt-5.6", Tools + Off, "/v1/chat/completions", "\"reasoning_effort\":\"none\"", null)]
    [InlineData("gpt-5.6", Thinks, "/v1/chat/completions", "\"reasoning_effort\":\"low\"", null)]
    [InlineData("gpt-5.2", Tools + Thinks, "/v1/chat/completions", "\"reasoning_effort\":\"low\"", null)]
    [InlineData("gpt-6.1-sol", Tools + Thinks, "/v1/responses", "\"reasoning\":{\"effort\":\"low\"", null)]
    [InlineData("gpt-6.1-sol", Tools + Off, "/v1/responses", "\"reasoning\":{\"effort\":\"low\"", "thinking")]
    [InlineData("gpt-6.2-astra", Tools + Most, "/v1/responses", "\"reasoning\":{\"effort\":\"max\"", "temperature")]
    [InlineData("gpt-6.2-astra", Most, "/v1/chat/completions", "\"reasoning_effort\":\"xhigh\"", "temperature,thinking")]
    [InlineData("gpt-6-luna", Tools + Off, "/v1/chat/completions", "\"reasoning_effort\":\"none\"", null)]
    [InlineData("of-chats-gpt-5.6", Tools + Thinks, "/v1/chat/completions", "\"reasoning_effort\":\"none\"", "thinking")]
    [InlineData("of-chats-gpt-5.6", Tools, "/v1/chat/completions", "\"reasoning_effort\":\"none\"", null)]
    [InlineData("of-chats-gpt-5.2", Tools + Thinks, "/v1/chat/completions", "\"reasoning_effort\":\"low\"", null)]
    public async Task Functions_go_with_thought_where_they_may(string model, string more, string path, string sent, string? loss)
    {
        await using var edge = await Edge.StartAsync(Setup);
        foreach (var stream in (string[])["", ",\"stream\":true"])
        {
            var answer = await edge.AskAsync(Messages(model, more + stream));
            Assert.True(answer.Status == 200, answer.Text);
            Assert.Equal(loss, answer.Field("x-aiedge-translation-loss"));
            var request = await edge.Fake.NextRequestAsync();
            Assert.Equal(path, request.Target);
            Assert.Contains(sent, request.BodyText, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_asks_at_a_length_that_openai_refuses_is_not_told()
    {
        await using var edge = await Edge.StartAsync(Setup);
        var answer = await edge.AskAsync(Messages("gpt-4o", $$""","metadata":{"user_id":"{{new string('u', 65)}}"}"""));
        Assert.Equal((200, "metadata.user_id"), (answer.Status, answer.Field("x-aiedge-translation-loss")));
    }

    [Fact]
    public async Task An_empty_text_beside_a_call_is_not_told_to_gemini()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);
        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Q"},"""
            + """{"role":"assistant","content":"","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]}"""));
        Assert.True(answer.Status == 200, answer.Text);
    }
}
