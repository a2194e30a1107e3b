using System.Text;
using System.Text.Json.Nodes;
using AiEdge.Tokenization.Importing;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Importing;

/// <summary>What a tokenizer.json asks for and what is not done is refused by its name, with its value.</summary>
public sealed class HuggingFaceFaultTests
{
    private static string Fault(JsonObject file) =>
        Assert.Throws<VocabularyException>(() => VocabularyFile.Read("t", Encoding.UTF8.GetBytes(file.ToJsonString()), VocabularyFormat.HuggingFace, null)).Message;

    private static string FaultOf(string json) =>
        Assert.Throws<VocabularyException>(() => VocabularyFile.Read("t", Encoding.UTF8.GetBytes(json), VocabularyFormat.HuggingFace, null)).Message;

    [Theory]
    [InlineData("type", "\"WordPiece\"", "model.type \"WordPiece\" is not supported: BPE is the only kind that is known")]
    [InlineData("type", "null", "model.type null is not supported: a text is expected")]
    [InlineData("dropout", "0.1", "model.dropout 0.1 is not supported: counts would be left to chance")]
    [InlineData("byte_fallback", "true", "model.byte_fallback true is not supported: only byte-level vocabularies are")]
    [InlineData("continuing_subword_prefix", "\"##\"", "model.continuing_subword_prefix \"##\" is not supported: only byte-level vocabularies are")]
    [InlineData("end_of_word_suffix", "\"_\"", "model.end_of_word_suffix \"_\" is not supported: only byte-level vocabularies are")]
    [InlineData("ignore_merges", "1", "model.ignore_merges 1 is not supported: true or false is expected")]
    [InlineData("vocab", "[]", "model.vocab [] is not supported: an object is expected")]
    [InlineData("vocab", "{\"a\":-1}", "model.vocab -1 is not supported: a whole number from 0 is expected")]
    [InlineData("vocab", "{\"a\":1,\"b\":1}", "model.vocab gives the number 1 twice")]
    [InlineData("merges", "{}", "model.merges {} is not supported: a list is expected")]
    [InlineData("merges", "[\"a\"]", "model.merges[0] \"a\" is not supported: two tokens are expected, as \"a b\" or [\"a\", \"b\"]")]
    [InlineData("merges", "[\"a b c\"]", "model.merges[0] \"a b c\" is not supported: two tokens are expected, as \"a b\" or [\"a\", \"b\"]")]
    [InlineData("merges", "[[\"a\"]]", "model.merges[0] [\"a\"] is not supported: two tokens are expected, as \"a b\" or [\"a\", \"b\"]")]
    [InlineData("merges", "[\"Q Q\"]", "model.merges[0] \"Q Q\" is not supported: its parts and what they make must all be in model.vocab")]
    [InlineData("temperature", "1", "model.temperature 1 is not supported: the field is not known")]
    public void A_model_s_field_is_named_with_its_value(string field, string value, string message)
    {
        var file = TestFiles.Json("llama3");
        file["model"]![field] = JsonNode.Parse(value);
        Assert.Equal(message, Fault(file));
    }

    [Theory]
    [InlineData("normalizer", """{"type":"NFKC"}""", """normalizer {"type":"NFKC"} is not supported: NFC is the only normalizer that is known""")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}""", """normalizer.normalizers[1] {"type":"Lowercase"} is not supported: NFC is the only normalizer that is known""")]
    [InlineData("normalizer", """{"type":"Prepend","prepend":"x"}""", """normalizer {"type":"Prepend","prepend":"x"} is not supported: NFC is the only normalizer that is known""")]
    [InlineData("pre_tokenizer", "null", "pre_tokenizer is missing: only byte-level vocabularies are supported")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace"}""", """pre_tokenizer {"type":"Metaspace"} is not supported: the last step must be ByteLevel""")]
    [InlineData("pre_tokenizer", """{"type":"ByteLevel","add_prefix_space":false}""", "pre_tokenizer.use_regex true is not supported: GPT-2's split is not known")]
    [InlineData("pre_tokenizer", """{"type":"ByteLevel","use_regex":false}""", "pre_tokenizer.add_prefix_space true is not supported: text is counted as it is")]
    [InlineData("pre_tokenizer", """{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""", "pre_tokenizer splits by no expression at all, which is none of the expressions that are known")]
    [InlineData(
        "pre_tokenizer",
        """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""",
        """pre_tokenizer.pretokenizers[0] {"type":"Digits","individual_digits":true} is not supported: steps before the last must be Split by a known expression""")]
    [InlineData(
        "pre_tokenizer",
        """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""",
        """pre_tokenizer splits by \w+, which is none of the expressions that are known""")]
    [InlineData(
        "pre_tokenizer",
        """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"x"},"behavior":"MergedWithNext","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""",
        """pre_tokenizer.pretokenizers[0] {"type":"Split","pattern":{"Regex":"x"},"behavior":"MergedWithNext","invert":false} is not supported: behavior must be Isolated without invert""")]
    [InlineData(
        "pre_tokenizer",
        """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"String":" "},"behavior":"Isolated","invert":false},{"type":"ByteLevel"}]}""",
        """pre_tokenizer.pretokenizers[0].pattern.String " " is not supported: the field is not known""")]
    [InlineData("added_tokens", "{}", "added_tokens {} is not supported: a list is expected")]
    [InlineData("model", "7", "model 7 is not supported: an object is expected")]
    [InlineData("extra", "1", "extra 1 is not supported: the field is not known")]
    public void A_step_is_named_with_its_value(string field, string value, string message)
    {
        var file = TestFiles.Json("llama3");
        file[field] = JsonNode.Parse(value);
        Assert.Equal(message, Fault(file));
    }

    [Fact]
    public void A_known_expression_with_one_letter_changed_is_refused()
    {
        var file = TestFiles.Json("llama3");
        var pattern = file["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"]!;
        pattern["Regex"] = ((string)pattern["Regex"]!).Replace("{1,3}", "{1,2}", StringComparison.Ordinal);
        Assert.Contains(@"\p{N}{1,2}", Fault(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is not well-formed JSON (line 1)")]
    [InlineData("{\n\n  \"model\": tru", "is not well-formed JSON (line 3)")]
    [InlineData("[]", "the document [] is not supported: an object is expected")]
    [InlineData("{}", "model is missing")]
    [InlineData("""{"model":{}}""", "model.type is missing")]
    [InlineData("""{"model":{"type":"\ud800"}}""", "model.type holds bytes or escapes that are not Unicode text")]
    [InlineData("""{"\ud800":1}""", "the name of a field holds bytes or escapes that are not Unicode text")]
    public void What_is_no_such_file_at_all_is_said_so(string json, string message) => Assert.Equal(message, FaultOf(json));

    [Fact]
    public void A_byte_without_a_token_is_named()
    {
        var file = TestFiles.Json("deepseek_v3");
        file["model"]!["vocab"]!.AsObject().Remove("Ġ");
        file["model"]!["merges"] = new JsonArray();
        Assert.Contains("The byte 0x20 is no token", Fault(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_or_damaged_anywhere_is_refused_and_never_worse()
    {
        var whole = TestFiles.Content("llama3");
        for (var length = 0; length < whole.Length - 2; length += 7)
            Assert.Throws<VocabularyException>(() => VocabularyFile.Read("t", whole.AsMemory(0, length), VocabularyFormat.HuggingFace, null));
        var random = new Random(7);
        var refused = 0;
        for (var i = 0; i < 300; i++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                VocabularyFile.Read("t", damaged, VocabularyFormat.HuggingFace, null);
            }
            catch (VocabularyException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 100, 300);
    }
}
