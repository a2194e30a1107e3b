using System.Text;
using System.Text.Json;
using AiEdge.Tokenization.Importing;
using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Tests.Importing;

/// <summary>
/// Published vocabularies, whole, against what published libraries say to 190 000 texts and more each. They are too large to lie here, and
/// are fetched by oracle/oracle.mjs; docs/vocabularies.md has the two commands.
/// </summary>
public sealed class RealFileTests
{
    [RealFileTheory]
    [InlineData("llama3", SplitRule.Llama3)]
    [InlineData("qwen2_5", SplitRule.Qwen2)]
    [InlineData("deepseek_v3", SplitRule.DeepSeekV3)]
    [InlineData("mistral_nemo", SplitRule.Tekken)]
    [InlineData("gpt4o", SplitRule.O200k)]
    public void Texts_have_the_tokens_that_published_libraries_give_them(string name, SplitRule split)
    {
        var content = File.ReadAllBytes(Path.Combine(RealFileTheoryAttribute.Folder!, name + ".json"));
        var imported = VocabularyFile.Read(name, content, VocabularyFormat.HuggingFace, split: null);
        Assert.Equal(split, imported.Vocabulary.Split);
        var expected = TestFiles.Expected(RealFileTheoryAttribute.Folder!, name);
        Assert.True(expected.Count > 150_000);
        SmallVocabularyTests.AssertTokens(imported.Vocabulary, expected);
    }

    [RealFileTheory]
    [InlineData("llama3", SplitRule.Llama3)]
    [InlineData("qwen2_5", SplitRule.Qwen2)]
    [InlineData("gpt4o", SplitRule.O200k)]
    public void The_same_ranks_in_tiktoken_s_format_give_the_same_tokens(string name, SplitRule split)
    {
        var folder = RealFileTheoryAttribute.Folder!;
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, name + ".json")));
        var added = file.RootElement.GetProperty("added_tokens").EnumerateArray().Select(t => t.GetProperty("content").GetString()).ToHashSet();
        var lines = new StringBuilder();
        foreach (var token in file.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject().Where(t => !added.Contains(t.Name)))
            lines.Append(Convert.ToBase64String(TestFiles.Spelled(token.Name))).Append(' ').Append(token.Value.GetInt32()).Append('\n');
        var imported = VocabularyFile.Read(name, Encoding.ASCII.GetBytes(lines.ToString()), VocabularyFormat.Tiktoken, split);
        SmallVocabularyTests.AssertTokens(imported.Vocabulary, TestFiles.Expected(folder, name));
    }
}

/// <summary>A test of published vocabularies, skipped where AIEDGE_VOCABULARIES does not name the folder that holds them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RealFileTheoryAttribute : TheoryAttribute
{
    public RealFileTheoryAttribute()
    {
        if (Folder is null)
            Skip = "AIEDGE_VOCABULARIES names no folder; docs/vocabularies.md says how to make it";
    }

    /// <summary>The folder that <c>node oracle.mjs full FOLDER</c> has filled, or null.</summary>
    public static string? Folder { get; } = Environment.GetEnvironmentVariable("AIEDGE_VOCABULARIES") is { Length: > 0 } folder ? folder : null;
}
