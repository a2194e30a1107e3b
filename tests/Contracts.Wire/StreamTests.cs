using AiEdge.Grpc;
using AiEdge.Grpc.Tests;
using Google.Protobuf;

namespace AiEdge.Contracts.Wire.Tests;

/// <summary>The streams of the planes over a socket.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task An_ask_has_its_answer()
    {
        await using var host = await GrpcHost.StartAsync(server => server.AddBidirectional(PlaneMethods.Sync, async call =>
        {
            if (!await call.ReadAsync() || call.Current.KindCase != QuotaUp.KindOneofCase.Hello)
                return new(GrpcCode.InvalidArgument, "the first message is hello");
            await call.WriteAsync(new() { Hello = new() { Version = "1" } });
            while (await call.ReadAsync())
            {
                var answer = new QuotaAnswer { Number = call.Current.Ask.Number };
                foreach (var report in call.Current.Ask.Buckets)
                    answer.Buckets.Add(new BucketGrant { Bucket = report.Bucket, Lease = 1, Amount = report.Wants[0].Amount, LengthMs = 5000 });
                await call.WriteAsync(new() { Answer = answer });
            }

            return GrpcStatus.Ok;
        }));
        using var channel = host.Channel();
        await using var call = channel.Open(PlaneMethods.Sync);
        Assert.True(await call.WriteAsync(new() { Hello = new() { Plane = new() { PlaneId = "a" } } }));
        Assert.True(await call.ReadAsync());
        Assert.Equal("1", call.Current.Hello.Version);
        for (var number = 1UL; number <= 20; number++)
        {
            Assert.True(await call.WriteAsync(new() { Ask = Ask(number, buckets: 100) }));
            Assert.True(await call.ReadAsync());
            Assert.Equal(number, call.Current.Answer.Number);
            Assert.All(call.Current.Answer.Buckets, bucket => Assert.Equal(7000UL, bucket.Amount));
        }

        await call.CompleteAsync();
        Assert.False(await call.ReadAsync());
        Assert.Equal(GrpcStatus.Ok, await call.Completion);
    }

    [Fact]
    public void An_ask_for_a_hundred_buckets_is_small_once_they_have_their_numbers() =>
        Assert.InRange(new QuotaUp { Ask = Ask(1000, buckets: 100) }.CalculateSize(), 1, 3_000);

    [Fact]
    public void A_message_of_a_kind_to_come_is_read_as_no_kind()
    {
        // Field 99, a message, which nobody knows yet.
        var unknown = new byte[] { 0x9A, 0x06, 0x02, 0x08, 0x01 };
        Assert.True(PlaneMethods.Watch.Responses.TryRead(new(unknown), out var message));
        Assert.Equal(ConfigDown.KindOneofCase.None, message.KindCase);
        Assert.Equal(unknown, message.ToByteArray());
    }

    private static QuotaAsk Ask(ulong number, int buckets)
    {
        var ask = new QuotaAsk { Number = number };
        for (var i = 1U; i <= buckets; i++)
        {
            ask.Buckets.Add(new BucketReport
            {
                Bucket = i,
                Leases = { new LeaseUse { Lease = number, Used = 5000 } },
                Wants = { new Want { Subject = i, Priority = Priority.Normal, Amount = 7000 } },
            });
        }

        return ask;
    }
}
