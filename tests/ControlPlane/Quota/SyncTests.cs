using System.Diagnostics;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Tests.Hosting;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>Quota.Sync over sockets, on the document that REST writes.</summary>
public sealed class SyncTests
{
    private static readonly byte[] Epoch = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    [Fact]
    public async Task A_plane_gets_leases_of_the_documents_limits_and_the_fleet_no_more_than_they_allow()
    {
        await using var rig = await WithLimitAsync();
        await using var a = await StreamAsync(rig, await rig.JoinAsync("a"), "a", Epoch);
        await using var b = await StreamAsync(rig, await rig.JoinAsync("b"), "b", Epoch);
        var first = await AskAsync(a, 1, Ask(50_000, isNamed: true));
        var second = await AskAsync(b, 1, Ask(50_000, isNamed: true));
        Assert.InRange(first.Amount, 1ul, 400ul);
        Assert.True(first.Amount + second.Amount <= 410, $"{first.Amount} and {second.Amount}");
        Assert.Equal(5000u, first.LengthMs);
        var view = Assert.Single(rig.Host.Quota.View("shared"));
        Assert.Equal((long)(first.Amount + second.Amount), view.Granted);
    }

    [Fact]
    public async Task What_was_granted_is_remembered_over_a_restart()
    {
        await using var rig = await WithLimitAsync();
        var credential = await rig.JoinAsync("a");
        await using (var a = await StreamAsync(rig, credential, "a", Epoch))
            await AskAsync(a, 1, Ask(50_000, isNamed: true));
        await rig.ReopenAsync();
        await using var other = await StreamAsync(rig, await rig.JoinAsync("b"), "b", Epoch);
        var grant = await AskAsync(other, 1, Ask(50_000, isNamed: true));
        Assert.True(grant.Amount < 50, $"{grant.Amount}");
    }

    [Fact]
    public async Task What_first_leases_take_is_put_down_as_soon_as_a_limit_is_known()
    {
        await using var rig = await WithLimitAsync();
        var allocator = rig.Host.Quota.Allocator;
        for (var watch = Stopwatch.StartNew(); allocator.PreparedGeneration != rig.Host.State.Current.Generation; await Task.Yield())
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "nobody has looked at the limit");
    }

    [Fact]
    public async Task An_unknown_limit_is_said_to_be_none_and_an_edit_is_followed()
    {
        await using var rig = await WithLimitAsync();
        await using var a = await StreamAsync(rig, await rig.JoinAsync("a"), "a", Epoch);
        Assert.False((await AskAsync(a, 1, Ask(10, isNamed: true))).IsUnknown);
        await rig.RemoveAsync("limits", "shared");
        Assert.True((await AskAsync(a, 2, Ask(10))).IsUnknown);
    }

    [Fact]
    public async Task Many_planes_that_want_one_small_window_at_once_all_have_an_answer()
    {
        const int Planes = 48;
        await using var rig = await WithLimitAsync("""{"name":"shared","requests":"100/day"}""");
        var streams = new List<GrpcCall<QuotaUp, QuotaDown>>();
        for (var i = 0; i < Planes; i++)
            streams.Add(await StreamAsync(rig, await rig.JoinAsync($"p{i}"), $"p{i}", Epoch));
        for (ulong number = 1; number <= 3; number++)
            await Task.WhenAll(streams.Select(stream => AskAsync(stream, number, Ask(90_000, isNamed: number == 1))));
        Assert.InRange(Assert.Single(rig.Host.Quota.View("shared")).Granted, 1, 100);
        foreach (var stream in streams)
            await stream.DisposeAsync();
    }

    [Fact]
    public async Task A_second_start_of_a_plane_is_refused_and_the_same_start_takes_its_own_place()
    {
        await using var rig = await WithLimitAsync();
        var credential = await rig.JoinAsync("a");
        await using var first = await StreamAsync(rig, credential, "a", Epoch);
        await using var second = rig.Channel(credential).Open(PlaneMethods.Sync);
        await second.WriteAsync(Hello("a", [.. Epoch.Reverse()]));
        Assert.False(await second.ReadAsync());
        Assert.Equal(GrpcCode.FailedPrecondition, (await second.Completion).Code);
        await using var again = await StreamAsync(rig, credential, "a", Epoch);
        Assert.False(await first.ReadAsync());
        Assert.Equal(GrpcCode.Aborted, (await first.Completion).Code);
        Assert.True((await AskAsync(again, 1, Ask(10, isNamed: true))).Amount > 0);
    }

    [Theory]
    [InlineData("other", 1ul, 1u, GrpcCode.PermissionDenied)]
    [InlineData("a", 2ul, 1u, GrpcCode.InvalidArgument)]
    [InlineData("a", 1ul, 9u, GrpcCode.InvalidArgument)]
    public async Task What_breaks_the_order_of_the_stream_ends_it(string id, ulong number, uint bucket, GrpcCode code)
    {
        await using var rig = await WithLimitAsync();
        await using var call = rig.Channel(await rig.JoinAsync("a")).Open(PlaneMethods.Sync);
        await call.WriteAsync(Hello(id, Epoch));
        var ask = Ask(10, isNamed: true);
        ask.Number = number;
        ask.Buckets[0].Bucket = bucket;
        await call.WriteAsync(new QuotaUp { Ask = ask });
        while (await call.ReadAsync())
            Assert.Equal(QuotaDown.KindOneofCase.Hello, call.Current.KindCase);
        Assert.Equal(code, (await call.Completion).Code);
    }

    [Fact]
    public async Task A_bucket_that_is_told_of_twice_in_one_ask_ends_the_stream_and_lends_nothing()
    {
        await using var rig = await WithLimitAsync();
        await using var call = await StreamAsync(rig, await rig.JoinAsync("a"), "a", Epoch);
        var ask = Ask(10, isNamed: true);
        ask.Number = 1;
        ask.Buckets.Add(ask.Buckets[0].Clone());
        await call.WriteAsync(new QuotaUp { Ask = ask });
        Assert.False(await call.ReadAsync());
        Assert.Equal(GrpcCode.InvalidArgument, (await call.Completion).Code);
    }

    [Fact]
    public async Task A_plane_that_says_only_what_has_to_be_said_is_lent_to_and_so_is_one_that_says_what_is_not_known_yet()
    {
        await using var rig = await WithLimitAsync();
        await using var call = await StreamAsync(rig, await rig.JoinAsync("a"), "a", Epoch);

        // No subject, no least, and of its lease no amount.
        var ask = Ask(100, isNamed: true);
        ask.Subjects.Clear();
        ask.Buckets[0].Wants[0].Subject = 0;
        var first = await AskAsync(call, 1, ask);
        Assert.InRange(first.Amount, 1ul, 400ul);

        // A kind of message that is to come is passed over.
        await call.WriteAsync(QuotaUp.Parser.ParseFrom([0xE2, 0x76, 1, 0]));
        var again = Ask(100);
        again.Buckets[0].Leases.Add(new LeaseUse { Lease = first.Lease, Used = first.Amount, IsClosed = true });
        again.Buckets[0].MergeFrom(CodedInput([0xE0, 0x76, 7]));
        var second = await AskAsync(call, 2, again);
        Assert.InRange(second.Amount, 1ul, 400ul);
        Assert.Equal((long)second.Amount, Assert.Single(rig.Host.Quota.View("shared")).Granted);

        static CodedInputStream CodedInput(byte[] bytes) => new(bytes);
    }

    [Fact]
    public async Task A_disk_that_takes_its_time_holds_back_what_is_lent_and_not_the_answer()
    {
        await using var rig = await WithLimitAsync();
        await using var call = await StreamAsync(rig, await rig.JoinAsync("a"), "a", Epoch);
        using var held = rig.Held.Quota.Begin();
        // What each bucket has from the beginning waits for no disk; more does.
        var first = await AskAsync(call, 1, Ask(50_000, isNamed: true)).WaitAsync(TimeSpan.FromSeconds(30));
        var second = await AskAsync(call, 2, Ask(50_000)).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0ul, second.Amount);
        Assert.NotEqual(0u, second.RetryAfterMs);
        Assert.Equal((long)first.Amount, Assert.Single(rig.Host.Quota.View("shared")).Granted);
        held.Dispose();
        BucketGrant later;
        for (var number = 3ul; (later = await AskAsync(call, number, Ask(50_000)).WaitAsync(TimeSpan.FromSeconds(30))).Amount == 0; number++)
            Assert.NotEqual(0u, later.RetryAfterMs);
        Assert.Equal((long)(first.Amount + later.Amount), Assert.Single(rig.Host.Quota.View("shared")).Granted);
    }

    private static async Task<ControlRig> WithLimitAsync(string limit = """{"name":"shared","requests":"200/s","burst":400}""")
    {
        var rig = await ControlRig.WithModelAsync();
        await rig.PutAsync("limits", "shared", limit);
        return rig;
    }

    private static async Task<GrpcCall<QuotaUp, QuotaDown>> StreamAsync(ControlRig rig, string credential, string id, byte[] epoch)
    {
        var call = rig.Channel(credential).Open(PlaneMethods.Sync);
        await call.WriteAsync(Hello(id, epoch));
        Assert.True(await call.ReadAsync(), (await Ended(call)).ToString());
        Assert.Equal(16, call.Current.Hello.StoreId.Length);
        return call;

        static async Task<GrpcStatus> Ended(GrpcCall<QuotaUp, QuotaDown> call) => call.Completion.IsCompleted ? await call.Completion : default;
    }

    private static QuotaUp Hello(string id, byte[] epoch) => new() { Hello = new QuotaHello { Plane = new PlaneStart { PlaneId = id, Epoch = ByteString.CopyFrom(epoch) } } };

    private static QuotaAsk Ask(ulong amount, bool isNamed = false)
    {
        var report = new BucketReport { Bucket = 1 };
        report.Wants.Add(new Want { Subject = 1, Amount = amount });
        var ask = new QuotaAsk { Buckets = { report } };
        if (!isNamed)
            return ask;
        ask.Names.Add(new BucketName { Bucket = 1, Limit = "shared", Unit = QuotaUnit.Requests, Value = "*" });
        ask.Subjects.Add(new SubjectName { Subject = 1, Key = "k" });
        return ask;
    }

    private static async Task<BucketGrant> AskAsync(GrpcCall<QuotaUp, QuotaDown> call, ulong number, QuotaAsk ask)
    {
        ask.Number = number;
        await call.WriteAsync(new QuotaUp { Ask = ask });
        while (await call.ReadAsync())
        {
            if (call.Current.KindCase == QuotaDown.KindOneofCase.Answer)
                return Assert.Single(call.Current.Answer.Buckets);
        }

        throw new InvalidOperationException((await call.Completion).ToString());
    }
}
