using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Bpe;

/// <summary>Random vocabularies and texts: every way to count says what the definition says.</summary>
public sealed class ToyVocabularyTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 8 }, { 1, 1, 20 }, { 1, 2, 10 }, { 200, 2, 40 }, { 300, 2, 150 }, { 400, 3, 30 }, { 500, 3, 200 }, { 600, 4, 60 }, { 700, 6, 400 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Pieces_are_what_merging_makes_of_them(int seed, int letters, int merges)
    {
        for (var i = 0; i < 12; i++)
        {
            var toy = new ToyVocabulary(seed + i, letters, merges);
            Compare(toy, toy.Compile(), new NaiveMerge(toy.Entries));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Tokens_that_nothing_merges_to_are_pieces_and_nothing_else(int seed, int letters, int merges)
    {
        var compiled = 0;
        for (var i = 0; i < 12; i++)
        {
            var toy = new ToyVocabulary(seed + 1000 + i, letters, merges);
            toy.AddStrays(12);
            Vocabulary vocabulary;
            try
            {
                vocabulary = toy.Compile();
            }
            catch (VocabularyException fault)
            {
                Assert.Contains("one another's parts", fault.Message, StringComparison.Ordinal);
                continue;
            }

            Compare(toy, vocabulary, new NaiveMerge(toy.Entries));
            compiled++;
        }

        Assert.NotEqual(0, compiled);
    }

    [Fact]
    public void Tokens_that_come_before_their_parts_are_exact_or_refused()
    {
        var (compiled, refused) = (0, 0);
        for (var i = 0; i < 200; i++)
        {
            var toy = new ToyVocabulary(5000 + i, 2 + (i % 4), 12 + (i / 2));
            var ranks = toy.Entries.Select(e => e.Rank).ToArray();
            var random = new Random(i);
            for (var swaps = 1 + (i % 5); swaps > 0; swaps--)
            {
                var (x, y) = (random.Next(256, ranks.Length), random.Next(256, ranks.Length));
                (ranks[x], ranks[y]) = (ranks[y], ranks[x]);
            }

            VocabularyEntry[] entries = [.. toy.Entries.Select(e => e with { Rank = ranks[e.Id] })];
            try
            {
                Compare(toy, Vocabulary.Compile("swapped", SplitRule.O200k, entries), new NaiveMerge(entries));
                compiled++;
            }
            catch (VocabularyException fault)
            {
                Assert.Contains("one another's parts", fault.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(compiled, 50, 200);
        Assert.InRange(refused, 1, 150);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Listed_merges_apply_in_their_order_whatever_the_ids(bool wholePieceFirst)
    {
        for (var i = 0; i < 60; i++)
        {
            var toy = new ToyVocabulary(9000 + i, 2 + (i % 3), 20 + i);
            var shuffled = toy.Entries.Select(e => e.Id).ToArray();
            new Random(i).Shuffle(shuffled);
            VocabularyEntry[] entries = [.. toy.Entries.Select(e => e with { Id = 3 + (7 * shuffled[e.Id]), Rank = 0 })];
            var vocabulary = Vocabulary.Compile("listed", SplitRule.Llama3, entries, toy.MergeIds(entries), wholePieceFirst);
            Compare(toy, vocabulary, new NaiveMerge(entries, toy.Merges, wholePieceFirst));
        }
    }

    [Fact]
    public void Two_tokens_are_compatible_exactly_when_merging_leaves_them()
    {
        for (var i = 0; i < 20; i++)
        {
            var toy = new ToyVocabulary(40 + i, 1 + (i % 4), 8 * (i + 1));
            var vocabulary = toy.Compile();
            var naive = new NaiveMerge(toy.Entries);
            var tables = vocabulary.Tables;
            var made = toy.Entries.Where(e => naive.Merge(e.Bytes).Length == 1 && (e.Bytes.Length > 1 || e.Id is >= 'a' and <= 'h')).ToList();
            foreach (var left in made)
            {
                foreach (var right in made)
                {
                    var isKept = naive.Merge([.. left.Bytes, .. right.Bytes]).AsSpan().SequenceEqual([left.Id, right.Id]);
                    Assert.True(tables.TryToken(left.Id, out var l) & tables.TryToken(right.Id, out var r));
                    Assert.Equal(isKept, tables.Compatible(l, r));
                }
            }
        }
    }

    [Fact]
    public void What_is_settled_of_a_text_stays_whatever_follows()
    {
        var (settled, texts) = (0, 0);
        for (var i = 0; i < 60; i++)
        {
            var toy = new ToyVocabulary(800 + i, 1 + (i % 5), 10 + (4 * i));
            var encoder = toy.Compile().Encoder;
            var naive = new NaiveMerge(toy.Entries);
            for (var length = 30; length < 50; length++, texts++)
            {
                var text = ToyVocabulary.Bytes(toy.Text(length));
                if (!encoder.TrySettle(text, length - (i % 3), out var bytes, out var tokens, out var count))
                    continue;
                Assert.Equal(naive.Merge(text).Length, count);
                if (bytes == 0)
                    continue;
                settled++;
                // From the end that was given on, and with more behind it.
                for (var more = -(i % 3); more < 12; more++)
                {
                    var whole = more <= 0 ? text[..(length + more)] : [.. text, .. ToyVocabulary.Bytes(toy.Text(more))];
                    var all = naive.Merge(whole);
                    Assert.Equal(bytes, all.Take(tokens).Sum(t => toy.Entries[t].Bytes.Length));
                    Assert.Equal(all.Length - tokens, encoder.CountMerges(whole.AsSpan(bytes)));
                }
            }
        }
        Assert.InRange(settled, texts / 4, texts);
    }

    [Fact]
    public void Steps_back_beyond_the_rings_are_counted_another_way()
    {
        // Letters of two bytes; each pair of neighbours merges, the more so the farther right it is: the end of a text decides its beginning.
        const int Count = 1001;
        var entries = new List<VocabularyEntry>();
        for (var value = 0; value < 256; value++)
            entries.Add(new VocabularyEntry([(byte)value], value, value));
        byte[] Letter(int i) => [(byte)(i >> 6), (byte)(128 + (i & 63))];
        for (var i = 0; i < Count; i++)
            entries.Add(new VocabularyEntry(Letter(i), entries.Count, entries.Count));
        for (var i = Count - 2; i >= 0; i--)
            entries.Add(new VocabularyEntry([.. Letter(i), .. Letter(i + 1)], entries.Count, entries.Count));
        var vocabulary = Vocabulary.Compile("chain", SplitRule.O200k, entries);
        var naive = new NaiveMerge(entries);
        foreach (var letters in new[] { 500, 501, 999, 1000, 1001 })
        {
            var text = Enumerable.Range(0, letters).SelectMany(Letter).ToArray();
            PieceEncoderTests.AssertSame(vocabulary, naive, text);
        }
    }

    private static void Compare(ToyVocabulary toy, Vocabulary vocabulary, NaiveMerge naive)
    {
        for (var i = 0; i < 60; i++)
            PieceEncoderTests.AssertSame(vocabulary, naive, ToyVocabulary.Bytes(toy.Text(1 + (i % 40))));
        PieceEncoderTests.AssertSame(vocabulary, naive, ToyVocabulary.Bytes(toy.Text(300)));
        foreach (var entry in toy.Entries)
            PieceEncoderTests.AssertSame(vocabulary, naive, entry.Bytes);
        foreach (var letter in toy.Letters)
        {
            for (var length = 1; length < 130; length += 3)
                PieceEncoderTests.AssertSame(vocabulary, naive, ToyVocabulary.Bytes(new string(letter, length)));
        }
    }
}
