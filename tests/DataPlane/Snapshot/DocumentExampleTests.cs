using System.Text.Json;
using System.Text.RegularExpressions;
using AiEdge.DataPlane.Dialects;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>What documents show is without faults: each example is a configuration, or a part of one, and each call is one that is served.</summary>
public sealed partial class DocumentExampleTests
{
    /// <summary>Whom the keys and limits of examples speak of.</summary>
    private const string Askers = $$"""
        teams: { blue: }
        keys: [ { name: web, sha256: {{Doc.Sha}}, team: blue, tier: pro } ]

        """;

    [Theory]
    [InlineData("README.md", 1)]
    [InlineData("docs/dialects.md", 8)]
    [InlineData("docs/limits.md", 1)]
    [InlineData("docs/routing.md", 12)]
    public void Every_example_is_without_faults_and_fits_the_schema(string page, int examples)
    {
        var blocks = Block().Matches(Read(page)).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(examples, blocks.Count);
        foreach (var example in blocks.Select(Completed))
        {
            Assert.Empty(SchemaTests.Errors(example));
            var load = Doc.Load(Secret().Replace(example, "sk-1"), static name => name.EndsWith("SHA256", StringComparison.Ordinal) ? Doc.Sha : "sk-1");
            Assert.Equal(example, string.Join('\n', [.. Doc.Lines(load.Faults), example]));
        }
    }

    [Fact]
    public void The_vocabularies_of_the_example_are_understood_and_lack_their_files_alone()
    {
        var lines = Vocabularies().Match(Read("docs/configuration.md")).Value.Split('\n').Where(line => line.Length > 0).Select(line => line[4..]);
        var example = Doc.Head + string.Join('\n', lines).Replace("file: ", "file: /nowhere/", StringComparison.Ordinal);
        Assert.Empty(SchemaTests.Errors(example));
        var faults = Doc.Load(example).Faults;
        Assert.Equal(2, faults.Count);
        Assert.All(faults, fault => Assert.Equal("the file does not exist", fault.Message));
    }

    [Fact]
    public void Every_call_that_is_shown_has_a_path_that_is_served_and_a_body_that_is_JSON()
    {
        var calls = Call().Matches(Read("docs/dialects.md").Replace("\\\n", "", StringComparison.Ordinal));
        Assert.Equal(4, calls.Count);
        foreach (Match call in calls)
        {
            var path = call.Groups[1].Value;
            Assert.True(path.StartsWith("/passthrough/openai/v1/", StringComparison.Ordinal) || DialectTable.Find(System.Text.Encoding.ASCII.GetBytes(path)) is { TakesBody: true }, path);
            Assert.Equal(JsonValueKind.Object, JsonElement.Parse(call.Groups[2].Value).ValueKind);
        }
    }

    /// <summary>The example with what it leaves out because it is not about it: providers and models that it names, and who asks.</summary>
    private static string Completed(string example)
    {
        var hasProviders = example.StartsWith("providers:", StringComparison.Ordinal);
        var providers = hasProviders ? Entry().Matches(example[..SectionEnd(example)]) : Provider().Matches(example);
        var names = providers.Select(match => match.Groups[1].Value).DefaultIfEmpty("openai").ToHashSet(StringComparer.Ordinal);
        if (!hasProviders)
            names.Add("gemini");
        var models = Other().Matches(example).Select(match => match.Groups[1].Value).Where(name => !example.Contains($"\n  {name}:", StringComparison.Ordinal)).ToHashSet();
        var hasModels = Models().IsMatch(example);
        if (!hasModels)
            models.Add("m");
        var more = string.Concat(models.Select(name => $"  {name}: {{ targets: [ {{ provider: {names.First()} }} ] }}\n"));
        if (more.Length > 0)
            example = hasModels ? Models().Replace(example, "models:\n" + more) : example + "models:\n" + more;
        if (!hasProviders)
            example = "providers:\n" + string.Concat(names.Select(Shown)) + example;
        return example.Contains("\nlimits:", StringComparison.Ordinal) && !example.Contains("\nkeys:", StringComparison.Ordinal) ? example + Askers : example;

        static string Shown(string name) =>
            $"  {name}: {{ dialect: {(name == "gemini" ? name : "openai")}, baseUrl: \"https://{name}.example.com{(name == "gemini" ? "" : "/v1")}\", key: sk-1 }}\n";
    }

    private static int SectionEnd(string example) => Models().Match(example) is { Success: true } models ? models.Index : example.Length;

    private static string Read(string page) => File.ReadAllText(Repository.PathOf(page));

    [GeneratedRegex("^```yaml\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\$\{file:[^}]*\}")]
    private static partial Regex Secret();

    [GeneratedRegex("^  ([^ :]+):", RegexOptions.Multiline)]
    private static partial Regex Entry();

    [GeneratedRegex("provider: ([a-z0-9-]+)")]
    private static partial Regex Provider();

    [GeneratedRegex("(?:degrade|simple|cascade): [^\n]*?model: ([a-z0-9-]+)")]
    private static partial Regex Other();

    [GeneratedRegex("^models:\n", RegexOptions.Multiline)]
    private static partial Regex Models();

    [GeneratedRegex("^    tokenizers:\n(?:    .*\n)+", RegexOptions.Multiline)]
    private static partial Regex Vocabularies();

    [GeneratedRegex("^    curl [^\n]*?http://127\\.0\\.0\\.1:8080(/[^ \n]*) [^\n]*-d '([^'\n]*)'", RegexOptions.Multiline)]
    private static partial Regex Call();
}
