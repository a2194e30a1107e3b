using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Publish;
using AiEdge.ControlPlane.Tests.Hosting;
using AiEdge.Grpc;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Publish;

public sealed class WatchTests
{
    private const string Sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private static async Task<PlaneClient> OpenAsync(ControlRig rig, string id = "p1", byte[]? epoch = null) =>
        new(rig.Channel(await rig.JoinAsync(id)), id, epoch);

    /// <summary>Waits until the registry shows what is expected; fails after half a minute.</summary>
    private static async Task SeenAsync(ControlRig rig, ulong generation) =>
        Assert.True(await rig.Host.Planes.WaitForAllAsync(generation, TimeSpan.FromSeconds(30), default));

    [Fact]
    public async Task A_plane_gets_all_of_it_and_then_what_changes()
    {
        await using var rig = await ControlRig.WithModelAsync();
        await using var plane = await OpenAsync(rig);
        await plane.HelloAsync();
        Assert.Equal(0UL, await plane.ChangeAsync());
        Assert.Equal(2UL, plane.Generation);
        Assert.Equal(2, plane.Entries.Count);
        await plane.AppliedAsync();
        await SeenAsync(rig, 2);
        Assert.Equal((2UL, 3U), (rig.Host.Planes.Find("p1")!.Applied, rig.Host.Planes.Find("p1")!.ApplyMs));
        await rig.PutAsync("keys", "a", $$"""{"name":"a","sha256":"{{Sha}}"}""");
        Assert.Equal(2UL, await plane.ChangeAsync());
        Assert.Equal((3UL, 3), (plane.Generation, plane.Entries.Count));
        await plane.AppliedAsync();
        await rig.RemoveAsync("keys", "a");
        Assert.Equal(3UL, await plane.ChangeAsync());
        Assert.True(Assert.Single(plane.Removals).EndsExchanges);
        Assert.Equal(rig.Store.Id.ToArray(), plane.StoreId.ToByteArray());
    }

    [Fact]
    public async Task What_is_disabled_or_ours_alone_does_not_reach_a_plane()
    {
        await using var rig = await ControlRig.WithModelAsync();
        await rig.PutAsync("teams", "t", """{"tags":{"a":"b"},"may":{"models":["*"]}}""");
        await rig.PutAsync("keys", "a", $$"""{"name":"a","sha256":"{{Sha}}"}""");
        await using var plane = await OpenAsync(rig);
        await plane.HelloAsync();
        await plane.ChangeAsync();
        await plane.AppliedAsync();
        Assert.Equal("""{"tags":{"a":"b"}}""", plane.Entries[("teams", "t")]);
        await rig.PutAsync("keys", "a", $$"""{"name":"a","sha256":"{{Sha}}","disabled":true}""");
        await plane.ChangeAsync();
        Assert.True(Assert.Single(plane.Removals).EndsExchanges);
        Assert.DoesNotContain(plane.Entries.Keys, e => e.Section is "keys" or "tokens" or "joinTokens" or "dataplanes");
    }

    [Fact]
    public async Task A_rejected_generation_is_known_with_its_faults_and_the_next_is_built_upon_what_is_served()
    {
        await using var rig = await ControlRig.WithModelAsync();
        await using var plane = await OpenAsync(rig);
        await plane.HelloAsync();
        await plane.ChangeAsync();
        await plane.AppliedAsync();
        await rig.PutAsync("models", "x", Domain.World.Model);
        await plane.ChangeAsync();
        await plane.RejectedAsync("models.x", "is too odd");
        await SeenAsync(rig, 3);
        var live = rig.Host.Planes.Find("p1")!;
        Assert.Equal((2UL, 3UL, "is too odd"), (live.Applied, live.Rejected, live.Faults[0].Message));
        await rig.PutAsync("models", "y", Domain.World.Model);
        Assert.Equal(2UL, await plane.ChangeAsync());
        Assert.Equal(4UL, plane.Generation);
        await plane.AppliedAsync();
        await SeenAsync(rig, 4);
        Assert.Equal(0UL, live.Rejected);
    }

    [Fact]
    public async Task Writes_that_come_while_a_plane_applies_reach_it_as_one_change()
    {
        await using var rig = await ControlRig.WithModelAsync();
        await using var plane = await OpenAsync(rig);
        await plane.HelloAsync();
        await plane.ChangeAsync();
        for (var i = 0; i < 5; i++)
            await rig.PutAsync("models", "m" + i, Domain.World.Model);
        await plane.AppliedAsync();
        Assert.Equal(2UL, await plane.ChangeAsync());
        Assert.Equal((7UL, 7), (plane.Generation, plane.Entries.Count));
    }

    [Fact]
    public async Task A_key_that_was_removed_and_made_anew_takes_what_is_under_way_with_it()
    {
        var second = Sha.Replace('9', '8');
        await using var rig = await ControlRig.WithModelAsync();
        await rig.PutAsync("keys", "a", $$"""{"name":"a","sha256":"{{Sha}}"}""");
        await using var plane = await OpenAsync(rig);
        await plane.HelloAsync();
        await plane.ChangeAsync();
        await rig.RemoveAsync("keys", "a");
        await rig.PutAsync("keys", "a", $$"""{"name":"a","sha256":"{{second}}"}""");
        await rig.PutAsync("keys", "b", $$"""{"name":"b","sha256":"{{Sha.Replace('9', '7')}}"}""");
        await plane.AppliedAsync();
        await plane.NextAsync();
        Assert.Equal(["keys/a True"], plane.Removals.Select(r => $"{r.Section}/{r.Name} {r.EndsExchanges}"));
        Assert.Contains(second, plane.Entries[("keys", "a")], StringComparison.Ordinal);
        await plane.AppliedAsync();
        await rig.PutAsync("keys", "a", $$"""{"name":"a","sha256":"{{second}}","tier":"pro"}""");
        await plane.NextAsync();
        Assert.Empty(plane.Removals);
    }

    [Fact]
    public async Task A_plane_that_comes_back_gets_what_it_lacks_and_all_of_it_where_its_disk_holds_something_else()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var credential = await rig.JoinAsync("p1");
        var hash = ByteString.CopyFrom(PublishedEntries.Hash(rig.State.Current));
        var store = ByteString.CopyFrom(rig.Store.Id.Span);
        await rig.PutAsync("models", "x", Domain.World.Model);
        foreach (var (generation, id, sha, expected) in new[]
        {
            (2UL, store, hash, 2UL), (2UL, store, ByteString.Empty, 2UL), (2UL, store, ByteString.CopyFrom(new byte[32]), 0UL),
            (2UL, ByteString.CopyFrom(new byte[16]), hash, 0UL), (99UL, store, hash, 0UL),
        })
        {
            await using var plane = new PlaneClient(rig.Channel(credential), "p1");
            await plane.HelloAsync(generation, id, sha);
            Assert.Equal(expected, await plane.ChangeAsync());
        }
    }

    [Fact]
    public async Task A_large_document_comes_in_parts_that_are_one_generation()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var tags = string.Join(',', Enumerable.Range(0, 30).Select(i => $"\"tag{i}\":\"{new string('x', 250)}\""));
        await rig.State.WriteAsync(document => WriteDecision.Change(new AuditRecord(1, "t", "", "put", ""), [.. Enumerable.Range(0, 300).Select(i =>
            new EntryChange("teams", "t" + i, new EntryValue(System.Text.Encoding.UTF8.GetBytes("{\"tags\":{" + tags + "}}"), EntryOwner.Api, (ulong)i, default)))]));
        await using var plane = await OpenAsync(rig);
        await plane.HelloAsync();
        await plane.ChangeAsync();
        Assert.Equal(3, plane.Parts);
        Assert.Equal(302, plane.Entries.Count);
    }

    [Fact]
    public async Task Nothing_is_sent_before_there_is_a_model_to_serve()
    {
        await using var rig = await ControlRig.StartAsync();
        await using var plane = await OpenAsync(rig);
        await plane.HelloAsync();
        await rig.PutAsync("providers", "openai", Domain.World.Provider);
        await rig.PutAsync("models", "gpt-4o", Domain.World.Model);
        Assert.Equal(0UL, await plane.ChangeAsync());
        Assert.Equal(2UL, plane.Generation);
    }

    [Fact]
    public async Task A_plane_whose_credential_is_revoked_loses_its_stream()
    {
        await using var rig = await ControlRig.WithModelAsync();
        await using var plane = await OpenAsync(rig);
        await plane.HelloAsync();
        await plane.ChangeAsync();
        await rig.RemoveAsync(Sections.DataPlanes, "p1");
        Assert.Equal(GrpcCode.Unauthenticated, (await plane.EndAsync()).Code);
    }

    [Fact]
    public async Task A_second_live_plane_of_the_same_id_is_refused_but_the_same_process_takes_its_place()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var credential = await rig.JoinAsync("p1");
        await using var first = new PlaneClient(rig.Channel(credential), "p1");
        await first.HelloAsync();
        await first.ChangeAsync();
        await using var other = new PlaneClient(rig.Channel(credential), "p1", [1, .. new byte[15]]);
        await other.HelloAsync();
        Assert.Equal(GrpcCode.FailedPrecondition, (await other.EndAsync()).Code);
        await using var again = new PlaneClient(rig.Channel(credential), "p1");
        await again.HelloAsync();
        Assert.Equal(0UL, await again.ChangeAsync());
        Assert.Equal(GrpcCode.Aborted, (await first.EndAsync()).Code);
        Assert.True(rig.Host.Planes.Find("p1")!.IsConnected);
    }

    [Fact]
    public async Task A_hello_of_another_plane_or_an_answer_to_nothing_ends_the_stream()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var credential = await rig.JoinAsync("p1");
        await using var liar = new PlaneClient(rig.Channel(credential), "p2");
        await liar.HelloAsync();
        Assert.Equal(GrpcCode.InvalidArgument, (await liar.EndAsync()).Code);
        await using var eager = new PlaneClient(rig.Channel(credential), "p1");
        await eager.HelloAsync();
        await eager.ChangeAsync();
        await eager.AppliedAsync(7);
        Assert.Equal(GrpcCode.InvalidArgument, (await eager.EndAsync()).Code);
        await using var odd = new PlaneClient(rig.Channel(credential), "p1");
        await odd.AppliedAsync(1);
        Assert.Equal(GrpcCode.InvalidArgument, (await odd.EndAsync()).Code);
        await using var stranger = new PlaneClient(rig.Channel("p1.AAAA"), "p1");
        await stranger.HelloAsync();
        Assert.Equal(GrpcCode.Unauthenticated, (await stranger.EndAsync()).Code);
    }

    [Fact]
    public async Task A_control_plane_that_stops_says_so_and_a_plane_goes_on_with_the_next()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var credential = await rig.JoinAsync("p1");
        await using (var plane = new PlaneClient(rig.Channel(credential), "p1"))
        {
            await plane.HelloAsync();
            await plane.ChangeAsync();
            await plane.AppliedAsync();
            var stop = rig.ReopenAsync();
            Assert.Equal(GrpcCode.Unavailable, (await plane.EndAsync()).Code);
            await stop;
        }

        await rig.PutAsync("models", "x", Domain.World.Model);
        await using var again = new PlaneClient(rig.Channel(credential), "p1");
        await again.HelloAsync(2, ByteString.CopyFrom(rig.Store.Id.Span));
        Assert.Equal(2UL, await again.ChangeAsync());
    }
}
