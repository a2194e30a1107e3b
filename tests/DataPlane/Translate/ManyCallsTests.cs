using System.Text.Json;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>
/// Bodies with as many calls, results and tools as fit in: each is found at once. With all looked through for each of them these would take minutes, in
/// which the thread does nothing else.
/// </summary>
public sealed class ManyCallsTests
{
    private const int Many = 100_000;

    [Fact]
    public void Calls_as_they_were_are_answered_by_their_names()
    {
        var calls = Listed(i => $$$"""{"role":"assistant","content":null,"function_call":{"name":"f{{{i}}}","arguments":""}}""");
        var results = Listed(i => $$"""{"role":"function","name":"f{{i}}","content":"r{{i}}"}""");
        var told = Translating.Request(RequestShape.Chat, RequestShape.Chat, $$"""{"model":"m","messages":[{{calls}},{{results}},{"role":"function","name":"f7","content":"again"}]}""", out var lost);
        var messages = JsonElement.Parse(told).GetProperty("messages");
        Assert.Equal(("messages.name", 2 * Many), (lost, messages.GetArrayLength()));
        Assert.Equal(messages[7].GetProperty("tool_calls")[0].GetProperty("id").GetString(), messages[Many + 7].GetProperty("tool_call_id").GetString());
    }

    [Fact]
    public void Of_one_name_the_last_call_without_an_answer_is_answered()
    {
        const string call = """{"role":"assistant","content":null,"function_call":{"name":"NAME","arguments":"{}"}}""", result = """{"role":"function","name":"NAME","content":"r"}""";
        string[] said = [call.Replace("NAME", "f"), call.Replace("NAME", "g"), call.Replace("NAME", "f"), result.Replace("NAME", "f"), result.Replace("NAME", "f"), result.Replace("NAME", "g"), result.Replace("NAME", "g")];
        var told = Translating.Request(RequestShape.Chat, RequestShape.Chat, $$"""{"model":"m","messages":[{{string.Join(',', said)}}]}""", out var lost);
        var ids = JsonElement.Parse(told).GetProperty("messages").EnumerateArray().Skip(3).Select(message => message.GetProperty("tool_call_id").GetString());
        Assert.Equal(["call_2", "call_0", "call_1"], ids);
        Assert.Equal("messages.name", lost);
    }

    [Fact]
    public void Results_of_calls_that_are_lost_are_lost_and_those_of_custom_tools_are_not()
    {
        var calls = Listed(i => $$$"""{"id":"c{{{i}}}","type":"function"}""");
        var custom = Listed(i => $$$"""{"id":"d{{{i}}}","type":"custom","custom":{"name":"f","input":"x"}}""");
        var results = Listed(i => $$"""{"role":"tool","tool_call_id":"d{{i}}","content":"r"},{"role":"tool","tool_call_id":"c{{i}}","content":"r"},{"role":"user","content":"u"}""");
        var body = $$"""{"model":"m","messages":[{"role":"assistant","tool_calls":[{{calls}},{{custom}}]},{{results}}]}""";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Messages, body, out var lost);
        Assert.Equal("messages.tool_calls,messages.tool_call_id", lost);
        var messages = JsonElement.Parse(told).GetProperty("messages");
        Assert.Equal((Many, 2 * Many), (messages[0].GetProperty("content").GetArrayLength(), messages[1].GetProperty("content").GetArrayLength()));
    }

    [Fact]
    public void Contents_have_results_of_as_many_calls()
    {
        var calls = Listed(i => "{\"functionCall\":{\"name\":\"f" + i + "\"}},{\"functionCall\":{\"id\":\"c" + i + "\",\"name\":\"g\"}}");
        var results = Listed(i => "{\"functionResponse\":{\"name\":\"f" + i + "\"}},{\"functionResponse\":{\"id\":\"c" + (Many - 1 - i) + "\",\"name\":\"g\"}}");
        var body = $$"""{"contents":[{"role":"model","parts":[{{calls}}]},{"role":"user","parts":[{{results}}]}]}""";
        var told = JsonElement.Parse(Translating.Request(RequestShape.Contents, RequestShape.Messages, body, out var lost));
        var parts = told.GetProperty("messages")[1].GetProperty("content");
        Assert.Equal(("", 2 * Many), (lost, parts.GetArrayLength()));
        Assert.Equal(("call_14", $"c{Many - 8}"), (parts[14].GetProperty("tool_use_id").GetString(), parts[15].GetProperty("tool_use_id").GetString()));
    }

    [Fact]
    public void A_result_of_contents_answers_the_last_call_of_its_id_or_the_first_of_its_name()
    {
        string[] calls = ["\"id\":\"a\",\"name\":\"f\"", "\"name\":\"f\"", "\"id\":\"a\",\"name\":\"g\"", "\"id\":\"b\",\"name\":\"f\"", "\"name\":\"f\""];
        string[] results =
        [
            "\"id\":\"a\",\"name\":\"f\"", "\"id\":\"x\",\"name\":\"f\"", "\"id\":\"a\",\"name\":\"f\"", "\"id\":\"b\",\"name\":\"g\"", "\"name\":\"f\"", "\"name\":\"f\"",
        ];
        var body = $$"""
            {"contents":[{"role":"model","parts":[{{string.Join(',', calls.Select(call => "{\"functionCall\":{" + call + ",\"args\":{}}}"))}}]},
            {"role":"user","parts":[{{string.Join(',', results.Select(result => "{\"functionResponse\":{" + result + ",\"response\":{}}}"))}}]}]}
            """;
        var request = Translating.Read(RequestShape.Contents, body);
        Assert.Equal([2, 0, 1, 3, 4], request.Parts.Where(part => part.Kind == AiEdge.DataPlane.Translate.PartKind.ToolResult).Select(part => part.Ordinal));
    }

    [Fact]
    public void Tools_are_taken_out_of_as_many()
    {
        var tools = Listed(i => $$$"""{"type":"function","function":{"name":"f{{{i}}}"}},{"type":"custom","custom":{"name":"c{{{i}}}"}}""");
        var allowed = Listed(i => $$$"""{"type":"function","function":{"name":"f{{{i / 2 * 2}}}"}}""");
        var body = $$$$"""{"model":"m","messages":[{"role":"user","content":"Q"}],"tools":[{{{{tools}}}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{{{{allowed}}}}]}}}""";
        var told = JsonElement.Parse(Translating.Request(RequestShape.Chat, RequestShape.Messages, body, out var lost)).GetProperty("tools");
        Assert.Equal(("", Many / 2, "f2"), (lost, told.GetArrayLength(), told[1].GetProperty("name").GetString()));
    }

    [Fact]
    public void Thoughts_are_not_looked_through_for_each_message()
    {
        var thoughts = Listed(_ => "{\"text\":\"\"}");
        var messages = Listed(_ => "{\"role\":\"assistant\"}");
        var body = $$"""{"model":"m","input":[{"type":"reasoning","summary":[{{thoughts}}]},{{messages}},{"role":"assistant","content":"a"},{"role":"assistant","content":"b"}]}""";
        var told = JsonElement.Parse(Translating.Request(RequestShape.Responses, RequestShape.Chat, body, out _)).GetProperty("messages");
        Assert.Equal(2, told.GetArrayLength());
    }

    [Theory]
    [InlineData("contents", "systemInstruction", "\"contents\":[{\"parts\":[{\"text\":\"Q\"}]}]")]
    [InlineData("messages", "system", "\"messages\":[{\"role\":\"user\",\"content\":\"Q\"}]")]
    [InlineData("responses", "instructions", "\"input\":\"Q\"")]
    public void What_the_system_says_is_said_once(string client, string name, string said)
    {
        var shape = Dialects.SpokenShape.Named(client).Shape;
        var reader = AiEdge.DataPlane.Dialects.Translations.Of(shape).NewRequestReader!();
        var request = new AiEdge.DataPlane.Translate.NeutralRequest();
        foreach (var (body, param) in new[] { ($"\"{name}\":\"a\",{said}", null), ($"\"{name}\":\"a\",{said},\"{name}\":\"b\"", name), ($"{said},\"{name}\":\"a\"", null) })
        {
            request.Reset(new AiEdge.DataPlane.Translate.TextBuffer().Add(System.Text.Encoding.UTF8.GetBytes("{" + body + "}")), reader.Names);
            Assert.Equal(param, reader.Read(request).Param);
        }
    }

    private static string Listed(Func<int, string> one) => string.Join(',', Enumerable.Range(0, Many).Select(one));
}
