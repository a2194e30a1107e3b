using System.Buffers;
using System.Text;
using AiEdge.Tokenization.Json;
using AiEdge.Tokenization.Models;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Json;

public sealed class JsonTextCounterTests
{
    public static TheoryData<TokenEncoding> Encodings => [TokenEncoding.O200kBase, TokenEncoding.Cl100kBase];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_string_cut_at_every_byte_has_the_tokens_of_its_text(TokenEncoding encoding)
    {
        var (tokenizer, json, counter) = Make(encoding);
        foreach (string text in JsonStrings.Chosen())
        {
            byte[] raw = Encoding.UTF8.GetBytes(text);
            long expected = tokenizer.Count(JsonStrings.Plain(text));
            Assert.Equal(expected, json.CountText(raw));
            for (int cut = 0; cut <= raw.Length; cut++)
            {
                counter.Reset();
                counter.Append(raw.AsSpan(0, cut));
                counter.Append(raw.AsSpan(cut));
                Assert.Equal(expected, counter.Complete());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void After_each_delta_the_count_is_that_of_the_text_so_far_and_the_bound_is_not_below(TokenEncoding encoding)
    {
        var (tokenizer, _, counter) = Make(encoding);
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            byte[] raw = Encoding.UTF8.GetBytes(JsonStrings.Random(random, 60));
            counter.Reset();
            for (int at = 0; at < raw.Length;)
            {
                int length = Math.Min(random.Next(1, 12), raw.Length - at);
                counter.Append(raw.AsSpan(at, length));
                at += length;
                long expected = tokenizer.Count(SoFar(raw.AsSpan(0, at)));
                Assert.Equal(expected, counter.Count);
                Assert.True(counter.UpperBound >= expected);
            }

            Assert.Equal(tokenizer.Count(JsonStrings.Plain(Encoding.UTF8.GetString(raw))), counter.Complete());
        }
    }

    [Fact]
    public void A_surrogate_pair_may_go_over_deltas_and_half_of_one_at_the_end_is_replaced()
    {
        var (tokenizer, _, counter) = Make(TokenEncoding.O200kBase);
        counter.Append("smile \\ud83d"u8);
        Assert.Equal(tokenizer.Count("smile "u8), counter.Count);
        counter.Append("\\ude00"u8);
        Assert.Equal(tokenizer.Count("smile 😀"u8), counter.Count);
        counter.Append(" \\ud83d"u8);
        Assert.Equal(tokenizer.Count("smile 😀 \uFFFD"u8), counter.Complete());
        counter.Reset();
        Assert.Equal(0, counter.Count);
        counter.Append("\\ud83d"u8);
        counter.Append("x"u8);
        Assert.Equal(tokenizer.Count("\uFFFDx"u8), counter.Complete());
    }

    [Theory]
    [InlineData(100)]
    [InlineData(JsonTokenizer.WindowBytesMax - 1)]
    [InlineData(JsonTokenizer.WindowBytesMax)]
    [InlineData(JsonTokenizer.WindowBytesMax + 1)]
    [InlineData(200_000)]
    public void A_string_of_any_length_and_in_any_pieces_has_the_tokens_of_its_text(int length)
    {
        var (tokenizer, json, _) = Make(TokenEncoding.O200kBase);
        var random = new Random(length);
        foreach (bool isEscaped in new[] { false, true })
        {
            var text = new StringBuilder();
            while (text.Length < length - 2)
                text.Append(isEscaped && random.Next(12) == 0 ? "\\n" : random.Next(6) == 0 ? " " : ((char)random.Next('a', 'z' + 1)).ToString());
            text.Append('x', length - text.Length);
            byte[] raw = Encoding.UTF8.GetBytes(text.ToString());
            long expected = tokenizer.Count(JsonStrings.Plain(text.ToString()));
            Assert.Equal(expected, json.CountText(raw));
            Assert.Equal(expected, json.CountText(Sequence(raw, random)));
        }
    }

    [Fact]
    public void Broken_strings_are_counted_and_not_thrown_at()
    {
        var (_, json, counter) = Make(TokenEncoding.O200kBase);
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            byte[] raw = new byte[random.Next(60)];
            for (int i = 0; i < raw.Length; i++)
                raw[i] = "\\\\\\uudD89acnx\u00ff\u00e9 "u8[random.Next(15)];
            long whole = json.CountText(raw);
            counter.Reset();
            foreach (byte b in raw)
                counter.Append([b]);
            Assert.Equal(whole, counter.Complete());
        }
    }

    [Fact]
    public void Bytes_that_are_JSON_themselves_are_counted_as_they_stand()
    {
        var (tokenizer, json, _) = Make(TokenEncoding.O200kBase);
        byte[] bytes = Encoding.UTF8.GetBytes("{\"name\":\"f\",\"description\":\"two\\nlines \\u00e9\\ud83d\\ude00\"}");
        Assert.Equal(tokenizer.Count(bytes), json.CountJson(new ReadOnlySequence<byte>(bytes)));
        Assert.Equal(tokenizer.Count(bytes), json.CountJson(Sequence(bytes, new Random(1))));
        Assert.NotEqual(json.CountText(bytes), json.CountJson(new ReadOnlySequence<byte>(bytes)));
    }

    [Fact]
    public void There_is_one_tokenizer_for_an_encoding_and_instances_differ_in_their_ids()
    {
        Assert.Same(JsonTokenizer.Of(TokenEncoding.O200kBase), JsonTokenizer.Of(TokenEncoding.O200kHarmony));
        Assert.NotSame(JsonTokenizer.Of(TokenEncoding.O200kBase), JsonTokenizer.Of(TokenEncoding.Cl100kBase));
        var own = new JsonTokenizer(Vocabulary.O200kBase);
        Assert.NotEqual(JsonTokenizer.Of(TokenEncoding.O200kBase).Id, own.Id);
        Assert.Same(Vocabulary.O200kBase, own.Vocabulary);
    }

    [Fact]
    public void Counting_allocates_nothing_in_steady_state()
    {
        var (_, json, counter) = Make(TokenEncoding.O200kBase);
        byte[] plain = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("some words of a text ", 100)));
        byte[] escaped = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("some\\nwords \\u00e9 of a text ", 100)));
        byte[] large = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("some\\nwords \\u00e9 of a text ", 2000)));
        long before = 0;
        for (int round = 0; round < 4; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            json.CountText(plain);
            json.CountText(escaped);
            json.CountText(large);
            counter.Reset();
            counter.Append(escaped);
            counter.Complete();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static (Tokenizer Tokenizer, JsonTokenizer Json, JsonTextCounter Counter) Make(TokenEncoding encoding)
    {
        JsonTokenizer json = JsonTokenizer.Of(encoding);
        return (new Tokenizer(json.Vocabulary), json, new JsonTextCounter(json.Vocabulary));
    }

    /// <summary>The text of a string that breaks off: what waits for its rest, an escape or half a pair, is not there yet.</summary>
    private static byte[] SoFar(ReadOnlySpan<byte> raw)
    {
        var unescaper = new JsonUnescaper();
        byte[] window = new byte[JsonUnescaper.TextBytesMax(raw.Length)];
        int length = unescaper.Read(ref raw, window);
        // Nor is a character of which the last bytes are missing.
        int whole = length;
        while (whole > 0 && length - whole < 4 && !System.Text.Unicode.Utf8.IsValid(window.AsSpan(0, whole)))
            whole--;
        return window[..whole];
    }

    private static ReadOnlySequence<byte> Sequence(byte[] bytes, Random random)
    {
        var first = new Segment(default, null);
        Segment last = first;
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(random.Next(0, 1 + (bytes.Length / 5)), bytes.Length - at);
            last = new Segment(bytes.AsMemory(at, length), last);
            at += length;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
