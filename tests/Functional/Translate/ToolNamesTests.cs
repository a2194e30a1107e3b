using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Functional.Tests.Routing;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>
/// Functions whose names the provider would refuse are called by it all the same, and known to the client by its own names: whoever answers, and whoever was
/// asked before or besides.
/// </summary>
public sealed class ToolNamesTests
{
    private const string Long = "mcp__a_server_with_a_long_name__a_tool_whose_name_is_longer_than_all_of_them_";
    private const string Silent = "n=3; b=0; stall=0";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Names that each provider takes some of, in each of a client's dialects.</summary>
    private static readonly string[] Names = ["plain", Long + "1", Long + "2", "name.of:parts", "9lives", "-dash", "caf\u00e9"];

    private static EdgeSetup Setup => new()
    {
        Providers = string.Join('\n', Claude.Setup.Providers, Gem.Setup.Providers,
            $"  answers: {{ dialect: openai, responses: only, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}"),
        Models = string.Join('\n', Claude.Setup.Models, Gem.Setup.Models, "  answers: { targets: [ { provider: answers, model: fake-n3 } ] }"),
    };

    public static TheoryData<string, string, bool> Directions
    {
        get
        {
            var rows = new TheoryData<string, string, bool>();
            var models = new Dictionary<string, string> { ["chat"] = "gpt-4o", ["responses"] = "answers", ["messages"] = "claude-sonnet-4-5", ["contents"] = "gemini-2.5-flash" };
            foreach (var client in models.Keys)
            {
                foreach (var (upstream, model) in models)
                {
                    if (upstream == client || (client == "responses" && upstream == "chat"))
                        continue;
                    rows.Add(client, model, false);
                    rows.Add(client, model, true);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public async Task Functions_of_any_name_are_called_and_answered_at_any_provider(string client, string model, bool isStream)
    {
        await using var edge = await Edge.StartAsync(Setup);

        var answer = await edge.AskAsync(Asking(client, model, Names, isStream, "tools=always"));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(Names, NamesIn(client, answer));
        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        var sent = (await edge.Fake.NextRequestAsync()).BodyText;
        await edge.AskAsync(Asking(client, model, Names, isStream, "tools=always"));
        Assert.Equal(sent, (await edge.Fake.NextRequestAsync()).BodyText);
    }

    [Fact]
    public async Task A_name_goes_as_it_is_where_bytes_pass()
    {
        await using var edge = await Edge.StartAsync(Setup);

        Assert.Equal([Long + "1"], NamesIn("messages", await edge.AskAsync(Asking("messages", "claude-sonnet-4-5", [Long + "1"], isStream: false, "tools=always"))));
        Assert.Contains(Long + "1", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
        var refused = await edge.AskAsync(Asking("chat", "gpt-4o", [Long + "1"], isStream: false, ""));
        Assert.Equal(400, refused.Status);
        Assert.Contains("string too long. Expected a string with maximum length 64", refused.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("messages", "fake", "google", false)]
    [InlineData("messages", "google", "answers", true)]
    [InlineData("chat", "claude", "google", true)]
    [InlineData("contents", "fake", "claude", false)]
    public async Task The_next_target_is_told_names_that_fit_it(string client, string first, string second, bool isStream)
    {
        await using var edge = await StartAsync(first, second, "retry: { attempts: 2 }", request => request.Model == "way-0" ? "status=500" : "n=3; tools=always");

        var answer = await edge.AskAsync(Asking(client, "way", Names, isStream, ""));

        Assert.Equal((200, "way-1"), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal(Names, NamesIn(client, answer));
    }

    [Theory]
    [InlineData("fake", "claude")]
    [InlineData("google", "claude")]
    [InlineData("claude", "fake")]
    public async Task Nothing_of_a_translation_is_left_where_the_next_target_speaks_the_client_s_dialect_or_the_one_before_did(string first, string second)
    {
        await using var edge = await StartAsync(first, second, "retry: { attempts: 2 }", request => request.Model == "way-0" ? "status=500" : "n=3; tools=always");

        var answer = await edge.AskAsync(Asking("messages", "way", [Long + "1", "plain"], isStream: true, ""));

        Assert.Equal((200, "way-1"), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal([Long + "1", "plain"], NamesIn("messages", answer));
    }

    [Theory]
    [InlineData("fake", "google", false)]
    [InlineData("fake", "google", true)]
    [InlineData("fake", "answers", true)]
    [InlineData("claude", "google", true)]
    [InlineData("fake", "claude", false)]
    public async Task Each_of_two_that_are_asked_at_once_has_its_own(string first, string second, bool isSecond)
    {
        await using var edge = await StartAsync(
            first, second, "hedge: { after: 50ms, budget: 100% }", request => request.Model == "way-0" ? Silent + "; tools=always" : isSecond ? "n=3; tools=always" : "noanswer=hang");
        string[] names = [Long + "1", "plain", Long + "2"];

        var asking = edge.AskAsync(Asking("messages", "way", names, isStream: true, ""));
        var one = await edge.Fake.NextRequestAsync(Patience);
        var other = await edge.Fake.NextRequestAsync(Patience);
        if (!isSecond)
            (one.Model == "way-0" ? one : other).Resume();
        var answer = await asking;

        Assert.Equal((200, isSecond ? "way-1" : "way-0"), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal(names, NamesIn("messages", answer));
    }

    /// <summary>Two call alike in dialects of their own, and are told apart from the third by that.</summary>
    [Fact]
    public async Task Answers_that_are_compared_have_the_client_s_names()
    {
        await using var edge = await Edge.StartAsync(Setup with
        {
            Models = "  way: { targets: [ { provider: fake, model: way-0 }, { provider: answers, model: way-1 }, { provider: google, model: way-2 } ], ensemble: { size: 3, pick: majority } }",
            Fake = new FakeUpstreamOptions { JudgesAll = true, ScriptFor = request => request.Model == "way-0" ? "n=3; tools=off" : "n=3; tools=always" },
        });

        var answer = await edge.AskAsync(Asking("messages", "way", Names, isStream: false, ""));

        Assert.True(answer.Status == 200 && answer.Field("x-aiedge-model") is "way-1" or "way-2", answer.Head + answer.Text);
        Assert.Equal(Names, NamesIn("messages", answer));
    }

    [Theory]
    [InlineData("n=3; tools=always", "fake-n3-small")]
    [InlineData("status=500", "fake-n3-large")]
    public async Task A_cheaper_model_and_the_one_after_it_have_their_own(string script, string answered)
    {
        await using var edge = await Edge.StartAsync(Setup with
        {
            Models = """
                  large: { targets: [ { provider: fake, model: fake-n3-large } ], cascade: [ { model: small } ] }
                  small: { targets: [ { provider: google, model: fake-n3-small } ] }
                """,
            Fake = new FakeUpstreamOptions { JudgesAll = true, ScriptFor = request => request.Model == "fake-n3-small" ? script : "tools=always" },
        });

        var answer = await edge.AskAsync(Asking("messages", "large", Names, isStream: false, ""));

        Assert.Equal((200, answered), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal(Names, NamesIn("messages", answer));
    }

    private static Task<Edge> StartAsync(string first, string second, string more, Func<ReceivedRequest, string?> script) => Edge.StartAsync(Setup with
    {
        Models = $"  way: {{ targets: [ {{ provider: {first}, model: way-0 }}, {{ provider: {second}, model: way-1, priority: 1 }} ], {more} }}",
        Fake = new FakeUpstreamOptions { JudgesAll = true, ScriptFor = script, AfterFor = Ways.AfterTheFirst() },
    });

    /// <summary>A request that declares functions, has called them and been answered, and wants one of them called.</summary>
    private static string Asking(string client, string model, string[] names, bool isStream, string script)
    {
        string Each(string text) => string.Join(',', names.Select((name, i) => text.Replace("NAME", name, StringComparison.Ordinal).Replace("ID", "call_" + i, StringComparison.Ordinal)));
        var stream = isStream ? ",\"stream\":true" : "";
        var (path, body) = client switch
        {
            "chat" => ("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"Q\"},{\"role\":\"assistant\",\"tool_calls\":["
                + Each("""{"id":"ID","type":"function","function":{"name":"NAME","arguments":"{}"}}""") + "]}," + Each("""{"role":"tool","tool_call_id":"ID","content":"A"}""")
                + "],\"tools\":[" + Each("""{"type":"function","function":{"name":"NAME","parameters":{"type":"object"}}}""")
                + "],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"" + names[0] + "\"}}"),
            "responses" => ("/v1/responses", "{\"input\":[{\"role\":\"user\",\"content\":\"Q\"}," + Each("""{"type":"function_call","call_id":"ID","name":"NAME","arguments":"{}"}""") + ","
                + Each("""{"type":"function_call_output","call_id":"ID","output":"A"}""")
                + "],\"store\":false,\"tools\":[" + Each("""{"type":"function","name":"NAME","parameters":{"type":"object"},"strict":false}""")
                + "],\"tool_choice\":{\"type\":\"function\",\"name\":\"" + names[0] + "\"}"),
            "messages" => ("/v1/messages", "{\"max_tokens\":999,\"messages\":[{\"role\":\"user\",\"content\":\"Q\"},{\"role\":\"assistant\",\"content\":["
                + Each("""{"type":"tool_use","id":"ID","name":"NAME","input":{}}""") + "]},{\"role\":\"user\",\"content\":[" + Each("""{"type":"tool_result","tool_use_id":"ID","content":"A"}""")
                + "]}],\"tools\":[" + Each("""{"name":"NAME","input_schema":{"type":"object"}}""") + "],\"tool_choice\":{\"type\":\"tool\",\"name\":\"" + names[0] + "\"}"),
            _ => ($"/v1beta/models/{model}:{(isStream ? "streamGenerateContent?alt=sse" : "generateContent")}",
                "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Q\"}]},{\"role\":\"model\",\"parts\":[" + Each("""{"functionCall":{"name":"NAME","args":{}}}""")
                + "]},{\"role\":\"user\",\"parts\":[" + Each("""{"functionResponse":{"name":"NAME","response":{"result":"A"}}}""")
                + "]}],\"tools\":[{\"functionDeclarations\":[" + Each("""{"name":"NAME","parametersJsonSchema":{"type":"object"}}""")
                + "]}],\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"" + names[0] + "\"]}}"),
        };
        return Ask.Post(path, client == "contents" ? body + "}" : $"{body}{stream},\"model\":\"{model}\"}}", Ask.Script(script));
    }

    /// <summary>The names of the calls in an answer, in their order.</summary>
    private static string[] NamesIn(string client, RawAnswer answer)
    {
        var names = new List<string>();
        void Walk(JsonElement value)
        {
            var isCall = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("name", out _) && client switch
            {
                "chat" => value.TryGetProperty("arguments", out _),
                "responses" => value.TryGetProperty("type", out var type) && type.GetString() == "function_call",
                "messages" => value.TryGetProperty("type", out var type) && type.GetString() == "tool_use",
                _ => value.TryGetProperty("args", out _),
            };
            if (isCall)
                names.Add(value.GetProperty("name").GetString()!);
            foreach (var member in value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : default)
                Walk(member.Value);
            foreach (var item in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : default)
                Walk(item);
        }

        var isStream = answer.Field("content-type")!.StartsWith("text/event-stream", StringComparison.Ordinal);
        foreach (var data in isStream ? answer.Events.Where(data => data.StartsWith('{')) : [answer.Text])
            Walk(JsonElement.Parse(data));

        // The events of a response tell each call as it begins, as it ends, and once more in the whole.
        return client == "responses" && isStream ? [.. names.Distinct()] : [.. names];
    }
}
