using System.Text;
using AiEdge.Tokenization.Incremental;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Incremental;

public sealed class IncrementalCounterTests
{
    [Fact]
    public void Count_falls_when_two_tokens_become_one()
    {
        var counter = new IncrementalCounter(Vocabulary.O200kBase);
        counter.Append("toke"u8);
        Assert.Equal(2, counter.Count);
        counter.Append("n"u8);
        Assert.Equal(1, counter.Count);
    }

    [Fact]
    public void A_dangling_tail_is_counted_when_the_text_is_complete()
    {
        var counter = new IncrementalCounter(Vocabulary.O200kBase);
        counter.Append("a"u8);
        counter.Append([0xE6, 0x97]);
        Assert.Equal(1, counter.Count);
        Assert.True(counter.UpperBound >= 2);
        Assert.Equal(2, counter.Complete());
        Assert.Equal(2, counter.Complete());
        Assert.Equal(2, counter.Count);
    }

    [Fact]
    public void A_tail_that_dangles_after_one_token_is_not_counted_before()
    {
        var counter = new IncrementalCounter(Vocabulary.O200kBase);
        counter.Append([0xF0]);
        counter.Append([]);
        Assert.Equal(0, counter.Count);
        counter.Append([0x9F, 0x98]);
        Assert.Equal(0, counter.Count);
        counter.Append([0x80]);
        Assert.Equal(1, counter.Count);
    }

    [Fact]
    public void A_complete_text_takes_no_more_until_the_counter_is_reset()
    {
        var counter = new IncrementalCounter(Vocabulary.O200kBase);
        counter.Append("one two"u8);
        Assert.Equal(2, counter.Complete());
        Assert.Throws<InvalidOperationException>(() => counter.Append("x"u8));
        counter.Reset();
        Assert.Equal(0, counter.Count);
        Assert.Equal(0, counter.UpperBound);
        counter.Append("one"u8);
        Assert.Equal(1, counter.Complete());
    }

    [Fact]
    public void Reset_forgets_a_long_piece_and_a_tail()
    {
        var counter = new IncrementalCounter(Vocabulary.O200kBase);
        counter.Append(Encoding.UTF8.GetBytes("日" + new string('A', 1000)));
        counter.Append([0xE6]);
        Assert.True(counter.Count > 10);
        counter.Reset();
        counter.Append("b"u8);
        Assert.Equal(1, counter.Complete());
    }

    [Fact]
    public void UpperBound_is_exact_once_the_text_has_been_counted()
    {
        var counter = new IncrementalCounter(Vocabulary.O200kBase);
        counter.Append("The quick brown fox"u8);
        Assert.True(counter.UpperBound is >= 4 and <= 19);
        Assert.Equal(4, counter.Count);
        Assert.Equal(4, counter.UpperBound);
    }

    [Fact]
    public void A_piece_that_is_a_token_which_no_merge_makes_is_one_token_in_a_long_piece_too()
    {
        // The capitals after the cut, and the blanks before the last one, are pieces that merges alone would leave in parts.
        var ranks = Enumerable.Range(0, 256).Select(i => (new[] { (byte)i }, i)).Append(("ABCD"u8.ToArray(), 256)).Append(("\t\t\t"u8.ToArray(), 257)).ToList();
        var vocabulary = Vocabulary.Compile("unmade", SplitRule.O200k, ranks);
        foreach (var (text, expected) in new[] { ("日ABCD!", 5L), ("日ABCD", 4), ("日本ABCDE", 11), ("\t\t\t\tx", 3), ("\t\t\t\t", 4), ("\n\t\t\t\tx", 4) })
        {
            var counter = new IncrementalCounter(vocabulary, heldBytesMax: 3);
            foreach (var value in Encoding.UTF8.GetBytes(text))
            {
                counter.Append([value]);
                Assert.True(counter.UpperBound >= counter.Count);
            }
            Assert.Equal(expected, counter.Complete());
        }
    }

    [Fact]
    public void A_run_that_is_a_token_which_no_merge_makes_leaves_what_follows_to_merges()
    {
        var entries = Enumerable.Range(0, 256).Select(i => new VocabularyEntry([(byte)i], i, i)).ToList();
        foreach (var length in new[] { 2, 4, 8, 16, 17 })
            entries.Add(new VocabularyEntry([.. Enumerable.Repeat((byte)'\t', length)], entries.Count, entries.Count));
        // Each from two of the one before; none makes the run of 17.
        var vocabulary = Vocabulary.Compile("unmade", SplitRule.O200k, entries, [('\t', '\t'), (256, 256), (257, 257), (258, 258)], wholePieceFirst: true);
        var counter = new IncrementalCounter(vocabulary, heldBytesMax: 3);
        var expected = new[] { 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 1, 1, 3, 4 };
        for (var length = 1; length < expected.Length; length++)
        {
            counter.Append(length < 18 ? "\t"u8 : "\v"u8);
            Assert.Equal(expected[length], counter.Count);
        }
    }

    [Fact]
    public void A_token_that_reaches_over_a_cut_is_not_taken_behind_it()
    {
        var ranks = Enumerable.Range(0, 256).Select(i => (new[] { (byte)i }, i)).Append(("\n\t"u8.ToArray(), 256)).Append(("\n\t\t"u8.ToArray(), 257)).ToList();
        var counter = new IncrementalCounter(Vocabulary.Compile("over", SplitRule.O200k, ranks), heldBytesMax: 3);
        var expected = new[] { 1, 2, 3, 4, 5, 4 };
        for (var length = 1; length <= expected.Length; length++)
        {
            counter.Append([length is 1 or 2 or 6 ? (byte)'\n' : (byte)'\t']);
            Assert.Equal(expected[length - 1], counter.Count);
        }
    }

    [Fact]
    public void UpperBound_holds_when_the_replacement_of_a_tail_takes_a_long_token_apart()
    {
        var ranks = Enumerable.Range(0, 256).Select(i => (new[] { (byte)i }, i)).Append(([(byte)'!', 0xEF], 256)).ToList();
        foreach (var length in new[] { 2, 4, 8, 16 })
            ranks.Add(([.. Enumerable.Repeat((byte)'!', length)], ranks.Count));
        var counter = new IncrementalCounter(Vocabulary.Compile("apart", SplitRule.O200k, ranks), heldBytesMax: 3);
        counter.Append("!!!!!!!!!!!!!!!!"u8);
        Assert.Equal(1, counter.Count);
        Assert.Equal(1, counter.UpperBound);
        counter.Append([0xF0]);
        Assert.Equal(1, counter.Count);
        Assert.True(counter.UpperBound >= 7);
        Assert.Equal(7, counter.Complete());
    }

    [Fact]
    public void A_counter_takes_at_most_two_kilobytes()
    {
        _ = new IncrementalCounter(Vocabulary.O200kBase);
        foreach (var vocabulary in new[] { Vocabulary.O200kBase, Vocabulary.Cl100kBase })
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var counter = new IncrementalCounter(vocabulary);
            var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            GC.KeepAlive(counter);
            Assert.InRange(bytes, 1, 2048);
        }
    }

    [Fact]
    public void Nothing_is_allocated_after_construction()
    {
        var counter = new IncrementalCounter(Vocabulary.O200kBase);
        var text = Encoding.UTF8.GetBytes(
            "Some words, 日本ABCの文, \uFEFF 😀 don't" + new string(' ', 600) + "\n日" + new string('A', 600) + "'s " + new string('=', 600) + "xyzzyq");
        // Twice, so that what is made once for each thread is there.
        Feed(counter, text);
        Feed(counter, text);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
            Feed(counter, text);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Feed(IncrementalCounter counter, byte[] text)
    {
        counter.Reset();
        for (var at = 0; at < text.Length; at += 5)
        {
            counter.Append(text.AsSpan(at, Math.Min(5, text.Length - at)));
            if (at % 3 == 0)
                _ = counter.Count + counter.UpperBound;
        }
        counter.Complete();
    }
}
