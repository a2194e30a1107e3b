using System.Buffers;
using System.Text;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Splitting;

public sealed class TokenizerTests
{
    private static readonly Tokenizer O200k = new(Vocabulary.O200kBase);
    private static readonly Tokenizer Cl100k = new(Vocabulary.Cl100kBase);

    [Theory]
    [InlineData("𝐀's", 3, 4)]
    [InlineData("'ſ", 2, 3)]
    [InlineData("\uFEFF hello", 2, 2)]
    [InlineData("\u0301AB", 2, 2)]
    [InlineData("//\n//", 1, 2)]
    [InlineData("x\n  ", 3, 3)]
    [InlineData("日本ABc", 3, 4)]
    [InlineData("", 0, 0)]
    [InlineData("<|endoftext|>", 7, 7)]
    public void A_pitfall_has_as_many_tokens_as_in_tiktoken(string text, int o200k, int cl100k)
    {
        Assert.Equal(o200k, O200k.Count(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(cl100k, Cl100k.Count(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Encoding_gives_as_many_tokens_as_counting_and_their_bytes_are_the_text()
    {
        var source = new HostileText(1);
        for (var i = 0; i < 2_000; i++)
        {
            var text = Encoding.UTF8.GetBytes(source.Next(200));
            var ids = new ArrayBufferWriter<int>();
            O200k.Encode(text, ids);
            Assert.Equal(ids.WrittenCount, O200k.Count(text));
            Assert.Equal(text, ids.WrittenSpan.ToArray().SelectMany(id => O200k.Vocabulary.Bytes(id).ToArray()));
        }
    }

    [Fact]
    public void Ill_formed_text_counts_as_its_replacement()
    {
        var random = new Random(3);
        for (var i = 0; i < 3_000; i++)
        {
            var bytes = Garbled(random, new HostileText(i).Next(i % 50 == 0 ? 20_000 : 60));
            var repaired = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes));
            Assert.Equal(O200k.Count(repaired), O200k.Count(bytes));
            var (ids, expected) = (new ArrayBufferWriter<int>(), new ArrayBufferWriter<int>());
            Cl100k.Encode(bytes, ids);
            Cl100k.Encode(repaired, expected);
            Assert.Equal(expected.WrittenSpan, ids.WrittenSpan);
        }
    }

    [Fact]
    public void Segments_cut_at_every_byte_count_as_the_whole()
    {
        foreach (var text in new[] { "Hello, wörld 日本AB it's\n\n  x", "a\U0001F600\uFEFF b'ſ", "\r\n\t 12345 //\n/" })
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            for (var garble = -1; garble < bytes.Length; garble++)
            {
                var input = bytes.ToArray();
                if (garble >= 0)
                    input[garble] ^= 0x80;
                var expected = O200k.Count(input);
                Assert.Equal(expected, O200k.Count(Segmented(input, _ => 1)));
                for (var cut = 0; cut <= input.Length; cut++)
                    Assert.Equal(expected, O200k.Count(Segmented(input, at => at == 0 && cut > 0 ? cut : input.Length - at)));
            }
        }
    }

    [Fact]
    public void Long_texts_in_random_segments_count_as_the_whole()
    {
        var random = new Random(4);
        for (var i = 0; i < 20; i++)
        {
            var text = new HostileText(300 + i).Next(60_000);
            if (i % 4 == 0)
                text += new string('x', 300_000) + "y z" + new string(' ', 200_000) + "\n q";
            var bytes = i % 2 == 0 ? Encoding.UTF8.GetBytes(text) : Garbled(random, text);
            var sizeMax = 1 << random.Next(18);
            Assert.Equal(Cl100k.Count(bytes), Cl100k.Count(Segmented(bytes, _ => random.Next(1, sizeMax + 1))));
        }
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        var valid = Encoding.UTF8.GetBytes(new HostileText(9).Next(5_000));
        var invalid = Garbled(new Random(5), Encoding.UTF8.GetString(valid));
        var segments = Segmented(valid, _ => 777);
        long Work() => O200k.Count(valid) + O200k.Count(invalid) + O200k.Count(segments);
        Work();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Work();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static byte[] Garbled(Random random, string text)
    {
        var bytes = new List<byte>(Encoding.UTF8.GetBytes(text));
        ReadOnlySpan<byte> ill = [0x80, 0xC0, 0xC3, 0xE2, 0xE0, 0xED, 0xA0, 0xF0, 0x9F, 0xF4, 0x90, 0xF5, 0xFF];
        for (var n = random.Next(1, 6); n > 0; n--)
        {
            var at = random.Next(bytes.Count + 1);
            bytes.Insert(at, ill[random.Next(ill.Length)]);
            if (random.Next(2) == 0)
                bytes.Insert(at, ill[random.Next(ill.Length)]);
        }
        return [.. bytes];
    }

    private static ReadOnlySequence<byte> Segmented(byte[] bytes, Func<int, int> size)
    {
        Segment? first = null, last = null;
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(size(at), bytes.Length - at);
            last = new Segment(bytes.AsMemory(at, length), last);
            first ??= last;
            at += length;
        }
        return first is null ? default : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
