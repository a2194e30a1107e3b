using System.Text.RegularExpressions;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Hosted;

/// <summary>The providers that docs/dialects.md shows are configured as it says, and answer.</summary>
public sealed partial class DocumentedTests
{
    private static readonly string[] Guide = File.ReadAllLines(PathOf("docs/dialects.md"));

    private const string Publishers = "/v1/projects/example/locations/europe-west1/publishers/";

    /// <summary>Where a chat with a model goes, and which header has the credential.</summary>
    private static readonly Dictionary<string, (string Target, string Credential)> Asked = new(StringComparer.Ordinal)
    {
        ["gpt-4o-shown"] = ("/openai/deployments/our-gpt-4o/chat/completions?api-version=2024-10-21", "api-key"),
        ["gemini-2.5-flash"] = (Publishers + "google/models/gemini-2.5-flash:generateContent", "authorization"),
        ["claude-sonnet-4-5"] = (Publishers + "anthropic/models/claude-sonnet-4-5@20250929:rawPredict", "authorization"),
        ["qwen3-32b"] = ("/v1/chat/completions", ""),
        ["llama3.2"] = ("/v1/chat/completions", ""),
        ["llama-3.3-70b-versatile"] = ("/openai/v1/chat/completions", "authorization"),
        ["mistral-large-latest"] = ("/v1/chat/completions", "authorization"),
        ["deepseek-chat"] = ("/v1/chat/completions", "authorization"),
        ["openai/any"] = ("/api/v1/chat/completions", "authorization"),
    };

    [Theory]
    [InlineData("  azure:", 3)]
    [InlineData("  vllm:", 6)]
    public async Task Each_model_of_an_example_answers_every_client(string provider, int models)
    {
        var (providers, shown) = Example(provider);
        await using var edge = await Edge.StartAsync(new EdgeSetup { Providers = providers, Models = shown.Replace("  gpt-4o:", "  gpt-4o-shown:", StringComparison.Ordinal) });
        var names = Name().Matches(shown).Select(match => match.Groups[1].Value.Trim('"').Replace("*", "any", StringComparison.Ordinal)).ToArray();
        Assert.Equal(models, names.Length);
        foreach (var name in names.Select(name => name == "gpt-4o" ? "gpt-4o-shown" : name))
        {
            await AssertAnswersAsync(edge, name);
        }
    }

    [Fact]
    public async Task A_running_plane_gains_the_provider_that_the_guide_adds()
    {
        var (providers, models) = Example("  together:");
        var model = Assert.Single(Name().Matches(models)).Groups[1].Value;
        await using var edge = await Edge.StartAsync(new EdgeSetup { Providers = "# more providers", Models = "# more models" });
        var refused = await edge.AskAsync(Ask.Chat(model: model));
        Assert.Equal((404, "model_not_found"), (refused.Status, refused.Json.GetProperty("error").GetProperty("code").GetString()));

        var root = edge.Fake.BaseUrl[..edge.Fake.BaseUrl.LastIndexOf('/')];
        edge.Replace(edge.Config
            .Replace("# more providers", providers.Replace("ROOT", root, StringComparison.Ordinal).TrimStart('\n'), StringComparison.Ordinal)
            .Replace("# more models", models, StringComparison.Ordinal));
        await edge.Log.SeeAsync("configuration 2 in force");

        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: model))).Status);
        var asked = await edge.Fake.NextRequestAsync();
        Assert.Equal(("/v1/chat/completions", "Bearer " + EdgeSetup.ProviderKey), (asked.Target, asked.Header("authorization")));
        Assert.Contains("\"meta-llama/Llama-3.3-70B-Instruct-Turbo\"", asked.BodyText, StringComparison.Ordinal);
        await AssertAnswersAsync(edge, model);
    }

    /// <summary>It answers clients of every dialect, whole and in streams, and its provider is asked where the table says and by the credential that it names.</summary>
    private static async Task AssertAnswersAsync(Edge edge, string name)
    {
        var text = EdgeSetup.Prompt;
        var messages = $$"""{"model":"{{name}}","max_tokens":20,"messages":[{"role":"user","content":"{{text}}"}]}""";
        var contents = $$"""{"contents":[{"role":"user","parts":[{"text":"{{text}}"}]}]}""";
        string[] requests =
        [
            Ask.Chat(model: name), Ask.Stream(model: name), Ask.Post("/v1/responses", $$"""{"model":"{{name}}","input":"{{text}}"}"""), Ask.Post("/v1/messages", messages),
            .. name.Contains('/', StringComparison.Ordinal) ? [] : new[] { Ask.Post($"/v1beta/models/{name}:generateContent", contents) },
        ];
        foreach (var request in requests)
        {
            var answer = await edge.AskAsync(request);
            Assert.True(answer.Status == 200, name + request + answer.Text);
            var asked = await edge.Fake.NextRequestAsync();
            if (request != requests[0] || !Asked.TryGetValue(name, out var expected))
                continue;
            Assert.Equal((name, expected.Target), (name, asked.Target));
            Assert.Equal(expected.Credential is "" or "api-key" ? null : "Bearer " + EdgeSetup.ProviderKey, asked.Header("authorization"));
            Assert.Equal(expected.Credential == "api-key" ? EdgeSetup.ProviderKey : null, asked.Header("api-key"));
        }
    }

    /// <summary>The entries of the example that has the provider, which is at hand here in the stead of those that it names.</summary>
    private static (string Providers, string Models) Example(string provider)
    {
        var from = Array.FindIndex(Guide, line => line.StartsWith(provider, StringComparison.Ordinal));
        var to = Array.IndexOf(Guide, "models:", from);
        var providers = Key().Replace(string.Join('\n', Guide[from..to]), EdgeSetup.ProviderKey);
        return (Origin().Replace(providers, "ROOT"), string.Join('\n', Guide[(to + 1)..Array.IndexOf(Guide, "```", to)]));
    }

    private static string PathOf(string relative)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "global.json")))
            folder = folder.Parent;
        return Path.Combine(folder!.FullName, relative);
    }

    [GeneratedRegex(@"\$\{(env|file):[^}]*\}")]
    private static partial Regex Key();

    [GeneratedRegex("https?://[^/\" ,}]+")]
    private static partial Regex Origin();

    [GeneratedRegex("^  (\"[^\"]+\"|[^ :]+):", RegexOptions.Multiline)]
    private static partial Regex Name();
}
