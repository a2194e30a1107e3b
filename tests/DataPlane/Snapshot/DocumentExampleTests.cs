using System.Text.RegularExpressions;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>docs/dialects.md: each of its examples is a configuration, or a part of one, that is without faults.</summary>
public sealed partial class DialectGuideTests
{
    private const string Others = """
        providers:
          openai: { dialect: openai, baseUrl: "https://api.openai.com/v1", key: sk-1 }
          gemini: { dialect: gemini, baseUrl: "https://generativelanguage.googleapis.com", key: sk-1 }
        models:
          m: { targets: [ { provider: openai } ] }

        """;

    [Fact]
    public void Every_example_is_without_faults_and_fits_the_schema()
    {
        var blocks = Block().Matches(File.ReadAllText(Repository.PathOf("docs/dialects.md"))).Select(match => match.Groups[1].Value).ToList();
        Assert.True(blocks.Count >= 8, $"{blocks.Count} examples");
        foreach (var example in blocks.Select(Completed))
        {
            Assert.Empty(SchemaTests.Errors(example));
            var load = Doc.Load(Secret().Replace(example, "sk-1"), static name => name.EndsWith("SHA256", StringComparison.Ordinal) ? Doc.Sha : "sk-1");
            Assert.Equal("", string.Join('\n', Doc.Lines(load.Faults)));
        }
    }

    /// <summary>What an example leaves out because it is not about it.</summary>
    private static string Completed(string example)
    {
        if (!example.StartsWith("providers:", StringComparison.Ordinal))
            return Others + example;
        return example.Contains("\nmodels:", StringComparison.Ordinal)
            ? example
            : example + $"models:\n  m: {{ targets: [ {{ provider: {Name().Match(example).Groups[1].Value} }} ] }}\n";
    }

    [GeneratedRegex("^```yaml\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\$\{file:[^}]*\}")]
    private static partial Regex Secret();

    [GeneratedRegex("^  ([^ :]+):", RegexOptions.Multiline)]
    private static partial Regex Name();
}
