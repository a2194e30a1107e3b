using System.Text;
using System.Text.Json;
using AiEdge.Tokenization.Json;

namespace AiEdge.Tokenization.Tests.Json;

public sealed class JsonUnescaperTests
{
    [Fact]
    public void Every_pair_of_escapes_and_texts_is_read_alike_cut_at_every_byte_and_byte_by_byte()
    {
        foreach (string text in JsonStrings.Chosen())
        {
            byte[] raw = Encoding.UTF8.GetBytes(text);
            string expected = Convert.ToHexString(JsonStrings.Plain(text));
            for (int cut = 0; cut <= raw.Length; cut++)
                Assert.Equal(expected, Read([raw[..cut], raw[cut..]], 64));
            Assert.Equal(expected, Read(raw.Select(b => new[] { b }), JsonUnescaper.WindowBytesMin));
        }
    }

    [Fact]
    public void Texts_in_random_pieces_through_windows_of_any_size_are_read_alike()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            string text = JsonStrings.Random(random, 40);
            byte[] raw = Encoding.UTF8.GetBytes(text);
            var pieces = new List<byte[]>();
            for (int at = 0; at < raw.Length;)
            {
                int length = Math.Min(random.Next(0, 80), raw.Length - at);
                pieces.Add(raw[at..(at + length)]);
                at += length;
            }

            Assert.Equal(Convert.ToHexString(JsonStrings.Plain(text)), Read(pieces, random.Next(JsonUnescaper.WindowBytesMin, 200)));
        }
    }

    [Fact]
    public void What_JsonSerializer_reads_is_read_alike()
    {
        int compared = 0;
        for (int seed = 0; seed < 2000; seed++)
        {
            string text = JsonStrings.Random(new Random(seed), 6);
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes("\"" + text + "\""));
            string reference;
            try
            {
                reader.Read();
                reference = reader.GetString()!;
            }
            catch (Exception e) when (e is InvalidOperationException or JsonException)
            {
                // Halves of surrogate pairs have no place there.
                continue;
            }

            compared++;
            Assert.Equal(Convert.ToHexString(Encoding.UTF8.GetBytes(reference)), Read([Encoding.UTF8.GetBytes(text)], 4096));
        }

        Assert.True(compared > 500, $"{compared} compared");
    }

    [Theory]
    [InlineData("\\ud83d", "EFBFBD")]
    [InlineData("\\ude00", "EFBFBD")]
    [InlineData("\\ud83d\\ud83d\\ude00", "EFBFBDF09F9880")]
    [InlineData("\\ud83dx", "EFBFBD78")]
    [InlineData("\\ud83d\\n", "EFBFBD0A")]
    [InlineData("\\ud83d\\u0041", "EFBFBD41")]
    [InlineData("\\ud83d\\", "EFBFBDEFBFBD")]
    [InlineData("a\\", "61EFBFBD")]
    [InlineData("a\\u00", "61EFBFBD")]
    [InlineData("\\u00g1", "EFBFBD6731")]
    [InlineData("\\u00\\n", "EFBFBD0A")]
    [InlineData("\\x", "78")]
    public void What_has_no_rest_and_what_is_no_escape_is_replaced_and_the_next_string_is_not_touched(string text, string expected)
    {
        byte[] raw = Encoding.UTF8.GetBytes(text);
        var unescaper = new JsonUnescaper();
        byte[] window = new byte[64];
        ReadOnlySpan<byte> rest = raw;
        int length = unescaper.Read(ref rest, window);
        length += unescaper.Finish(window.AsSpan(length));
        Assert.Equal(expected, Convert.ToHexString(window, 0, length));
        Assert.True(unescaper.IsIdle);
        rest = "ok"u8;
        Assert.Equal(2, unescaper.Read(ref rest, window));
        Assert.Equal(expected, Read(raw.Select(b => new[] { b }), JsonUnescaper.WindowBytesMin));
    }

    [Fact]
    public void A_high_surrogate_waits_for_its_partner_and_nothing_of_it_is_seen_before()
    {
        var unescaper = new JsonUnescaper();
        byte[] window = new byte[16];
        ReadOnlySpan<byte> first = "\\ud83d"u8;
        Assert.Equal(0, unescaper.Read(ref first, window));
        Assert.False(unescaper.IsIdle);
        Assert.Equal(3, unescaper.PendingBytesMax);
        ReadOnlySpan<byte> second = "\\ude00!"u8;
        Assert.Equal("F09F988021", Convert.ToHexString(window, 0, unescaper.Read(ref second, window)));
        Assert.True(unescaper.IsIdle);
    }

    [Fact]
    public void A_window_never_ends_inside_a_character()
    {
        byte[] raw = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("aé日😀\\u20ac", 40)));
        for (int size = JsonUnescaper.WindowBytesMin; size < 60; size++)
        {
            var unescaper = new JsonUnescaper();
            ReadOnlySpan<byte> rest = raw;
            byte[] window = new byte[size];
            while (!rest.IsEmpty)
            {
                int length = unescaper.Read(ref rest, window);
                Assert.True(System.Text.Unicode.Utf8.IsValid(window.AsSpan(0, length)), $"window of {size}");
            }
        }
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_pass_as_they_are()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            byte[] raw = new byte[random.Next(100)];
            random.NextBytes(raw);
            raw.AsSpan().Replace((byte)'\\', (byte)0xFF);
            Assert.Equal(Convert.ToHexString(raw), Read([raw], random.Next(JsonUnescaper.WindowBytesMin, 64)));
        }
    }

    private static string Read(IEnumerable<byte[]> pieces, int windowSize)
    {
        var unescaper = new JsonUnescaper();
        var text = new List<byte>();
        byte[] window = new byte[windowSize];
        foreach (byte[] piece in pieces)
        {
            ReadOnlySpan<byte> rest = piece;
            while (!rest.IsEmpty)
            {
                int before = rest.Length;
                int length = unescaper.Read(ref rest, window);
                Assert.True(rest.Length < before || length > 0, "nothing was read");
                text.AddRange(window.AsSpan(0, length));
            }
        }

        text.AddRange(window.AsSpan(0, unescaper.Finish(window)));
        return Convert.ToHexString(text.ToArray());
    }
}
