using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects.Anthropic;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Tests.Parse;

namespace AiEdge.DataPlane.Tests.Dialects.Anthropic;

/// <summary>Where the texts of a prompt of Anthropic's lie.</summary>
public sealed class AnthropicPromptReaderTests
{
    [Theory]
    [InlineData(
        """{"model":"m","system":"Be\nbrief.","messages":[{"role":"user","content":"Hi"},{"content":"Yes?","role":"assistant"}],"max_tokens":9}""",
        "!Instructions:Be\\nbrief. Content:Hi Content:Yes? | messages=2 roles=2 | None")]
    [InlineData(
        """{"model":"m","system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"text":"B","type":"text"}],"messages":[]}""",
        "Instructions:A Instructions:B | | None")]
    [InlineData(
        """{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"source":{"url":"http://x","type":"url"},"type":"image"},{"type":"text","text":"See"}]}],"model":"m"}""",
        "Content:See | messages=1 roles=1 images=2 | Images")]
    [InlineData(
        """{"model":"m","messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","data":"JVBE"},"title":"T"},"""
        + """{"type":"document","source":{"data":"plain","type":"text"}},{"type":"document","source":{"type":"content","content":[{"type":"text","text":"in"}]}}]}]}""",
        "Content:T Content:plain Content:in | messages=1 roles=1 files=1 | Files")]
    [InlineData(
        """{"model":"m","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"tool_use","id":"i","name":"f","input":{"a":1}}]},"""
        + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"i","content":[{"type":"text","text":"9"},{"type":"image","source":{"type":"file","file_id":"x"}}]},{"type":"tool_result","content":"8"}]}]}""",
        "Content:hm CallName:f CallInput:{\"a\":1} Content:9 Content:8 | messages=2 roles=2 calls=1 images=1 | Images, ToolCalls, UnknownPart")]
    [InlineData(
        """{"model":"m","tools":[{"name":"f","input_schema":{"type":"object"}}],"thinking":{"type":"enabled","budget_tokens":9},"messages":[{"role":"user","content":[{"type":"later","x":[1]}]}]}""",
        "ToolDefinition:{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}} OtherJson:{\"type\":\"later\",\"x\":[1]} | messages=1 roles=1 tools=1 | Tools, UnknownPart")]
    [InlineData("""{"model":"m","messages":{"not":"a list"}}""", "error 'messages' must be an array.")]
    public void Texts_are_found_wherever_the_body_is_cut(string body, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        Assert.Equal(expected, Cuts.SameForAll(bytes, pieces => Describe(bytes, pieces)));
    }

    [Fact]
    public void Nesting_without_end_is_passed_over()
    {
        const int Depth = 25;
        var body = Encoding.UTF8.GetBytes(
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
            + string.Concat(Enumerable.Repeat("[{\"type\":\"tool_result\",\"content\":", Depth)) + "\"x\"" + string.Concat(Enumerable.Repeat("}]", Depth)) + "}]}");
        Assert.Contains("UnknownPart", Describe(body, [body]), StringComparison.Ordinal);
    }

    private static string Describe(byte[] body, IReadOnlyList<byte[]> pieces)
    {
        var (reader, prompt) = (new RequestReader(), new PromptText());
        prompt.Reset(isWanted: true);
        reader.Begin(new RequestFacts(), RequestShape.Messages, prompt, new AnthropicPromptReader());
        foreach (var piece in pieces)
            reader.Feed(piece);
        var error = reader.Finish();
        return error.IsError ? $"error {error.Message}" : PromptReading.Describe(body, prompt);
    }
}
