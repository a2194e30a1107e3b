using System.Text;

namespace AiEdge.Load.Tests;

public sealed class ResponseReaderTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", null, true)]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length:  5 \r\nConnection: close\r\n\r\nhello", "hello", null, true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nt: v\r\n\r\n", "hello", null, true)]
    [InlineData("HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", null, true)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "", null, true)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello", "hello", null, false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "hel", null, false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!", "hello", "bytes behind the answer", false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nheX", "he", "bare line feed", false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "", "bad chunk size", false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", "", "both Content-Length and Transfer-Encoding", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", "", "bad Content-Length", false)]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 3\n\n", "", "bare line feed", false)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n", "", "bad status line", false)]
    [InlineData("HTTP/1.1 200 OK\r\nnothing\r\n\r\n", "", "bad field line", false)]
    public void Answers_read_the_same_however_they_are_cut(string wire, string body, string? fault, bool done)
    {
        // A bare "X" behind a chunk only shows with the line's end.
        var bytes = Encoding.Latin1.GetBytes(fault == "bare line feed" ? wire + "\n" : wire);
        for (var cut = 0; cut <= bytes.Length; cut++)
            Check([bytes[..cut], bytes[cut..]], body, fault, done);
        Check([.. bytes.Select(octet => new[] { octet })], body, fault, done);
    }

    [Fact]
    public void A_body_without_length_ends_with_the_connection()
    {
        var reader = Read([Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\n\r\nhello")]).Reader;
        Assert.True(reader.TryEnd());
        Assert.False(Read([Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")]).Reader.TryEnd());
    }

    [Fact]
    public void Mutated_answers_never_break_the_reader()
    {
        var seed = Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nx: y\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
        var random = new Random(11);
        var faults = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = seed.ToArray();
            for (var change = 0; change < 3; change++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            faults += Read([bytes]).Reader.Fault is null ? 0 : 1;
        }

        Assert.InRange(faults, 5_000, 20_000);
    }

    private static void Check(byte[][] parts, string body, string? fault, bool done)
    {
        var (reader, read) = Read(parts);
        Assert.Equal((fault, done, body), (reader.Fault, reader.IsDone, Encoding.Latin1.GetString(read)));
    }

    private static (ResponseReader Reader, byte[] Body) Read(byte[][] parts)
    {
        var (reader, body) = (new ResponseReader(), new Collector());
        reader.Begin();
        foreach (var part in parts)
            reader.Feed(part, 0, body);
        return (reader, [.. body.Bytes]);
    }

    private sealed class Collector : IBodyChecker
    {
        public List<byte> Bytes { get; } = [];

        public int Events => 0;

        public string? Fault => null;

        public string Example => "";

        public void Begin()
        {
        }

        public void Feed(ReadOnlySpan<byte> bytes, long now) => Bytes.AddRange(bytes);

        public void End()
        {
        }
    }
}
