using System.Text;
using System.Text.Json;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Snapshot;
using AiEdge.Tokenization.Importing;
using AiEdge.Tokenization.Splitting;

namespace AiEdge.DataPlane.Tests.Snapshot;

/// <summary>The user's own vocabularies, and the models that name one.</summary>
public sealed class TokenizerTests
{
    private const string Providers = "providers:\n  p: { dialect: openai, baseUrl: \"http://h\" }\n";

    /// <summary>256 bytes and one token of two.</summary>
    private static readonly string Ranks = string.Concat(Enumerable.Range(0, 256).Select(b => $"{Convert.ToBase64String([(byte)b])} {b}\n")) + "YWI= 256\n";

    private static string[] Faults(string models, string rest = "") => Doc.Faults(Providers + "models:\n" + models + "\n" + rest);

    private static string Model(string name) => $"  m: {{ targets: [ {{ provider: p }} ], tokenizer: {name} }}";

    [Fact]
    public void The_words_of_the_contract_are_those_of_the_library()
    {
        Assert.Equal(TokenizerOptions.SplitField.Words, SplitRuleNames.All);
        Assert.Equal(Enum.GetValues<SplitRule>(), SplitRuleNames.All.Select(n => SplitRuleNames.TryParse(n, out var rule) ? rule : default));
        Assert.Equal(SplitRuleNames.All, Enum.GetValues<SplitRule>().Select(SplitRuleNames.NameOf));
        Assert.Equal(
            Enum.GetValues<VocabularyFormat>(),
            TokenizerOptions.FormatField.Words.Select(w => VocabularyFormats.TryParse(w, out var format) ? format : default));
        Assert.All(TokenizerOptions.BuiltIn, name => Assert.Equal(name, TokenizerModel.BuiltIn(name)!.Name));
        Assert.Null(TokenizerModel.BuiltIn("o200k"));
    }

    [Fact]
    public void A_model_names_a_built_in_vocabulary_which_is_not_loaded_for_that()
    {
        var snapshot = Doc.Snapshot(Providers + "models:\n" + Model("o200k_base") + "\n" + Model("o200k_base").Replace("m:", "n:", StringComparison.Ordinal)
            + "\n  o: { targets: [ { provider: p } ] }\n");
        var tokenizer = snapshot.Models.All[0].Tokenizer!;
        Assert.Equal("o200k_base", tokenizer.Name);
        Assert.Same(tokenizer, snapshot.Models.All[1].Tokenizer);
        Assert.Null(snapshot.Models.All[2].Tokenizer);
        Assert.False(tokenizer.IsLoaded);
    }

    [Theory]
    [InlineData("o200k", "4: models.m.tokenizer: no tokenizer named \"o200k\"")]
    [InlineData("cl100k-base", "4: models.m.tokenizer: no tokenizer named \"cl100k-base\" (did you mean \"cl100k_base\"?)")]
    [InlineData("4", "4: models.m.tokenizer: expected a string, found a number; write it in quotes")]
    [InlineData("\"a b\"", "4: models.m.tokenizer: may hold letters, digits, '.', '-' and '_' only")]
    public void An_unknown_name_is_a_fault_with_its_line(string name, string fault) => Assert.Equal([fault], Faults(Model(name)));

    [Theory]
    [InlineData("t: { }", "6: tokenizers.t.file: is required")]
    [InlineData("t: { file: a.bin }", "6: tokenizers.t.format: is required: the file's name ends neither in .tiktoken nor in .json")]
    [InlineData("t: { file: a.tiktoken }", "6: tokenizers.t.split: is required: a file of ranks does not say how text is cut into pieces")]
    [InlineData("t: { file: a.json, split: llama3 }", "6: tokenizers.t.split: has no meaning for the format huggingface, whose file says how text is cut")]
    [InlineData("t: { file: tekken_240911.json, split: tekken }", "6: tokenizers.t.split: has no meaning for the format tekken, whose file says how text is cut")]
    [InlineData("t: { file: a.tiktoken, split: gpt2 }", "6: tokenizers.t.split: expected o200k or cl100k or llama3 or qwen2 or deepseek-v3 or tekken, found \"gpt2\"")]
    [InlineData("t: { file: a.json, format: spm }", "6: tokenizers.t.format: expected tiktoken or tekken or huggingface, found \"spm\"")]
    [InlineData("t: { file: a.json, size: 1 }", "6: tokenizers.t.size: is not a field of a tokenizer")]
    [InlineData("o200k_base: { file: a.json }", "6: tokenizers.o200k_base: is the name of a built-in vocabulary, which needs no file")]
    [InlineData("\"a b\": { file: a.json }", "6: tokenizers[\"a b\"]: may hold letters, digits, '.', '-' and '_' only")]
    [InlineData("t: a.json", "6: tokenizers.t: expected a tokenizer (a map), found a string")]
    public void A_wrong_tokenizer_is_named_with_its_line(string tokenizer, string fault)
    {
        // A file that is not there is a fault besides, where it comes to that.
        var faults = Faults(Model("o200k_base"), "tokenizers:\n  " + tokenizer);
        Assert.Contains(fault, faults);
        Assert.All(faults, f => Assert.True(f == fault || f.EndsWith("the file does not exist", StringComparison.Ordinal), f));
    }

    [Fact]
    public void Vocabularies_out_of_files_are_loaded_and_named_by_models()
    {
        using var folder = new TempFolder();
        folder.Write("own.tiktoken", Ranks);
        var path = folder.Write("c.yaml", Providers + "models:\n" + Model("own") + "\ntokenizers:\n  own: { file: own.tiktoken, split: qwen2 }\n");
        var load = ConfigFile.Load(path, 1, ConfigOverrides.None, _ => null);
        Assert.Empty(Doc.Lines(load.Faults));
        var tokenizer = Assert.Single(load.Snapshot!.Tokenizers);
        Assert.Same(tokenizer, load.Snapshot.Models.All[0].Tokenizer);
        Assert.True(tokenizer.IsLoaded);
        Assert.Equal((257, SplitRule.Qwen2), (tokenizer.Vocabulary.Count, tokenizer.Vocabulary.Split));
        Assert.Contains(load.Files, f => f.Path == folder.PathOf("own.tiktoken") && f.Stamp.Exists);
        var shown = JsonDocument.Parse(load.Snapshot.MaskedJson).RootElement;
        Assert.Equal("""{"file":"own.tiktoken","format":"tiktoken","split":"qwen2"}""", JsonSerializer.Serialize(shown.GetProperty("tokenizers").GetProperty("own"), RawJson.Default.JsonElement));
        Assert.Equal("own", shown.GetProperty("models").GetProperty("m").GetProperty("tokenizer").GetString());
    }

    [Fact]
    public void A_file_that_cannot_be_used_is_a_fault_with_the_line_that_names_it()
    {
        using var folder = new TempFolder();
        folder.Write("ranks.tiktoken", Ranks + "broken\n");
        folder.Write("tokenizer.json", """{"model":{"type":"Unigram"}}""");
        Directory.CreateDirectory(folder.PathOf("folder.json"));
        var path = folder.Write("c.yaml", Providers + "models:\n" + Model("a") + """

            tokenizers:
              a: { file: ranks.tiktoken, split: qwen2 }
              b: { file: tokenizer.json }
              c: { file: gone.json }
              d: { file: folder.json }
            """);
        var load = ConfigFile.Load(path, 1, ConfigOverrides.None, _ => null);
        Assert.Equal(
            [
                "6: tokenizers.a.file: the file cannot be used: line 258 is not a token in base64, a space and a rank: broken",
                "7: tokenizers.b.file: the file cannot be used: model.type \"Unigram\" is not supported: BPE is the only kind that is known",
                "8: tokenizers.c.file: the file does not exist",
                "9: tokenizers.d.file: the file is a folder",
            ],
            Doc.Lines(load.Faults));
        Assert.Null(load.Snapshot);
        Assert.Contains(load.Files, f => f.Path == folder.PathOf("gone.json") && !f.Stamp.Exists);
    }

    [Fact]
    public void A_reload_keeps_what_has_not_changed_and_loads_what_has()
    {
        using var folder = new TempFolder();
        folder.Write("a.tiktoken", Ranks);
        folder.Write("b.tiktoken", Ranks);
        var text = Providers + "models:\n" + Model("a") + "\ntokenizers:\n  a: { file: a.tiktoken, split: qwen2 }\n  b: { file: b.tiktoken, split: qwen2 }\n";
        var path = folder.Write("c.yaml", text);
        var first = ConfigFile.Load(path, 1, ConfigOverrides.None, _ => null).Snapshot!;

        folder.Write("b.tiktoken", Ranks + "YWM= 257\n");
        folder.Write("c.yaml", text.Replace("  a: { file: a.tiktoken, split: qwen2 }", "  renamed: { file: a.tiktoken, split: qwen2 }\n  a: { file: a.tiktoken, split: llama3 }", StringComparison.Ordinal));
        var second = ConfigFile.Load(path, 2, ConfigOverrides.None, _ => null, first).Snapshot!;

        Assert.Equal(["renamed", "a", "b"], second.Tokenizers.Select(t => t.Name));
        Assert.Same(first.Tokenizers[0].Vocabulary, second.Tokenizers[0].Vocabulary);
        Assert.NotSame(first.Tokenizers[0].Vocabulary, second.Tokenizers[1].Vocabulary);
        Assert.Equal((257, 258), (first.Tokenizers[1].Vocabulary.Count, second.Tokenizers[2].Vocabulary.Count));
        var third = ConfigFile.Load(path, 3, ConfigOverrides.None, _ => null, second).Snapshot!;
        Assert.Equal(second.Tokenizers, third.Tokenizers);
    }

    [Fact]
    public void A_changed_vocabulary_is_noticed_like_a_changed_document()
    {
        using var folder = new TempFolder();
        folder.Write("a.tiktoken", Ranks);
        var path = folder.Write("c.yaml", Providers + "models:\n" + Model("a") + "\ntokenizers:\n  a: { file: a.tiktoken, split: qwen2 }\n");
        var time = new ManualTime();
        ConfigSnapshot? running = null;
        var loaded = ConfigFile.Load(path, 1, ConfigOverrides.None, _ => null);
        using var watcher = new ConfigWatcher(path, ConfigOverrides.None, _ => null, time, s => running = s, _ => { }, loaded);
        folder.Write("a.tiktoken", Ranks + "YWM= 257\n");
        time.Settle();
        Assert.Equal(258, Volatile.Read(ref running)!.Models.All[0].Tokenizer!.Vocabulary.Count);
    }

    [Fact]
    public void A_file_named_by_reference_is_not_shown()
    {
        using var folder = new TempFolder();
        folder.Write("a.tiktoken", Ranks);
        var path = folder.Write("c.yaml", Providers + "models:\n" + Model("a") + "\ntokenizers:\n  a: { file: \"${env:OWN}\", split: qwen2 }\n");
        var load = ConfigFile.Load(path, 1, ConfigOverrides.None, name => name == "OWN" ? "a.tiktoken" : null);
        Assert.Empty(Doc.Lines(load.Faults));
        Assert.DoesNotContain("a.tiktoken", Encoding.UTF8.GetString(load.Snapshot!.MaskedJson), StringComparison.Ordinal);
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonElement))]
internal sealed partial class RawJson : System.Text.Json.Serialization.JsonSerializerContext;
