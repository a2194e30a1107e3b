using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Codex has tools in namespaces, among its items, and such as take a text: whoever answers is asked for all of them, and calls come back as Codex knows them.</summary>
public sealed class CodexToolsTests
{
    private const string Said = """
        {"type":"message","role":"user","content":[{"type":"input_text","text":"fix"}]},
        {"type":"custom_tool_call","status":"completed","call_id":"c1","name":"apply_patch","input":"*** Begin Patch\n*** End Patch"},{"type":"custom_tool_call_output","call_id":"c1","output":"Done"},
        {"type":"function_call","name":"view","namespace":"mcp__srv","arguments":"{}","call_id":"c2"},{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"hi"}]}
        """;

    private const string Tools = """
        {"type":"function","name":"shell","strict":false,"parameters":{"type":"object","properties":{"command":{"type":"string"}},"required":["command"],"additionalProperties":false}},
        {"type":"custom","name":"apply_patch","description":"Patches.","format":{"type":"grammar","syntax":"lark","definition":"start: begin"}},
        {"type":"namespace","name":"mcp__srv","description":"srv","tools":[{"type":"function","name":"view","description":"v","parameters":{"type":"object","properties":{}}}]}
        """;

    private static EdgeSetup All => Claude.Setup with
    {
        Providers = string.Join('\n', Claude.Setup.Providers, Gem.Setup.Providers,
            $"  plain: {{ dialect: openai, responses: translated, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}"),
        Models = string.Join('\n', Claude.Setup.Models, Gem.Setup.Models, "  plain: { targets: [ { provider: plain, model: fake-n3 } ] }"),
    };

    public static TheoryData<string, bool, bool> Ways
    {
        get
        {
            var rows = new TheoryData<string, bool, bool>();
            foreach (var model in (string[])["claude-sonnet-4-5", "gemini-2.5-flash", "plain"])
            {
                foreach (var isStream in (bool[])[false, true])
                {
                    rows.Add(model, isStream, true);
                    rows.Add(model, isStream, false);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task All_tools_are_called_as_what_they_are(string model, bool isStream, bool isAmongItems)
    {
        await using var edge = await Edge.StartAsync(All);
        var item = $$"""{"type":"additional_tools","role":"developer","tools":[{{Tools}}]},""";
        var body = $$"""{"model":"{{model}}","stream":{{(isStream ? "true" : "false")}},"store":false,"input":[{{(isAmongItems ? item : "")}}{{Said}}],"tools":[{{(isAmongItems ? "" : Tools)}}]}""";

        // Those of a chat begin all at once, too, and come in turn.
        var answer = await edge.AskAsync(Ask.Post("/v1/responses", body, Ask.Script(isAmongItems ? "n=3; tools=always; weave; b=0" : "n=3; tools=always")));

        Assert.True(answer.Status == 200, answer.Text);
        if (!isStream)
            Assert.Equal("tools.format", answer.Field("x-aiedge-translation-loss"));
        var response = isStream ? JsonElement.Parse(answer.Events[^1]).GetProperty("response") : answer.Json;
        var calls = response.GetProperty("output").EnumerateArray().Select(call => (
            call.GetProperty("type").GetString(), call.GetProperty("name").GetString(), call.TryGetProperty("namespace", out var space) ? space.GetString() : null));
        Assert.Equal("completed", response.GetProperty("status").GetString());
        Assert.Equal([("function_call", "shell", null), ("custom_tool_call", "apply_patch", null), ("function_call", "view", "mcp__srv")], calls);
        Assert.Contains("mcp__srv__view", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }
}
