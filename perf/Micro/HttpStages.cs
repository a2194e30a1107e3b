using System.Buffers;
using System.Text;
using AiEdge.Http;

namespace AiEdge.Micro;

/// <summary>What AiEdge.Http does for one request: read two heads, find and read events, write.</summary>
internal static class HttpStages
{
    private const int HeadBytesMax = 32 * 1024;

    private static readonly byte[] Request = Encoding.ASCII.GetBytes(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway.internal:8080\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate\r\n"
        + "Authorization: Bearer sk-edge-0123456789abcdef0123456789abcdef\r\nContent-Type: application/json\r\nContent-Length: 412\r\n"
        + "User-Agent: client/2.15.0\r\nX-Request-Id: 0d6f2a6e-7a0b-4a53-9f8e-2f0d6d1c9a11\r\nConnection: keep-alive\r\n"
        + "X-Client-Lang: csharp\r\nX-Client-Runtime: net10.0\r\n\r\n");

    private static readonly byte[] Response = Encoding.ASCII.GetBytes(
        "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        + "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\nCache-Control: no-cache\r\nServer: provider\r\n"
        + "x-request-id: req_0123456789abcdef0123456789abcdef\r\nx-ratelimit-remaining-requests: 9999\r\n"
        + "x-ratelimit-remaining-tokens: 149999000\r\nstrict-transport-security: max-age=31536000\r\n\r\n");

    private static readonly byte[] Event = Encoding.ASCII.GetBytes(
        "data: {\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"small\",\"choices\":"
        + "[{\"index\":0,\"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}\n\n");

    private static readonly byte[] EventOfLines = Encoding.ASCII.GetBytes("event: delta\nid: 7\ndata: {\ndata:   \"text\": \"good day\"\ndata: }\n\n");

    public static Action RequestHead()
    {
        var reader = new RequestHeadReader(HeadBytesMax);
        var buffer = new ReadOnlySequence<byte>(Request);
        return () =>
        {
            reader.Reset();
            Expect(reader.Read(buffer) == HeadStatus.Complete);
        };
    }

    public static Action RequestHeadInTwoSegments()
    {
        var reader = new RequestHeadReader(HeadBytesMax);
        var first = new Segment(Request.AsMemory(0, 200));
        var last = first.Then(Request.AsMemory(200));
        var buffer = new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        return () =>
        {
            reader.Reset();
            Expect(reader.Read(buffer) == HeadStatus.Complete);
        };
    }

    public static Action ResponseHead()
    {
        var reader = new ResponseHeadReader(HeadBytesMax);
        var buffer = new ReadOnlySequence<byte>(Response);
        return () =>
        {
            reader.Reset();
            Expect(reader.Read(buffer, requestWasHead: false) == HeadStatus.Complete);
        };
    }

    public static Action Chunked()
    {
        var output = new ReusedOutput();
        var writer = new ByteWriter(output);
        for (var i = 0; i < 32; i++)
        {
            writer.WriteChunkHeader(Event.Length);
            writer.Write(Event);
            writer.WriteCrlf();
        }
        writer.Write("0\r\n\r\n"u8);
        writer.Commit();
        return () =>
        {
            var reader = new ChunkedReader();
            var rest = output.Written;
            ChunkStatus status;
            while ((status = reader.Read(rest, out var consumed, out _, out _)) == ChunkStatus.Data) rest = rest[consumed..];
            Expect(status == ChunkStatus.End);
        };
    }

    public static Action SseScan()
    {
        var stream = Repeat(Event, 32);
        return () =>
        {
            var scanner = new SseScanner();
            ReadOnlySpan<byte> rest = stream;
            var frames = 0;
            for (int end; (end = scanner.FindEnd(rest)) >= 0; rest = rest[end..]) frames++;
            Expect(frames == 32);
        };
    }

    public static Action SseFrameOfOneLine() => () => Expect(SseFrame.Read(Event, []).HasData);

    public static Action SseFrameOfLines()
    {
        var scratch = new byte[256];
        return () => Expect(SseFrame.Read(EventOfLines, scratch).Data.Length > 0);
    }

    public static Action WriteHead()
    {
        var output = new ReusedOutput();
        return () =>
        {
            output.Clear();
            var writer = new ByteWriter(output);
            writer.WriteStatusLine(200);
            writer.WriteHeader(HeaderNames.Lower(HeaderId.ContentType), "text/event-stream; charset=utf-8"u8);
            writer.WriteHeader(HeaderNames.Lower(HeaderId.ContentLength), 412);
            writer.WriteHeader(HeaderNames.Lower(HeaderId.XRequestId), "req_0123456789abcdef0123456789abcdef"u8);
            writer.WriteHeader("x-edge-attempts"u8, 1);
            writer.WriteCrlf();
            writer.Commit();
            Expect(output.Written.Length > 0);
        };
    }

    // A stage that stops doing its work would look fast and thrifty.
    internal static void Expect(bool isRight)
    {
        if (!isRight) throw new InvalidOperationException("The stage did not do what it measures.");
    }

    private static byte[] Repeat(byte[] bytes, int count)
    {
        var all = new byte[bytes.Length * count];
        for (var i = 0; i < count; i++) bytes.CopyTo(all, i * bytes.Length);
        return all;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
