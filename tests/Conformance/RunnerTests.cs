using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiEdge.Conformance.Tests;

/// <summary>The runner itself: it must find the faults of a gateway that has them, and none where all is well.</summary>
public sealed class RunnerTests
{
    /// <summary>Every fault that a gateway without a parser has; and what it does right, being transparent.</summary>
    [Theory]
    [InlineData("q001", null)]
    [InlineData("q019", null)]
    [InlineData("q035", null)]
    [InlineData("q311", null)]
    [InlineData("q057", "malformed")]
    [InlineData("q195", "malformed")]
    [InlineData("q197", "malformed")]
    [InlineData("q273", "malformed")]
    [InlineData("q323", "Proxy-Connection")]
    [InlineData("q317", null)]
    public async Task A_forwarder_that_parses_nothing_is_caught_at_what_it_sends(string id, string? fault)
    {
        await using var lane = await Lane.OpenAsync(p => Task.FromResult<IGateway>(new BlindForwarder(p)));
        Expect(fault, await lane.RunAsync(Cases.Requests[id]));
    }

    [Theory]
    [InlineData("r001", null)]
    [InlineData("r003", null)]
    [InlineData("r039", null)]
    [InlineData("r107", null)]
    [InlineData("r027", "not stripped")]
    [InlineData("r059", "relayed")]
    [InlineData("r131", "two answers")]
    public async Task A_forwarder_that_parses_nothing_is_caught_at_what_it_hands_on(string id, string? fault)
    {
        await using var lane = await Lane.OpenAsync(p => Task.FromResult<IGateway>(new BlindForwarder(p)));
        Expect(fault, await lane.RunAsync(Cases.Responses[id]));
    }

    [Fact]
    public void The_strict_request_reader_waits_for_the_whole_request_at_every_cut()
    {
        var plain = Encoding.ASCII.GetBytes("POST /v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
        var chunked = Encoding.ASCII.GetBytes("POST /v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n");
        foreach (var request in (byte[][])[plain, chunked])
        {
            for (var cut = 0; cut < request.Length; cut++)
                Assert.Null(StrictRequestReader.Read(request.AsSpan(0, cut)));
            var whole = StrictRequestReader.Read([.. request, .. "POST "u8]);
            Assert.Equal(("abc", request.Length, null), (Encoding.ASCII.GetString(whole!.Body), whole.Used, whole.Bad));
        }
    }

    [Theory]
    [InlineData("POST /v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("POST /v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("POST /v1 HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc")]
    [InlineData("POST /v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n")]
    [InlineData("POST /v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n")]
    [InlineData("POST /v1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("POST /v1 HTTP/1.1\r\nHost : a\r\n\r\n")]
    [InlineData("POST /v1 HTTP/1.1\r\nHost: a\n\r\n\r\n")]
    [InlineData("POST  /v1 HTTP/1.1\r\nHost: a\r\n\r\n")]
    public void The_strict_request_reader_refuses(string request) =>
        Assert.NotNull(StrictRequestReader.Read(Encoding.ASCII.GetBytes(request))?.Bad);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nt: v\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Hint\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")]
    public void The_answer_reader_is_complete_at_the_last_byte_and_not_before(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var cut = 0; cut < bytes.Length; cut++)
            Assert.DoesNotContain(AnswerReader.Read(bytes.AsSpan(0, cut), toHead: false).Final, a => a.IsComplete);
        var answer = Assert.Single(AnswerReader.Read(bytes, toHead: false).Final);
        Assert.Equal((true, "abc"), (answer.IsComplete, answer.BodyText));
    }

    [Theory]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naX\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nPOISON\r\n\r\n")]
    public void The_answer_reader_finds_what_is_malformed(string text) =>
        Assert.True(AnswerReader.Read(Encoding.ASCII.GetBytes(text), toHead: false).IsMalformed);

    private static void Expect(string? part, string? fault)
    {
        if (part is null)
            Assert.Null(fault);
        else
            Assert.Contains(part, fault, StringComparison.Ordinal);
    }

    /// <summary>Copies bytes between a client and the provider and understands none of them.</summary>
    private sealed class BlindForwarder : IGateway
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Task _accept;

        public BlindForwarder(int upstream)
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
            _accept = AcceptAsync(upstream);
        }

        public int Port { get; }

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _accept;
        }

        private async Task AcceptAsync(int upstream)
        {
            try
            {
                while (true)
                    _ = JoinAsync(await _listener.AcceptAsync(), upstream);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Disposed.
            }
        }

        private static async Task JoinAsync(Socket client, int upstream)
        {
            using (client)
            {
                using var provider = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await provider.ConnectAsync(IPAddress.Loopback, upstream);
                await Task.WhenAny(CopyAsync(client, provider), CopyAsync(provider, client));
            }
        }

        private static async Task CopyAsync(Socket from, Socket to)
        {
            var buffer = new byte[65536];
            try
            {
                while (await from.ReceiveAsync(buffer.AsMemory()) is var count and > 0)
                    await to.SendAsync(buffer.AsMemory(0, count));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The other side is gone.
            }
        }
    }
}
