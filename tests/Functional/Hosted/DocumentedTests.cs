using System.Text.RegularExpressions;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Hosted;

/// <summary>The providers that docs/dialects.md shows are configured as it says, and answer.</summary>
public sealed partial class DocumentedTests
{
    private static readonly string[] Guide = File.ReadAllLines(PathOf("docs/dialects.md"));

    [Theory]
    [InlineData("  azure:", 3)]
    [InlineData("  vllm:", 6)]
    public async Task Each_model_of_an_example_answers_a_chat_and_a_response(string provider, int models)
    {
        var (providers, shown) = Example(provider);
        await using var edge = await Edge.StartAsync(new EdgeSetup { Providers = providers, Models = shown.Replace("  gpt-4o:", "  gpt-4o-shown:", StringComparison.Ordinal) });
        var names = Name().Matches(shown).Select(match => match.Groups[1].Value.Trim('"').Replace("*", "any", StringComparison.Ordinal)).ToArray();
        Assert.Equal(models, names.Length);
        foreach (var name in names.Select(name => name == "gpt-4o" ? "gpt-4o-shown" : name))
        {
            var chat = await edge.AskAsync(Ask.Chat(model: name));
            Assert.True(chat.Status == 200, name + chat.Text);
            var response = await edge.AskAsync(Ask.Post("/v1/responses", $$"""{"model":"{{name}}","input":"{{EdgeSetup.Prompt}}"}"""));
            Assert.True(response.Status == 200, name + response.Text);
            Assert.Equal("response", response.Json.GetProperty("object").GetString());
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
