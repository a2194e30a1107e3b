using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using AiEdge.Tokenization.Importing;
using AiEdge.Tokenization.Incremental;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Importing;

/// <summary>Vocabularies in the shape of published ones give the tokens that published libraries give.</summary>
public sealed class SmallVocabularyTests
{
    public static TheoryData<string> Names => new(TestFiles.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public void Texts_have_the_tokens_that_published_libraries_give_them(string name)
    {
        var imported = VocabularyFile.Read(name, TestFiles.Content(name), VocabularyFormat.HuggingFace, split: null);
        var expected = TestFiles.Expected(TestFiles.Folder, name);
        Assert.True(expected.Count > 200);
        AssertTokens(imported.Vocabulary, expected);
        Assert.Equal(name == "qwen2_5", imported.NormalizesToNfc);
    }

    [Theory]
    [InlineData("llama3", SplitRule.Llama3)]
    [InlineData("qwen2_5", SplitRule.Qwen2)]
    [InlineData("deepseek_v3", SplitRule.DeepSeekV3)]
    [InlineData("mistral_nemo", SplitRule.Tekken)]
    [InlineData("gpt4o", SplitRule.O200k)]
    public void The_expressions_of_a_file_are_known_as_their_rule(string name, SplitRule split) =>
        Assert.Equal(split, VocabularyFile.Read(name, TestFiles.Content(name), VocabularyFormat.HuggingFace, split: null).Vocabulary.Split);

    [Theory]
    [InlineData("llama3", SplitRule.Llama3)]
    [InlineData("gpt4o", SplitRule.O200k)]
    public void The_same_ranks_in_tiktoken_s_format_give_the_same_tokens(string name, SplitRule split)
    {
        var lines = new StringBuilder();
        foreach (var (spelling, id) in TestFiles.Json(name)["model"]!["vocab"]!.AsObject())
            lines.Append(Convert.ToBase64String(TestFiles.Spelled(spelling))).Append(' ').Append((int)id!).Append('\n');
        var imported = VocabularyFile.Read(name, Encoding.ASCII.GetBytes(lines.ToString()), VocabularyFormat.Tiktoken, split);
        AssertTokens(imported.Vocabulary, TestFiles.Expected(TestFiles.Folder, name));
    }

    [Fact]
    public void The_same_ranks_in_tekken_s_format_give_the_same_tokens()
    {
        var file = TestFiles.Json("mistral_nemo");
        var vocab = new JsonArray();
        foreach (var (spelling, id) in file["model"]!["vocab"]!.AsObject())
            vocab.Add(new JsonObject { ["rank"] = (int)id! - 1000, ["token_bytes"] = Convert.ToBase64String(TestFiles.Spelled(spelling)), ["token_str"] = null });
        var used = vocab.Count;
        vocab.Add(new JsonObject { ["rank"] = used, ["token_bytes"] = Convert.ToBase64String("the end"u8), ["token_str"] = "the end" });
        var tekken = new JsonObject
        {
            ["config"] = new JsonObject
            {
                ["pattern"] = (string)file["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"]!["Regex"]!,
                ["num_vocab_tokens"] = used + 1,
                ["default_vocab_size"] = used + 1000,
                ["default_num_special_tokens"] = 1000,
                ["version"] = "v3",
            },
            ["vocab"] = vocab,
        };
        var imported = VocabularyFile.Read("t", Encoding.UTF8.GetBytes(tekken.ToJsonString()), VocabularyFormat.Tekken, split: null);
        Assert.Equal(SplitRule.Tekken, imported.Vocabulary.Split);
        Assert.False(imported.Vocabulary.TryFind("the end"u8, out _));
        AssertTokens(imported.Vocabulary, TestFiles.Expected(TestFiles.Folder, "mistral_nemo"));
    }

    internal static void AssertTokens(Vocabulary vocabulary, List<(string Text, int[] Tokens)> expected)
    {
        var tokenizer = new Tokenizer(vocabulary);
        var tokens = new ArrayBufferWriter<int>();
        var counter = new IncrementalCounter(vocabulary);
        foreach (var (text, wanted) in expected)
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            tokens.ResetWrittenCount();
            tokenizer.Encode(utf8, tokens);
            Assert.True(wanted.AsSpan().SequenceEqual(tokens.WrittenSpan), $"{text}: wanted {string.Join(' ', wanted)}, had {string.Join(' ', tokens.WrittenSpan.ToArray())}");
            Assert.Equal(wanted.Length, tokenizer.Count(utf8));
            counter.Reset();
            foreach (var b in utf8)
                counter.Append([b]);
            Assert.Equal(wanted.Length, counter.Complete());
        }
    }
}
