using System.Security.Cryptography;
using System.Text;
using AiEdge.Grpc.Client;
using AiEdge.Grpc.Health;
using AiEdge.Grpc.Server;

namespace AiEdge.Grpc.Tests.Calls;

public sealed class GateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Only_the_token_opens_the_gate_and_nothing_is_read_before()
    {
        var called = 0;
        var gate = BearerToken.Gate(SHA256.HashData(Encoding.UTF8.GetBytes("join-me")));
        await using var host = await GrpcHost.StartAsync(
            server => server.AddUnary(Bytes.Unary, (request, _) =>
            {
                called++;
                return new(request);
            }),
            new() { Gate = gate });
        foreach (var wrong in (string?[])[null, "Bearer", "Bearer ", "Bearer wrong", "Basic join-me", "join-me", "Bearer join-me x"])
            Assert.Equal(GrpcCode.Unauthenticated, await CodeAsync(wrong));
        Assert.Equal(0, called);
        Assert.Equal(GrpcCode.Ok, await CodeAsync("Bearer join-me"));
        Assert.Equal(GrpcCode.Ok, await CodeAsync("bearer  join-me"));
        Assert.Equal(2, called);

        async Task<GrpcCode> CodeAsync(string? authorization)
        {
            using var channel = new GrpcChannel(new() { Address = host.Address, Authorization = _ => new(authorization) });
            return (await channel.UnaryAsync(Bytes.Unary, [])).Status.Code;
        }
    }

    [Fact]
    public void Two_tokens_are_none()
    {
        var metadata = new GrpcMetadata().Add("authorization", "Bearer a").Add("authorization", "Bearer a");
        Assert.False(BearerToken.TryGet(metadata, out _));
    }

    [Fact]
    public async Task The_gate_tells_the_handler_who_is_calling()
    {
        await using var host = await GrpcHost.StartAsync(
            server => server.AddUnary(Bytes.Unary, (_, context) => new(Encoding.UTF8.GetBytes((string)context.Identity!))),
            new()
            {
                Gate = context =>
                {
                    context.Identity = "plane-7";
                    return new(GrpcStatus.Ok);
                },
            });
        using var channel = host.Channel();
        Assert.Equal("plane-7"u8.ToArray(), (await channel.UnaryAsync(Bytes.Unary, [])).Message);
    }

    [Fact]
    public async Task A_credential_that_cannot_be_had_ends_the_call()
    {
        await using var host = await GrpcHost.StartAsync(server => server.AddUnary(Bytes.Unary, (request, _) => new(request)));
        using var channel = new GrpcChannel(new() { Address = host.Address, Authorization = _ => throw new FileNotFoundException() });
        Assert.Equal(GrpcCode.Unauthenticated, (await channel.UnaryAsync(Bytes.Unary, [])).Status.Code);
    }

    [Fact]
    public async Task A_handler_that_throws_is_unknown_and_says_no_word_of_it()
    {
        string? path = null;
        await using var host = await GrpcHost.StartAsync(
            server => server.AddUnary(Bytes.Unary, (_, _) => throw new InvalidOperationException("the secret")),
            new() { OnFault = (at, _) => path = at });
        using var channel = host.Channel();
        var status = (await channel.UnaryAsync(Bytes.Unary, [])).Status;
        Assert.Equal(GrpcCode.Unknown, status.Code);
        Assert.DoesNotContain("secret", status.Message, StringComparison.Ordinal);
        Assert.Equal(Bytes.Unary.Path, path);
    }

    [Fact]
    public async Task More_calls_than_the_bound_are_refused()
    {
        var begun = new SemaphoreSlim(0);
        await using var host = await GrpcHost.StartAsync(
            server => server.AddBidirectional(Bytes.Both, async call =>
            {
                begun.Release();
                return await call.ReadAsync() ? GrpcStatus.Ok : GrpcStatus.Ok;
            }),
            new() { CallsMax = 2 });
        using var channel = host.Channel();
        await using var first = channel.Open(Bytes.Both);
        await using var second = channel.Open(Bytes.Both);
        Assert.True(await begun.WaitAsync(Patience));
        Assert.True(await begun.WaitAsync(Patience));
        await using var third = channel.Open(Bytes.Both);
        Assert.False(await third.ReadAsync());
        Assert.Equal(GrpcCode.ResourceExhausted, (await third.Completion).Code);
    }

    [Fact]
    public async Task Calls_that_anyone_may_make_have_bounds_of_their_own_and_take_no_place_of_others()
    {
        var begun = new SemaphoreSlim(0);
        await using var host = await GrpcHost.StartAsync(
            server =>
            {
                foreach (var method in (GrpcMethod<byte[], byte[]>[])[Bytes.Both, Bytes.Up])
                {
                    server.AddBidirectional(method, async call =>
                    {
                        begun.Release();
                        await call.ReadAsync();
                        return GrpcStatus.Ok;
                    });
                }
            },
            new()
            {
                Open = new(path => path == Bytes.Both.Path) { CallsPerPeerMax = 2 },
                CallsPerCallerMax = 1,
                Gate = context =>
                {
                    context.Identity = context.Metadata.TryGet("who", out var who) ? who : null;
                    return new(GrpcStatus.Ok);
                },
            });
        using var channel = host.Channel();
        await using var first = channel.Open(Bytes.Both);
        await using var second = channel.Open(Bytes.Both);
        Assert.True(await begun.WaitAsync(Patience));
        Assert.True(await begun.WaitAsync(Patience));
        await RefusedAsync(Bytes.Both, "a");
        await using var one = Open("a");
        Assert.True(await begun.WaitAsync(Patience));
        await RefusedAsync(Bytes.Up, "a");
        await using (Open("b"))
            Assert.True(await begun.WaitAsync(Patience));

        // Who has ended has given back its place.
        await one.CompleteAsync();
        Assert.False(await one.ReadAsync());
        Assert.Equal(GrpcStatus.Ok, await one.Completion);
        await using var again = Open("a");
        Assert.True(await begun.WaitAsync(Patience));

        GrpcCall<byte[], byte[]> Open(string who) => channel.Open(Bytes.Up, new GrpcCallOptions { Metadata = new GrpcMetadata().Add("who", who) });

        async Task RefusedAsync(GrpcMethod<byte[], byte[]> method, string who)
        {
            await using var call = channel.Open(method, new GrpcCallOptions { Metadata = new GrpcMetadata().Add("who", who) });
            Assert.False(await call.ReadAsync().AsTask().WaitAsync(Patience));
            Assert.Equal(GrpcCode.ResourceExhausted, (await call.Completion).Code);
        }
    }

    [Fact]
    public async Task A_call_that_anyone_may_make_is_given_up_where_its_request_does_not_end()
    {
        await using var host = await GrpcHost.StartAsync(
            server => server.AddUnary(Bytes.Unary, (request, _) => new(request)).AddUnary(Bytes.Down, (request, _) => new(request)),
            new() { Open = new(path => path == Bytes.Unary.Path) { TimeoutMax = TimeSpan.FromMilliseconds(100) } });
        using var channel = host.Channel();
        await using var open = channel.Open(Bytes.Unary);
        await using var other = channel.Open(Bytes.Down);
        Assert.False(await open.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(GrpcCode.DeadlineExceeded, (await open.Completion).Code);
        await using var sooner = channel.Open(Bytes.Unary, new GrpcCallOptions { Timeout = TimeSpan.FromHours(1) });
        Assert.False(await sooner.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(GrpcCode.DeadlineExceeded, (await sooner.Completion).Code);
        Assert.False(other.Completion.IsCompleted);
    }

    [Fact]
    public async Task A_call_that_anyone_may_make_has_sent_its_request_soon_and_a_stream_of_answers_may_last()
    {
        var health = new GrpcHealth();
        var time = new ManualTime();
        await using var host = await GrpcHost.StartAsync(
            server =>
            {
                health.AddTo(server);
                server.AddUnary(Bytes.Unary, async (request, context) =>
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, context.Cancellation);
                    return request;
                });
            },
            new() { Open = new(_ => true), Time = time });
        using var channel = host.Channel();
        using var stop = new CancellationTokenSource();
        var states = System.Threading.Channels.Channel.CreateUnbounded<GrpcServing>();
        var watching = GrpcHealth.WatchAsync(channel, "", state => states.Writer.TryWrite(state), stop.Token).AsTask();
        Assert.Equal(GrpcServing.Serving, await NextAsync());
        var slow = channel.UnaryAsync(Bytes.Unary, [1]).AsTask();
        await using var silent = channel.Open(Bytes.Unary);
        await time.WaitForTimersAsync(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2));

        // After two seconds whoever has not said what he wants is given up, after thirty who has not been answered; a watch goes on.
        time.Pass(TimeSpan.FromSeconds(2.5));
        Assert.False(await silent.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(GrpcCode.DeadlineExceeded, (await silent.Completion).Code);
        Assert.False(slow.IsCompleted);
        time.Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(GrpcCode.DeadlineExceeded, (await slow.WaitAsync(Patience)).Status.Code);
        time.Pass(TimeSpan.FromHours(9));
        health.Set("", GrpcServing.NotServing);
        Assert.Equal(GrpcServing.NotServing, await NextAsync());
        await stop.CancelAsync();
        await watching.WaitAsync(Patience);

        async Task<GrpcServing> NextAsync() => await states.Reader.ReadAsync().AsTask().WaitAsync(Patience);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", true)]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:3::7", false)]
    public void A_call_that_anyone_may_make_counts_for_an_address_or_a_64_of_them(string one, string other, bool isSame) =>
        Assert.Equal(isSame, PeerOf(one) == PeerOf(other));

    private static string PeerOf(string address) => OpenCalls.PeerOf(new(System.Net.IPAddress.Parse(address), 7));

    [Fact]
    public void Calls_that_anyone_may_make_are_bounded_over_all_who_make_them()
    {
        var shares = new CallShares(256, 32);
        for (var i = 0; i < 8; i++)
            Assert.All(Enumerable.Range(0, 32), _ => Assert.True(shares.TryEnter("peer" + i)));
        Assert.False(shares.TryEnter("another"));
        shares.Leave("peer3");
        Assert.False(shares.TryEnter("peer4"));
        Assert.True(shares.TryEnter("another"));
        var bounds = new OpenCalls(_ => true);
        Assert.Equal((256, 32), (bounds.CallsMax, bounds.CallsPerPeerMax));
    }

    [Fact]
    public async Task Watchers_of_health_see_the_latest_state()
    {
        var health = new GrpcHealth();
        await using var host = await GrpcHost.StartAsync(health.AddTo);
        using var channel = host.Channel();
        using var stop = new CancellationTokenSource();
        var states = System.Threading.Channels.Channel.CreateUnbounded<GrpcServing>();
        var watching = GrpcHealth.WatchAsync(channel, "a.Service", state => states.Writer.TryWrite(state), stop.Token).AsTask();
        Assert.Equal(GrpcServing.ServiceUnknown, await NextAsync());
        health.Set("a.Service", GrpcServing.Serving);
        Assert.Equal(GrpcServing.Serving, await NextAsync());
        health.Set("another.Service", GrpcServing.NotServing);
        health.SetAllNotServing();
        Assert.Equal(GrpcServing.NotServing, await NextAsync());
        Assert.Equal(GrpcServing.NotServing, (await GrpcHealth.CheckAsync(channel, "")).State);
        var stopping = host.Server.StopAsync(Patience);
        Assert.Equal(GrpcCode.Unavailable, (await watching.WaitAsync(Patience)).Code);
        await stopping.WaitAsync(Patience);

        async Task<GrpcServing> NextAsync() => await states.Reader.ReadAsync().AsTask().WaitAsync(Patience);
    }

    [Theory]
    [InlineData("http://192.0.2.1:1")]
    [InlineData("ftp://127.0.0.1:1")]
    [InlineData("http://127.0.0.1:1/path")]
    [InlineData("http://user@127.0.0.1:1")]
    public void An_address_that_is_not_safe_or_no_address_makes_no_channel(string address) =>
        Assert.Throws<ArgumentException>(() => new GrpcChannel(new() { Address = new(address) }));

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        Uri address;
        await using (var host = await GrpcHost.StartAsync(server => server.AddUnary(Bytes.Unary, (request, _) => new(request))))
            address = host.Address;
        using var channel = new GrpcChannel(new() { Address = address });
        Assert.Equal(GrpcCode.Unavailable, (await channel.UnaryAsync(Bytes.Unary, [])).Status.Code);
    }
}
