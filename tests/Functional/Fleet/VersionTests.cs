using AiEdge.Contracts.Wire;
using AiEdge.Functional.Tests.Rig;
using Google.Protobuf;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>A data plane whose control plane is of another version: what it does not know comes on the wire, or what it knows does not.</summary>
public sealed class VersionTests
{
    private const int LaterNumber = 1900;

    [Fact]
    public async Task A_control_plane_of_a_later_version_is_understood_but_for_what_is_new()
    {
        await using var control = await ScriptedControl.StartAsync();
        await using var edge = await LinkedEdge.MakeAsync(control);
        var starting = edge.StartAsync();
        var watch = await control.WatchAsync();
        var hello = Later(new ControlHello { StoreId = ByteString.CopyFrom(control.Book.StoreId), Version = "99.0.0", Features = { "what-comes-later" } });
        await watch.SendAsync(Later(new ConfigDown { Hello = hello }));
        await watch.SendAsync(Later(new ConfigDown()));
        var whole = edge.Whole(7);
        var change = new ConfigChange { Generation = 7, Entries = { whole.Entries.Select(Later), Later(LinkedEdge.Entry("limits", "few", """{"name":"few","requests":"1000/s"}""")) } };
        await watch.SendAsync(Later(new ConfigDown { Change = Later(change) }));
        Assert.Equal(7ul, (await watch.NextAsync()).Applied.Generation);
        await starting;

        var sync = await control.SyncAsync();
        await sync.SendAsync(Later(new QuotaDown { Hello = hello }));
        await sync.SendAsync(Later(new QuotaDown()));
        var report = await control.ReportAsync();
        await report.SendAsync(Later(new UsageDown { Hello = hello }));
        await report.SendAsync(Later(new UsageDown()));

        var ask = await sync.AskedAsync();
        var bucket = Assert.Single(ask.Buckets).Bucket;
        var grant = Later(new BucketGrant { Bucket = bucket, Lease = 1, Amount = 1, LengthMs = 600_000, Share = 500 });
        await sync.SendAsync(Later(new QuotaDown { Answer = Later(new QuotaAnswer { Number = ask.Number, Buckets = { grant } }) }));
        sync.AnswerAll();
        await edge.SeeAdminAsync("/limits?limit=few", "\"remaining\":1,");
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);

        // An exchange has one record, or two where its first is on disk before it ends.
        await AcknowledgeAsync(await report.NextAsync());
        await edge.SeeAsync(async () =>
        {
            while (report.TryNext(out var more))
                await AcknowledgeAsync(more!);
            return (await edge.AdminAsync("/metrics")).Text.Contains("\naiedge_usage_unacknowledged_records 0\n", StringComparison.Ordinal);
        });
        Assert.False(watch.Ended.IsCompleted || sync.Ended.IsCompleted || report.Ended.IsCompleted, "a stream has ended");

        Task AcknowledgeAsync(UsageUp up) => report.SendAsync(
            Later(new UsageDown { Acknowledged = Later(new UsageAcknowledged { Epoch = up.Batch.Epoch, ThroughSequence = up.Batch.ThroughSequence }) }));
    }

    [Fact]
    public async Task A_control_plane_that_says_only_what_has_to_be_said_is_understood()
    {
        await using var control = await ScriptedControl.StartAsync();
        await using var edge = await LinkedEdge.MakeAsync(control);
        var starting = edge.StartAsync();
        var watch = await control.WatchAsync();

        // Neither version nor features, neither places of entries nor a share: their defaults mean what planes did before they were there.
        await watch.SendAsync(new ConfigDown { Hello = new ControlHello { StoreId = ByteString.CopyFrom(control.Book.StoreId) } });
        var whole = edge.Whole(7);
        whole.Entries.Add(LinkedEdge.Entry("limits", "few", """{"name":"few","requests":"1000/s"}"""));
        await watch.ApplyAsync(whole);
        await starting;
        var sync = await control.SyncAsync();
        await sync.GreetAsync(control.Book.StoreId);
        var ask = await sync.AskedAsync();
        await sync.GrantAsync(ask, new BucketGrant { Bucket = Assert.Single(ask.Buckets).Bucket, Lease = 1, Amount = 1, LengthMs = 600_000 });
        sync.AnswerAll();
        await edge.SeeAdminAsync("/limits?limit=few", "\"remaining\":1,");

        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    /// <summary>The same message as a later version writes it: with a number and a text that nobody knows yet.</summary>
    private static T Later<T>(T message)
        where T : class, IMessage<T>, new()
    {
        using var stream = new MemoryStream();
        var known = message.ToByteArray();
        stream.Write(known);
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(LaterNumber, WireFormat.WireType.Varint);
            output.WriteUInt64(7);
            output.WriteTag(LaterNumber + 1, WireFormat.WireType.LengthDelimited);
            output.WriteString("later");
        }

        var later = new MessageParser<T>(static () => new T()).ParseFrom(stream.ToArray());
        Assert.True(later.CalculateSize() > known.Length, "what is unknown is not sent on");
        return later;
    }
}
