using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Servers that speak OpenAI's dialect in their own manner are asked nothing that they refuse, and the client is told what they were not asked.</summary>
public sealed class ServerTests
{
    private const string Tools = ""","tools":[{"name":"f","input_schema":{"type":"object"}}]""";
    private const string Schema = ""","output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}""";
    private const string Called = """{"role":"user","content":"Q"},{"role":"assistant","content":[THOUGHT{"type":"tool_use","id":"toolu_1","name":"f","input":{}}]},"""
        + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"r"}MORE]}""";

    private static string Line(string name, string fields) =>
        $"  {name}: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\", responses: translated{fields} }}\n";

    private static EdgeSetup Setup => new()
    {
        Providers = Line("plain", "") + Line("groq", ", lacks: [ schema, json-with-tools, logprobs, choices, files ]") + Line("ollama", ", lacks: [ urls, files, user, choices ]")
            + Line("careful", ", lacks: [ urls ], translation: strict") + Line("router", ", takes: [ cache-control ]")
            + Line("vllm", ", takes: [ schema ]")
            + $"  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: \"{EdgeSetup.ProviderKey}\" }}\n"
            + $"  vertex: {{ dialect: anthropic, hosting: vertex, baseUrl: \"ROOT/v1/projects/p/locations/l\", key: \"{EdgeSetup.ProviderKey}\" }}\n"
            + $"  google: {{ dialect: gemini, baseUrl: \"ROOT\", key: \"{EdgeSetup.ProviderKey}\" }}",
        Models = """
              llama: { targets: [ { provider: groq } ] }
              llama-unsaid: { targets: [ { provider: plain } ] }
              qwen: { targets: [ { provider: vllm } ] }
              "deepseek-*": { targets: [ { provider: plain } ] }
              "mistral-*": { targets: [ { provider: plain } ] }
              llava: { targets: [ { provider: ollama } ] }
              split: { targets: [ { provider: careful, model: seen }, { provider: plain, model: other, priority: 1 } ] }
              anthropic/claude: { targets: [ { provider: router } ] }
              claude-3-5-haiku-20241022: { targets: [ { provider: claude } ] }
              vertex-claude: { targets: [ { provider: vertex, model: fake-n1 } ] }
              gemini-2.5-flash: { targets: [ { provider: google } ] }
            """,
    };

    private static string Messages(string model, string messages, string more, string script) =>
        Ask.Post("/v1/messages", $$"""{"model":"{{model}}","max_tokens":50,"messages":[{{messages}}]{{more}}}""", Ask.Script(script));

    private static string Text(string text = "Q", string more = "") => $$"""{"role":"user","content":[{"type":"text","text":"{{text}}"}{{more}}]}""";

    private static async Task<RawAnswer> TakenAsync(Edge edge, string request, string? losses)
    {
        var answer = await edge.AskAsync(request);
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(losses, answer.Field("x-aiedge-translation-loss"));
        return answer;
    }

    [Theory]
    [InlineData("groq")]
    [InlineData("deepseek")]
    public async Task Text_is_one_string(string server)
    {
        await using var edge = await Edge.StartAsync(Setup);
        await TakenAsync(edge, Messages("llama", Text("Q", ",{\"type\":\"text\",\"text\":\"R\"}"), ""","system":[{"type":"text","text":"S"},{"type":"text","text":"T"}]""", "server=" + server), null);
        var messages = JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText).GetProperty("messages");
        Assert.Equal(["S\n\nT", "Q\n\nR"], messages.EnumerateArray().Select(message => message.GetProperty("content").GetString()));
    }

    [Fact]
    public async Task Groq_is_asked_for_no_schema_beside_functions_which_it_refuses()
    {
        await using var edge = await Edge.StartAsync(Setup);
        await TakenAsync(edge, Messages("llama", Text(), Schema + Tools, "server=groq; tools=off"), "output_config.format");
        await TakenAsync(edge, Messages("llama", Text(), Schema, "server=groq"), "output_config.format");
        Assert.Equal(400, (await edge.AskAsync(Messages("llama-unsaid", Text(), Schema + Tools, "server=groq"))).Status);
    }

    [Theory]
    [InlineData("""{"type":"thinking","thinking":"T","signature":""},""", "T")]
    [InlineData("", "")]
    public async Task A_tool_loop_at_deepseek_goes_on_by_what_was_thought(string thought, string expected)
    {
        await using var edge = await Edge.StartAsync(Setup);
        var turn = Called.Replace("THOUGHT", thought, StringComparison.Ordinal).Replace("MORE", "", StringComparison.Ordinal);
        await TakenAsync(edge, Messages("deepseek-reasoner", turn, Tools + ""","tool_choice":{"type":"any"}""", "server=deepseek"), "tool_choice");
        var messages = JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText).GetProperty("messages");
        Assert.Equal(expected, messages[1].GetProperty("reasoning_content").GetString());
        await TakenAsync(edge, Messages("deepseek-chat", Text(), Schema, "server=deepseek"), "output_config.format");
    }

    [Fact]
    public async Task Mistral_is_asked_in_its_own_fields_and_order()
    {
        await using var edge = await Edge.StartAsync(Setup);
        var turn = Called.Replace("THOUGHT", "", StringComparison.Ordinal).Replace("MORE", """,{"type":"text","text":"so"}""", StringComparison.Ordinal);
        await TakenAsync(edge, Messages("mistral-large-latest", turn, Tools + ""","metadata":{"user_id":"u"}""", "server=mistral"), "metadata.user_id");
        const string contents = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"seed":7}}""";
        await TakenAsync(edge, Ask.Post("/v1beta/models/mistral-large-latest:generateContent", contents, Ask.Script("server=mistral")), null);
        await edge.Fake.NextRequestAsync();
        Assert.Contains("\"random_seed\":7", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qwen", """{"type":"array","items":{"type":"string"}}""", "generationConfig.responseMimeType.strict")]
    [InlineData("llama-unsaid", null, "generationConfig.responseMimeType")]
    public async Task A_list_is_asked_by_its_schema_of_who_takes_schemas(string model, string? schema, string losses)
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string contents = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"ARRAY","items":{"type":"STRING"}}}}""";
        var path = $"/v1beta/models/{model}:generateContent";
        await TakenAsync(edge, Ask.Post(path, contents, Ask.Script(schema is null ? "" : "rules=off")), losses);
        var body = JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText);
        Assert.Equal(schema, body.TryGetProperty("response_format", out var format) ? format.GetProperty("json_schema").GetProperty("schema").GetRawText() : null);

        // OpenAI refuses it.
        Assert.Equal(schema is null ? 200 : 400, (await edge.AskAsync(Ask.Post(path, contents))).Status);
    }

    [Theory]
    [InlineData("qwen")]
    [InlineData("deepseek")]
    public async Task What_the_system_says_is_one_message_and_stands_in_no_one_s_way(string server)
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string call = """{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call","call_id":"c2","name":"f","arguments":"{}"}""";
        const string said = """{"role":"developer","content":"T"},{"role":"user","content":"Q"},""" + call + ""","""
            + """{"type":"function_call_output","call_id":"c1","output":"1"},{"role":"developer","content":"U"},{"type":"function_call_output","call_id":"c2","output":"2"}""";
        await TakenAsync(edge, Ask.Post("/v1/responses", $$"""{"model":"deepseek-chat","instructions":"S","store":false,"input":[{{said}}]}""", Ask.Script("server=" + server)), "input.role");
        var messages = JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText).GetProperty("messages");
        Assert.Equal(["system", "user", "assistant", "tool", "tool"], messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Equal("S\n\nT\n\nU", messages[0].GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_picture_by_url_goes_to_who_fetches_it()
    {
        await using var edge = await Edge.StartAsync(Setup);
        var seen = Text("Q", """,{"type":"image","source":{"type":"url","url":"https://e.com/a.png"}}""");
        await TakenAsync(edge, Messages("llava", seen, "", "server=ollama"), "messages.content.image");
        Assert.Equal("plain", (await TakenAsync(edge, Messages("split", seen, "", ""), null)).Field("x-aiedge-provider"));
        Assert.Equal("careful", (await TakenAsync(edge, Messages("split", Text(), "", ""), null)).Field("x-aiedge-provider"));
        const string chat = ""","messages":[{"role":"user","content":[{"type":"text","text":"Q"},{"type":"image_url","image_url":{"url":"https://e.com/a.png"}}]}]}""";
        await TakenAsync(edge, Ask.Post("/v1/chat/completions", """{"model":"vertex-claude","max_tokens":9""" + chat), "messages.content.image_url");
    }

    [Fact]
    public async Task Marks_of_the_cache_reach_a_server_that_takes_them()
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string system = ""","system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}}]""";
        await TakenAsync(edge, Messages("anthropic/claude", Text(), system, ""), null);
        Assert.Contains("""{"role":"system","content":[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}}]}""", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
        await TakenAsync(edge, Messages("llama", Text(), system, ""), "messages.content.cache_control");
    }

    [Theory]
    [InlineData("claude-3-5-haiku-20241022", "")]
    [InlineData("gemini-2.5-flash", ""","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]""")]
    public async Task A_schema_is_a_sentence_for_models_that_take_it_in_no_other_way(string model, string more)
    {
        await using var edge = await Edge.StartAsync(Setup);
        const string format = ""","response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object","title":"mark"}}}""";
        await TakenAsync(edge, Ask.Chat("tools=off", model, format + more), "response_format");
        Assert.Contains("\\\"title\\\":\\\"mark\\\"", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }
}
