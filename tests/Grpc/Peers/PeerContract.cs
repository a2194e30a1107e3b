using AiEdge.Grpc.Client;
using AiEdge.Grpc.Health;
using Google.Protobuf;

namespace AiEdge.Grpc.Tests.Peers;

/// <summary>What our client needs of any server of node/peer.proto, whoever made it.</summary>
public abstract class PeerContract(PeerServer server)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [PeerFact]
    public async Task A_unary_call_brings_its_answer()
    {
        using var channel = server.Channel();
        foreach (var size in (int[])[0, 1, 100_000, 3_000_000])
        {
            var word = new Word { Text = "größer", Number = size, Payload = ByteString.CopyFrom(new byte[size]) };
            var result = await channel.UnaryAsync(PeerService.Echo, word);
            Assert.Equal(GrpcStatus.Ok, result.Status);
            Assert.Equal(word, result.Message);
        }
    }

    [PeerFact]
    public async Task A_message_without_bytes_is_a_message()
    {
        using var channel = server.Channel();
        Assert.Equal(new Word(), (await channel.UnaryAsync(PeerService.Echo, new())).Message);
    }

    [PeerFact]
    public async Task A_server_streams_messages_in_order()
    {
        using var channel = server.Channel();
        await using var call = channel.Open(PeerService.Count, new Word { Number = 1000, Payload = ByteString.CopyFrom(new byte[300]) });
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(await call.ReadAsync());
            Assert.Equal(i, call.Current.Number);
        }

        Assert.False(await call.ReadAsync());
        Assert.Equal(GrpcStatus.Ok, await call.Completion);
    }

    [PeerFact]
    public async Task A_client_streams_messages_and_has_one_answer()
    {
        using var channel = server.Channel();
        await using var call = channel.Open(PeerService.Sum);
        for (var i = 1; i <= 1000; i++)
            Assert.True(await call.WriteAsync(new() { Number = i, Text = i % 100 == 0 ? "x" : "" }));
        var result = await call.FinishAsync();
        Assert.Equal(GrpcStatus.Ok, result.Status);
        Assert.Equal(new Word { Number = 500_500, Text = "xxxxxxxxxx" }, result.Message);
    }

    [PeerFact]
    public async Task Both_sides_stream_and_answer_each_other()
    {
        using var channel = server.Channel();
        await using var call = channel.Open(PeerService.Chat);
        await call.HeadersAsync();
        for (var i = 0; i < 200; i++)
        {
            Assert.True(await call.WriteAsync(new() { Number = i }));
            Assert.True(await call.ReadAsync());
            Assert.Equal(i, call.Current.Number);
        }

        await call.CompleteAsync();
        Assert.False(await call.ReadAsync());
        Assert.Equal(GrpcStatus.Ok, await call.Completion);
    }

    [PeerFact]
    public async Task A_server_that_ends_first_is_heard()
    {
        using var channel = server.Channel();
        await using var call = channel.Open(PeerService.Chat);
        Assert.True(await call.WriteAsync(new() { Text = "end" }));
        Assert.False(await call.ReadAsync());
        Assert.Equal(GrpcStatus.Ok, await call.Completion);
        Assert.False(await call.WriteAsync(new()));
    }

    [PeerFact]
    public async Task Metadata_goes_up_and_comes_back_in_headers_and_trailers()
    {
        using var channel = server.Channel();
        byte[] bytes = [0, 1, 2, 250, 255];
        var metadata = new GrpcMetadata().Add("x-echo", "a value, with ~").Add("x-echo-bin", bytes);
        await using var call = channel.Open(PeerService.Count, new Word { Number = 1 }, new() { Metadata = metadata });
        var headers = await call.HeadersAsync();
        Assert.True(headers.TryGet("x-echo", out var text));
        Assert.Equal("a value, with ~", text);
        Assert.True(headers.TryGetBytes("x-echo-bin", out var echoed));
        Assert.Equal(bytes, echoed);
        Assert.True(await call.ReadAsync());
        Assert.False(await call.ReadAsync());
        Assert.True(call.Trailers.TryGet("x-end", out text));
        Assert.Equal("a value, with ~", text);
        Assert.True(call.Trailers.TryGetBytes("x-end-bin", out echoed));
        Assert.Equal(bytes, echoed);
    }

    [PeerFact]
    public async Task Every_code_comes_with_its_words()
    {
        using var channel = server.Channel();
        foreach (var code in Enum.GetValues<GrpcCode>().Skip(1))
        {
            const string Message = "no: 100 % größer\n日本 😀";
            var metadata = new GrpcMetadata().Add("x-fail-code", $"{(int)code}").Add("x-fail-message", PercentText.Encode(Message)).Add("x-echo", "why");
            await using var call = channel.Open(PeerService.Echo, new Word(), new() { Metadata = metadata });
            var result = await call.FinishAsync();
            Assert.Equal(new(code, Message), result.Status);
            Assert.True(call.Trailers.TryGet("x-end", out var why));
            Assert.Equal("why", why);
        }
    }

    [PeerFact]
    public async Task An_unknown_method_is_unimplemented()
    {
        using var channel = server.Channel();
        var method = new GrpcMethod<Word, Word>("aiedge.test.Peer", "Nothing", PeerService.Echo.Requests, PeerService.Echo.Responses);
        Assert.Equal(GrpcCode.Unimplemented, (await channel.UnaryAsync(method, new())).Status.Code);
    }

    [PeerFact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        using var channel = server.Channel();
        var before = await CountedAsync(channel, "ends");
        var result = await channel.UnaryAsync(PeerService.Echo, new() { Text = "wait" }, new() { Timeout = TimeSpan.FromSeconds(1) });
        Assert.Equal(GrpcCode.DeadlineExceeded, result.Status.Code);
        await UntilAsync(channel, "ends", before + 1);
    }

    [PeerFact]
    public async Task A_caller_that_gives_up_is_seen_by_the_server()
    {
        using var channel = server.Channel();
        var before = await CountedAsync(channel, "ends");
        var waits = await CountedAsync(channel, "waits");
        using var giveUp = new CancellationTokenSource();
        var waiting = channel.UnaryAsync(PeerService.Echo, new() { Text = "wait" }, cancellation: giveUp.Token).AsTask();
        await using var endless = channel.Open(PeerService.Count, new Word { Number = -1 });
        await using var chat = channel.Open(PeerService.Chat);
        Assert.True(await endless.ReadAsync());
        Assert.True(await chat.WriteAsync(new()));
        Assert.True(await chat.ReadAsync());
        await UntilAsync(channel, "waits", waits + 1);
        endless.Cancel();
        chat.Cancel();
        await giveUp.CancelAsync();
        Assert.Equal(GrpcCode.Cancelled, (await waiting).Status.Code);
        Assert.False(await endless.ReadAsync());
        Assert.False(await chat.WriteAsync(new()));
        Assert.Equal(GrpcCode.Cancelled, (await chat.Completion).Code);
        await UntilAsync(channel, "ends", before + 3);
    }

    [PeerFact]
    public async Task A_message_over_the_bound_is_not_taken_and_not_sent()
    {
        using var channel = server.Channel(options => new() { Address = options, ReceiveBytesMax = 1000, SendBytesMax = 2000 });
        var word = new Word { Number = 1, Payload = ByteString.CopyFrom(new byte[1500]) };
        Assert.Equal(GrpcCode.ResourceExhausted, (await channel.UnaryAsync(PeerService.Echo, word)).Status.Code);
        word.Payload = ByteString.CopyFrom(new byte[2500]);
        Assert.Equal(GrpcCode.ResourceExhausted, (await channel.UnaryAsync(PeerService.Echo, word)).Status.Code);
        await using var call = channel.Open(PeerService.Chat);
        Assert.False(await call.WriteAsync(word));
        Assert.Equal(GrpcCode.ResourceExhausted, (await call.Completion).Code);
    }

    [PeerFact]
    public async Task A_message_over_the_servers_bound_is_refused_by_it()
    {
        using var channel = server.Channel(address => new() { Address = address, SendBytesMax = 16 << 20 });
        var word = new Word { Payload = ByteString.CopyFrom(new byte[5 << 20]) };
        Assert.Equal(GrpcCode.ResourceExhausted, (await channel.UnaryAsync(PeerService.Echo, word)).Status.Code);
    }

    [PeerFact]
    public async Task A_hundred_calls_share_a_connection()
    {
        using var channel = server.Channel();
        var calls = Enumerable.Range(0, 100).Select(i => channel.UnaryAsync(PeerService.Echo, new() { Number = i }).AsTask());
        var results = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), results.Select(r => r.Message!.Number));
    }

    [PeerFact]
    public async Task Its_health_is_told_and_watched()
    {
        using var channel = server.Channel();
        Assert.Equal((GrpcServing.Serving, GrpcStatus.Ok), await GrpcHealth.CheckAsync(channel, ""));
        Assert.Equal(GrpcCode.NotFound, (await GrpcHealth.CheckAsync(channel, "nobody.Knows")).Status.Code);
        using var stop = new CancellationTokenSource();
        var seen = new List<GrpcServing>();
        var status = await GrpcHealth.WatchAsync(channel, "nobody.Knows", state =>
        {
            seen.Add(state);
            stop.Cancel();
        }, stop.Token);
        Assert.Equal(GrpcCode.Cancelled, status.Code);
        Assert.Equal([GrpcServing.ServiceUnknown], seen);
    }

    [PeerFact]
    public async Task Tls_is_trusted_by_its_authority_and_no_other()
    {
        using (var channel = server.TlsChannel(address => new() { Address = address, Authorities = [PeerServer.Pki.Authority] }))
            Assert.Equal(GrpcStatus.Ok, (await channel.UnaryAsync(PeerService.Echo, new())).Status);
        using (var channel = server.TlsChannel(address => new() { Address = address, Authorities = [new Pki().Authority] }))
            Assert.Equal(GrpcCode.Unavailable, (await channel.UnaryAsync(PeerService.Echo, new())).Status.Code);
        using (var channel = server.TlsChannel(address => new() { Address = address }))
            Assert.Equal(GrpcCode.Unavailable, (await channel.UnaryAsync(PeerService.Echo, new())).Status.Code);
    }

    [PeerFact]
    public async Task A_server_that_asks_for_certificates_lets_in_only_those_of_its_authority()
    {
        using var stranger = new Pki();
        var (mine, theirs) = (PeerServer.Pki.Issue("client"), stranger.Issue("client"));
        Assert.Equal(GrpcCode.Ok, await CodeAsync(mine));
        Assert.NotEqual(GrpcCode.Ok, await CodeAsync(theirs));
        Assert.NotEqual(GrpcCode.Ok, await CodeAsync(null));

        async Task<GrpcCode> CodeAsync(System.Security.Cryptography.X509Certificates.X509Certificate2? certificate)
        {
            using var channel = server.MutualChannel(address =>
                new() { Address = address, Authorities = [PeerServer.Pki.Authority], Certificate = certificate });
            return (await channel.UnaryAsync(PeerService.Echo, new(), new() { Timeout = Patience })).Status.Code;
        }
    }

    private static async Task<long> CountedAsync(GrpcChannel channel, string what) =>
        (await channel.UnaryAsync(PeerService.Echo, new() { Text = what })).Message!.Number;

    private static async Task UntilAsync(GrpcChannel channel, string what, long count)
    {
        using var late = new CancellationTokenSource(Patience);
        while (await CountedAsync(channel, what) < count)
            Assert.False(late.IsCancellationRequested, $"the server does not say {count} {what}");
    }
}
