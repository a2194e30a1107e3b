using AiEdge.Grpc.Client;

namespace AiEdge.Grpc.Tests.Calls;

public sealed class DeadlineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_deadline_that_has_passed_sends_nothing()
    {
        var called = 0;
        await using var host = await GrpcHost.StartAsync(server => server.AddUnary(Bytes.Unary, (request, _) =>
        {
            called++;
            return new(request);
        }));
        using var channel = host.Channel();
        var result = await channel.UnaryAsync(Bytes.Unary, [], new() { Timeout = TimeSpan.Zero });
        Assert.Equal(GrpcCode.DeadlineExceeded, result.Status.Code);
        Assert.Equal(GrpcStatus.Ok, (await channel.UnaryAsync(Bytes.Unary, [])).Status);
        Assert.Equal(1, called);
    }

    [Fact]
    public async Task A_handler_sees_the_time_that_is_left()
    {
        TimeSpan? seen = null;
        await using var host = await GrpcHost.StartAsync(server => server.AddUnary(Bytes.Unary, (request, context) =>
        {
            seen = context.Timeout;
            return new(request);
        }));
        using var channel = host.Channel();
        await channel.UnaryAsync(Bytes.Unary, [], new() { Timeout = TimeSpan.FromHours(3) });
        Assert.Equal(TimeSpan.FromHours(3), seen);
        await channel.UnaryAsync(Bytes.Unary, []);
        Assert.Null(seen);
    }

    [Fact]
    public async Task The_server_keeps_the_deadline_where_the_client_does_not()
    {
        await using var host = await GrpcHost.StartAsync(server => server.AddUnary(Bytes.Unary, async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.Cancellation);
            return new GrpcStatus(GrpcCode.Ok);
        }));
        using var raw = new RawClient(host.Address);
        using var answer = await raw.SendAsync(Bytes.Unary.Path, [0, 0, 0, 0, 0], ("grpc-timeout", "50m"));
        Assert.Equal("4", await RawClient.StatusAsync(answer));
    }

    [Fact]
    public async Task A_handler_that_does_not_heed_the_deadline_has_its_stream_reset()
    {
        var mayEnd = new TaskCompletionSource();
        await using var host = await GrpcHost.StartAsync(
            server => server.AddUnary(Bytes.Unary, async (request, _) =>
            {
                await mayEnd.Task;
                return request;
            }),
            new() { ResetAfter = TimeSpan.FromMilliseconds(50) });
        using var raw = new RawClient(host.Address);
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => raw.SendAsync(Bytes.Unary.Path, [0, 0, 0, 0, 0], ("grpc-timeout", "900m")));
        Assert.Equal(8, Assert.IsType<HttpProtocolException>(e.InnerException).ErrorCode);
        mayEnd.SetResult();
    }

    [Theory]
    [InlineData("1")]
    [InlineData("123456789S")]
    [InlineData("soon")]
    public async Task A_timeout_that_cannot_be_read_is_refused(string timeout)
    {
        await using var host = await GrpcHost.StartAsync(server => server.AddUnary(Bytes.Unary, (request, _) => new(request)));
        using var raw = new RawClient(host.Address);
        using var answer = await raw.SendAsync(Bytes.Unary.Path, [0, 0, 0, 0, 0], ("grpc-timeout", timeout));
        Assert.Equal("13", await RawClient.StatusAsync(answer));
    }

    [Fact]
    public async Task A_cancellation_at_the_server_after_the_deadline_is_told_as_the_deadline()
    {
        var time = new SteppedTime();
        await using var host = await GrpcHost.StartAsync(server => server.AddUnary(Bytes.Unary, (_, _) =>
        {
            time.Pass(TimeSpan.FromSeconds(2));
            return new(new GrpcStatus(GrpcCode.Cancelled, "gone"));
        }));
        using var channel = new GrpcChannel(new() { Address = host.Address, Time = time });
        var result = await channel.UnaryAsync(Bytes.Unary, [], new() { Timeout = TimeSpan.FromSeconds(1) });
        Assert.Equal(GrpcCode.DeadlineExceeded, result.Status.Code);
    }

    [Fact]
    public async Task The_end_of_a_host_ends_quiet_calls()
    {
        var begun = new TaskCompletionSource();
        var draining = new TaskCompletionSource();

        // A busy machine may take long to run the handler once it is stopped, and it is not the reset that is looked at.
        await using var host = await GrpcHost.StartAsync(
            server => server.AddBidirectional(Bytes.Both, async call =>
            {
                begun.SetResult();
                await using var registration = call.Context.Draining.Register(draining.SetResult);
                return await call.ReadAsync() ? GrpcStatus.Ok : new(GrpcCode.Aborted);
            }),
            new() { ResetAfter = Patience });
        using var channel = host.Channel();
        await using var call = channel.Open(Bytes.Both);
        await begun.Task.WaitAsync(Patience);
        var stopping = host.Server.StopAsync(TimeSpan.FromMilliseconds(100));
        await draining.Task.WaitAsync(Patience);
        Assert.Equal(GrpcCode.Unavailable, (await channel.UnaryAsync(Bytes.Both, [])).Status.Code);
        Assert.False(await call.ReadAsync());
        Assert.Equal(GrpcCode.Unavailable, (await call.Completion.WaitAsync(Patience)).Code);
        await stopping.WaitAsync(Patience);
        Assert.Equal(0, host.Server.Calls);
    }

    [Fact]
    public async Task A_call_that_heeds_the_drain_ends_in_its_own_way()
    {
        var begun = new TaskCompletionSource();
        await using var host = await GrpcHost.StartAsync(server => server.AddServerStreaming(Bytes.Down, async (request, call) =>
        {
            begun.SetResult();
            var draining = new TaskCompletionSource();
            await using var registration = call.Context.Draining.Register(draining.SetResult);
            await draining.Task;
            await call.WriteAsync(request);
            return GrpcStatus.Ok;
        }));
        using var channel = host.Channel();
        await using var call = channel.Open(Bytes.Down, [5]);
        await begun.Task.WaitAsync(Patience);
        var stopping = host.Server.StopAsync(TimeSpan.FromMinutes(5));
        Assert.True(await call.ReadAsync());
        Assert.False(await call.ReadAsync());
        Assert.Equal(GrpcStatus.Ok, await call.Completion);
        await stopping.WaitAsync(Patience);
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);

        public override long GetTimestamp() => Volatile.Read(ref _ticks);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
