using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Tests.Bpe;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Vocabularies;

/// <summary>The vocabularies that come with the library, and those that users bring.</summary>
public sealed class VocabularyTests
{
    private static List<VocabularyEntry> Bytes()
    {
        var entries = new List<VocabularyEntry>();
        for (var value = 0; value < 256; value++)
            entries.Add(new VocabularyEntry([(byte)value], value, value));
        return entries;
    }

    private static void AssertRefused(string why, IReadOnlyList<VocabularyEntry> entries)
    {
        var fault = Assert.Throws<VocabularyException>(() => Vocabulary.Compile("bad", SplitRule.O200k, entries));
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(string why, IReadOnlyList<VocabularyEntry> entries, (int Left, int Right)[] merges)
    {
        var fault = Assert.Throws<VocabularyException>(() => Vocabulary.Compile("bad", SplitRule.Llama3, entries, merges, wholePieceFirst: true));
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("o200k_base", SplitRule.O200k, 199_998, 128)]
    [InlineData("cl100k_base", SplitRule.Cl100k, 100_256, 128)]
    public void Committed_tables_are_what_their_own_tokens_compile_to(string name, SplitRule split, int count, int bytesMax)
    {
        var vocabulary = PieceEncoderTests.Of(name).Vocabulary;
        Assert.Equal((name, split, count, bytesMax), (vocabulary.Name, vocabulary.Split, vocabulary.Count, vocabulary.TokenBytesMax));
        var again = Vocabulary.Compile(name, split, [.. NaiveMerge.Entries(vocabulary)]);
        Assert.True(again.Tables.Blob.SequenceEqual(vocabulary.Tables.Blob));
    }

    [Theory]
    [InlineData("o200k_base")]
    [InlineData("cl100k_base")]
    public void Tokens_are_found_by_their_bytes_and_bytes_by_their_tokens(string name)
    {
        var vocabulary = PieceEncoderTests.Of(name).Vocabulary;
        for (var token = 0; token < vocabulary.Count; token++)
        {
            Assert.True(vocabulary.TryFind(vocabulary.Bytes(token), out var found));
            Assert.Equal(token, found);
        }

        Assert.False(vocabulary.TryFind([], out var none));
        Assert.Equal(-1, none);
        Assert.False(vocabulary.TryFind(new byte[300], out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.Bytes(vocabulary.Count).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.Bytes(-1).Length);
    }

    [Fact]
    public void Harmony_shares_the_tables_of_o200k()
    {
        Assert.Equal("o200k_harmony", Vocabulary.O200kHarmony.Name);
        Assert.Same(Vocabulary.O200kBase.Tables, Vocabulary.O200kHarmony.Tables);
    }

    [Fact]
    public void Bytes_that_differ_in_length_or_in_trailing_zeros_are_not_mixed_up()
    {
        var entries = Bytes();
        foreach (var length in new[] { 2, 3, 7, 8, 9, 15, 16, 17, 24, 40 })
            entries.Add(new VocabularyEntry(new byte[length], entries.Count, entries.Count));
        var vocabulary = Vocabulary.Compile("zeros", SplitRule.O200k, entries);
        for (var length = 1; length < 60; length++)
        {
            var isToken = vocabulary.TryFind(new byte[length], out var token);
            Assert.Equal(entries.Find(e => e.Bytes.Length == length && e.Bytes[0] == 0).Bytes is not null, isToken);
            if (isToken)
                Assert.Equal(length, vocabulary.Bytes(token).Length);
        }
    }

    [Fact]
    public void Ids_may_be_any_numbers()
    {
        var entries = Bytes().ConvertAll(e => e with { Id = 1_000_000 - (e.Id * 3) });
        entries.Add(new VocabularyEntry([.. "ab"u8], int.MaxValue, 5));
        entries.Add(new VocabularyEntry([.. "abc"u8], 7, 9));
        var vocabulary = Vocabulary.Compile("ids", SplitRule.Tekken, entries);
        Assert.True(vocabulary.TryFind("ab"u8, out var token));
        Assert.Equal(int.MaxValue, token);
        var into = new int[8];
        Assert.Equal(3, vocabulary.Encoder.Encode("zababc"u8, into));
        Assert.Equal([1_000_000 - ('z' * 3), int.MaxValue, 7], into[..3]);
        foreach (var entry in entries)
            Assert.True(vocabulary.Bytes(entry.Id).SequenceEqual(entry.Bytes));
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.Bytes(8).Length);
    }

    [Fact]
    public void Ranks_that_cannot_be_counted_exactly_are_refused()
    {
        var bytes = Bytes();
        AssertRefused("0x41 is no token", [.. bytes.Where(e => e.Id != 0x41)]);
        AssertRefused("is empty", [.. bytes, new VocabularyEntry([], 256, 256)]);
        AssertRefused("has 256 bytes", [.. bytes, new VocabularyEntry(new byte[256], 256, 256)]);
        AssertRefused("id 7 is given twice", [.. bytes, new VocabularyEntry([.. "ab"u8], 7, 256)]);
        AssertRefused("\"ab\" is given twice", [.. bytes, new VocabularyEntry([.. "ab"u8], 256, 256), new VocabularyEntry([.. "ab"u8], 257, 257)]);
        AssertRefused("same rank", [.. bytes, new VocabularyEntry([.. "ab"u8], 256, 256), new VocabularyEntry([.. "cd"u8], 257, 256)]);
        AssertRefused("one another's parts", [.. bytes, new VocabularyEntry([.. "aba"u8], 256, 256), new VocabularyEntry([.. "ab"u8], 257, 257)]);
    }

    [Fact]
    public void Lists_of_merges_that_cannot_be_counted_exactly_are_refused()
    {
        List<VocabularyEntry> entries = [.. Bytes(), new([.. "ab"u8], 256, 0), new([.. "aba"u8], 257, 0)];
        AssertRefused("names the id 999", entries, [('a', 999)]);
        AssertRefused("makes \"bc\"", entries, [('b', 'c')]);
        AssertRefused("listed twice", entries, [('a', 'b'), ('a', 'b')]);
        AssertRefused("one another's parts", entries, [(256, 'a'), ('a', 'b')]);
    }

    [Fact]
    public void A_token_made_in_several_ways_is_made_in_the_one_that_merging_takes()
    {
        List<VocabularyEntry> entries = [.. Bytes(), new([.. "bc"u8], 256, 0), new([.. "ab"u8], 257, 0), new([.. "abc"u8], 258, 0)];
        (int, int)[] merges = [('b', 'c'), ('a', 'b'), (257, 'c'), ('a', 256)];
        var vocabulary = Vocabulary.Compile("ways", SplitRule.Llama3, entries, merges, wholePieceFirst: false);
        var into = new int[8];
        Assert.Equal(2, vocabulary.Encoder.Encode("abcab"u8, into));
        Assert.Equal([258, 257], into[..2]);
    }

    [Fact]
    public void Tokens_that_merges_do_not_make_are_pieces_only_where_pieces_are_looked_up_first()
    {
        List<VocabularyEntry> entries = [.. Bytes(), new([.. "ab"u8], 256, 0), new([.. "abc"u8], 257, 0)];
        var looked = Vocabulary.Compile("looked", SplitRule.Llama3, entries, [('a', 'b')], wholePieceFirst: true);
        var merged = Vocabulary.Compile("merged", SplitRule.Qwen2, entries, [('a', 'b')], wholePieceFirst: false);
        Assert.Equal((1, 3), (looked.Encoder.Count("abc"u8), looked.Encoder.Count("abcd"u8)));
        Assert.Equal((2, 3), (merged.Encoder.Count("abc"u8), merged.Encoder.Count("abcd"u8)));
        Assert.Equal((258, 257), (looked.Count, merged.Count));
    }

    [Fact]
    public unsafe void Bytes_that_are_no_vocabulary_are_refused()
    {
        var blob = Vocabulary.Cl100kBase.Tables.Blob[..4096].ToArray();
        string Refusal(byte[] bytes)
        {
            fixed (byte* start = bytes)
            {
                var at = (nint)start;
                return Assert.Throws<VocabularyException>(() => new VocabularyTables((byte*)at, bytes.Length, null)).Message;
            }
        }

        Assert.Contains("cut short", Refusal(blob), StringComparison.Ordinal);
        Assert.Contains("not a compiled", Refusal(blob[..100]), StringComparison.Ordinal);
        blob[4]++;
        Assert.Contains("version 2", Refusal(blob), StringComparison.Ordinal);
        blob[0]++;
        Assert.Contains("not a compiled", Refusal(blob), StringComparison.Ordinal);
    }
}
