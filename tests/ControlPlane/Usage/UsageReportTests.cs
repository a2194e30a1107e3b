using System.Buffers.Binary;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Tests.Store;
using AiEdge.ControlPlane.Usage;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>The service over a socket: what was acknowledged is counted once, whatever comes again.</summary>
public sealed class UsageReportTests
{
    private static readonly DateTimeOffset Noon = UsageRig.Noon;

    [Fact]
    public async Task Batches_are_acknowledged_and_their_records_counted_once()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        using var channel = host.Channel("edge-1");
        await using var call = channel.Open(PlaneMethods.Report);
        Assert.True(await call.WriteAsync(Hello("edge-1", 1)));
        Assert.True(await call.ReadAsync());
        Assert.Equal(rig.Store.Id.ToArray(), call.Current.Hello.StoreId.ToByteArray());
        foreach (var (from, through) in (IEnumerable<(ulong, ulong)>)[(1, 10), (1, 10), (5, 12), (13, 30), (13, 30)])
        {
            Assert.True(await call.WriteAsync(Batch(1, from, through)));
            Assert.True(await call.ReadAsync());
            Assert.Equal(through, call.Current.Acknowledged.ThroughSequence);
        }

        await call.CompleteAsync();
        Assert.False(await call.ReadAsync());
        Assert.Equal(GrpcStatus.Ok, await call.Completion);
        await rig.Store.Ledger.ReleaseAsync(0, default);
        await rig.Store.Ledger.ReleaseAsync(0, default);
        Assert.Equal(30, rig.Sum(UsageStep.Day, Noon.AddDays(-1), Noon.AddDays(1), isStepped: false).Sum(r => r.Sum.Requests));
    }

    [Fact]
    public async Task What_comes_behind_a_batch_that_was_not_stored_is_not_acknowledged_and_all_of_it_comes_again()
    {
        await using var rig = await UsageRig.OpenAsync();
        var mayStore = new TaskCompletionSource();
        await using var host = await UsageHost.StartAsync(rig, new WaitingStore(rig.Store, mayStore.Task, failsAt: 1));
        using var channel = host.Channel("edge-1");
        await using (var call = channel.Open(PlaneMethods.Report))
        {
            await call.WriteAsync(Hello("edge-1", 1));
            Assert.True(await call.ReadAsync());
            foreach (var from in (ulong[])[1, 11, 21])
                await call.WriteAsync(Batch(1, from, from + 9));
            mayStore.SetResult();
            Assert.True(await call.ReadAsync());
            Assert.Equal(10UL, call.Current.Acknowledged.ThroughSequence);

            // The stream ends by itself: the plane, which has more to send, has not.
            Assert.False(await call.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Equal(GrpcCode.Unavailable, (await call.Completion).Code);
        }

        Assert.Equal(10UL, rig.Store.Ledger.Through("edge-1", rig.Store.Ledger.ReadBackwards(0, long.MaxValue).Single().Batch.Epoch));
        await ReportAsync(rig, "edge-1", Batch(1, 11, 30));
        Assert.Equal(30, rig.Sum(UsageStep.Day, Noon.AddDays(-1), Noon.AddDays(1), isStepped: false).Sum(r => r.Sum.Requests));
    }

    [Fact]
    public async Task What_the_ledger_does_not_take_grows_old_until_it_does()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig, new WaitingStore(rig.Store, Task.CompletedTask, failsAt: 0));
        Assert.Equal(GrpcCode.Unavailable, await EndAsync(host.Channel("edge-1"), Hello("edge-1", 1), Batch(1, 1, 10)));
        Assert.Equal(60_000, host.Report.JournalAgeMs("edge-1"));
        rig.Time.Now += TimeSpan.FromSeconds(30);
        using var channel = host.Channel("edge-1");
        await using var call = channel.Open(PlaneMethods.Report);
        await call.WriteAsync(Hello("edge-1", 1));
        Assert.True(await call.ReadAsync());
        Assert.Equal(90_000, host.Report.JournalAgeMs("edge-1"));
        await call.WriteAsync(Batch(1, 1, 10));
        Assert.True(await call.ReadAsync());
        Assert.Equal(0, host.Report.JournalAgeMs("edge-1"));
    }

    [Fact]
    public async Task What_is_under_way_of_all_planes_is_bounded_and_who_was_refused_comes_again()
    {
        await using var rig = await UsageRig.OpenAsync();
        var mayStore = new TaskCompletionSource();
        await using var host = await UsageHost.StartAsync(rig, new WaitingStore(rig.Store, mayStore.Task), bytesHeldMax: 3_000);
        using var one = host.Channel("edge-1");
        using var two = host.Channel("edge-2");
        await using var first = one.Open(PlaneMethods.Report);
        await first.WriteAsync(Hello("edge-1", 1));
        Assert.True(await first.ReadAsync());

        // One batch is taken however large it is, and none beside it.
        await first.WriteAsync(Batch(1, 1, 100));
        await using (var second = two.Open(PlaneMethods.Report))
        {
            await second.WriteAsync(Hello("edge-2", 2));
            Assert.True(await second.ReadAsync());
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (host.Report.BytesHeld == 0 || host.Report.JournalAgeMs("edge-1") != 60_000)
                await Task.Delay(20, late.Token);
            Assert.Equal((0L, null), (host.Report.JournalAgeMs("edge-2"), host.Report.JournalAgeMs("edge-3")));
            await second.WriteAsync(Batch(2, 1, 1));
            Assert.False(await second.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Equal(GrpcCode.ResourceExhausted, (await second.Completion).Code);
        }

        mayStore.SetResult();
        Assert.True(await first.ReadAsync());
        Assert.Equal(100UL, first.Current.Acknowledged.ThroughSequence);
        Assert.Equal(0, host.Report.BytesHeld);
        Assert.Equal(0, host.Report.JournalAgeMs("edge-1"));
        await ReportAsync(rig, "edge-2", Batch(2, 1, 1));
    }

    [Fact]
    public async Task Who_would_be_one_too_many_is_refused_by_a_batch_s_length_and_what_does_not_end_gives_its_room_back()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig, bytesHeldMax: 1 << 20, batchTimeMax: TimeSpan.FromSeconds(5));
        await using var half = await BegunAsync(host, "edge-1", 1, 1 << 20);
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (host.Report.BytesHeld == 0)
            await Task.Delay(20, late.Token);
        Assert.Equal(1 << 20, host.Report.BytesHeld);

        // Not a byte of it has come, and none would be read.
        await using var other = await BegunAsync(host, "edge-2", 2, 9);
        Assert.Equal("8", await other.StatusAsync());
        Assert.Equal("4", await half.StatusAsync());
        Assert.Equal(0, host.Report.BytesHeld);
        await ReportAsync(rig, "edge-2", Batch(2, 1, 1));
    }

    /// <summary>A stream on which a batch of so many bytes has begun, and goes no further.</summary>
    private static async Task<BegunCall> BegunAsync(UsageHost host, string plane, ulong epoch, int bytes)
    {
        var hello = Hello(plane, epoch).ToByteArray();
        byte[] prefix = [0, .. BitConverter.GetBytes(hello.Length).Reverse(), .. hello, 0, .. BitConverter.GetBytes(bytes).Reverse()];
        return await BegunCall.StartAsync(new Uri(host.Grpc, PlaneMethods.Report.Path), plane, prefix);
    }

    [Fact]
    public async Task A_plane_that_connects_is_told_where_each_epoch_is_and_from_where_on_it_is_wanted()
    {
        using var folder = new StoreRig();
        await using (var rig = await UsageRig.OpenAsync(folder))
            await ReportAsync(rig, "edge-1", Batch(1, 1, 10), Batch(2, 1, 4));
        await using var again = await UsageRig.OpenAsync(folder);
        await using var host = await UsageHost.StartAsync(again);
        using var channel = host.Channel("edge-1");
        await using var call = channel.Open(PlaneMethods.Report);
        var hello = Hello("edge-1", 3);
        hello.Hello.Journals.Add(new JournalSpan { Epoch = Epoch(1), FirstSequence = 1, LastSequence = 10 });
        hello.Hello.Journals.Add(new JournalSpan { Epoch = Epoch(2), FirstSequence = 1, LastSequence = 9 });
        hello.Hello.Journals.Add(new JournalSpan { Epoch = Epoch(3), FirstSequence = 1, LastSequence = 5 });
        Assert.True(await call.WriteAsync(hello));
        var said = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            Assert.True(await call.ReadAsync());
            said.Add(call.Current.KindCase switch
            {
                UsageDown.KindOneofCase.Acknowledged => $"{call.Current.Acknowledged.Epoch[^1]} is at {call.Current.Acknowledged.ThroughSequence}",
                UsageDown.KindOneofCase.Resend => $"{call.Current.Resend.Epoch[^1]} from {call.Current.Resend.FromSequence}",
                var kind => kind.ToString(),
            });
        }

        Assert.Equal(["Hello", "1 is at 10", "2 is at 4", "2 from 5", "3 from 1"], said);
    }

    [Fact]
    public async Task Who_is_not_the_plane_that_the_credential_names_gets_nothing_in()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        Assert.Equal(GrpcCode.Unauthenticated, await EndAsync(host.Channel("edge-2"), Hello("edge-1", 1), Batch(1, 1, 1)));
        using var nobody = new GrpcChannel(new() { Address = host.Grpc });
        Assert.Equal(GrpcCode.Unauthenticated, await EndAsync(nobody, Hello("edge-1", 1)));
        Assert.Equal(GrpcCode.InvalidArgument, await EndAsync(host.Channel("edge-1"), Batch(1, 1, 1)));
        Assert.Equal(GrpcCode.InvalidArgument, await EndAsync(host.Channel("edge-1"), Hello("edge-1", 1), Batch(1, 3, 1)));
        var wrongOrder = Batch(1, 1, 2);
        wrongOrder.Batch.Records[1].Sequence = 1;
        Assert.Equal(GrpcCode.InvalidArgument, await EndAsync(host.Channel("edge-1"), Hello("edge-1", 1), wrongOrder));
        Assert.Empty(rig.Store.Ledger.ReadBackwards(0, long.MaxValue));
    }

    [Fact]
    public async Task A_second_plane_of_an_id_is_refused_and_a_second_stream_of_one_takes_over()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        using var channel = host.Channel("edge-1");
        await using var first = channel.Open(PlaneMethods.Report);
        Assert.True(await first.WriteAsync(Hello("edge-1", 1)));
        Assert.True(await first.ReadAsync());
        Assert.Equal(GrpcCode.FailedPrecondition, await EndAsync(host.Channel("edge-1"), Hello("edge-1", 2)));
        await using var second = channel.Open(PlaneMethods.Report);
        Assert.True(await second.WriteAsync(Hello("edge-1", 1)));
        Assert.True(await second.ReadAsync());
        Assert.False(await first.ReadAsync());
        Assert.Equal(GrpcCode.Aborted, (await first.Completion).Code);
        Assert.True(await second.WriteAsync(Batch(1, 1, 3)));
        Assert.True(await second.ReadAsync());
        Assert.Equal(3UL, second.Current.Acknowledged.ThroughSequence);
    }

    private static async Task ReportAsync(UsageRig rig, string plane, params UsageUp[] batches)
    {
        await using var host = await UsageHost.StartAsync(rig);
        Assert.Equal(GrpcCode.Ok, await EndAsync(host.Channel(plane), [Hello(plane, 1), .. batches]));
    }

    /// <summary>Sends all, and waits for the end.</summary>
    private static async Task<GrpcCode> EndAsync(GrpcChannel channel, params UsageUp[] messages)
    {
        using (channel)
        {
            await using var call = channel.Open(PlaneMethods.Report);
            foreach (var message in messages)
                await call.WriteAsync(message);
            await call.CompleteAsync();
            while (await call.ReadAsync())
            {
                // Acknowledgements.
            }

            return (await call.Completion).Code;
        }
    }

    private static UsageUp Hello(string plane, ulong epoch) => new() { Hello = new() { Plane = new() { PlaneId = plane, Epoch = Epoch(epoch) } } };

    private static UsageUp Batch(ulong epoch, ulong from, ulong through)
    {
        var batch = new UsageBatch { Epoch = Epoch(epoch), ThroughSequence = through };
        for (var sequence = from; sequence <= Math.Max(from, through); sequence++)
        {
            var record = UsageRig.Record(Noon.AddMinutes(-1));
            record.Sequence = sequence;
            batch.Records.Add(record);
        }

        return new() { Batch = batch };
    }

    private static ByteString Epoch(ulong number)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), number);
        return ByteString.CopyFrom(bytes);
    }
}
