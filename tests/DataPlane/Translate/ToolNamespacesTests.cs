using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Tests.Dialects;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Tests.Translate;

/// <summary>Functions of a server's, whose names are two in Responses, have one at other providers, and are called by both again.</summary>
public sealed class ToolNamespacesTests
{
    private const string Space = """{"type":"namespace","name":"mcp__srv","description":"Looks \"at\" it.","tools":[TOOLS]}""";
    private const string Called = """{"role":"user","content":"Q"},{"type":"function_call","call_id":"c1","name":"view","namespace":"mcp__srv","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"R"}""";
    private static readonly string Long = new('l', 70);

    public static TheoryData<string> Providers => [.. SpokenShape.All.Where(one => one.Name != "responses").Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Providers))]
    public void A_function_is_told_by_one_name_and_called_by_two(string upstream)
    {
        var told = Tell(upstream, Space.Replace("TOOLS", Function("view", "Views.") + "," + Function("edit"), StringComparison.Ordinal), out var names, out var lost);

        Assert.Equal("", lost);
        Assert.Equal(["mcp__srv__view", "mcp__srv__edit"], Declared(upstream, told));
        Assert.Contains("\"Looks \\\"at\\\" it.\\n\\nViews.\"", told, StringComparison.Ordinal);
        Assert.Equal(1, told.Split("Looks").Length - 1);

        // Where it was called stands it, too.
        Assert.Equal(2, told.Split("\"mcp__srv__view\"").Length - (upstream == "contents" ? 2 : 1));
        Assert.DoesNotContain("\u001f", told, StringComparison.Ordinal);
        Assert.Equal([("mcp__srv", "view")], Calls("mcp__srv__view", names));
    }

    /// <summary>Names of all lengths and signs, and one of no server's that is what another would be told as.</summary>
    [Theory]
    [MemberData(nameof(Providers))]
    public void No_two_functions_are_told_alike(string upstream)
    {
        (string Space, string Name)[] tools =
        [
            ("", "mcp__srv__view"), ("mcp__srv", "view"), ("mcp__srv_", "view"), ("mcp__srv", "_view"), ("mcp__srv__view", "x"), ("mcp__srv", "view__x"), (Long, Long), (Long, Long + "1"), ("a b", "caf\u00e9"),
            ("", "view"), ("view", "view"), ("functions", "exec"),
        ];
        static string Of((string Space, string Name) tool) => tool.Space.Length == 0
            ? Function(tool.Name)
            : Space.Replace("mcp__srv", tool.Space, StringComparison.Ordinal).Replace("TOOLS", Function(tool.Name), StringComparison.Ordinal);
        var told = Tell(upstream, string.Join(',', tools.Select(Of)), out var names, out var lost);

        Assert.Equal("", lost);
        var declared = Declared(upstream, told);
        Assert.Equal(tools.Length, declared.Distinct().Count());
        Assert.All(declared, name => Assert.Matches("^[A-Za-z0-9_-]{1,128}$", name));
        Assert.Equal(["mcp__srv__view", "exec"], [declared[0], declared[^1]]);
        Assert.Equal([.. tools.Select(tool => (tool.Space is "functions" ? "" : tool.Space, tool.Name))], declared.SelectMany(name => Calls(name, names)));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public void Functions_that_are_declared_among_what_is_said_are_declared_once(string upstream)
    {
        var space = Space.Replace("TOOLS", Function("view", "VIEW"), StringComparison.Ordinal);
        var item = """{"type":"additional_tools","id":"at_1","role":"developer","tools":[LIST]}""";
        var body = $$"""
            {"model":"m","input":[{{item.Replace("LIST", space.Replace("VIEW", "Old.", StringComparison.Ordinal) + "," + Function("exec"), StringComparison.Ordinal)}},{{Called}},
            {{item.Replace("LIST", space.Replace("VIEW", "New.", StringComparison.Ordinal), StringComparison.Ordinal)}},{"role":"user","content":"And?"}]}
            """;

        var told = Tell(upstream, body, null, out var names, out var lost);

        Assert.Equal("", lost);
        Assert.Equal(["mcp__srv__view", "exec"], Declared(upstream, told));
        Assert.Contains("New.", told, StringComparison.Ordinal);
        Assert.DoesNotContain("Old.", told, StringComparison.Ordinal);
        Assert.Equal([("mcp__srv", "view")], Calls("mcp__srv__view", names));
    }

    [Theory]
    [InlineData("""{"type":"function","name":"view","namespace":"mcp__srv"}""", "mcp__srv__view")]
    [InlineData("""{"type":"function","name":"view"}""", "mcp__srv__view")]
    [InlineData("""{"type":"function","name":"exec"}""", "exec")]
    [InlineData("""{"type":"function","name":"exec","namespace":"functions"}""", "exec")]
    public void One_can_be_chosen(string choice, string name)
    {
        var tools = Space.Replace("TOOLS", Function("view"), StringComparison.Ordinal) + "," + Function("exec");
        var told = Tell("messages", $$"""{"model":"m","input":"Q","tools":[{{tools}}],"tool_choice":{{choice}}}""", null, out _, out var lost);

        Assert.Equal("", lost);
        Assert.Contains($$"""
            "tool_choice":{"type":"tool","name":"{{name}}"}
            """, told, StringComparison.Ordinal);
    }

    [Fact]
    public void Some_can_be_allowed()
    {
        var tools = Space.Replace("TOOLS", Function("view") + "," + Function("edit"), StringComparison.Ordinal) + "," + Function("exec");
        var choice = """{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"edit","namespace":"mcp__srv"},{"type":"function","name":"exec"}]}""";
        var told = Tell("messages", $$"""{"model":"m","input":"Q","tools":[{{tools}}],"tool_choice":{{choice}}}""", null, out _, out var lost);

        Assert.Equal("", lost);
        Assert.Equal(["mcp__srv__edit", "exec"], Declared("messages", told));
    }

    /// <summary>What OpenAI tells of a function that it found by a search, and that is of no server's.</summary>
    [Fact]
    public void A_function_that_is_of_its_own_name_is_of_no_server()
    {
        var body = $$"""{"model":"m","input":[{{Called.Replace("mcp__srv", "view", StringComparison.Ordinal)}}],"tools":[{{Function("view")}}]}""";
        var told = Tell("chat", body, null, out var names, out _);

        Assert.DoesNotContain("view__view", told, StringComparison.Ordinal);
        Assert.Equal([("", "view")], Calls("view", names));
    }

    [Theory]
    [InlineData("""{"type":"namespace","name":"s","tools":[{"type":"web_search"}]}""", "tools.namespace.web_search")]
    [InlineData("""{"type":"namespace","name":"s","colour":"red","tools":[]}""", "tools.namespace.colour")]
    [InlineData("""{"type":"namespace","name":"s"}""", "tools.namespace")]
    [InlineData("""{"type":"namespace","tools":[{"type":"function","name":"f"}]}""", "tools.namespace")]
    public void What_nobody_here_knows_is_reported(string tool, string name)
    {
        Tell("chat", tool, out _, out var lost);

        Assert.Equal(name, lost);
    }

    [Fact]
    public void Names_beyond_all_bounds_are_told_and_not_called_by_two()
    {
        var many = string.Join(',', Enumerable.Range(0, FittedNames.CountMax + 1).Select(i => Function("f" + i)));
        var told = Tell("chat", Space.Replace("TOOLS", many, StringComparison.Ordinal), out _, out _);
        Assert.Equal(FittedNames.CountMax + 1, Declared("chat", told).Distinct().Count());
        Assert.DoesNotContain("\u001f", told, StringComparison.Ordinal);

        told = Tell("chat", Space.Replace("mcp__srv", new string('s', 300), StringComparison.Ordinal).Replace("TOOLS", Function(new string('f', 300)), StringComparison.Ordinal), out _, out var lost);
        Assert.Equal("tools.namespace", lost);
        Assert.DoesNotContain("\u001f", told, StringComparison.Ordinal);
    }

    private static string Function(string name, string text = "") =>
        $$$$"""{"type":"function","name":"{{{{name}}}}","description":"{{{{text}}}}","strict":false,"parameters":{"type":"object","properties":{}}}""";

    private static string Tell(string upstream, string tools, out byte[] names, out string lost) =>
        Tell(upstream, $$"""{"model":"m","input":[{{Called}}],"tools":[{{tools}}]}""", null, out names, out lost);

    private static string Tell(string upstream, string body, string? model, out byte[] names, out string lost)
    {
        var request = Translating.Read(RequestShape.Responses, body);
        var json = new JsonOut(new TextBuffer());
        json.Begin();
        var target = new RequestTarget("\"m\""u8, 0, 0, true, ModelAbilities.Of(Encoding.ASCII.GetBytes(model ?? "m")));
        Translations.Of(SpokenShape.Named(upstream).Shape).RequestWriter!.Write(request, target, json);
        (names, lost) = (request.FittedNames.Written.ToArray(), Encoding.ASCII.GetString(request.Losses.Names));
        return Encoding.UTF8.GetString(json.To.Written);
    }

    private static string[] Declared(string upstream, string told)
    {
        var tools = JsonElement.Parse(told).GetProperty("tools");
        return upstream switch
        {
            "chat" => [.. tools.EnumerateArray().Select(tool => tool.GetProperty("function").GetProperty("name").GetString()!)],
            "contents" => [.. tools[0].GetProperty("functionDeclarations").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!)],
            _ => [.. tools.EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!)],
        };
    }

    /// <summary>The calls that a client is told, whole and streamed.</summary>
    private static (string Space, string Name)[] Calls(string name, byte[] names)
    {
        var call = """{"index":0,"id":"a","type":"function","function":{"name":"NAME","arguments":"{}"}}""".Replace("NAME", name, StringComparison.Ordinal);
        var whole = Translating.Answer(RequestShape.Responses, RequestShape.Chat, ["{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"tool_calls\":[" + call + "]},\"finish_reason\":\"tool_calls\"}]}"],
            isStream: false, out _, names: names);
        var stream = Translating.Answer(RequestShape.Responses, RequestShape.Chat, ["{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[" + call + "]}}]}"], isStream: true, out _, names: names);
        var told = Items(JsonElement.Parse(whole)).Select(Both).ToArray();
        foreach (var data in stream.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            var json = JsonElement.Parse(data[6..]);
            if (json.TryGetProperty("item", out var item))
                Assert.Equal([Both(item)], told);
            if (json.GetProperty("type").GetString() == "response.completed")
                Assert.Equal(told, Items(json.GetProperty("response")).Select(Both));
        }

        return told;
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement response) => response.GetProperty("output").EnumerateArray();

    private static (string Space, string Name) Both(JsonElement item) =>
        (item.TryGetProperty("namespace", out var space) ? space.GetString()! : "", item.GetProperty("name").GetString()!);
}
