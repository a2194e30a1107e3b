using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>What newer models refuse, or keep to themselves, is asked of them as they take it.</summary>
public sealed class PrefillTests
{
    private const string Begun = """[{"role":"user","content":"Q"},{"role":"assistant","content":"{ "}]""";

    private static EdgeSetup Setup => new()
    {
        Providers = $"  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: \"{EdgeSetup.ProviderKey}\" }}\n"
            + $"  google: {{ dialect: gemini, baseUrl: \"ROOT\", key: \"{EdgeSetup.ProviderKey}\" }}\n"
            + $"  plain: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\", responses: translated }}",
        Models = """
              "claude-*": { targets: [ { provider: claude } ] }
              "gemini-*": { targets: [ { provider: google } ] }
              "mistral-*": { targets: [ { provider: plain } ] }
            """,
    };

    [Theory]
    [InlineData("/v1/chat/completions", "claude-opus-4-6", "", "messages.prefill")]
    [InlineData("/v1/chat/completions", "claude-sonnet-4-5-20250929", "", null)]
    [InlineData("/v1/messages", "mistral-large-latest", "server=mistral", "messages.prefill")]
    [InlineData("/v1/messages", "gemini-3.6-flash", "", "messages.prefill")]
    [InlineData("/v1/messages", "gemini-2.5-flash", "", null)]
    public async Task An_answer_that_was_begun_is_not_refused(string path, string model, string script, string? loss)
    {
        await using var edge = await Edge.StartAsync(Setup);
        var answer = await edge.AskAsync(Ask.Post(path, $$"""{"model":"{{model}}","max_tokens":50,"messages":{{Begun}}}""", Ask.Script(script)));
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(loss, answer.Field("x-aiedge-translation-loss"));
    }

    /// <summary>What stands behind it cannot be carried: sound in a form that chats do not have.</summary>
    [Fact]
    public async Task Nor_is_one_behind_which_nothing_is_left()
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string lost = """{"role":"user","parts":[{"inlineData":{"mimeType":"audio/flac","data":"AAAA"}}]}""";
        var answer = await edge.AskAsync(Ask.Post(
            "/v1beta/models/mistral-large-latest:generateContent",
            $$"""{"contents":[{"role":"user","parts":[{"text":"Q"}]},{"role":"model","parts":[{"text":"{ "}]},{{lost}}]}""", Ask.Script("server=mistral")));
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Contains("contents.prefill", answer.Field("x-aiedge-translation-loss"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(",\"reasoning_effort\":\"high\"", false)]
    public async Task Claude_tells_its_thought_to_who_asks_for_some(string more, bool isHidden)
    {
        await using var edge = await Edge.StartAsync(Setup);
        foreach (var stream in (string[])["", ",\"stream\":true"])
        {
            var answer = await edge.AskAsync(Ask.Chat("reasoning=3", "claude-opus-4-7", more + stream));
            Assert.True(answer.Status == 200, answer.Text);
            var told = stream.Length > 0 ? answer.Events.Where(data => data != "[DONE]").Select(data => JsonElement.Parse(data)) : [answer.Json];
            var thought = told.SelectMany(one => one.GetProperty("choices").EnumerateArray())
                .Select(choice => choice.TryGetProperty("delta", out var delta) ? delta : choice.GetProperty("message"))
                .Select(said => said.TryGetProperty("reasoning_content", out var reasoning) ? reasoning.GetString() : "");
            Assert.Equal(isHidden, string.Concat(thought).Length == 0);
        }
    }

    [Fact]
    public async Task A_call_of_an_earlier_turn_is_no_fault_with_the_latest_gemini()
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string turns = """[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]""";
        var answer = await edge.AskAsync(Ask.Post("/v1/chat/completions", $$"""{"model":"gemini-flash-latest","messages":{{turns}}}"""));
        Assert.True(answer.Status == 200, answer.Text);
    }
}
