using System.Text;
using AiEdge.Tokenization.Incremental;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Incremental;

/// <summary>Pieces that grow past every bound on held bytes, with the real vocabularies.</summary>
public sealed class UnboundedPieceTests
{
    public static TheoryData<string, string, string, int> Texts { get; } = new()
    {
        // What begins, what is repeated, what ends, how often.
        { "日", "AB", "c", 100_000 },
        { "日", "AB", "'s x", 20_000 },
        { "", " ", "\nx", 100_000 },
        { "\n", " ", "x", 100_000 },
        { "x\n", "\t \u3000", "\n\n y", 10_000 },
        { "", "a", "'s!", 100_000 },
        { "", "A", "'LLb", 100_000 },
        { "", "Z", "z", 10_000 },
        { "", "日本", "A'd", 30_000 },
        { "", "日A", "b", 30_000 },
        { "", "=", "\n\n/\n=", 100_000 },
        { "", "'", "s", 30_000 },
        { " ", "!?", "a", 30_000 },
        { "!", "\n", "/x", 100_000 },
        { "", "\r\n", " x", 50_000 },
        { "", "\u0301", "A", 30_000 },
        { "", "7", " ", 30_000 },
        { "", "/", "\n//", 100_000 },
        { "", "😀", "'", 20_000 },
        { "a", "\uFFFD", "b", 20_000 },
        { "ة", "ابتث", "'s", 10_000 },
        { "", "กขค", " ", 10_000 },
        { "", "thequickbrownfoxjumpsoverthelazydog", "'s", 3_000 },
        { "日", "THEQUICKBROWNFOX", "jumps", 3_000 },
        { " ", "-=", "\n\n/", 10_000 },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_long_piece_is_counted_exactly_while_it_grows_byte_by_byte(string beginning, string repeated, string end, int times)
    {
        var text = Encoding.UTF8.GetBytes(beginning + string.Concat(Enumerable.Repeat(repeated, times)) + end);
        foreach (var vocabulary in new[] { Vocabulary.O200kBase, Vocabulary.Cl100kBase })
            CheckByteByByte(vocabulary, text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(PieceTokens.RoomDefault)]
    public void A_run_that_turns_into_something_else_is_counted_exactly(int room)
    {
        string[] runs = [" ", "\n", "a", "A", "=", "/", "\t"];
        string[] others = ["b", "\n", " ", "/\n", "日B", "'s ", "=-", "aab"];
        foreach (var vocabulary in new[] { Vocabulary.O200kBase, Vocabulary.Cl100kBase })
        {
            var counter = new IncrementalCounter(vocabulary, IncrementalCounter.HeldBytesMaxDefault, room);
            foreach (var text in runs.SelectMany(r => others, (r, o) => (Run: r, Other: o)))
            {
                foreach (var times in new[] { 255, 256, 257, 300, 1000, 20_000 })
                {
                    var run = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text.Run, times)));
                    byte[] all = [.. run, .. Encoding.UTF8.GetBytes(text.Other + text.Other + string.Concat(Enumerable.Repeat(text.Run, 400)) + "x1")];
                    counter.Reset();
                    counter.Append(run);
                    Assert.Equal(Recount(vocabulary, run), counter.Count);
                    for (var at = run.Length; at < all.Length; at++)
                    {
                        counter.Append(all.AsSpan(at, 1));
                        if (at % 61 == 0 || at < run.Length + 8)
                            Assert.Equal(Recount(vocabulary, ExactCount.Whole(all.AsSpan(0, at + 1))), counter.Count);
                    }
                    Assert.Equal(Recount(vocabulary, all), counter.Complete());
                }
            }
        }
    }

    [Fact]
    public void A_long_piece_of_random_letters_is_counted_exactly_while_it_grows()
    {
        var random = new Random(3);
        string[] alphabets = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "ab", "日本語中文字漢", "日AB", "-+*/=", " \t\u00A0", " \n"];
        foreach (var letters in alphabets)
        {
            var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(_ => letters[random.Next(letters.Length)])));
            foreach (var vocabulary in new[] { Vocabulary.O200kBase, Vocabulary.Cl100kBase })
                CheckByteByByte(vocabulary, text);
        }
    }

    [Fact]
    public void Base64_is_counted_exactly_in_parts_of_any_length()
    {
        var random = new Random(4);
        var data = new byte[75_000];
        random.NextBytes(data);
        var text = Encoding.ASCII.GetBytes(Convert.ToBase64String(data));
        foreach (var vocabulary in new[] { Vocabulary.O200kBase, Vocabulary.Cl100kBase })
        {
            var counter = new IncrementalCounter(vocabulary);
            for (var at = 0; at < text.Length;)
            {
                var to = Math.Min(text.Length, at + 1 + random.Next(5000));
                counter.Append(text.AsSpan(at, to - at));
                at = to;
                Assert.Equal(Recount(vocabulary, text.AsSpan(0, at)), counter.Count);
            }
        }
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(3, 64)]
    [InlineData(16, 0)]
    [InlineData(100, 30)]
    [InlineData(IncrementalCounter.HeldBytesMaxDefault, PieceTokens.RoomDefault)]
    public void Texts_of_long_runs_are_counted_exactly_in_parts_of_any_length(int heldBytesMax, int room)
    {
        var random = new Random(heldBytesMax + room);
        foreach (var rule in Enum.GetValues<SplitRule>())
        {
            var toy = ToyVocabulary.For(rule);
            var counter = new IncrementalCounter(toy.Vocabulary, heldBytesMax, room);
            for (var round = 0; round < 40; round++)
            {
                var text = Runs(random);
                counter.Reset();
                for (var at = 0; at < text.Length;)
                {
                    var to = Math.Min(text.Length, at + 1 + random.Next(random.Next(2) == 0 ? 8 : 700));
                    counter.Append(text.AsSpan(at, to - at));
                    at = to;
                    var bound = counter.UpperBound;
                    var expected = RecountToy(toy, ExactCount.Whole(text.AsSpan(0, at)));
                    Assert.True(bound >= expected);
                    if (random.Next(3) != 0)
                        Assert.Equal(expected, counter.Count);
                }
                Assert.Equal(RecountToy(toy, ExactCount.Whole(text, complete: true)), counter.Complete());
            }
        }
    }

    private static long RecountToy(ToyVocabulary toy, byte[] text) => Recount(toy.Vocabulary, text);

    private static byte[] Runs(Random random)
    {
        var text = new List<byte>();
        for (var runs = 1 + random.Next(6); runs > 0; runs--)
            text.AddRange(HostileSymbols.Text(random, random.Next(4) == 0 ? random.Next(300) : random.Next(5), 1 + random.Next(3)));
        return [.. text];
    }

    /// <summary>Compares at each byte near both ends, and at some in between, so that the time stays linear.</summary>
    private static void CheckByteByByte(Vocabulary vocabulary, byte[] text)
    {
        var counter = new IncrementalCounter(vocabulary);
        var step = text.Length / 12;
        for (var at = 1; at <= text.Length; at++)
        {
            counter.Append(text.AsSpan(at - 1, 1));
            if (at > 600 && at < text.Length - 8 && at % step != 0)
                continue;
            var whole = ExactCount.Whole(text.AsSpan(0, at));
            var expected = Recount(vocabulary, whole);
            var bound = counter.UpperBound;
            if (expected != counter.Count || bound < expected)
                Assert.Fail($"{vocabulary.Name}: {counter.Count} (bound {bound}) instead of {expected} after {at} bytes.");
        }
        Assert.Equal(Recount(vocabulary, text), counter.Complete());
    }

    private static long Recount(Vocabulary vocabulary, ReadOnlySpan<byte> text)
    {
        var count = 0L;
        var scanner = new PieceScanner(vocabulary.Split, text);
        while (scanner.TryNext(out var start, out var length, out _))
            count += vocabulary.Encoder.Count(text.Slice(start, length));
        return count;
    }
}
