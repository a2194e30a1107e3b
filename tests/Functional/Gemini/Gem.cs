using System.Text;
using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Gemini;

/// <summary>A data plane before a provider that speaks Gemini's dialect, and what is asked of it.</summary>
internal static class Gem
{
    public static EdgeSetup Setup => new()
    {
        Providers = $"  google: {{ dialect: gemini, baseUrl: \"ROOT\", key: \"{EdgeSetup.ProviderKey}\" }}",
        Models = """
              gemini-2.5-flash: { targets: [ { provider: google, model: fake-n3 } ], price: { input: 0.3, output: 2.5, cachedInput: 0.075 } }
              "gemini-*": { targets: [ { provider: google, model: fake-n3 } ] }
            """,
    };

    public static string Body(string more = "") => $$"""{"contents":[{"role":"user","parts":[{"text":"{{EdgeSetup.Prompt}}"}]}]{{more}}}""";

    /// <summary>A request as Google's clients send it.</summary>
    public static string Ask(
        string script = "", string model = "gemini-2.5-flash", string more = "", string method = "generateContent", string query = "", string? key = EdgeSetup.Key,
        string fields = "") =>
        Rig.Ask.Post(
            $"/v1beta/models/{model}:{method}{query}", Body(more), $"{(key is null ? "" : $"x-goog-api-key: {key}\r\n")}{Rig.Ask.Script(script)}{fields}", key: null);

    public static string Stream(string script = "", string model = "gemini-2.5-flash", string more = "") =>
        Ask(script, model, more, "streamGenerateContent", "?alt=sse");

    /// <summary>The text of the first candidate, joined, thought left out.</summary>
    public static string Text(RawAnswer answer)
    {
        var text = new StringBuilder();
        foreach (var data in answer.Events.Select(data => JsonElement.Parse(data)))
        {
            if (!data.TryGetProperty("candidates", out var candidates) || candidates.GetArrayLength() == 0)
                continue;
            foreach (var part in candidates[0].GetProperty("content").GetProperty("parts").EnumerateArray())
                text.Append(part.TryGetProperty("thought", out _) ? "" : part.GetProperty("text").GetString());
        }

        return text.ToString();
    }

    /// <summary>Checks that it is an error in Gemini's shape, and gives its message.</summary>
    public static string Error(JsonElement json, int code, string status)
    {
        Assert.Equal(["error"], json.EnumerateObject().Select(member => member.Name));
        var error = json.GetProperty("error");
        Assert.Equal(["code", "message", "status", "details"], error.EnumerateObject().Select(member => member.Name));
        Assert.Equal((code, status), (error.GetProperty("code").GetInt32(), error.GetProperty("status").GetString()));
        return error.GetProperty("message").GetString()!;
    }
}
