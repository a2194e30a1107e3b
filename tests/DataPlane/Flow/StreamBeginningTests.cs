using System.Buffers;
using System.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Flow;
using AiEdge.Http;

namespace AiEdge.DataPlane.Tests.Flow;

/// <summary>Whether a stream has begun is seen by what has come of it, wherever that is cut; nothing is taken, and looking allocates nothing.</summary>
public sealed class StreamBeginningTests
{
    private const string Role = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    private const string Text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    private const string Chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Fact]
    public void It_begins_with_the_last_byte_of_the_first_event_that_has_content()
    {
        var body = Chunk(": hello\n\n") + Chunk(Role) + Chunk(Text[..9]) + Chunk(Text[9..]);
        for (var length = 0; length <= body.Length; length++)
            Assert.Equal(length < body.Length - 2 ? Beginning.Awaited : Beginning.Begun, Look(Chunked, body[..length]));
    }

    [Theory]
    [InlineData(64, "Awaited")]
    [InlineData(65, "Begun")]
    public void So_many_events_are_a_beginning(int events, string expected) =>
        Assert.Equal(expected, Look(Chunked, Chunk(string.Concat(Enumerable.Repeat(Role, events)))).ToString());

    [Theory]
    [InlineData(60_000, "Awaited")]
    [InlineData(70_000, "Begun")]
    public void So_many_bytes_are_a_beginning(int bytes, string expected) =>
        Assert.Equal(expected, Look(Chunked, Chunk(": " + new string('x', bytes) + "\n\n")).ToString());

    [Fact]
    public void What_ends_without_has_not_begun() => Assert.Equal(Beginning.Over, Look(Chunked, Chunk(Role) + "0\r\n\r\n"));

    [Fact]
    public void Nor_has_what_says_that_it_is_over_and_does_not_end() => Assert.Equal(Beginning.Over, Look(Chunked, Chunk(Role) + Chunk("data: [DONE]\n\n")));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n")]
    public void Of_what_cannot_be_read_as_it_comes_any_byte_is_a_beginning(string head)
    {
        Assert.Equal(Beginning.Awaited, Look(head, ""));
        Assert.Equal(Beginning.Begun, Look(head, ":"));
    }

    [Fact]
    public void Looking_allocates_nothing()
    {
        var (beginning, head, body) = (New(), Head(Chunked), new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Chunk(Role) + Chunk(Role[..20]))));
        for (var i = 0; i < 100; i++)
            beginning.Look(head, body);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            beginning.Look(head, body);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Beginning Look(string head, string body) => New().Look(Head(head), new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)));

    private static StreamBeginning New()
    {
        var exchange = new Exchange { Endpoint = DialectTable.Find("/v1/chat/completions"u8)! };
        var beginning = new StreamBeginning();
        beginning.Begin(exchange);
        return beginning;
    }

    private static ResponseHead Head(string text)
    {
        var reader = new ResponseHeadReader(64 * 1024);
        Assert.Equal(HeadStatus.Complete, reader.Read(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(text)), requestWasHead: false));
        return reader.Head;
    }

    private static string Chunk(string text) => $"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n";
}
