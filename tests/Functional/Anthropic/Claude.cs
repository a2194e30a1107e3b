using System.Text;
using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Anthropic;

/// <summary>A data plane before a provider that speaks Anthropic's dialect, and what is asked of it.</summary>
internal static class Claude
{
    public static EdgeSetup Setup => new()
    {
        Providers = $"  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: \"{EdgeSetup.ProviderKey}\" }}",
        Models = """
              claude-sonnet-4-5: { targets: [ { provider: claude, model: fake-n3 } ], price: { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 } }
              "claude-*": { targets: [ { provider: claude, model: fake-n3 } ] }
              either: { targets: [ { provider: fake, model: fake-n2 }, { provider: claude, model: fake-n4 } ] }
            """,
    };

    public static string Body(string model = "claude-sonnet-4-5", string more = "") =>
        $$"""{"model":"{{model}}","max_tokens":1000,"messages":[{"role":"user","content":"{{EdgeSetup.Prompt}}"}]{{more}}}""";

    /// <summary>A request as Anthropic's clients send it.</summary>
    public static string Ask(
        string script = "", string model = "claude-sonnet-4-5", string more = "", string fields = "", string key = EdgeSetup.Key, string path = "/v1/messages") =>
        Rig.Ask.Post(path, Body(model, more), $"x-api-key: {key}\r\nanthropic-version: 2023-06-01\r\n{Rig.Ask.Script(script)}{fields}", key: null);

    public static string Stream(string script = "", string model = "claude-sonnet-4-5", string more = "", string fields = "") =>
        Ask(script, model, ""","stream":true""" + more, fields);

    /// <summary>The name of each event, as the field and as the data say it, which must be the same.</summary>
    public static string[] Names(RawAnswer answer) => [.. answer.Frames.Select(frame =>
    {
        var name = frame[7..frame.IndexOf('\n', StringComparison.Ordinal)];
        Assert.Equal(name, JsonElement.Parse(frame[(frame.IndexOf("data: ", StringComparison.Ordinal) + 6)..]).GetProperty("type").GetString());
        return name;
    })];

    /// <summary>The text of the deltas of a stream, joined.</summary>
    public static string Text(RawAnswer answer)
    {
        var text = new StringBuilder();
        foreach (var data in answer.Events.Select(data => JsonElement.Parse(data)))
        {
            if (data.TryGetProperty("delta", out var delta) && delta.TryGetProperty("text", out var said))
                text.Append(said.GetString());
        }

        return text.ToString();
    }

    /// <summary>Checks that an answer is an error in Anthropic's shape, and gives its message.</summary>
    public static string Error(RawAnswer answer, int status, string type)
    {
        Assert.Equal(status, answer.Status);
        Assert.Equal("application/json", answer.Field("content-type"));
        return Error(answer.Json, type, answer.Field("request-id")!);
    }

    public static string Error(JsonElement json, string type, string requestId)
    {
        Assert.Equal(["type", "error", "request_id"], json.EnumerateObject().Select(member => member.Name));
        Assert.Equal("error", json.GetProperty("type").GetString());
        Assert.Equal(requestId, json.GetProperty("request_id").GetString());
        Assert.Equal(type, json.GetProperty("error").GetProperty("type").GetString());
        return json.GetProperty("error").GetProperty("message").GetString()!;
    }
}
