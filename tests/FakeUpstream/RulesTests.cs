using System.Text;

namespace AiEdge.FakeUpstream.Tests;

/// <summary>What judges the requests that reach a provider finds what the provider would refuse.</summary>
public sealed class RulesTests
{
    private const string Call = """{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}""";
    private const string User = """{"role":"user","content":"Q"}""";

    [Theory]
    [InlineData(User, "", true)]
    [InlineData(User + "," + Call + """,{"role":"tool","tool_call_id":"c","content":"x"}""", "", true)]
    [InlineData(User + "," + Call, "", false)]
    [InlineData(User + "," + Call + "," + User, "", false)]
    [InlineData("""{"role":"tool","tool_call_id":"c","content":"x"}""", "", false)]
    [InlineData("""{"role":"user","content":[]}""", "", false)]
    [InlineData(User, ",\"top_k\":1", false)]
    [InlineData(User, ",\"tool_choice\":\"auto\"", false)]
    [InlineData(User, ",\"stream_options\":{}", false)]
    [InlineData(User, ",\"top_logprobs\":1", false)]
    [InlineData(User, ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}]", false)]
    [InlineData(User, ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]", true)]
    [InlineData(User, ",\"user\":\"0123456789012345678901234567890123456789012345678901234567890123\"", true)]
    [InlineData(User, ",\"user\":\"01234567890123456789012345678901234567890123456789012345678901234\"", false)]
    [InlineData(User, ",\"temperature\":0.5,\"stop\":[\"x\"],\"max_tokens\":1", true)]
    public void A_chat_is_judged(string messages, string more, bool isWell) =>
        Assert.Equal(isWell, ChatRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{{messages}}]{{more}}}""")) is null);

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}""", true, true)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}""", true, false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer","minimum":1}},"required":["a"],"additionalProperties":false}""", false, true)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","minItems":2,"items":{}}},"required":["a"],"additionalProperties":false}""", false, true)]
    [InlineData("""{"type":"object","properties":{"a":{"anyOf":[{"type":"object"}]}},"required":["a"],"additionalProperties":false}""", false, false)]
    [InlineData("""{"type":"object","properties":{"a":{"oneOf":[]}},"required":["a"],"additionalProperties":false}""", false, false)]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"],"additionalProperties":false}""", false, true)]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"required":["a"],"additionalProperties":false,"$defs":{"b":{"$ref":"#/$defs/c"},"c":{"$ref":"#/$defs/b"}}}""", false, true)]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"required":["a"],"additionalProperties":false,"$defs":{"b":{"$ref":"#/$defs/c"},"c":{}}}""", true, true)]
    public void A_schema_is_judged(string schema, bool byAnthropic, bool byOpenAi)
    {
        var format = ",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":" + schema + "}}";
        var tool = ",\"tools\":[{\"name\":\"f\",\"strict\":true,\"input_schema\":" + schema + "}]";
        foreach (var more in (string[])[format, tool])
            Assert.Equal(byAnthropic, MessagesRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"m","max_tokens":9,"messages":[{{User}}]{{more}}}"""), isOnVertex: false) is null);
        var named = "{\"type\":\"json_schema\",\"name\":\"a\",\"strict\":true,\"schema\":" + schema + "}";
        var chat = "{\"model\":\"m\",\"messages\":[" + User + "],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":" + named + "}}";
        Assert.Equal(byOpenAi, ChatRules.FaultOf(Encoding.UTF8.GetBytes(chat)) is null);
        Assert.Equal(byOpenAi, ResponsesRules.FaultOf(Encoding.UTF8.GetBytes("{\"model\":\"m\",\"input\":\"Q\",\"text\":{\"format\":" + named + "}}")) is null);
    }

    [Theory]
    [InlineData("""{"type":"object"}""", true)]
    [InlineData("""{"type":"array","items":{}}""", false)]
    [InlineData("""{"anyOf":[{"type":"object"}]}""", false)]
    public void An_answer_s_schema_is_an_object_s_at_openai(string schema, bool isWell)
    {
        var named = "{\"type\":\"json_schema\",\"name\":\"a\",\"schema\":" + schema + "}";
        var chat = "{\"model\":\"m\",\"messages\":[" + User + "],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":" + named + "}}";
        Assert.Equal(isWell, ChatRules.FaultOf(Encoding.UTF8.GetBytes(chat)) is null);
        Assert.Equal(isWell, ResponsesRules.FaultOf(Encoding.UTF8.GetBytes("{\"model\":\"m\",\"input\":\"Q\",\"text\":{\"format\":" + named + "}}")) is null);
    }

    [Theory]
    [InlineData("claude-opus-5-5", "user system", true)]
    [InlineData("claude-opus-4-8", "user system assistant user", true)]
    [InlineData("claude-opus-4-7", "user system", false)]
    [InlineData("claude-opus-5-5", "system user", false)]
    [InlineData("claude-opus-5-5", "user system user", false)]
    [InlineData("claude-opus-5-5", "user system system", false)]
    public void What_the_system_says_among_the_turns_is_judged(string model, string roles, bool isWell)
    {
        var messages = string.Join(',', roles.Split(' ').Select(role => $"{{\"role\":\"{role}\",\"content\":\"x\"}}"));
        Assert.Equal(isWell, MessagesRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","max_tokens":9,"messages":[{{messages}}]}"""), isOnVertex: false) is null);
    }

    /// <summary>Of all schemas that a request for messages is to be kept to by.</summary>
    [Theory]
    [InlineData(20, 0, 0, true)]
    [InlineData(21, 0, 0, false)]
    [InlineData(5, 4, 0, true)]
    [InlineData(4, 5, 0, false)]
    [InlineData(3, 0, 4, true)]
    [InlineData(3, 0, 5, false)]
    public void Schemas_are_counted(int tools, int optional, int unions, bool isWell)
    {
        var names = string.Join(',', Enumerable.Range(0, optional).Select(i => $"\"o{i}\":{{}}").Concat(Enumerable.Range(0, unions).Select(i => $"\"u{i}\":{{\"type\":[\"string\",\"null\"]}}")));
        var schema = "{\"type\":\"object\",\"properties\":{" + names + "},\"required\":[" + string.Join(',', Enumerable.Range(0, unions).Select(i => $"\"u{i}\"")) + "],\"additionalProperties\":false}";
        var body = "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[" + User + "],\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":" + schema + "}},\"tools\":["
            + string.Join(',', Enumerable.Range(0, tools).Select(i => $"{{\"name\":\"f{i}\",\"strict\":true,\"input_schema\":{schema}}}")) + "]}";
        Assert.Equal(isWell, MessagesRules.FaultOf(Encoding.UTF8.GetBytes(body), isOnVertex: false) is null);
    }

    [Theory]
    [InlineData("groq", """{"role":"system","content":[{"type":"text","text":"S"}]}""", "", false)]
    [InlineData("groq", """{"role":"user","content":[{"type":"text","text":"S"}]}""", "", true)]
    [InlineData("groq", User, ",\"logprobs\":true", false)]
    [InlineData("groq", User, ",\"n\":2", false)]
    [InlineData("groq", User, ",\"tools\":[],\"response_format\":{\"type\":\"json_object\"}", false)]
    [InlineData("groq", User, ",\"response_format\":{\"type\":\"json_schema\"}", false)]
    [InlineData("groq", User, ",\"response_format\":{\"type\":\"json_object\"}", false)]
    [InlineData("deepseek", """{"role":"user","content":[{"type":"text","text":"S"}]}""", "", false)]
    [InlineData("deepseek", User, ",\"response_format\":{\"type\":\"json_schema\"}", false)]
    [InlineData("deepseek", User, ",\"tool_choice\":\"required\"", false)]
    [InlineData("deepseek", User + "," + Call, "", false)]
    [InlineData("deepseek", User, ",\"tool_choice\":\"auto\"", true)]
    [InlineData("mistral", User, ",\"user\":\"u\"", false)]
    [InlineData("mistral", User, ",\"seed\":1", false)]
    [InlineData("mistral", User, ",\"random_seed\":1", true)]
    [InlineData("mistral", Call + """,{"role":"tool","content":"r"},""" + User, "", false)]
    [InlineData("mistral", """{"role":"assistant","content":""}""", "", false)]
    [InlineData("mistral", """{"role":"assistant","content":"a","reasoning_content":"t"}""", "", false)]
    [InlineData("mistral", User + """,{"role":"assistant","content":"a"}""", "", false)]
    [InlineData("mistral", User + """,{"role":"assistant","content":"a","prefix":true}""", "", true)]
    [InlineData("ollama", """{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://e.com/a"}}]}""", "", false)]
    [InlineData("ollama", """{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}""", "", true)]
    [InlineData("qwen", """{"role":"system","content":"S"},""" + User, "", true)]
    [InlineData("qwen", """{"role":"system","content":"S"},{"role":"system","content":"S"},""" + User, "", false)]
    [InlineData("qwen", User + """,{"role":"system","content":"S"}""", "", false)]
    public void A_chat_is_judged_in_a_server_s_own_manner(string server, string messages, string more, bool isWell) =>
        Assert.Equal(isWell, ServerRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{{messages}}]{{more}}}"""), server) is null);

    [Theory]
    [InlineData("gemini-2.5-flash", "0.5", false)]
    [InlineData("gemini-2.5-flash", "0", true)]
    [InlineData("gemini-2.0-flash", "0.5", true)]
    public void A_penalty_is_judged(string model, string penalty, bool isWell) =>
        Assert.Equal(isWell, ContentsRules.FaultOf(Encoding.UTF8.GetBytes($$$"""{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"presencePenalty":{{{penalty}}}}}"""), model) is null);

    [Theory]
    [InlineData("gpt-4o-mini", 16_384)]
    [InlineData("claude-3-5-haiku-20241022", 8192)]
    [InlineData("gemini-2.0-flash", 8192)]
    public void A_cap_is_judged_by_the_longest_answer_of_the_model(string model, long most)
    {
        for (var cap = most; cap <= most + 1; cap++)
        {
            var isWell = cap == most;
            Assert.Equal(isWell, ChatRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","messages":[{{User}}],"max_tokens":{{cap}}}""")) is null);
            Assert.Equal(isWell, ChatRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","messages":[{{User}}],"max_completion_tokens":{{cap}}}""")) is null);
            Assert.Equal(isWell, ResponsesRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","input":"Q","max_output_tokens":{{cap}}}""")) is null);
            Assert.Equal(isWell, MessagesRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","messages":[{{User}}],"max_tokens":{{cap}}}"""), isOnVertex: false) is null);
            Assert.Equal(isWell, ContentsRules.FaultOf(Encoding.UTF8.GetBytes($$$"""{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"maxOutputTokens":{{{cap}}}}}"""), model) is null);
        }
    }

    [Theory]
    [InlineData("claude-opus-4-6", "{", "", false)]
    [InlineData("claude-fable-5", "{", "", false)]
    [InlineData("claude-sonnet-4-5-20250929", "{", "", true)]
    [InlineData("claude-sonnet-4-20250514", "{", "", true)]
    [InlineData("claude-sonnet-4-5-20250929", "{ ", "", false)]
    [InlineData("claude-sonnet-4-5-20250929", "{", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}", false)]
    public void A_prefill_is_judged_by_the_model(string model, string begun, string more, bool isWell)
    {
        foreach (var content in (string[])[$"\"{begun}\"", "[{\"type\":\"text\",\"text\":\"" + begun + "\"}]"])
            Assert.Equal(isWell, MessagesRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","max_tokens":2000,"messages":[{{User}},{"role":"assistant","content":{{content}}}]{{more}}}"""), isOnVertex: false) is null);
    }

    [Theory]
    [InlineData("claude-sonnet-5-5", "{\"type\":\"disabled\"}", false)]
    [InlineData("claude-sonnet-5-5", "{\"type\":\"between_tools\"}", true)]
    [InlineData("claude-sonnet-5-5", "{\"type\":\"between_tools\",\"display\":\"summarized\"}", false)]
    [InlineData("claude-opus-5-5", "{\"type\":\"between_tools\"}", false)]
    [InlineData("claude-haiku-5-5", "{\"type\":\"between_tools\"}", false)]
    [InlineData("claude-haiku-5-5", "{\"type\":\"disabled\"}", true)]
    [InlineData("claude-sonnet-5", "{\"type\":\"between_tools\"}", false)]
    [InlineData("claude-sonnet-5", "{\"type\":\"disabled\"}", true)]
    [InlineData("claude-fable-5", "{\"type\":\"disabled\"}", false)]
    public void That_thought_rests_is_judged_by_the_model(string model, string thinking, bool isWell) => Assert.Equal(isWell, MessagesRules.FaultOf(
        Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","max_tokens":2000,"messages":[{{User}}],"thinking":{{thinking}}}"""), isOnVertex: false) is null);

    [Theory]
    [InlineData("gemini-3.6-flash", """{"text":"{"}""", false)]
    [InlineData("gemini-3.5-flash-lite", """{"text":"{"}""", false)]
    [InlineData("gemini-3.1-pro-preview", """{"text":"{"}""", true)]
    [InlineData("gemini-2.5-flash", """{"text":"{"}""", true)]
    [InlineData("gemini-flash-latest", """{"functionCall":{"name":"f","args":{}}}""", false)]
    [InlineData("gemini-pro-latest", """{"functionCall":{"name":"f","args":{}}}""", false)]
    [InlineData("gemini-3-pro-preview", """{"functionCall":{"name":"f","args":{}},"thoughtSignature":"s"}""", true)]
    [InlineData("gemini-2.5-flash", """{"functionCall":{"name":"f","args":{}}}""", true)]
    [InlineData("gemini-2.5-flash", """{"functionCall":{"id":"c","name":"f","args":{}}}""", false)]
    [InlineData("gemini-3-pro-preview", """{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"s"}""", true)]
    [InlineData("gemini-3.5-flash", """{"functionCall":{"name":"f","args":{}},"thoughtSignature":"s"}""", false)]
    [InlineData("gemini-3.5-flash", """{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"s"}""", false)]
    public void A_turn_is_judged_by_the_model(string model, string part, bool isWell)
    {
        var result = part.Contains("functionCall", StringComparison.Ordinal) ? ",{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{}}}]}" : "";
        var body = $$"""{"contents":[{"role":"user","parts":[{"text":"Q"}]},{"role":"model","parts":[{{part}}]}{{result}}]}""";
        Assert.Equal(isWell, ContentsRules.FaultOf(Encoding.UTF8.GetBytes(body), model) is null);
    }

    [Theory]
    [InlineData("gemini-2.5-flash", "c", false)]
    [InlineData("gemini-3-pro-preview", "c", true)]
    [InlineData("gemini-3.5-flash", "c", true)]
    [InlineData("gemini-3.5-flash", "d", false)]
    [InlineData("gemini-flash-latest", "d", false)]
    public void The_id_of_a_result_is_judged_by_the_model(string model, string id, bool isWell)
    {
        var body = """{"contents":[{"role":"user","parts":[{"text":"Q"}]},{"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"s"}]},"""
            + """{"role":"user","parts":[{"functionResponse":{"id":"ID","name":"f","response":{}}}]}]}""".Replace("ID", id, StringComparison.Ordinal);
        Assert.Equal(isWell, ContentsRules.FaultOf(Encoding.UTF8.GetBytes(body), model) is null);
    }

    [Theory]
    [InlineData("toolu_1-a", true)]
    [InlineData("functions.f:0", false)]
    public void An_id_of_a_call_is_judged(string id, bool isWell)
    {
        var turns = """{"role":"assistant","content":[{"type":"tool_use","id":"ID","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"ID"}]}""".Replace("ID", id, StringComparison.Ordinal);
        Assert.Equal(isWell, MessagesRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"m","max_tokens":9,"messages":[{{User}},{{turns}}]}"""), isOnVertex: false) is null);
        var call = Call.Replace("\"c\"", "\"" + new string('c', isWell ? 40 : 41) + "\"", StringComparison.Ordinal);
        var told = $$"""{"role":"tool","tool_call_id":"{{new string('c', isWell ? 40 : 41)}}","content":"x"}""";
        Assert.Equal(isWell, ChatRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{{User}},{{call}},{{told}}]}""")) is null);
    }

    [Theory]
    [InlineData("f-1_", "", "", "")]
    [InlineData("a.b:c", "does not match pattern", "should match pattern", "")]
    [InlineData("1a", "", "", "Invalid function name")]
    [InlineData("-a", "", "", "Invalid function name")]
    [InlineData("caf\u00e9", "does not match pattern", "should match pattern", "Invalid function name")]
    [InlineData("64", "", "", "")]
    [InlineData("65", "maximum length 64, but got a string with length 65", "", "with a maximum length of 64")]
    [InlineData("129", "but got a string with length 129", "should have at most 128 characters", "with a maximum length of 64")]
    public void A_name_of_a_function_is_judged_wherever_it_stands(string name, string openAi, string anthropic, string gemini)
    {
        name = int.TryParse(name, out var length) ? new string('f', length) : name;
        string Named(string text) => text.Replace("NAME", name, StringComparison.Ordinal);
        const string asked = """{"parts":[{"text":"Q"}]}""";
        const string result = """{"parts":[{"functionResponse":{"name":"NAME","response":{}}}]}""";
        string?[] chats =
        [
            Chat(Named(User + """],"tools":[{"type":"function","function":{"name":"NAME"}}""")),
            Chat(Named($$"""{{User}},{{Call.Replace("\"f\"", "\"NAME\"", StringComparison.Ordinal)}},{"role":"tool","tool_call_id":"c","content":"x"}""")),
            ResponsesRules.FaultOf(Encoding.UTF8.GetBytes(Named("""{"model":"m","input":"Q","tools":[{"type":"function","name":"NAME","parameters":{}}]}"""))),
            ResponsesRules.FaultOf(Encoding.UTF8.GetBytes(Named(
                """{"model":"m","input":[{"type":"function_call","call_id":"c","name":"NAME","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"}]}"""))),
        ];
        string?[] messages =
        [
            Messages(Named(User + """],"tools":[{"name":"NAME","input_schema":{"type":"object"}}""")),
            Messages(Named(User + """,{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"NAME","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"i"}]}""")),
        ];
        string?[] contents =
        [
            Contents(Named(asked + """],"tools":[{"functionDeclarations":[{"name":"NAME"}]}""")),
            Contents(Named(asked + """,{"role":"model","parts":[{"functionCall":{"name":"NAME","args":{}}}]},""" + result.Replace("NAME", "f", StringComparison.Ordinal))),
            Contents(Named(asked + """,{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},""" + result)),
        ];
        foreach (var (faults, words) in new[] { (chats, openAi), (messages, anthropic), (contents, gemini) })
            Assert.All(faults, fault => Assert.True(words.Length == 0 ? fault is null : fault?.Contains(words, StringComparison.Ordinal) == true, fault));
    }

    [Fact]
    public void A_choice_has_to_be_among_the_functions()
    {
        const string tools = """],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"NAME"}},"stop":[""";
        foreach (var (name, isWell) in new[] { ("f", true), ("g", false) })
            Assert.Equal(isWell, Chat(User + tools.Replace("NAME", name, StringComparison.Ordinal)) is null);
        const string functions = """{"parts":[{"text":"Q"}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"allowedFunctionNames":["NAME"]}},"safetySettings":[""";
        foreach (var (name, isWell) in new[] { ("f", true), ("g", false) })
            Assert.Equal(isWell, Contents(functions.Replace("NAME", name, StringComparison.Ordinal)) is null);
    }

    private static string? Chat(string inside) => ChatRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{{inside}}]}"""));

    private static string? Messages(string inside) =>
        MessagesRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"m","max_tokens":9,"messages":[{{inside}}]}"""), isOnVertex: false);

    private static string? Contents(string inside) => ContentsRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"contents":[{{inside}}]}"""));

    [Theory]
    [InlineData("""{"role":"user","parts":[{"text":"Q"}]}""", "", true)]
    [InlineData("""{"role":"user","parts":[{"text":"Q"}]}""", ",\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0}}", true)]
    [InlineData("""{"role":"user","parts":[]}""", "", false)]
    [InlineData("""{"role":"user","parts":[{"text":""}]}""", "", false)]
    [InlineData("""{"role":"model","parts":[{"text":"","thoughtSignature":"s"}]}""", "", true)]
    [InlineData("""{"role":"user","parts":[{"text":"Q","functionCall":{"name":"f","args":{}}}]}""", "", false)]
    [InlineData("""{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"s"}]}""", "", false)]
    [InlineData("""{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}""", "", false)]
    [InlineData("""{"role":"user","parts":[{"text":"Q"}]}""", ",\"generationConfig\":{\"stop\":1}", false)]
    [InlineData("""{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{},"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}}]}""", "", true)]
    [InlineData("""{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{},"parts":[{"text":"x"}]}}]}""", "", false)]
    public void Contents_are_judged(string contents, string more, bool isWell) =>
        Assert.Equal(isWell, ContentsRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"contents":[{{contents}}]{{more}}}""")) is null);

    [Theory]
    [InlineData("""{"type":"message","role":"user","content":[{"type":"input_text","text":"Q"}]}""", "", true)]
    [InlineData("""{"type":"message","role":"assistant","content":[{"type":"input_text","text":"Q"}]}""", "", false)]
    [InlineData("""{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"}""", "", true)]
    [InlineData("""{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"}""", "", true)]
    [InlineData("""{"type":"function_call","id":"msg_1","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"}""", "", false)]
    [InlineData("""{"type":"function_call","id":"fc_00000000000000000000000000000000000000000000000000000000000000","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"}""", "", false)]
    [InlineData("""{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}""", "", false)]
    [InlineData("""{"type":"message","role":"user","content":"Q"}""", ",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}]", false)]
    [InlineData("""{"type":"function_call_output","call_id":"c","output":"x"}""", "", false)]
    [InlineData("""{"type":"reasoning","summary":[],"encrypted_content":"x"}""", "", false)]
    [InlineData("""{"type":"message","role":"user","content":[{"type":"input_text","text":"Q"}]}""", ",\"stop\":[]", false)]
    [InlineData("""{"type":"message","role":"user","content":[{"type":"input_text","text":"Q"}]}""", ",\"max_output_tokens\":15", false)]
    [InlineData("""{"type":"message","role":"user","content":[{"type":"input_text","text":"Q"}]}""", ",\"include\":[\"reasoning.encrypted_content\"]", false)]
    public void A_response_s_request_is_judged(string items, string more, bool isWell) =>
        Assert.Equal(isWell, ResponsesRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"m","input":[{{items}}]{{more}}}""")) is null);

    [Theory]
    [InlineData("temperature", "0.5", false)]
    [InlineData("temperature", "1", true)]
    [InlineData("top_p", "0.5", false)]
    [InlineData("presence_penalty", "1", false)]
    [InlineData("presence_penalty", "0", true)]
    [InlineData("stop", "[\"x\"]", false)]
    [InlineData("max_tokens", "9", false)]
    [InlineData("max_completion_tokens", "9", true)]
    public void A_model_that_thinks_refuses_more(string name, string value, bool isWell) =>
        Assert.Equal(isWell, ChatRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"gpt-5","messages":[{{User}}],"{{name}}":{{value}}}""")) is null);

    [Theory]
    [InlineData("gpt-5.4", "", true)]
    [InlineData("gpt-5.4", ",\"reasoning_effort\":\"low\"", false)]
    [InlineData("gpt-5.6-sol", "", false)]
    [InlineData("gpt-5.6-sol", ",\"reasoning_effort\":\"none\"", true)]
    [InlineData("gpt-5.2", ",\"reasoning_effort\":\"low\"", true)]
    [InlineData("gpt-6.1-sol", "", false)]
    [InlineData("gpt-6.1-sol", ",\"reasoning_effort\":\"none\"", false)]
    [InlineData("gpt-6-luna", "", false)]
    [InlineData("gpt-6-luna", ",\"reasoning_effort\":\"none\"", true)]
    public void Functions_beside_thought_are_judged_in_chats(string model, string more, bool isWell)
    {
        const string tools = ""","tools":[{"type":"function","function":{"name":"f"}}]""";
        Assert.Equal(isWell, ChatRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","messages":[{{User}}]{{tools}}{{more}}}""")) is null);
    }

    [Theory]
    [InlineData("o3-mini", false)]
    [InlineData("o4-mini-2025-04-16", false)]
    [InlineData("gpt-5", true)]
    public void How_many_calls_at_a_time_is_judged(string model, bool isWell)
    {
        const string tools = ""","tools":[{"type":"function","name":"f","function":{"name":"f"},"parameters":{},"strict":false}],"parallel_tool_calls":false""";
        Assert.Equal(isWell, ChatRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","messages":[{{User}}]{{tools}}}""")) is null);
        Assert.Equal(isWell, ResponsesRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","input":"Q"{{tools}}}""")) is null);
    }

    [Theory]
    [InlineData("gpt-6-astra", "\"reasoning_effort\":\"xhigh\"", true)]
    [InlineData("gpt-6-astra", "\"reasoning_effort\":\"max\"", false)]
    [InlineData("gpt-6-astra", "\"reasoning_effort\":\"none\"", false)]
    [InlineData("gpt-6-astra", "\"temperature\":0.5", false)]
    [InlineData("gpt-6-sol", "\"temperature\":0.5", false)]
    [InlineData("gpt-6-sol", "\"temperature\":0.5,\"reasoning_effort\":\"none\"", true)]
    [InlineData("gpt-6.2-sol", "\"max_tokens\":9", false)]
    public void What_gpt_6_takes_is_judged(string model, string more, bool isWell) =>
        Assert.Equal(isWell, ChatRules.FaultOf(Encoding.UTF8.GetBytes($$"""{"model":"{{model}}","messages":[{{User}}],{{more}}}""")) is null);

    [Theory]
    [InlineData("u-1", true)]
    [InlineData("12345678", true)]
    [InlineData("someone@example.com", false)]
    [InlineData("+49 151 2345678", false)]
    public void Who_asks_is_judged_in_messages(string user, bool isWell)
    {
        foreach (var (one, isShort) in ((string, bool)[])[(user, true), (new string('u', 257), false)])
        {
            var body = $$$"""{"model":"m","max_tokens":9,"messages":[{{{User}}}],"metadata":{"user_id":"{{{one}}}"}}""";
            Assert.Equal(isWell && isShort, MessagesRules.FaultOf(Encoding.UTF8.GetBytes(body), isOnVertex: false) is null);
        }
    }

    [Theory]
    [InlineData("gemini-2.5-pro", "thinkingBudget", false)]
    [InlineData("gemini-2.5-flash", "thinkingBudget", true)]
    [InlineData("gemini-2.5-flash-image", "thinkingBudget", false)]
    [InlineData("gemini-2.0-flash", "includeThoughts", false)]
    public void Thought_is_judged_by_the_model(string model, string name, bool isWell)
    {
        var body = """{"contents":[{"role":"user","parts":[{"text":"Q"}]}],"generationConfig":{"thinkingConfig":{"NAME":0}}}""".Replace("NAME", name, StringComparison.Ordinal);
        Assert.Equal(isWell, ContentsRules.FaultOf(Encoding.UTF8.GetBytes(body), model) is null);
    }
}
