using System.Text;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Tests.Parse;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Models;

namespace AiEdge.DataPlane.Tests.Meter;

/// <summary>A dialect whose answers stand in an object, and not in a list: its texts count as those of the others do, and it is an answer.</summary>
public sealed class ObjectTextsTests
{
    [Theory]
    [InlineData("""{"id":"a","message":{"role":"x","content":[{"type":"text","text":"said"},{"text":"more"}],"calls":[{"name":"f"}]},"text":"beside"}""", "said|more|f")]
    [InlineData("""{"message":{"inner":{"text":"said"},"text":"more"},"later":{"text":"beside"},"list":[{"text":"beside"}]}""", "said|more")]
    [InlineData("""{"message":{"found":{"text":"copied"},"text":"said"}}""", "said")]
    [InlineData("""{"message":[{"text":"said"},[{"text":"more"}]],"later":[{"text":"beside"}]}""", "said|more")]
    [InlineData("""{"message":{},"later":{"text":"beside"}}""", "")]
    [InlineData("""{"message":"no object","later":{"text":"beside"}}""", "")]
    public void Its_texts_are_counted_wherever_the_answer_is_cut(string answer, string texts)
    {
        var tokenizer = JsonTokenizer.Of(TokenEncoding.O200kBase);
        var expected = texts.Split('|').Sum(text => (long)tokenizer.CountText(Encoding.UTF8.GetBytes(text)));
        var found = Cuts.SameForAll(Encoding.UTF8.GetBytes(answer), pieces =>
        {
            var reader = Read(pieces, wantsTexts: true);
            return $"{reader.Texts!.Count(tokenizer).Tokens} {reader.IsComplete}";
        });
        Assert.Equal($"{expected} True", found);
    }

    [Theory]
    [InlineData("""{"message":{"text":"a"},"usage":{"input_tokens":3}}""")]
    [InlineData("""{"message":{"deep":{"usage":{"input_tokens":9}}},"usage":{"input_tokens":3}}""")]
    public void What_stands_behind_it_is_read(string answer)
    {
        foreach (var wantsTexts in (bool[])[false, true])
        {
            Assert.Equal("3", Cuts.SameForAll(Encoding.UTF8.GetBytes(answer), pieces =>
            {
                var reader = Read(pieces, wantsTexts);
                _ = reader.Texts;
                return $"{reader.Usage.InputTokens}";
            }));
        }
    }

    [Theory]
    [InlineData("""{"error":{"code":1},"message":{"content":[]}}""", false)]
    [InlineData("""{"message":{},"error":{"code":1}}""", false)]
    [InlineData("""{"error":{"code":1},"message":"it failed"}""", true)]
    [InlineData("""{"error":{"code":1},"detail":{"content":"x"}}""", true)]
    public void With_it_an_error_is_none_that_stands_in_the_place_of_an_answer(string answer, bool isAlone)
    {
        foreach (var wantsTexts in (bool[])[false, true])
            Assert.Equal($"{isAlone}", Cuts.SameForAll(Encoding.UTF8.GetBytes(answer), pieces => $"{Read(pieces, wantsTexts).IsErrorAlone}"));
    }

    private static JsonAnswerReader Read(IReadOnlyList<byte[]> pieces, bool wantsTexts)
    {
        var reader = new JsonAnswerReader();
        reader.Reset(new Words(), wantsTexts);
        foreach (var piece in pieces)
            reader.Feed(piece);
        return reader;
    }

    private sealed class Words : AnswerWords
    {
        public override bool HoldsTexts(ReadOnlySpan<byte> name) => name.SequenceEqual("message"u8);

        public override bool IsText(ReadOnlySpan<byte> name) => name.SequenceEqual("text"u8) || name.SequenceEqual("name"u8);

        public override bool HoldsNone(ReadOnlySpan<byte> name) => name.SequenceEqual("found"u8);

        public override UsageField FieldOf(ReadOnlySpan<byte> name) => name.SequenceEqual("input_tokens"u8) ? UsageField.Input : UsageField.Other;
    }
}
