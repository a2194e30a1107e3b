using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Calls that are made at once stay apart, and each result is that of its own call.</summary>
public sealed class CallOrderTests
{
    [Fact]
    public void A_result_belongs_to_the_call_of_its_id()
    {
        const string body = """{"contents":[{"role":"user","parts":[{"text":"Q"}]},{"role":"model","parts":[{"functionCall":{"id":"a","name":"f","args":{}}},{"functionCall":{"id":"b","name":"f","args":{}}}]},"""
            + """{"role":"user","parts":[{"functionResponse":{"id":"b","name":"f","response":{"of":"b"}}},{"functionResponse":{"id":"a","name":"f","response":{"of":"a"}}}]}]}""";
        var told = Translating.Request(RequestShape.Contents, RequestShape.Chat, body, out var lost);
        Assert.Contains("""{"role":"tool","tool_call_id":"b","content":"{\"of\":\"b\"}"},{"role":"tool","tool_call_id":"a","content":"{\"of\":\"a\"}"}""", told, StringComparison.Ordinal);
        Assert.Equal("", lost);
    }

    [Fact]
    public void A_result_of_no_call_is_lost()
    {
        const string body = """{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},"""
            + """{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}},{"functionResponse":{"name":"g","response":{"x":1}}}]}]}""";
        var told = Translating.Request(RequestShape.Contents, RequestShape.Chat, body, out var lost);
        Assert.Equal("contents.parts.functionResponse", lost);
        Assert.Single(JsonElement.Parse(told).GetProperty("messages").EnumerateArray(), message => message.GetProperty("role").GetString() == "tool");
    }

    [Theory]
    [InlineData("{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}", "{\"index\":0,\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}")]
    [InlineData("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}", "{\"id\":\"b\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}")]
    [InlineData("{\"index\":0,\"id\":\"\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}", "{\"index\":0,\"id\":\"\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}")]
    public void Calls_with_one_index_are_two(string one, string other)
    {
        var told = Translating.Answer(RequestShape.Messages, RequestShape.Chat, [Chunk(one), Chunk(other)], isStream: true, out _);
        Assert.Equal(2, told.Split("\"type\":\"tool_use\"").Length - 1);
        Assert.DoesNotContain("{}{}", told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_that_is_named_again_in_each_delta_is_one()
    {
        var (first, more) = ("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"q\\\":\"}}", "{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"1}\"}}");
        var told = Translating.Answer(RequestShape.Messages, RequestShape.Chat, [Chunk(first), Chunk(more)], isStream: true, out _);
        Assert.Equal(1, told.Split("\"type\":\"tool_use\"").Length - 1);
    }

    [Fact]
    public void Google_s_chats_have_what_proves_a_call_and_see_it_again()
    {
        const string call = """{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"SIG"}}}""";
        var told = Translating.Answer(RequestShape.Messages, RequestShape.Chat, ["{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":[" + call + "]},\"finish_reason\":\"tool_calls\"}]}"], isStream: false, out var lost);
        Assert.Equal("", lost);
        var content = JsonElement.Parse(told).GetProperty("content").GetRawText();
        var body = $$"""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":{{content}}}]}""";
        Assert.Contains("\"extra_content\":{\"google\":{\"thought_signature\":\"SIG\"}}", Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out lost, "gemini-3-pro-preview"), StringComparison.Ordinal);
        Assert.Equal("", lost);
        Assert.DoesNotContain("SIG", Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out lost, "gpt-4o"), StringComparison.Ordinal);
        Assert.Equal("messages.content.thinking", lost);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(128)]
    [InlineData(4000)]
    public void Arguments_of_a_call_in_a_late_block_are_told(int block)
    {
        string[] events =
        [
            $$$$"""{"type":"content_block_start","index":{{{{block}}}},"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}""",
            $$$"""{"type":"content_block_delta","index":{{{block}}},"delta":{"type":"input_json_delta","partial_json":"{\"q\":1}"}}""",
            $$"""{"type":"content_block_stop","index":{{block}}}""",
        ];
        Assert.Contains("{\\\"q\\\":1}", Translating.Answer(RequestShape.Chat, RequestShape.Messages, events, isStream: true, out _), StringComparison.Ordinal);
    }

    private static string Chunk(string call) => "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[" + call + "]}}]}";
}
