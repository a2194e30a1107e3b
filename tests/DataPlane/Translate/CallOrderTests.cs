using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Tests.Dialects;

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

    /// <summary>Each is found at once: with all looked through for each of them it would take minutes.</summary>
    [Fact]
    public void Very_many_results_stand_in_the_order_of_their_calls()
    {
        const int many = 4000;
        var calls = string.Join(',', Enumerable.Range(0, many).Select(i => $$$"""{"id":"c{{{i}}}","type":"function","function":{"name":"f{{{i}}}","arguments":"{}"}}"""));
        var results = string.Join(',', Enumerable.Range(0, many).Reverse().Select(i => $$"""{"role":"tool","tool_call_id":"c{{i}}","content":"r{{i}}"}"""));
        var body = $$"""{"model":"m","messages":[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[{{calls}}]},{{results}},{"role":"tool","tool_call_id":"none","content":"x"}]}""";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out _);
        var parts = JsonElement.Parse(told).GetProperty("contents")[2].GetProperty("parts").EnumerateArray()
            .Select(part => part.GetProperty("functionResponse")).Select(part => (part.GetProperty("name").GetString(), part.GetProperty("response").GetProperty("result").GetString()));
        Assert.Equal([.. Enumerable.Range(0, many).Select(i => ($"f{i}", $"r{i}")), ("none", "x")], parts);
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

    [Theory]
    [InlineData("messages", "\"type\":\"tool_use\"")]
    [InlineData("chat", "\"type\":\"function\"")]
    public void Calls_may_be_counted_from_any_number(string client, string begins)
    {
        string[] calls =
        [
            """{"index":1,"id":"a","type":"function","function":{"name":"f","arguments":""}}""",
            """{"index":1,"function":{"arguments":"{\"q\":"}}""",
            """{"index":1,"function":{"arguments":"1}"}}""",
            """{"index":7,"id":"b","type":"function","function":{"name":"f","arguments":""}}""",
            """{"index":7,"function":{"arguments":"{}"}}""",
            """{"index":9,"function":{"arguments":" "}}""",
        ];
        var told = Translating.Answer(SpokenShape.Named(client).Shape, RequestShape.Chat, calls.Select(Chunk), isStream: true, out _);
        Assert.Equal(2, told.Split(begins).Length - 1);
        Assert.Contains("\"id\":\"a\"", told, StringComparison.Ordinal);
        Assert.Contains("\"id\":\"b\"", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_of_one_name_go_to_gemini_as_they_were_called()
    {
        const string body = """{"messages":[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},"""
            + """{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"b","content":"of b"},"""
            + """{"role":"user","content":"R"},{"role":"tool","tool_call_id":"a","content":"of a"},{"role":"tool","tool_call_id":"x","content":"of none"}]}""";
        var told = JsonElement.Parse(Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out _));
        var turn = told.GetProperty("contents")[2].GetProperty("parts").EnumerateArray()
            .Select(part => part.TryGetProperty("functionResponse", out var result) ? result.GetProperty("response").GetProperty("result").GetString() : part.GetProperty("text").GetString());
        Assert.Equal(["of a", "of b", "R", "of none"], turn);
    }

    [Fact]
    public void A_result_in_a_system_instruction_is_of_no_call_of_another_request()
    {
        var reader = new AiEdge.DataPlane.Dialects.Gemini.ContentsRequestReader();
        var request = new AiEdge.DataPlane.Translate.NeutralRequest();
        Read("""{"contents":[{"role":"user","parts":[{"text":"Q"},{"text":"R"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]}]}""");
        Read("""{"systemInstruction":{"parts":[{"functionResponse":{"name":"f","response":{}}}]},"contents":[{"role":"user","parts":[{"text":"Q"}]}]}""");
        Assert.Equal("contents.parts.functionResponse", Encoding.ASCII.GetString(request.Losses.Names));

        void Read(string body)
        {
            request.Reset(new AiEdge.DataPlane.Translate.TextBuffer().Add(Encoding.UTF8.GetBytes(body)), reader.Names);
            Assert.False(reader.Read(request).IsError);
        }
    }

    [Fact]
    public void A_call_as_it_was_before_there_could_be_several_is_one()
    {
        string[] chunks =
        [
            """{"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null,"function_call":{"name":"f","arguments":""}}}]}""",
            """{"model":"m","choices":[{"index":0,"delta":{"function_call":{"arguments":"{}"}}}]}""",
            """{"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"function_call"}]}""",
        ];
        var told = Translating.Answer(RequestShape.Messages, RequestShape.Chat, chunks, isStream: true, out var lost);
        Assert.Contains("\"type\":\"tool_use\"", told, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"f\"", told, StringComparison.Ordinal);
        Assert.Contains("\"stop_reason\":\"tool_use\"", told, StringComparison.Ordinal);
        Assert.Equal("", lost);
    }

    [Theory]
    [InlineData("functions.f:0", "messages", "m", "^[A-Za-z0-9_-]+$")]
    [InlineData("a\\u003ab", "messages", "m", "^[A-Za-z0-9_-]+$")]
    [InlineData("call_abc", "messages", "m", "^call_abc$")]
    [InlineData("call_\\u0061bc", "messages", "m", "^call_abc$")]
    [InlineData("functions.f:0", "chat", "m", "^functions[.]f:0$")]
    [InlineData("toolu_01234567890123456789012345678901234567890", "chat", "m", "^call_.{1,35}$")]
    [InlineData("toolu_0123456789", "chat", "mistral-large-latest", "^[A-Za-z0-9]{9}$")]
    [InlineData("abcDEF123", "chat", "mistral-large-latest", "^abcDEF123$")]
    [InlineData("toolu_012345678901234567890123456789012345678901234567890123456789", "responses", "m", "^call_.{1,59}$")]
    public void Ids_of_calls_are_such_as_the_provider_takes(string id, string upstream, string model, string pattern)
    {
        var asked = upstream == "messages" ? RequestShape.Chat : RequestShape.Messages;
        var body = asked == RequestShape.Chat
            ? """{"messages":[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[{"id":"ID","type":"function","function":{"name":"f","arguments":"{}"}}]},"""
                + """{"role":"tool","tool_call_id":"ID","content":"r"}]}"""
            : """{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":[{"type":"tool_use","id":"ID","name":"f","input":{}}]},"""
                + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"ID","content":"r"}]}]}""";
        var told = Translating.Request(asked, SpokenShape.Named(upstream).Shape, body.Replace("ID", id, StringComparison.Ordinal), out _, model);
        var ids = System.Text.RegularExpressions.Regex.Matches(told, "\"(id|call_id|tool_call_id|tool_use_id)\":\"([^\"]*)\"").Select(match => match.Groups[2].Value).ToArray();
        Assert.Equal(2, ids.Length);
        Assert.Equal(ids[0], ids[1]);
        Assert.Matches(pattern, ids[0]);
    }

    /// <summary>What a client is told it sends back, and not only to who gave it: its own provider has to take it, too. Who gave it has it as it gave it.</summary>
    [Theory]
    [InlineData("functions.f:0", "messages", "^aiedge_[A-Za-z0-9_-]+$", "functions.f:0")]
    [InlineData("caf\\u00e9|1", "messages", "^aiedge_[A-Za-z0-9_-]+$", "caf\u00e9|1")]
    [InlineData("\u65e5\\\"\\u003a", "messages", "^aiedge_[A-Za-z0-9_-]+$", "\u65e5\":")]
    [InlineData("functions.a_function_of_some_length:10", "messages", "^aiedge_[A-Za-z0-9_-]{1,57}$", "functions.a_function_of_some_length:10")]
    [InlineData("functions.a_function_of_a_length_that_is_some_more:10", "messages", "^call_[A-Za-z0-9]{16}$", null)]
    [InlineData("call_abc", "messages", "^call_abc$", "call_abc")]
    [InlineData("functions.f:0", "responses", "^functions[.]f:0$", "functions.f:0")]
    [InlineData("call_0123456789012345678901234567890123456789__thought__0123456789012345", "responses", "^call_[A-Za-z0-9]{16}$", null)]
    [InlineData("call_0123456789012345678901234567890123456789__thought__0123456789012345", "messages", "^call_0123.*5$", null)]
    public void Ids_of_calls_are_told_such_as_the_client_s_own_provider_takes(string id, string client, string pattern, string? back)
    {
        var call = """{"index":0,"id":"ID","type":"function","function":{"name":"f","arguments":"{}"}}""".Replace("ID", id, StringComparison.Ordinal);
        var whole = "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":[" + call + "]},\"finish_reason\":\"tool_calls\"}]}";
        var shape = SpokenShape.Named(client).Shape;
        foreach (var isStream in (bool[])[false, true])
        {
            var answer = Translating.Answer(shape, RequestShape.Chat, isStream ? [Chunk(call)] : [whole], isStream, out _);
            var told = System.Text.RegularExpressions.Regex.Match(answer, client == "messages" ? "\"tool_use\",\"id\":\"([^\"]*)\"" : "\"call_id\":\"([^\"]*)\"").Groups[1].Value;
            Assert.Matches(pattern, told);
            var next = client == "messages"
                ? """{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":[{"type":"tool_use","id":"ID","name":"f","input":{}}]},"""
                    + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"ID","content":"r"}]}]}"""
                : """{"model":"m","input":[{"type":"function_call","call_id":"ID","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"ID","output":"r"}]}""";
            var messages = JsonElement.Parse(Translating.Request(shape, RequestShape.Chat, next.Replace("ID", told, StringComparison.Ordinal), out var lost)).GetProperty("messages");
            Assert.Equal("", lost);
            var called = messages.EnumerateArray().Single(message => message.TryGetProperty("tool_calls", out _)).GetProperty("tool_calls")[0].GetProperty("id").GetString();
            Assert.Equal(called, messages.EnumerateArray().Last().GetProperty("tool_call_id").GetString());
            Assert.Equal(back ?? called, called);
        }
    }

    /// <summary>What only looks like an id that was made here goes as any other.</summary>
    [Theory]
    [InlineData("aiedge_")]
    [InlineData("aiedge_%%%%")]
    [InlineData("aiedge__w")]
    [InlineData("aiedge_A")]
    public void Ids_of_calls_that_were_not_told_here_stay_as_they_are(string id)
    {
        var body = """{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":[{"type":"tool_use","id":"ID","name":"f","input":{}}]}]}""";
        var told = Translating.Request(RequestShape.Messages, RequestShape.Chat, body.Replace("ID", id, StringComparison.Ordinal), out _);
        Assert.Contains($"\"id\":\"{id}\"", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemini-2.0-flash", false)]
    [InlineData("gemini-2.5-pro", false)]
    [InlineData("m", false)]
    [InlineData("gemini-3-pro-preview", true)]
    [InlineData("gemini-3.6-flash", true)]
    [InlineData("gemini-flash-latest", true)]
    public void Gemini_from_3_on_is_told_which_call_a_result_is_of(string model, bool hasIds)
    {
        const string call = """{"id":"ID","type":"function","function":{"name":"f","arguments":"{}"}}""";
        var body = """{"messages":[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[CALL1,CALL2]},{"role":"tool","tool_call_id":"functions.f:2","content":"2"},{"role":"tool","tool_call_id":"g/1","content":"1"}]}"""
            .Replace("CALL1", call.Replace("ID", "g/1", StringComparison.Ordinal), StringComparison.Ordinal).Replace("CALL2", call.Replace("ID", "functions.f:2", StringComparison.Ordinal), StringComparison.Ordinal);
        var told = Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out var lost, model);
        var ids = System.Text.RegularExpressions.Regex.Matches(told, "\"id\":\"([^\"]*)\"").Select(match => match.Groups[1].Value);
        Assert.Equal(hasIds ? ["g/1", "functions.f:2", "g/1", "functions.f:2"] : [], ids);
        Assert.Equal("", lost);
    }

    [Fact]
    public void Calls_that_are_counted_have_the_same_ids_as_their_results()
    {
        const string body = """{"messages":[{"role":"user","content":"Q"},{"role":"assistant","function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"}]}""";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out _, "gemini-3.5-flash");
        Assert.Equal(2, told.Split("\"id\":\"call_0\"").Length - 1);
    }

    [Fact]
    public void Ids_that_gemini_has_given_come_back_to_it()
    {
        const string answer = """{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"id":"g.1:","name":"f","args":{}}},{"functionCall":{"name":"g","args":{}}}]},"finishReason":"STOP","index":0}],"modelVersion":"g"}""";
        var message = JsonElement.Parse(Translating.Answer(RequestShape.Chat, RequestShape.Contents, [answer], isStream: false, out _)).GetProperty("choices")[0].GetProperty("message").GetRawText();
        var body = $$"""{"messages":[{"role":"user","content":"Q"},{{message}},{"role":"tool","tool_call_id":"g.1:","content":"1"},{"role":"tool","tool_call_id":"call_id-1_1","content":"2"}]}""";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out _, "gemini-3.5-flash");
        Assert.Equal(2, told.Split("\"id\":\"g.1:\"").Length - 1);
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
