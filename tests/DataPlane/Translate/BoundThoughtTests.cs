using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Claude that binds what it thought to all that stood before it refuses it where that has changed: by us, or by the client.</summary>
public sealed class BoundThoughtTests
{
    private const string User = """{"role":"user","content":"Q"}""";
    private const string Late = """{"role":"system","content":"late"}""";
    private const string Thought = """{"role":"assistant","content":"A","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"aiedge.signed.0.SIG","index":0}]}""";
    private const string Drop = """{"type":"adaptive","block_binding":{"prefix_mismatch_behavior":"drop_block"}}""";
    private const string Json = ",\"response_format\":{\"type\":\"json_object\"}";
    private const string Off = ",\"reasoning_effort\":\"none\"";
    private const string Forced = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"required\"";
    private const string Allowed = """
        ,"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}
        """;

    private static JsonElement Told(string model, string messages, string more, out string losses) =>
        JsonElement.Parse(Translating.Request(RequestShape.Chat, RequestShape.Messages, $$"""{"messages":[{{messages}}]{{more}}}""", out losses, model));

    private static string Turns(JsonElement told) => string.Join(' ', told.GetProperty("messages").EnumerateArray().Select(message =>
        message.GetProperty("role").GetString() + ":" + string.Concat(message.GetProperty("content").EnumerateArray().Select(block => block.TryGetProperty("text", out var text) ? text.GetString() : "*"))));

    [Theory]
    [InlineData("claude-opus-5-5", true)]
    [InlineData("claude-sonnet-5-5-20261001", true)]
    [InlineData("claude-haiku-5-5", true)]
    [InlineData("claude-fable-5-1", true)]
    [InlineData("claude-mythos-5-2", true)]
    [InlineData("claude-fable-5", false)]
    [InlineData("claude-opus-5", false)]
    [InlineData("claude-opus-4-8", false)]
    [InlineData("our-own-name", false)]
    public void It_is_told_to_drop_what_would_be_refused(string model, bool binds)
    {
        var told = Told(model, string.Join(',', User, Thought, User), "", out var losses);
        Assert.Equal((binds, ""), (told.TryGetProperty("thinking", out var thinking), losses));
        if (binds)
            Assert.Equal(Drop, thinking.GetRawText());
        Assert.False(Told(model, string.Join(',', User, """{"role":"assistant","content":"A"}""", User), "", out _).TryGetProperty("thinking", out _));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(Json, "response_format")]
    [InlineData(Allowed, "")]
    public void What_may_be_dropped_is_the_answer_s_to_tell(string more, string losses)
    {
        var told = Told("claude-opus-5-5", string.Join(',', User, Thought, User), more, out var lost);
        Assert.Equal((Drop, losses), (told.GetProperty("thinking").GetRawText(), lost));
    }

    /// <summary>Where thought is off, or a call forced, nothing can be said of thought, and nobody knows whether it would be refused.</summary>
    [Theory]
    [InlineData("claude-haiku-5-5", Off, "", """{"type":"disabled"}""")]
    [InlineData("claude-haiku-5-5", Off, Json, """{"type":"disabled"}""")]
    [InlineData("claude-haiku-5-5", Forced, "", null)]
    [InlineData("claude-sonnet-5-5", Off, "", """{"type":"between_tools"}""")]
    public void Where_it_cannot_be_told_thought_goes(string model, string barred, string more, string? thinking)
    {
        var told = Told(model, string.Join(',', User, Thought, User), barred + more, out var losses);
        Assert.Equal(("user:Q assistant:A user:Q", more.Length > 0 ? "response_format,messages.reasoning_content" : "messages.reasoning_content"), (Turns(told), losses));
        Assert.Equal(thinking, told.TryGetProperty("thinking", out var said) ? said.GetRawText() : null);
    }

    /// <summary>A turn of nothing but thought goes with it, and what the system says behind it stays where a turn of the user's is before it.</summary>
    [Theory]
    [InlineData("{1},{2},{0},{1}", "user:QQ system:late", "messages.role,messages.reasoning_content")]
    [InlineData("{1},{2},{1},{0}", "user:QQ system:late", "messages.reasoning_content")]
    [InlineData("{2},{0},{1}", "user:Q", "messages.reasoning_content")]
    public void What_the_system_says_behind_thought_that_goes_is_not_lost(string order, string turns, string losses)
    {
        var thought = Thought.Replace("\"content\":\"A\",", "", StringComparison.Ordinal);
        var messages = order.Replace("{0}", Late, StringComparison.Ordinal).Replace("{1}", User, StringComparison.Ordinal).Replace("{2}", thought, StringComparison.Ordinal);
        var told = Told("claude-haiku-5-5", messages, Off, out var lost);
        Assert.Equal(turns, Turns(told));
        Assert.Equal(losses.Split(',').Order(), lost.Split(',').Order());
        Assert.Contains("late", told.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{1},{0},{2},{0},{1}", "user:Q system:late assistant:*A user:Q system:late", "messages.role")]
    [InlineData("{1},{2},{1},{0}", "user:Q assistant:*A user:Q system:late", "")]
    [InlineData("{1},{0},{2},{1}", "user:Q system:late assistant:*A user:Q", "")]
    [InlineData("{1},{0},{0},{2},{1},{0},{2},{1}", "user:Q system:latelate assistant:*A user:Q system:late assistant:*A user:Q", "")]
    [InlineData("{0},{1},{2},{1}", "user:Q assistant:*A user:Q", "")]
    [InlineData("{1},{2},{0}", "user:Q assistant:*A user:Go on from where your last message stops, and repeat nothing of it. system:late", "messages.prefill,messages.role")]
    public void What_the_system_says_later_stays_behind_the_user_s_turn(string order, string turns, string losses)
    {
        var messages = order.Replace("{0}", Late, StringComparison.Ordinal).Replace("{1}", User, StringComparison.Ordinal).Replace("{2}", Thought, StringComparison.Ordinal);
        var told = Told("claude-opus-5-5", messages, "", out var lost);
        Assert.Equal((turns, losses), (Turns(told), lost));
        Assert.Equal(order.StartsWith("{0}", StringComparison.Ordinal), told.TryGetProperty("system", out _));

        // To others it goes to the top.
        told = Told("claude-opus-5", messages, "", out lost);
        Assert.True(told.TryGetProperty("system", out _));
        Assert.DoesNotContain("system:", Turns(told), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_dropped_is_reported_and_refuses_no_answer()
    {
        const string answer = """{"id":"m","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"A"}],"stop_reason":"end_turn","input_transformations":LIST,"usage":{"input_tokens":1,"output_tokens":1}}""";
        Translating.Answer(RequestShape.Chat, RequestShape.Messages, [answer.Replace("LIST", "[]", StringComparison.Ordinal)], isStream: false, out var losses);
        Assert.Equal("", losses);
        Translating.Answer(RequestShape.Chat, RequestShape.Messages, [answer.Replace("LIST", """[{"type":"thinking_dropped"}]""", StringComparison.Ordinal)], isStream: false, out losses);
        Assert.Equal("answer.input_transformations", losses);
    }
}
