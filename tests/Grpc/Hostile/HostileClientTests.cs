using System.Net;
using System.Net.Sockets;

namespace AiEdge.Grpc.Tests.Hostile;

/// <summary>What no client should send; the server says what is wrong and serves the next call.</summary>
public sealed class HostileClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource<bool> _read = new();
    private readonly TaskCompletionSource _cancelled = new();
    private GrpcHost _host = null!;
    private RawClient _raw = null!;

    public async Task InitializeAsync()
    {
        _host = await GrpcHost.StartAsync(
            server => server
                .AddUnary(Bytes.Unary, (request, _) => new(request))
                .AddBidirectional(Bytes.Both, async call =>
                {
                    while (await call.ReadAsync())
                        await call.WriteAsync(call.Current);
                    _read.TrySetResult(call.Context.Cancellation.IsCancellationRequested);
                    if (call.Context.Cancellation.IsCancellationRequested)
                        _cancelled.TrySetResult();
                    return GrpcStatus.Ok;
                }),
            new() { ReceiveBytesMax = 1000 });
        _raw = new(_host.Address);
    }

    public async Task DisposeAsync()
    {
        using (var channel = _host.Channel())
            Assert.Equal(GrpcStatus.Ok, (await channel.UnaryAsync(Bytes.Unary, [1])).Status);
        _raw.Dispose();
        await _host.DisposeAsync();
    }

    public static TheoryData<string, byte[], string> Bodies => new()
    {
        { "no message", [], "12" },
        { "two messages", [0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 1, 8], "12" },
        { "half a prefix", [0, 0, 0], "13" },
        { "half a message", [0, 0, 0, 0, 5, 1, 2], "13" },
        { "compressed without a coding", [1, 0, 0, 0, 1, 7], "13" },
        { "a flag of 2", [2, 0, 0, 0, 1, 7], "13" },
        { "a message and a bad flag", [0, 0, 0, 0, 1, 7, 9], "13" },
        { "one byte over the bound", [0, 0, 0, 3, 0xE9, 7], "8" },
        { "the largest length", [0, 0xFF, 0xFF, 0xFF, 0xFF], "8" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_is_wrong_has_its_status(string what, byte[] body, string status)
    {
        using var answer = await _raw.SendAsync(Bytes.Unary.Path, body);
        Assert.True(await RawClient.StatusAsync(answer) == status, what);
    }

    [Theory]
    [InlineData("application/json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/grpc-web", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/grpcx", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/grpc", HttpStatusCode.OK)]
    [InlineData("application/grpc+proto", HttpStatusCode.OK)]
    [InlineData("application/grpc;charset=utf-8", HttpStatusCode.OK)]
    public async Task The_content_type_decides_what_is_a_call(string type, HttpStatusCode status)
    {
        using var answer = await _raw.SendAsync(Bytes.Unary.Path, [0, 0, 0, 0, 0], ("content-type", type));
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status == HttpStatusCode.OK ? "0" : null, await RawClient.StatusAsync(answer));
    }

    [Fact]
    public async Task Other_methods_than_post_are_not_allowed()
    {
        using var answer = await _raw.SendAsync(Bytes.Unary.Path, [0, 0, 0, 0, 0], (":method", "PUT"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Fact]
    public async Task A_coding_is_refused_with_the_ones_that_are_taken()
    {
        using var answer = await _raw.SendAsync(Bytes.Unary.Path, [1, 0, 0, 0, 1, 7], ("grpc-encoding", "gzip"));
        Assert.Equal("12", await RawClient.StatusAsync(answer));
        Assert.Equal("identity", await RawClient.ValueAsync(answer, "grpc-accept-encoding"));
    }

    [Theory]
    [InlineData("/test.Bytes/Nothing")]
    [InlineData("/test.Bytes/unary")]
    [InlineData("/TEST.BYTES/Unary")]
    [InlineData("/test.Bytes/Unary/more")]
    public async Task A_path_is_a_method_to_the_letter(string path)
    {
        using var answer = await _raw.SendAsync(path, [0, 0, 0, 0, 0]);
        Assert.Equal("12", await RawClient.StatusAsync(answer));
    }

    [Fact]
    public async Task A_status_without_a_message_comes_as_trailers_alone()
    {
        using var answer = await _raw.SendAsync(Bytes.Unary.Path, [2]);
        Assert.True(answer.Headers.Contains("grpc-status"));
        Assert.Equal("application/grpc+proto", answer.Content.Headers.ContentType!.MediaType);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        Assert.Empty(answer.TrailingHeaders);
    }

    [Fact]
    public async Task A_bad_frame_within_a_stream_ends_it_after_what_was_good()
    {
        using var answer = await _raw.SendAsync(Bytes.Both.Path, [0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0, 5]);
        Assert.Equal([0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0], await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("13", await RawClient.StatusAsync(answer));
        Assert.False(await _read.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task Headers_over_the_bound_are_refused()
    {
        try
        {
            using var answer = await _raw.SendAsync(Bytes.Unary.Path, [0, 0, 0, 0, 0], ("x-large", new string('x', 15_000)), ("x-more", new string('y', 15_000)));
            Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, answer.StatusCode);
        }
        catch (HttpRequestException e)
        {
            // A client that has read the server's bound before it sends does not even try.
            Assert.Contains("16384", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_a_message_is_seen_by_the_handler()
    {
        using var peer = await RawHttp2.ConnectAsync(_host.Address);
        await peer.SendHeadersAsync(1, Bytes.Both.Path);
        await peer.SendDataAsync(1, [0, 0, 0, 0, 9, 1, 2]);
        await peer.SendResetAsync(1, 8);
        await _cancelled.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_seen_by_the_handler()
    {
        using (var peer = await RawHttp2.ConnectAsync(_host.Address))
        {
            await peer.SendHeadersAsync(1, Bytes.Both.Path);
            await peer.SendDataAsync(1, [0, 0, 0, 0, 1, 1, 0]);
            await peer.UntilAsync(frame => frame.Type == RawHttp2.Data);
        }

        await _cancelled.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_client_of_http_1_is_told_in_its_own_words()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _host.Address.Port);
        await socket.GetStream().WriteAsync("POST /test.Bytes/Unary HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        var buffer = new byte[64];
        var count = await socket.GetStream().ReadAsync(buffer).AsTask().WaitAsync(Patience);
        Assert.StartsWith("HTTP/1.1 400", System.Text.Encoding.ASCII.GetString(buffer, 0, count), StringComparison.Ordinal);
    }
}
