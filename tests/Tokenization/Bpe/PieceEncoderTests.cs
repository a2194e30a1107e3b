using AiEdge.Tokenization.Bpe;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Bpe;

/// <summary>Pieces counted and encoded with the vocabularies of OpenAI, compared with the definition.</summary>
public sealed unsafe class PieceEncoderTests
{
    private static readonly Lazy<NaiveMerge> O200k = new(() => NaiveMerge.Of(Vocabulary.O200kBase));
    private static readonly Lazy<NaiveMerge> Cl100k = new(() => NaiveMerge.Of(Vocabulary.Cl100kBase));

    public static TheoryData<string> Names => ["o200k_base", "cl100k_base"];

    internal static (Vocabulary Vocabulary, NaiveMerge Naive) Of(string name) =>
        name == "o200k_base" ? (Vocabulary.O200kBase, O200k.Value) : (Vocabulary.Cl100kBase, Cl100k.Value);

    /// <summary>Every way to count or encode a piece gives what the definition gives.</summary>
    internal static void AssertSame(Vocabulary vocabulary, NaiveMerge naive, ReadOnlySpan<byte> piece)
    {
        var expected = naive.Encode(piece);
        var tokens = new int[piece.Length];
        var count = vocabulary.Encoder.Encode(piece, tokens);
        Assert.True(expected.AsSpan().SequenceEqual(tokens.AsSpan(0, count)), $"{Convert.ToHexString(piece)}: {string.Join(' ', tokens.Take(count))}");
        Assert.Equal(expected.Length, vocabulary.Encoder.Count(piece));
        Assert.Equal(expected.Length, vocabulary.Encoder.Count(piece));
        fixed (byte* start = piece)
        {
            if (vocabulary.Tables.Contains(start, piece.Length))
                return;
            Assert.Equal(expected.Length, new SuffixCounter(vocabulary.Tables).Count(start, piece.Length));
            // Each way by itself, also where the encoder takes another, and where it says that it gives up.
            var stack = stackalloc TokenSpan[MergeSearch.RingTokens];
            var windows = new WindowSearch(vocabulary.Tables, stack, MergeSearch.RingTokens - 1).Run(start, piece.Length);
            Assert.True(windows == expected.Length || windows == -1);
            var dead = stackalloc ulong[MergeSearch.RingBits / 64];
            var search = new MergeSearch(vocabulary.Tables, vocabulary.Encoder.Runs, stack, MergeSearch.RingTokens - 1, dead, MergeSearch.RingBits - 1);
            var steps = search.Run(start, piece.Length);
            Assert.True(steps == expected.Length || steps == -1);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pairs_and_rows_of_tokens_are_merged(string name)
    {
        var (vocabulary, naive) = Of(name);
        var random = new Random(11);
        for (var i = 0; i < 6000; i++)
        {
            var piece = new List<byte>();
            for (var tokens = 2 + (i % 4); tokens > 0; tokens--)
                piece.AddRange(vocabulary.Bytes(random.Next(i % 2 == 0 ? 3000 : vocabulary.Count)));
            if (piece.Count <= 300)
                AssertSame(vocabulary, naive, piece.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Random_bytes_and_letters_are_merged(string name)
    {
        var (vocabulary, naive) = Of(name);
        var random = new Random(12);
        string[] alphabets = ["abcdefghijklmnopqrstuvwxyz", " -=\n\t", "etaoin shrdlu", "ABab01", "\u00E4\u00F6\u00FC\u00DFx"];
        for (var i = 0; i < 4000; i++)
        {
            var piece = new byte[1 + random.Next(80)];
            random.NextBytes(piece);
            if (i % 6 != 0)
            {
                var alphabet = alphabets[i % alphabets.Length];
                for (var j = 0; j < piece.Length; j++)
                    piece[j] = (byte)alphabet[random.Next(alphabet.Length)];
            }

            AssertSame(vocabulary, naive, piece);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Lengths_around_the_tables_bounds_are_read_right_at_every_alignment(string name)
    {
        var (vocabulary, naive) = Of(name);
        var random = new Random(13);
        var memory = new byte[700];
        int[] lengths = [1, 2, 6, 7, 8, 9, 14, 15, 16, 17, 63, 64, 65, 79, 80, 81, 127, 128, 129, 255, 256, 257];
        foreach (var length in lengths)
        {
            var piece = new byte[length];
            for (var i = 0; i < length; i++)
                piece[i] = (byte)"abc the"[random.Next(7)];
            var expected = naive.Encode(piece).Length;
            for (var shift = 0; shift < 64; shift++)
            {
                random.NextBytes(memory);
                piece.CopyTo(memory, shift);
                Assert.Equal(expected, vocabulary.Encoder.Count(memory.AsSpan(shift, length)));
            }

            AssertSame(vocabulary, naive, piece);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_token_is_one_token_by_itself(string name)
    {
        var (vocabulary, _) = Of(name);
        var into = new int[256];
        for (var token = 0; token < vocabulary.Count; token++)
        {
            var bytes = vocabulary.Bytes(token);
            Assert.Equal(1, vocabulary.Encoder.Count(bytes));
            Assert.Equal(1, vocabulary.Encoder.Encode(bytes, into));
            Assert.Equal(token, into[0]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Runs_of_any_byte_are_counted_by_themselves_and_within_a_piece(string name)
    {
        var (vocabulary, naive) = Of(name);
        for (var value = 0; value < 256; value++)
        {
            var run = new byte[1 + (value * 7 % 300)];
            Array.Fill(run, (byte)value);
            AssertSame(vocabulary, naive, run);
        }

        foreach (var letter in "-= \n\t*#a0")
        {
            for (var length = 1; length < 300; length += 7)
            {
                var run = new string(letter, length);
                AssertSame(vocabulary, naive, ToyVocabulary.Bytes(run));
                AssertSame(vocabulary, naive, ToyVocabulary.Bytes(" " + run));
                AssertSame(vocabulary, naive, ToyVocabulary.Bytes("|" + run + "\n"));
                AssertSame(vocabulary, naive, ToyVocabulary.Bytes(run + "|" + run));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Long_pieces_are_counted_alike_in_bounded_and_in_free_memory(string name)
    {
        var vocabulary = Of(name).Vocabulary;
        var random = new Random(14);
        string[] alphabets = ["a", "-", " ", "ab", "aab", "-=", "abcdefghijklmnopqrstuvwxyz", " \t", ".......,", "\u00E4\u00F6", "the "];
        foreach (var alphabet in alphabets)
        {
            foreach (var length in new[] { 1022, 2047, 2048, 2049, 30_000 })
            {
                var piece = new byte[length];
                for (var i = 0; i < length; i++)
                    piece[i] = (byte)alphabet[random.Next(alphabet.Length)];
                var expected = vocabulary.Encoder.Encode(piece, new int[length]);
                Assert.Equal(expected, vocabulary.Encoder.Count(piece));
                fixed (byte* start = piece)
                    Assert.Equal(expected, new SuffixCounter(vocabulary.Tables).Count(start, length));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Windows_meet_in_any_word_and_are_left_where_a_token_is_wider_than_they_are(string name)
    {
        var tables = Of(name).Vocabulary.Tables;
        var random = new Random(16);
        var stack = stackalloc TokenSpan[MergeSearch.RingTokens];
        for (var length = 1; length < 3000; length += 1 + (length / 3))
        {
            var word = new byte[length];
            for (var i = 0; i < length; i++)
                word[i] = (byte)"abcdefghijklmnopqrstuvwxyzetaoinshr"[random.Next(35)];
            fixed (byte* start = word)
                Assert.Equal(new SuffixCounter(tables).Count(start, length), new WindowSearch(tables, stack, MergeSearch.RingTokens - 1).Run(start, length));
        }

        fixed (byte* spaces = ToyVocabulary.Bytes(new string(' ', 3000)))
            Assert.Equal(-1, new WindowSearch(tables, stack, MergeSearch.RingTokens - 1).Run(spaces, 3000));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Counting_allocates_nothing_once_it_is_under_way(string name)
    {
        var encoder = Of(name).Vocabulary.Encoder;
        byte[][] pieces =
        [
            [.. "xqzvkjh"u8], [.. "electroencephalographically"u8], [.. " the"u8], ToyVocabulary.Bytes(new string('-', 5000)), ToyVocabulary.Bytes(" " + new string('=', 5000)),
            new byte[3000],
        ];
        new Random(15).NextBytes(pieces[^1]);
        var into = new int[5001];
        long allocated = 0;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var piece in pieces)
            {
                encoder.Count(piece);
                encoder.Encode(piece, into);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Threads_and_vocabularies_do_not_mix_their_caches()
    {
        var pieces = Enumerable.Range(0, 400).Select(i => ToyVocabulary.Bytes("zq" + (i * 7919) + "x")).ToArray();
        var expected = pieces.Select(p => (O200k.Value.Encode(p).Length, Cl100k.Value.Encode(p).Length)).ToArray();
        Parallel.For(0, 16, _ =>
        {
            for (var i = 0; i < pieces.Length; i++)
            {
                var counts = (Vocabulary.O200kBase.Encoder.Count(pieces[i]), Vocabulary.Cl100kBase.Encoder.Count(pieces[i]));
                Assert.Equal(expected[i], counts);
            }
        });
    }

    [Fact]
    public void Encoding_without_room_is_refused_and_nothing_is_nothing()
    {
        var encoder = Vocabulary.Cl100kBase.Encoder;
        Assert.Throws<ArgumentException>(() => encoder.Encode("xqz"u8, new int[2]));
        Assert.Equal(0, encoder.Count([]));
        Assert.Equal(0, encoder.Encode([], []));
    }
}
