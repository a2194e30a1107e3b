using System.Text.Json;
using AiEdge.DataPlane.Tests.Dialects;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>An answer that the request begins goes to who goes on with it; who would refuse it is asked for its rest, and where it is no continuation that is reported.</summary>
public sealed class PrefillTests
{
    private static string Body(string client, string begun = "{ \\n", string more = "")
    {
        var body = client switch
        {
            "contents" => """{"contents":[{"role":"user","parts":[{"text":"Q"}]},{"role":"model","parts":[{"text":"BEGUN"}]}]MORE}""",
            "responses" => """{"input":[{"role":"user","content":"Q"},{"role":"assistant","content":"BEGUN"}]MORE}""",
            _ => """{"max_tokens":9000,"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"BEGUN"}]MORE}""",
        };
        return body.Replace("BEGUN", begun, StringComparison.Ordinal).Replace("MORE", more, StringComparison.Ordinal);
    }

    private static JsonElement[] Turns(string client, string upstream, string body, string model, out string lost)
    {
        var told = JsonElement.Parse(Translating.Request(SpokenShape.Named(client).Shape, SpokenShape.Named(upstream).Shape, body, out lost, model));
        return [.. told.GetProperty(upstream == "contents" ? "contents" : upstream == "responses" ? "input" : "messages").EnumerateArray()];
    }

    [Theory]
    [InlineData("chat", "messages", "claude-3-5-haiku-20241022", "assistant", "")]
    [InlineData("chat", "messages", "claude-sonnet-4-5", "assistant", "")]
    [InlineData("contents", "messages", "claude-sonnet-4-5", "assistant", "")]
    [InlineData("chat", "messages", "claude-sonnet-4-6", "user", "messages.prefill")]
    [InlineData("contents", "messages", "claude-opus-4-7", "user", "contents.prefill")]
    [InlineData("responses", "messages", "claude-opus-5", "user", "input.prefill")]
    [InlineData("chat", "messages", "claude-mythos-preview", "user", "messages.prefill")]
    [InlineData("chat", "messages", "our-own-name", "user", "messages.prefill")]
    [InlineData("messages", "contents", "gemini-2.5-flash", "model", "")]
    [InlineData("messages", "contents", "gemini-3.1-pro-preview", "model", "")]
    [InlineData("messages", "contents", "gemini-3.5-flash-lite", "user", "messages.prefill")]
    [InlineData("messages", "contents", "gemini-3.6-flash", "user", "messages.prefill")]
    [InlineData("chat", "contents", "gemini-flash-latest", "user", "messages.prefill")]
    [InlineData("messages", "chat", "gpt-4o", "assistant", "messages.prefill")]
    [InlineData("contents", "chat", "qwen3", "assistant", "contents.prefill")]
    [InlineData("responses", "chat", "qwen3", "assistant", "")]
    [InlineData("messages", "chat", "anthropic/claude-opus-4.6", "user", "messages.prefill")]
    [InlineData("responses", "chat", "anthropic/claude-opus-4.6", "user", "input.prefill")]
    [InlineData("messages", "responses", "gpt-5", "assistant", "messages.prefill")]
    [InlineData("chat", "responses", "gpt-5", "assistant", "")]
    public void The_last_word_is_the_assistant_s_where_the_model_takes_that(string client, string upstream, string model, string role, string losses)
    {
        var turns = Turns(client, upstream, Body(client), model, out var lost);
        Assert.Equal(losses, lost);
        Assert.Equal(role, turns[^1].GetProperty("role").GetString());
        Assert.Equal(role == "user" ? 3 : 2, turns.Length);
        if (role == "user")
            Assert.Contains("Go on from where your last message stops", turns[^1].GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("messages", "mistral-large-latest", true, "messages.prefill")]
    [InlineData("responses", "mistral-large-latest", true, "")]
    [InlineData("messages", "mistralai/Mistral-7B", false, "messages.prefill")]
    [InlineData("messages", "gpt-4o", false, "messages.prefill")]
    public void Mistral_is_told_that_it_is_a_prefix_and_repeats_it(string client, string model, bool isPrefix, string losses)
    {
        var turns = Turns(client, "chat", Body(client), model, out var lost);
        Assert.Equal(losses, lost);
        Assert.Equal(isPrefix, turns[^1].TryGetProperty("prefix", out _));
        Assert.False(turns[0].TryGetProperty("prefix", out _));
    }

    [Theory]
    [InlineData("{ \\n", "{")]
    [InlineData("a b\\u00a0\\t ", "a b")]
    [InlineData("a\\\\n", "a\\n")]
    [InlineData("caf\u00e9", "caf\u00e9")]
    public void What_claude_goes_on_with_does_not_end_in_white_space(string begun, string expected)
    {
        var turns = Turns("chat", "messages", Body("chat", begun), "claude-sonnet-4-5", out var lost);
        Assert.Equal(expected, turns[^1].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal("", lost);
    }

    [Fact]
    public void Who_thinks_first_is_asked_for_the_rest()
    {
        var turns = Turns("chat", "messages", Body("chat", more: ",\"reasoning_effort\":\"low\""), "claude-sonnet-4-5", out var lost);
        Assert.Equal(("user", "messages.prefill"), (turns[^1].GetProperty("role").GetString(), lost));
    }

    [Fact]
    public void A_system_prompt_behind_it_is_no_turn_where_it_is_moved_to_the_top()
    {
        const string body = """{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"},{"role":"system","content":"S"}]}""";
        Assert.Equal("user", Turns("chat", "messages", body, "claude-opus-5", out var lost)[^1].GetProperty("role").GetString());
        Assert.Equal("messages.prefill,messages.role", lost);
    }

    [Theory]
    [InlineData("messages", "claude-opus-5")]
    [InlineData("contents", "gemini-3.6-flash")]
    public void Calls_are_no_beginning_of_an_answer(string upstream, string model)
    {
        const string body = """{"messages":[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}]}""";
        Assert.Equal(2, Turns("chat", upstream, body, model, out var lost).Length);
        Assert.Equal("", lost);
    }
}
