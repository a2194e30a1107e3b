using System.Collections.Concurrent;
using AiEdge.Grpc.Client;
using AiEdge.Grpc.Server;

namespace AiEdge.Grpc.Tests.Calls;

/// <summary>Nobody is made to hold what the other side does not read.</summary>
public sealed class FlowTests
{
    private const int MessageBytes = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_client_that_does_not_read_stops_the_server()
    {
        var sent = 0;
        await using var host = await GrpcHost.StartAsync(server => server.AddServerStreaming(Bytes.Down, async (_, call) =>
        {
            while (await call.WriteAsync(new byte[MessageBytes]))
                Interlocked.Increment(ref sent);
            return GrpcStatus.Ok;
        }));
        using var channel = host.Channel();
        await using var call = channel.Open(Bytes.Down, []);
        Assert.True(await call.ReadAsync());
        var stalled = await UntilQuietAsync(() => Volatile.Read(ref sent));
        Assert.InRange(stalled * MessageBytes, 1, 2 << 20);
        for (var i = 0; i <= stalled + 10; i++)
            Assert.True(await call.ReadAsync());
        Assert.True(Volatile.Read(ref sent) > stalled);
    }

    [Fact]
    public async Task A_server_that_does_not_read_stops_the_client()
    {
        var mayRead = new TaskCompletionSource();
        var options = new GrpcServerOptions();
        await using var host = await GrpcHost.StartAsync(
            server => server.AddClientStreaming(Bytes.Up, async call =>
            {
                await mayRead.Task;
                var count = 0;
                while (await call.ReadAsync())
                    count++;
                return BitConverter.GetBytes(count);
            }),
            options);
        using var channel = host.Channel();
        await using var call = channel.Open(Bytes.Up);
        var sent = 0;
        var writing = WriteAsync();
        var stalled = await UntilQuietAsync(() => Volatile.Read(ref sent));
        Assert.InRange(stalled * MessageBytes, 1, options.StreamWindowBytes + (128 << 10));
        Assert.False(writing.IsCompleted);
        mayRead.SetResult();
        await writing.WaitAsync(Patience);
        Assert.Equal(500, BitConverter.ToInt32((await call.FinishAsync()).Message));

        async Task WriteAsync()
        {
            for (var i = 0; i < 500; i++)
            {
                Assert.True(await call.WriteAsync(new byte[MessageBytes]));
                Interlocked.Increment(ref sent);
            }
        }
    }

    [Fact]
    public async Task A_stalled_call_does_not_hold_up_others_on_its_connection()
    {
        await using var host = await GrpcHost.StartAsync(server => server
            .AddUnary(Bytes.Unary, (request, _) => new(request))
            .AddClientStreaming(Bytes.Up, async call =>
            {
                await Task.Delay(Timeout.Infinite, call.Context.Cancellation);
                return Array.Empty<byte>();
            }));
        using var channel = host.Channel();
        await using var stalled = channel.Open(Bytes.Up);
        var writing = Task.Run(async () =>
        {
            while (await stalled.WriteAsync(new byte[MessageBytes]))
                Assert.True(stalled.Completion.Status != TaskStatus.Faulted);
        });
        for (var i = 0; i < 50; i++)
            Assert.Equal(GrpcStatus.Ok, (await channel.UnaryAsync(Bytes.Unary, new byte[20_000], new() { Timeout = Patience })).Status);
        stalled.Cancel();
        await writing.WaitAsync(Patience);
    }

    [Fact]
    public async Task Writers_of_one_call_do_not_mix_their_messages()
    {
        await using var host = await GrpcHost.StartAsync(server => server.AddBidirectional(Bytes.Both, async call =>
        {
            while (await call.ReadAsync())
                await call.WriteAsync(call.Current);
            return GrpcStatus.Ok;
        }));
        using var channel = host.Channel();
        await using var call = channel.Open(Bytes.Both);
        var writers = Enumerable.Range(1, 8).Select(n => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
                Assert.True(await call.WriteAsync([.. Enumerable.Repeat((byte)n, n * 700)]));
        }));
        var writing = Task.WhenAll(writers);
        for (var i = 0; i < 400; i++)
        {
            Assert.True(await call.ReadAsync());
            Assert.Equal(call.Current[0] * 700, call.Current.Length);
            Assert.Single(call.Current.Distinct());
        }

        await writing;
    }

    [Fact]
    public async Task A_read_that_a_handler_left_running_takes_nothing_of_the_next_call()
    {
        var left = new ConcurrentBag<Task<int>>();
        await using var host = await GrpcHost.StartAsync(server => server.AddBidirectional(Bytes.Both, async call =>
        {
            Assert.True(await call.ReadAsync());
            await call.WriteAsync(call.Current);
            left.Add(Task.Run(async () =>
            {
                var taken = 0;
                while (await call.ReadAsync())
                    taken++;
                return taken;
            }));
            return new GrpcStatus(GrpcCode.Unavailable, "stops");
        }));
        using var channel = host.Channel();
        for (var i = 0; i < 100; i++)
        {
            // One connection, one call after the other: Kestrel serves them from the same memory.
            await using var call = channel.Open(Bytes.Both, new GrpcCallOptions { Timeout = Patience });
            Assert.True(await call.WriteAsync(BitConverter.GetBytes(i)));
            Assert.True(await call.ReadAsync(), $"call {i} was never answered");
            Assert.Equal(i, BitConverter.ToInt32(call.Current));
            Assert.False(await call.ReadAsync());
            Assert.Equal(new GrpcStatus(GrpcCode.Unavailable, "stops"), await call.Completion);
        }

        Assert.All(await Task.WhenAll(left).WaitAsync(Patience), taken => Assert.Equal(0, taken));
    }

    [Fact]
    public async Task A_thousand_streams_at_a_time_stay_within_their_memory()
    {
        const int Streams = 1000;
        await using var host = await GrpcHost.StartAsync(server => server.AddBidirectional(Bytes.Both, async call =>
        {
            while (await call.ReadAsync())
                await call.WriteAsync(call.Current);
            return GrpcStatus.Ok;
        }));
        using var channel = host.Channel();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var calls = new List<GrpcCall<byte[], byte[]>>();
        for (var i = 0; i < Streams; i++)
            calls.Add(channel.Open(Bytes.Both));
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(calls.Select(async (call, i) =>
            {
                Assert.True(await call.WriteAsync(BitConverter.GetBytes(i)));
                Assert.True(await call.ReadAsync());
                Assert.Equal(i, BitConverter.ToInt32(call.Current));
            }));
        }

        Assert.Equal(Streams, host.Server.Calls);

        // Both sides live in this process: heads, pipes and the runtime's own stream objects of each.
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Streams;
        Assert.InRange(each, 0, 64 << 10);
        foreach (var call in calls)
            await call.DisposeAsync();
    }

    /// <summary>The count, once it has not moved for a while.</summary>
    private static async Task<int> UntilQuietAsync(Func<int> count)
    {
        using var late = new CancellationTokenSource(Patience);
        using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        for (var last = 0; last == 0 || last != count();)
        {
            last = count();
            await beat.WaitForNextTickAsync(late.Token);
        }

        return count();
    }
}
