using System.Text;
using AiEdge.Tokenization.Importing;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Importing;

/// <summary>Files of ranks: what is wrong is said with its line or field.</summary>
public sealed class RankFileTests
{
    private static readonly string Bytes = string.Concat(Enumerable.Range(0, 256).Select(b => $"{Convert.ToBase64String([(byte)b])} {b}\n"));

    private static Vocabulary Read(string text, SplitRule? split = SplitRule.Cl100k) =>
        VocabularyFile.Read("t", Encoding.UTF8.GetBytes(text), VocabularyFormat.Tiktoken, split).Vocabulary;

    private static string Fault(string text, SplitRule? split = SplitRule.Cl100k) => Assert.Throws<VocabularyException>(() => Read(text, split)).Message;

    [Theory]
    [InlineData("YWI=", "line 257 is not a token in base64, a space and a rank: YWI=")]
    [InlineData("YWI= x", "line 257 is not a token in base64, a space and a rank: YWI= x")]
    [InlineData("YWI= -1", "line 257 is not a token in base64, a space and a rank: YWI= -1")]
    [InlineData("YWI= 256 ", "line 257 is not a token in base64, a space and a rank: YWI= 256 ")]
    [InlineData("YWI= 99999999999", "line 257 is not a token in base64, a space and a rank: YWI= 99999999999")]
    [InlineData(" 256", "line 257 is not a token in base64, a space and a rank:  256")]
    [InlineData("YW!= 256", "line 257 is not a token in base64, a space and a rank: YW!= 256")]
    [InlineData("YWI 256", "line 257 is not a token in base64, a space and a rank: YWI 256")]
    [InlineData("YWI= 7", "line 257 gives the rank 7 a second time")]
    public void A_wrong_line_is_named(string line, string message) => Assert.Equal(message, Fault(Bytes + line + "\n"));

    [Fact]
    public void Line_ends_of_either_kind_and_empty_lines_are_read()
    {
        var vocabulary = Read(Bytes.Replace("\n", "\r\n", StringComparison.Ordinal) + "\n\nYWI= 300");
        Assert.Equal(257, vocabulary.Count);
        Assert.True(vocabulary.TryFind("ab"u8, out var token));
        Assert.Equal(300, token);
    }

    [Fact]
    public void A_split_has_to_be_given() => Assert.Equal("does not say how text is cut into pieces: a split has to be given", Fault(Bytes, split: null));

    [Theory]
    [InlineData("")]
    [InlineData("\n\r\n")]
    public void An_empty_file_is_refused(string text) => Assert.Equal("holds no token", Fault(text));

    [Fact]
    public void A_byte_without_a_token_is_refused() => Assert.NotEqual("", Fault(Bytes.Replace("IA== 32\n", "", StringComparison.Ordinal)));

    [Fact]
    public void The_same_bytes_twice_are_refused() => Assert.NotEqual("", Fault(Bytes + "YWI= 256\nYWI= 257\n"));

    [Theory]
    [InlineData("""{}""", "config is missing")]
    [InlineData("""{"config":{}}""", "config.default_num_special_tokens is missing")]
    [InlineData("""{"config":{"default_num_special_tokens":"1"}}""", "config.default_num_special_tokens \"1\" is not supported: a whole number from 0 is expected")]
    [InlineData("""{"config":{"default_num_special_tokens":1,"default_vocab_size":9,"pattern":"\\w"}}""", "config.pattern \"\\\\w\" is not supported: it is none of the expressions that are known")]
    public void A_tekken_file_s_wrong_field_is_named(string json, string message) =>
        Assert.Equal(
            message,
            Assert.Throws<VocabularyException>(() => VocabularyFile.Read("t", Encoding.UTF8.GetBytes(json), VocabularyFormat.Tekken, null)).Message);
}
