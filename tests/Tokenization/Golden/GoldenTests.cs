using System.Buffers;
using System.Text;
using AiEdge.Tokenization.Incremental;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>Counts and ids are those of npm tiktoken, as the golden files hold them.</summary>
public sealed class GoldenTests
{
    private static readonly string[] Encodings = ["o200k_base", "cl100k_base"];

    public static TheoryData<string> AllEncodings => [.. Encodings];

    public static TheoryData<string, string> AllSets
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string encoding in Encodings)
            {
                foreach (string set in InputSets.Names)
                    data.Add(encoding, set);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(AllSets))]
    public void Every_block_of_inputs_has_the_tokens_of_tiktoken(string encoding, string set)
    {
        var vocabulary = Named(encoding);
        var tokenizer = new Tokenizer(vocabulary);
        var counter = new IncrementalCounter(vocabulary);
        var ids = new ArrayBufferWriter<int>();
        var expected = GoldenFiles.Blocks(encoding, set);
        var blocks = Sets(vocabulary).Blocks(set).Select(block => BlockFacts.Of(block, [.. block.Inputs.Select(input =>
        {
            ids.ResetWrittenCount();
            tokenizer.Encode(input, ids);
            Assert.Equal(ids.WrittenCount, tokenizer.Count(input));
            Assert.Equal(ids.WrittenCount, InThreeParts(counter, input));
            return new TokenFacts(ids.WrittenCount, GoldenHash.Of(ids.WrittenSpan));
        })]));
        Assert.NotEmpty(expected);
        Assert.Equal(expected, blocks);
    }

    [Theory]
    [MemberData(nameof(AllEncodings))]
    public void Every_named_text_and_corpus_has_the_ids_of_tiktoken(string encoding)
    {
        var tokenizer = new Tokenizer(Named(encoding));
        var golden = GoldenFiles.Ids(encoding);
        Assert.Equal(golden.Count, NamedTexts.All.Count + GoldenFiles.Corpora.Count);
        foreach (var (name, text) in All())
        {
            var ids = new ArrayBufferWriter<int>();
            tokenizer.Encode(text, ids);
            Assert.Equal((name, string.Join(' ', golden[name])), (name, string.Join(' ', ids.WrittenSpan.ToArray())));
            Assert.Equal((name, (long)golden[name].Length), (name, tokenizer.Count(text)));
        }
    }

    [Theory]
    [MemberData(nameof(AllEncodings))]
    public void Every_corpus_counts_alike_at_every_alignment_and_in_segments(string encoding)
    {
        var tokenizer = new Tokenizer(Named(encoding));
        var golden = GoldenFiles.Ids(encoding);
        foreach (var (name, text) in All())
        {
            var room = new byte[text.Length + 128];
            for (int at = 0; at < 64; at++)
            {
                // Letters before and behind would join the first and the last word if they were looked at.
                room.AsSpan().Fill((byte)'x');
                text.CopyTo(room, at);
                Assert.Equal((name, at, (long)golden[name].Length), (name, at, tokenizer.Count(room.AsSpan(at, text.Length))));
            }

            for (int size = 1; size < 200; size = (size * 3 / 2) + 1)
                Assert.Equal((name, size, (long)golden[name].Length), (name, size, tokenizer.Count(Segments.Of(text, size))));
        }
    }

    [Theory]
    [MemberData(nameof(AllEncodings))]
    public void Every_corpus_counts_alike_after_each_append_of_few_bytes(string encoding)
    {
        var vocabulary = Named(encoding);
        var tokenizer = new Tokenizer(vocabulary);
        var counter = new IncrementalCounter(vocabulary);
        var random = new SeededRandom(9);
        foreach (var (name, text) in All())
        {
            counter.Reset();
            for (int at = 0; at < text.Length;)
            {
                int step = Math.Min(random.Between(1, 9), text.Length - at);
                counter.Append(text.AsSpan(at, step));
                at += step;
                var sofar = text.AsSpan(0, Whole.Length(text.AsSpan(0, at)));
                Assert.Equal((name, at, tokenizer.Count(sofar)), (name, at, counter.Count));
                Assert.InRange(counter.Count, 0, counter.UpperBound);
            }

            Assert.Equal((name, (long)GoldenFiles.Ids(encoding)[name].Length), (name, counter.Complete()));
        }
    }

    private static IEnumerable<(string Name, byte[] Text)> All() =>
        [.. NamedTexts.All.Select(n => (n.Name, Encoding.UTF8.GetBytes(n.Text))), .. GoldenFiles.Corpora];

    private static long InThreeParts(IncrementalCounter counter, byte[] input)
    {
        counter.Reset();
        int first = input.Length / 3, second = input.Length * 3 / 4;
        counter.Append(input.AsSpan(0, first));
        counter.Append(input.AsSpan(first, second - first));
        counter.Append(input.AsSpan(second));
        return counter.Complete();
    }

    private static Vocabulary Named(string encoding) => encoding == "o200k_base" ? Vocabulary.O200kBase : Vocabulary.Cl100kBase;

    private static InputSets Sets(Vocabulary vocabulary) =>
        new([.. Enumerable.Range(0, vocabulary.Count).Select(token => vocabulary.Bytes(token).ToArray())]);
}
