using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

public sealed class ChunkedReaderTests
{
    public static TheoryData<string, string> Complete { get; } = new()
    {
        { "0\r\n\r\n", "" },
        { "5\r\nhello\r\n0\r\n\r\n", "hello" },
        { "5\r\nhello\r\n6\r\n world\r\n000\r\n\r\n", "hello world" },
        { "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", "abc" },
        { "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789" },
        { "0000000000000005\r\nhello\r\n0\r\n\r\n", "hello" },
        { "2\r\n\r\n\r\n0\r\n\r\n", "\r\n" },
        { "5;a\r\nhello\r\n0\r\n\r\n", "hello" },
        { "5;a=b\r\nhello\r\n0;last\r\n\r\n", "hello" },
        { "5;a=\"b;\\\"c\\\\\"\r\nhello\r\n0\r\n\r\n", "hello" },
        { "5;a=\"\"\r\nhello\r\n0\r\n\r\n", "hello" },
        { "5;a=\"\tcaf\u00E9 \"\r\nhello\r\n0\r\n\r\n", "hello" },
        { "5;a;b=c;d=\"e\"\r\nhello\r\n0\r\n\r\n", "hello" },
        { "5 ;\ta =\tb ; c\r\nhello\r\n0\r\n\r\n", "hello" },
        { "0\r\nX: y\r\n\r\n", "" },
        { "5\r\nhello\r\n0\r\nX-Sum: 1 \r\nX-Empty:\r\nX-Obs: \u00E9\tz\r\n\r\n", "hello" },
        { "0\r\nContent-Length: 50\r\nHost: evil\r\n\r\n", "" },
    };

    public static TheoryData<string> Invalid { get; } =
    [
        "\r\n", "\n", " 5\r\n", "g\r\n", "0x5\r\n", "+5\r\n", "-5\r\n", "5,\r\n", ";a=b\r\n", "5h\r\n", "\u00B2\r\n", "\"5\"\r\n",
        "5 \r\n", "5\t\r\n", "5\n", "5\rh", "5\r\r\n", "5\0\r\n", "5;\r\n", "5; \r\n", "5;a \r\n", "5;a=\r\n", "5;=b\r\n", "5;a==b\r\n",
        "5;a=b c\r\n", "5;a b\r\n", "5 a\r\n", "5;;a\r\n", "5;a;\r\n", "5;a,b\r\n", "5;a/\r\n", "5;\0\r\n",
        "5;a\n", "5;a\nb\r\n", "5;\n", "5;a\rb\r\n", "5;a=\"x\r\n", "5;a=\"x\n\"\r\n", "5;a=\"x\0\"\r\n", "5;a=\"x\\\r\n", "5;a=\"x\"y\r\n",
        "5;a=\"x\\\u007F\"\r\n", "5;a=x\"y\"\r\n", "5;\"a\"\r\n",
        "10000000000000000\r\n", "00000000000000005\r\n", "10000000000000046\r\n", "FFFFFFFFFFFFFFFF\r\n", "8000000000000000\r\n",
        "5\r\nhelloX", "5\r\nhello\n", "5\r\nhello\rX", "5\r\nhello\r\r", "5\r\nhello0\r\n\r\n", "5\r\nhello\r\n\r\n",
        "5\r\nhello\r\n;\r\n",
        "2\r\nhello\r\n", "0\r\n\n", "0\r\n\rX", "0\r\r\n", "0\n", "0\r\nX : y\r\n", "0\r\nX\t: y\r\n", "0\r\n: y\r\n",
        "0\r\nX\r\n", "0\r\nX\n",
        "0\r\nX: y\n", "0\r\nX: y\rz", "0\r\nX: y\r\n z\r\n", "0\r\n X: y\r\n", "0\r\nX: \0\r\n", "0\r\nX: \u007F\r\n",
        "0\r\nX\u00E9: y\r\n",
        "0\r\nX: y\r\n\n",
    ];

    [Theory]
    [MemberData(nameof(Complete))]
    public void A_body_is_read_up_to_its_end_and_no_further(string text, string expected)
    {
        foreach (var rest in new[] { "", "GET / HTTP/1.1\r\n", "0\r\n\r\n", "\r\n" })
        {
            var bytes = Wire.Bytes(text + rest);
            ChunkedTarget.Run(bytes, [], out var status, out var data, out var end);
            Assert.Equal((ChunkStatus.End, expected, text.Length), (status, data, end));
            AssertSameCut(bytes);
        }
    }

    [Theory]
    [MemberData(nameof(Complete))]
    public void Every_beginning_of_a_body_needs_more(string text, string expected)
    {
        for (var length = 0; length < text.Length; length++)
        {
            ChunkedTarget.Run(Wire.Bytes(text[..length]), [], out var status, out var data, out _);
            Assert.Equal(ChunkStatus.NeedMore, status == ChunkStatus.Data ? ChunkStatus.NeedMore : status);
            Assert.StartsWith(data, expected, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void A_malformed_body_is_invalid_and_stays_so(string text)
    {
        var bytes = Wire.Bytes(text);
        ChunkedTarget.Run(bytes, [], out var status, out _, out _);
        Assert.Equal(ChunkStatus.Invalid, status);
        AssertSameCut(bytes);
        var reader = new ChunkedReader();
        var rest = bytes.AsSpan();
        while (reader.Read(rest, out var consumed, out _, out _) == ChunkStatus.Data) rest = rest[consumed..];
        Assert.Equal(ChunkStatus.Invalid, reader.Read("0\r\n\r\n"u8, out _, out _, out _));
        Assert.Equal(ChunkStatus.Invalid, reader.Read([], out _, out _, out _));
    }

    [Theory]
    [InlineData("5;a\n")]
    [InlineData("5;a\rb")]
    [InlineData("5\n")]
    [InlineData("5\r\nhello\n")]
    [InlineData("0\r\n\n")]
    [InlineData("0\r\nX: \n")]
    [InlineData("10000000000000000")]
    [InlineData("8000000000000000")]
    public void A_wrong_byte_is_answered_at_once_and_no_byte_earlier(string text)
    {
        ChunkedTarget.Run(Wire.Bytes(text), [], out var status, out _, out _);
        Assert.Equal(ChunkStatus.Invalid, status);
        ChunkedTarget.Run(Wire.Bytes(text[..^1]), [], out status, out _, out _);
        Assert.NotEqual(ChunkStatus.Invalid, status);
    }

    [Fact]
    public void The_greatest_size_is_read_without_overflow()
    {
        var reader = new ChunkedReader();
        Assert.Equal(ChunkStatus.Data, reader.Read("7fffffffffffffff\r\nabc"u8, out var consumed, out var start, out var length));
        Assert.Equal((21, 18, 3), (consumed, start, length));
        Assert.Equal(ChunkStatus.Data, reader.Read("\r\n0\r\n\r\n"u8, out consumed, out start, out length));
        Assert.Equal((7, 0, 7), (consumed, start, length));
    }

    [Fact]
    public void The_end_is_kept_until_a_new_reader()
    {
        var reader = new ChunkedReader();
        Assert.Equal(ChunkStatus.End, reader.Read("0\r\n\r\n0\r\n\r\n"u8, out var consumed, out _, out _));
        Assert.Equal(5, consumed);
        Assert.True(reader.IsEnded);
        Assert.Equal(ChunkStatus.End, reader.Read("0\r\n"u8, out consumed, out _, out _));
        Assert.Equal(0, consumed);
        Assert.Equal(ChunkStatus.End, reader.Read([], out _, out _, out _));
    }

    [Fact]
    public void A_size_line_is_bounded()
    {
        var fits = "5;" + new string('a', 4096 - 4);
        Assert.Equal("hello", Data(fits + "\r\nhello\r\n0\r\n\r\n"));
        Assert.Equal(ChunkStatus.Invalid, Status(fits + "a\r"));
        Assert.Equal(ChunkStatus.Invalid, Status("5;a=\"" + new string('b', 5000)));
        Assert.Equal(ChunkStatus.Invalid, Status("5" + new string(' ', 5000)));
    }

    [Fact]
    public void Extensions_that_outgrow_their_data_are_refused()
    {
        var wasteful = "1;" + new string('a', 1000) + "\r\nx\r\n";
        var few = string.Concat(Enumerable.Repeat(wasteful, 16));
        Assert.Equal(new string('x', 16), Data(few + "0\r\n\r\n"));
        Assert.Equal(ChunkStatus.Invalid, Status(few + wasteful));
        var paid = "400;" + new string('a', 1000) + "\r\n" + new string('x', 1024) + "\r\n";
        Assert.Equal(100 * 1024, Data(string.Concat(Enumerable.Repeat(paid, 100)) + "0\r\n\r\n").Length);
    }

    [Fact]
    public void Trailers_are_bounded_in_lines_and_bytes()
    {
        var hundred = "0\r\n" + string.Concat(Enumerable.Repeat("X: y\r\n", 100));
        Assert.Equal(ChunkStatus.End, Status(hundred + "\r\n"));
        Assert.Equal(ChunkStatus.Invalid, Status(hundred + "X"));
        var most = "0\r\nX:" + new string('y', (32 * 1024) - 5);
        Assert.Equal(ChunkStatus.End, Status(most + "\r\n\r\n"));
        Assert.Equal(ChunkStatus.Invalid, Status(most + "yyyy\r\n\r\n"));
        Assert.Equal(ChunkStatus.Invalid, Status("0\r\n" + new string('N', 40_000)));
    }

    private static ChunkStatus Status(string text)
    {
        var bytes = Wire.Bytes(text);
        var whole = ChunkedTarget.Run(bytes, [], out var status, out _, out _);
        Assert.Equal(whole, ChunkedTarget.Run(bytes, Feeding.EveryByte(bytes.Length), out _, out _, out _));
        return status;
    }

    private static string Data(string text)
    {
        ChunkedTarget.Run(Wire.Bytes(text), [], out var status, out var data, out _);
        Assert.Equal(ChunkStatus.End, status);
        return data;
    }

    private static void AssertSameCut(byte[] bytes)
    {
        var whole = ChunkedTarget.Run(bytes, [], out _, out _, out _);
        Assert.Equal(whole, ChunkedTarget.Run(bytes, Feeding.EveryByte(bytes.Length), out _, out _, out _));
        for (var first = 1; first < bytes.Length; first++)
        {
            Assert.Equal(whole, ChunkedTarget.Run(bytes, [first], out _, out _, out _));
            Assert.Equal(whole, ChunkedTarget.Run(bytes, [first, first + 1], out _, out _, out _));
            Assert.Equal(whole, ChunkedTarget.Run(bytes, [first / 2, first], out _, out _, out _));
        }
    }
}
