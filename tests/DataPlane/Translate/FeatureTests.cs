using AiEdge.DataPlane.Tests.Dialects;
using System.Text.Json;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>What a model, or a server, does not take is left out of a request and reported, or said in another way.</summary>
public sealed class FeatureTests
{
    private const RequestFeatures None = RequestFeatures.None;

    private const string Everything =
        """{"model":"a","max_tokens":9,"user":"u","seed":7,"stop":["X"],"presence_penalty":0.5,"frequency_penalty":0,"logprobs":true,"top_logprobs":2,"n":3,"""
        + """ "parallel_tool_calls":false,"tool_choice":"required","tools":[{"type":"function","function":{"name":"f","strict":true}}],"""
        + """ "response_format":{"type":"json_schema","json_schema":{"name":"s","strict":true,"schema":{"type":"object"}}},"messages":[{"role":"user","content":[{"type":"text","text":"Q"},"""
        + """{"type":"image_url","image_url":{"url":"https://e.com/a.png"}},{"type":"file","file":{"file_data":"data:application/pdf;base64,AA=="}}]}]}""";

    private const string Schema = "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":{\"type\":\"object\",\"additionalProperties\":false,\"title\":\"A \\\"b\\\"\"}}}";
    private const string Json = "\"response_format\":{\"type\":\"json_object\"}";
    private const string Tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]";
    private const string Told = "Answer with one JSON value that follows this JSON Schema, and with nothing else:\n{\"type\":\"object\",\"additionalProperties\":false,\"title\":\"A \\\"b\\\"\"}";

    private static string Chat(string more, string messages = "{\"role\":\"user\",\"content\":\"Q\"}") => $$"""{"model":"a","max_tokens":9,"messages":[{{messages}}],{{more}}}""";

    [Fact]
    public void Each_word_is_a_feature()
    {
        Assert.Equal(FeatureWords.Count, FeatureWords.All.Count);
        for (var i = 0; i < FeatureWords.Count; i++)
            Assert.Equal(FeatureWords.All[i].Replace("-", "", StringComparison.Ordinal), ((RequestFeatures)(1u << i)).ToString(), ignoreCase: true);
    }

    [Theory]
    [InlineData("o1", false)]
    [InlineData("o3-mini", false)]
    [InlineData("o3", false)]
    [InlineData("openai/o4-mini", false)]
    [InlineData("gpt-5", true)]
    [InlineData("gpt-6.1-sol", true)]
    public void The_o_series_is_not_told_to_make_one_call_at_a_time(string model, bool isTold)
    {
        const string body = """{"max_tokens":9,"messages":[{"role":"user","content":"Q"}],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}""";
        foreach (var shape in (RequestShape[])[RequestShape.Chat, RequestShape.Responses])
        {
            var told = Translating.Request(RequestShape.Messages, shape, body, out var lost, model);
            Assert.Equal(isTold, told.Contains("\"parallel_tool_calls\":false", StringComparison.Ordinal));
            Assert.Equal(!isTold, lost.Contains("disable_parallel_tool_use", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData((uint)RequestFeatures.User, "user", "\"user\":\"u\"", "chat")]
    [InlineData((uint)RequestFeatures.Seed, "seed", "\"seed\"", "contents")]
    [InlineData((uint)RequestFeatures.Stop, "stop", "\"stopSequences\"", "contents")]
    [InlineData((uint)RequestFeatures.Penalties, "presence_penalty", "Penalty\"", "contents")]
    [InlineData((uint)RequestFeatures.Logprobs, "logprobs", "ogprobs\"", "contents")]
    [InlineData((uint)RequestFeatures.Choices, "n", "\"candidateCount\"", "contents")]
    [InlineData((uint)RequestFeatures.ParallelTools, "parallel_tool_calls", "\"disable_parallel_tool_use\"", "messages")]
    [InlineData((uint)RequestFeatures.ForcedTools, "tool_choice", "{\"type\":\"any\"", "messages")]
    [InlineData((uint)RequestFeatures.Strict, "tools.function.strict", "\"strict\"", "messages")]
    [InlineData((uint)RequestFeatures.Urls, "messages.content.image_url", "e.com", "messages")]
    [InlineData((uint)RequestFeatures.Files, "messages.content.file", "application/pdf", "messages")]
    public void What_a_server_lacks_is_left_out_and_reported(uint lacks, string loss, string written, string upstream)
    {
        // A chat's client has names for all of it; who asks is a member of chats alone.
        var (client, body, shape) = upstream == "chat"
            ? (RequestShape.Messages, """{"max_tokens":9,"metadata":{"user_id":"u"},"messages":[{"role":"user","content":"Q"}]}""", RequestShape.Chat)
            : (RequestShape.Chat, Everything, SpokenShape.Named(upstream).Shape);
        var name = upstream == "chat" ? "metadata.user_id" : loss;
        Assert.Contains(written, Translating.Request(client, shape, body, out var before), StringComparison.Ordinal);
        Assert.DoesNotContain(name, before.Split(','));

        var told = Translating.Request(client, shape, body, out var lost, lacks: (RequestFeatures)lacks);
        Assert.DoesNotContain(written, told, StringComparison.Ordinal);
        Assert.Contains(name, lost.Split(','));
    }

    [Fact]
    public void What_is_taken_all_the_same_wins_over_the_model_s_name()
    {
        const string body = """{"max_tokens":9,"metadata":{"user_id":"u"},"messages":[{"role":"user","content":"Q"}]}""";
        Assert.DoesNotContain("\"user\":\"u\"", Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var lost, "mistral-large-latest"), StringComparison.Ordinal);
        Assert.Equal("metadata.user_id", lost);
        foreach (var (model, takes) in new[] { ("mistral-large-latest", RequestFeatures.User), ("mistralai/Mistral-7B", None), ("mistral:7b", None) })
        {
            Assert.Contains("\"user\":\"u\"", Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var kept, model, takes: takes), StringComparison.Ordinal);
            Assert.Equal("", kept);
        }
    }

    [Theory]
    [InlineData("mistral-large-latest", "\"random_seed\":7")]
    [InlineData("ft:ministral-8b:x", "\"random_seed\":7")]
    [InlineData("mistralai/Mistral-7B", "\"seed\":7")]
    [InlineData("m", "\"seed\":7")]
    public void A_seed_has_its_server_s_name(string model, string expected)
    {
        const string body = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"seed":7}}""";
        Assert.Contains("," + expected, Translating.Request(RequestShape.Contents, RequestShape.Chat, body, out var lost, model), StringComparison.Ordinal);
        Assert.Equal("", lost);
    }

    [Theory]
    [InlineData("mistral-large-latest", RequestFeatures.Seed, None, "generationConfig.seed", null)]
    [InlineData("mistral-large-latest", RequestFeatures.Seed, RequestFeatures.Seed, "", "\"seed\":7")]
    [InlineData("mistral-large-latest", None, RequestFeatures.Seed, "", "\"seed\":7")]
    internal void A_server_of_mistral_s_may_lack_a_seed_or_take_it_by_the_common_name(string model, RequestFeatures lacks, RequestFeatures takes, string losses, string? expected)
    {
        const string body = """{"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"seed":7}}""";
        var told = Translating.Request(RequestShape.Contents, RequestShape.Chat, body, out var lost, model, lacks: lacks, takes: takes);
        Assert.Equal(expected is not null, told.Contains("," + expected, StringComparison.Ordinal) && told.Contains("seed", StringComparison.Ordinal));
        Assert.Equal((losses, false), (lost, told.Contains("random_seed", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("messages", "\"disable_parallel_tool_use\":true")]
    [InlineData("responses", "\"parallel_tool_calls\":false")]
    public void Who_calls_several_at_a_time_is_not_told_that_old_clients_know_one(string upstream, string told)
    {
        const string body = """{"messages":[{"role":"user","content":"a"}],"functions":[{"name":"f"}]}""";
        var shape = SpokenShape.Named(upstream).Shape;
        Assert.Contains(told, Translating.Request(RequestShape.Chat, shape, body, out _), StringComparison.Ordinal);
        Assert.DoesNotContain(told, Translating.Request(RequestShape.Chat, shape, body, out var lost, lacks: RequestFeatures.ParallelTools), StringComparison.Ordinal);
        Assert.Equal("", lost);
    }

    [Theory]
    [InlineData("{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", "{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"auto\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]}}", "")]
    public void Json_is_asked_for_where_no_tool_is_left_beside_it(string tool, string choice, string losses)
    {
        var body = Chat($"{Schema},\"tools\":[{tool}],\"tool_choice\":{choice}");
        var told = Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out var lost, "gemini-2.5-flash");
        Assert.Contains("responseJsonSchema", told, StringComparison.Ordinal);
        Assert.DoesNotContain("Unless you call a tool", told, StringComparison.Ordinal);
        Assert.Equal(losses, lost);
    }

    [Fact]
    public void Who_cannot_be_made_to_call_is_not_told_that_a_custom_tool_has_to_be_called()
    {
        const string choice = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"custom\",\"custom\":{\"name\":\"c\"}}],\"tool_choice\":{\"type\":\"custom\",\"custom\":{\"name\":\"c\"}}";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Messages, Chat(choice), out var lost, lacks: RequestFeatures.ForcedTools);
        Assert.Contains("\"tool_choice\":{\"type\":\"auto\"}", told, StringComparison.Ordinal);
        Assert.Equal("tool_choice", lost);
    }

    [Fact]
    public void Who_cannot_be_made_to_call_is_shown_what_may_be_called()
    {
        const string allowed = "{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"function\",\"function\":{\"name\":\"h\"}}";
        const string choice = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"g\"}}," + allowed + "],\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[" + allowed + "]}}";
        Assert.Contains("\"allowedFunctionNames\":[\"f\",\"h\"]", Translating.Request(RequestShape.Chat, RequestShape.Contents, Chat(choice), out _), StringComparison.Ordinal);
        var told = Translating.Request(RequestShape.Chat, RequestShape.Contents, Chat(choice), out var lost, lacks: RequestFeatures.ForcedTools);
        Assert.Contains("\"functionDeclarations\":[{\"name\":\"f\"},{\"name\":\"h\"}]", told, StringComparison.Ordinal);
        Assert.DoesNotContain("allowedFunctionNames", told, StringComparison.Ordinal);
        Assert.Equal("tool_choice", lost);
    }

    [Theory]
    [InlineData("mistral-small-latest", "tool assistant user")]
    [InlineData("mistralai/Mistral-7B", "tool assistant user")]
    [InlineData("m", "tool user")]
    public void Between_a_tool_and_the_user_the_assistant_speaks_where_it_has_to(string model, string order)
    {
        const string call = """{"role":"user","content":"Q"},{"role":"assistant","content":[{"type":"tool_use","id":"abcdefghi","name":"f","input":{}}]},""";
        foreach (var rest in (string[])[""",{"type":"text","text":"so"}]}""", """]},{"role":"user","content":"so"}"""])
        {
            var body = """{"max_tokens":9,"messages":[""" + call + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"abcdefghi","content":"r"}""" + rest + "]}";
            var messages = JsonElement.Parse(Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var lost, model)).GetProperty("messages");
            Assert.Equal(order, string.Join(' ', messages.EnumerateArray().Skip(2).Select(message => message.GetProperty("role").GetString())));
            Assert.All(messages.EnumerateArray().Skip(3), message => Assert.NotEqual("", message.GetProperty("content").GetString()));
            Assert.Equal("", lost);
        }
    }

    [Theory]
    [InlineData("claude-3-5-haiku-20241022", false)]
    [InlineData("claude-sonnet-4-20250514", false)]
    [InlineData("claude-opus-4-1-20250805", false)]
    [InlineData("claude-sonnet-4-5-20250929", true)]
    [InlineData("claude-opus-5", true)]
    [InlineData("our-own-name", true)]
    public void Claude_is_given_a_schema_where_it_keeps_to_it(string model, bool keeps)
    {
        const string tool = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true,\"parameters\":{\"type\":\"object\",\"additionalProperties\":false}}}]";
        var told = JsonElement.Parse(Translating.Request(RequestShape.Chat, RequestShape.Messages, Chat(Schema), out var lost, model));
        Assert.Equal(keeps, told.TryGetProperty("output_config", out _));
        Assert.Equal(!keeps, told.TryGetProperty("system", out var system));
        Assert.Equal(keeps ? "" : "response_format", lost);
        if (!keeps)
            Assert.Equal(Told, system[0].GetProperty("text").GetString());
        Assert.Equal(keeps, Translating.Request(RequestShape.Chat, RequestShape.Messages, Chat("\"x\":null" + tool), out var strict, model).Contains("\"strict\":true", StringComparison.Ordinal));
        Assert.Equal(keeps ? "" : "tools.function.strict", strict);
    }

    [Fact]
    public void Any_json_is_asked_of_claude_behind_the_system_prompt()
    {
        const string messages = """{"role":"system","content":"S"},{"role":"user","content":"Q"}""";
        var told = JsonElement.Parse(Translating.Request(RequestShape.Chat, RequestShape.Messages, Chat(Json, messages), out var lost, "claude-opus-5"));
        Assert.Equal(["S", "Answer with one JSON object and nothing else."], told.GetProperty("system").EnumerateArray().Select(block => block.GetProperty("text").GetString()));
        Assert.Equal("Q", told.GetProperty("messages")[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal("response_format", lost);
    }

    [Theory]
    [InlineData("deepseek-chat")]
    [InlineData("deepseek-v4-pro")]
    public void A_schema_becomes_json_and_a_sentence_for_who_takes_json_alone(string model)
    {
        const string body = """{"max_tokens":9,"system":"S","messages":[{"role":"user","content":"Q"}],"output_config":{"format":{"type":"json_schema","schema":{"type":"object","additionalProperties":false,"title":"A \"b\""}}}}""";
        var told = JsonElement.Parse(Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var lost, model));
        Assert.Equal("json_object", told.GetProperty("response_format").GetProperty("type").GetString());
        Assert.Equal("S\n\n" + Told, told.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.Equal(2, told.GetProperty("messages").GetArrayLength());
        Assert.Equal("output_config.format", lost);
    }

    [Theory]
    [InlineData("gemini-2.5-flash", Tools, false)]
    [InlineData("gemini-2.0-flash", Tools, false)]
    [InlineData("gemini-2.5-flash", "", true)]
    [InlineData("gemini-3-pro-preview", Tools, true)]
    [InlineData("gemini-flash-latest", Tools, true)]
    public void Gemini_is_given_json_beside_functions_where_it_takes_both(string model, string tools, bool takes)
    {
        foreach (var format in (string[])[Schema, Json])
        {
            var told = Translating.Request(RequestShape.Chat, RequestShape.Contents, Chat(format + tools), out var lost, model);
            Assert.Equal(takes, told.Contains("responseMimeType", StringComparison.Ordinal));
            Assert.Equal(takes, !told.Contains("Unless you call a tool, answer with one JSON", StringComparison.Ordinal));
            Assert.Equal(takes ? "" : "response_format", lost);
        }
    }

    [Theory]
    [InlineData("chat", "Say it", true)]
    [InlineData("chat", "Say it as JsOn", false)]
    [InlineData("chat", "jsojson", false)]
    [InlineData("chat", "js", true)]
    [InlineData("responses", "Say it", true)]
    [InlineData("responses", "json", false)]
    public void The_word_is_put_in_where_openai_wants_it(string upstream, string prompt, bool isPut)
    {
        var body = """{"systemInstruction":{"parts":[{"text":"PROMPT"}]},"contents":[{"parts":[{"text":"Q"}]}],"generationConfig":{"responseMimeType":"application/json"}}"""
            .Replace("PROMPT", prompt, StringComparison.Ordinal);
        var told = Translating.Request(RequestShape.Contents, SpokenShape.Named(upstream).Shape, body, out var lost);
        Assert.Equal(isPut, told.Contains("Answer with one JSON object", StringComparison.Ordinal));
        Assert.DoesNotContain("instructions", told, StringComparison.Ordinal);
        Assert.Contains("json_object", told, StringComparison.Ordinal);
        Assert.Equal("", lost);
    }

    [Theory]
    [InlineData("deepseek-reasoner", "auto", "tool_choice")]
    [InlineData("deepseek-chat", "required", "")]
    public void Who_thinks_at_deepseek_is_not_made_to_call(string model, string choice, string losses)
    {
        const string body = """{"max_tokens":9,"messages":[{"role":"user","content":"Q"}],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}}""";
        Assert.Contains($"\"tool_choice\":\"{choice}\"", Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var lost, model), StringComparison.Ordinal);
        Assert.Equal(losses, lost);
    }

    [Theory]
    [InlineData("deepseek-reasoner", "", "T\n\nU", "")]
    [InlineData("m", "", null, "messages.content.thinking")]
    [InlineData("deepseek-reasoner", "c2ln", "T\n\nU", "messages.content.thinking")]
    public void What_was_thought_before_a_call_goes_back_to_who_wants_it(string model, string signature, string? expected, string losses)
    {
        var body = """{"max_tokens":9,"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":[{"type":"thinking","thinking":"T","signature":"SIG"},"""
            + """{"type":"thinking","thinking":"U","signature":""},{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}]}""";
        var told = Translating.Request(RequestShape.Messages, RequestShape.Chat, body.Replace("SIG", signature, StringComparison.Ordinal), out var lost, model);
        var turn = JsonElement.Parse(told).GetProperty("messages")[1];
        Assert.Equal((expected, "a"), (turn.TryGetProperty("reasoning_content", out var thought) ? thought.GetString() : null, turn.GetProperty("content").GetString()));
        Assert.Equal(losses, lost);
    }

    [Theory]
    [InlineData("\"tool_calls\":[{\"id\":\"t\",\"type\":\"function\"", "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}", "", "")]
    [InlineData("\"content\":\"a\"}", "{\"type\":\"text\",\"text\":\"a\"}", null, "messages.prefill")]
    [InlineData("]", "{\"type\":\"thinking\",\"thinking\":\"T\",\"signature\":\"\"}", null, "messages.content.thinking")]
    public void A_call_is_never_without_and_a_thought_by_itself_is_lost(string expected, string block, string? thought, string losses)
    {
        var body = $$"""{"max_tokens":9,"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":[{{block}}]}]}""";
        var told = Translating.Request(RequestShape.Messages, RequestShape.Chat, body, out var lost, "own", takes: RequestFeatures.ReasoningContent);
        Assert.Contains(expected, told, StringComparison.Ordinal);
        Assert.Equal(thought, told.Contains("\"reasoning_content\":\"\"", StringComparison.Ordinal) ? "" : null);
        Assert.Equal(losses, lost);
    }

    [Fact]
    public void A_picture_by_url_takes_nothing_but_itself_along()
    {
        const string body = """{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://e.com/a"}}]},{"role":"assistant","content":"a"},"""
            + """{"role":"user","content":[{"type":"text","text":"b"},{"type":"image_url","image_url":{"url":"https://e.com/b"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]}""";
        var told = Translating.Request(RequestShape.Chat, RequestShape.Contents, body, out var lost, lacks: RequestFeatures.Urls);
        Assert.StartsWith("""{"contents":[{"role":"model","parts":[{"text":"a"}]},{"role":"user","parts":[{"text":"b"},{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}]""", told, StringComparison.Ordinal);
        Assert.Equal("messages.content.image_url", lost);
    }
}
