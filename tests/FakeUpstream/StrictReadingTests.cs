using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace AiEdge.FakeUpstream.Tests;

/// <summary>What the strict reader accepts, what it calls malformed, and that the cuts of the network change nothing.</summary>
public sealed class StrictReadingTests
{
    [Theory]
    [InlineData("GET /v1/models HTTP/1.1\r\n\r\n", "no Host")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "several Hosts")]
    [InlineData("GET http://a/v1/models HTTP/1.1\r\nHost: a\r\n\r\n", "target is not in origin form")]
    [InlineData("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "target holds a forbidden byte")]
    [InlineData("GET /a\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n", "target holds a forbidden byte")]
    [InlineData("GET / HTTP/1.0\r\nHost: a\r\n\r\n", "version is not HTTP/1.1")]
    [InlineData("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "method is not a token")]
    [InlineData("GET /\r\nHost: a\r\n\r\n", "request line without three parts")]
    [InlineData("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "blank line before the request line")]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n", "head ends in a bare line feed")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nx: a\nb: c\r\n\r\n", "field value holds a control byte")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nx: a\rb\r\n\r\n", "field value holds a control byte")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nx: a\0b\r\n\r\n", "field value holds a control byte")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n x: a\r\n\r\n", "folded field line")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nx : a\r\n\r\n", "field name is not a token")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nx\r\n\r\n", "field line without a name")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "several Content-Lengths")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", "Content-Length is not a number")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "both Content-Length and Transfer-Encoding")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "Transfer-Encoding is not exactly chunked")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n", "unknown expectation")]
    [InlineData("GET /v1/models?a=b%20c HTTP/1.1\r\nhOsT: a\r\nx:\t a b \t\r\nempty:\r\n\r\n", null)]
    public async Task Heads_are_judged_strictly(string head, string? fault)
    {
        await using var server = await FakeUpstreamServer.StartAsync();
        using var client = await RawClient.ConnectAsync(server);
        await client.SendAsync(Encoding.Latin1.GetBytes(head));
        var request = await server.NextRequestAsync();
        Assert.Equal(fault, request.Malformed);
        Assert.Equal(fault is null ? 0 : 1, server.MalformedCount);
        Assert.Equal(fault is null ? 200 : 400, (await client.ReadAnswerAsync()).Status);
        Assert.Equal(fault is null ? RequestEnd.Answered : RequestEnd.Malformed, await request.End);
    }

    [Theory]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", null, "hello")]
    [InlineData("5;a=b\r\nhello\r\n0\r\n\r\n", null, "hello")]
    [InlineData("1\r\nh\r\n4\r\nello\r\n0\r\na: b\r\nc: d\r\n\r\n", null, "hello")]
    [InlineData("g\r\nhello\r\n0\r\n\r\n", "chunk size is not a hexadecimal number", "")]
    [InlineData("-5\r\nhello\r\n0\r\n\r\n", "chunk size is not a hexadecimal number", "")]
    [InlineData("5\r\nhelloX\r\n0\r\n\r\n", "chunk data is not followed by CRLF", "hello")]
    [InlineData("5\nhello\r\n0\r\n\r\n", "bare CR or LF in the chunk framing", "")]
    [InlineData("0\r\n: b\r\n\r\n", "trailer line without a name", "")]
    [InlineData("5\r\nhel", null, null)]
    public async Task Chunked_bodies_read_the_same_however_they_are_cut(string wire, string? fault, string? text)
    {
        var head = new RequestHead();
        head.Parse(new ReadOnlySequence<byte>("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray()));
        Assert.Null(head.Fault);
        var bytes = Encoding.Latin1.GetBytes(wire);
        for (var cut = 0; cut <= bytes.Length; cut++)
            await CheckAsync(head, [bytes[..cut], bytes[cut..]], fault, text);
        await CheckAsync(head, [.. bytes.Select(octet => new[] { octet })], fault, text);
    }

    [Fact]
    public async Task Requests_read_the_same_byte_by_byte()
    {
        await using var server = await FakeUpstreamServer.StartAsync();
        using var client = await RawClient.ConnectAsync(server);
        var wire = Encoding.UTF8.GetBytes(RawClient.Post("/v1/chat/completions?x=1", """{"model":"fake-n2","messages":[]}""", "x-a: b\r\n"));
        foreach (var octet in wire)
            await client.SendAsync([octet]);
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        var request = await server.NextRequestAsync();
        Assert.Equal(("POST", "/v1/chat/completions", "x=1", "b", "fake-n2"), (request.Method, request.Path, request.Query, request.Header("X-A"), request.Model));
        Assert.Equal("""{"model":"fake-n2","messages":[]}""", request.BodyText);
        Assert.Equal(wire[..request.RawHead.Length], request.RawHead.ToArray());
    }

    [Fact]
    public async Task Mutated_requests_never_break_the_readers()
    {
        var seed = Encoding.Latin1.GetBytes("POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close, x\r\nx-fake: n=3\r\n\r\n");
        var body = Encoding.Latin1.GetBytes("5;q=1\r\nhello\r\nA\r\n0123456789\r\n0\r\nt: v\r\n\r\n");
        var random = new Random(7);
        var faults = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var head = new RequestHead();
            head.Parse(new ReadOnlySequence<byte>(Mutate(random, seed)));
            faults += head.Fault is null ? 0 : 1;
            if (head.Fault is null && head.Chunked)
                faults += await ReadAsync(head, [Mutate(random, body)]) is { Fault: null } ? 0 : 1;
        }

        Assert.InRange(faults, 5_000, 20_000);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order_and_noted()
    {
        await using var server = await FakeUpstreamServer.StartAsync();
        using var client = await RawClient.ConnectAsync(server);
        await client.SendAsync(RawClient.ChatRequest("n=1", stream: false) + RawClient.ChatRequest("status=404"));
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal(404, (await client.ReadAnswerAsync()).Status);
        Assert.True((await server.NextRequestAsync()).Pipelined);
        Assert.Equal(2, (await server.NextRequestAsync()).NumberOnConnection);
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_logged_as_incomplete()
    {
        await using var server = await FakeUpstreamServer.StartAsync();
        using (var client = await RawClient.ConnectAsync(server))
            await client.SendAsync("POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
        var request = await server.NextRequestAsync();
        Assert.False(request.BodyComplete);
        Assert.Equal(5, request.BodyLength);
        Assert.Equal(RequestEnd.ClientLeft, await request.End);
    }

    [Fact]
    public async Task The_log_is_bounded_and_drops_the_oldest()
    {
        await using var server = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions { RequestLogMax = 3, BodyLogBytesMax = 4 });
        for (var i = 0; i < 5; i++)
            await RawClient.ChatAsync(server, $"n={i}");
        Assert.Equal(["n=2", "n=3", "n=4"], server.Requests.Select(request => request.Header("x-fake")!));
        Assert.Equal("{\"mo", server.Requests[0].BodyText);
        Assert.True(server.Requests[0].BodyLength > 4);
        Assert.Equal(5, server.RequestCount);
        await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            while (true)
                await server.NextRequestAsync(TimeSpan.FromMilliseconds(1));
        });
    }

    private static async Task CheckAsync(RequestHead head, byte[][] parts, string? fault, string? text)
    {
        var body = await ReadAsync(head, parts);
        Assert.Equal(fault, body.Fault);
        Assert.Equal(text is not null && fault is null, body.IsWhole);
        if (text is not null)
            Assert.Equal(text, body.Text);
    }

    private static async Task<(string? Fault, bool IsWhole, string Text)> ReadAsync(RequestHead head, byte[][] parts)
    {
        var pipe = new Pipe();
        var body = new BodyReader(pipe.Reader);
        var reading = body.TryReadAsync(head, 1000).AsTask();
        foreach (var part in parts)
            await pipe.Writer.WriteAsync(part);
        await pipe.Writer.CompleteAsync();
        var isWhole = await reading;
        return (body.Fault, isWhole, Encoding.Latin1.GetString(body.Kept.Span));
    }

    private static byte[] Mutate(Random random, byte[] seed)
    {
        var bytes = seed.ToList();
        for (var change = random.Next(4); change > 0; change--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(3))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveAt(at); break;
                default: bytes.Insert(at, "\r\n:; \0"u8[random.Next(6)]); break;
            }
        }

        return [.. bytes];
    }
}
