using System.Net;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Tests.Hosting;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>What an administrator does about limits and dead planes.</summary>
public sealed class QuotaRouteTests
{
    private const string Limit = """{"requests":"1000/day"}""";

    [Fact]
    public async Task A_reset_forgets_what_was_used_says_how_the_limit_stands_and_is_in_the_audit()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "limits/a", Limit);
        await using (var plane = await SyncAsync(rig, "p1", 1))
        {
            var lease = await AskAsync(plane, 1, new BucketReport { Bucket = 1, Wants = { new Want { Subject = 1, Amount = 100 } } });
            await AskAsync(plane, 2, new BucketReport { Bucket = 1, Leases = { new LeaseUse { Lease = lease.Lease, Amount = lease.Amount, Used = lease.Amount, IsClosed = true } } });
        }

        Assert.NotEqual("0", (string)(await rest.GetAsync("limits/a/state")).Json["buckets"]![0]!["used"]!);
        var version = rig.State.Current.Version;
        var generation = rig.State.Current.Generation;
        var state = (await rest.DoAsync("POST", "limits/a/reset"))["buckets"]![0]!;
        Assert.Equal(("0", "1000"), ((string)state["used"]!, (string)state["remaining"]!));
        Assert.Equal((version + 1, generation), (rig.State.Current.Version, rig.State.Current.Generation));
        await rig.ReopenAsync();
        using var again = new RestClient(rig);
        var line = (await again.GetAsync("audit?limit=1")).Json["items"]![0]!;
        Assert.Equal("reset limits/a admin", $"{line["action"]} {line["target"]} {line["actor"]}");
        Assert.Equal(HttpStatusCode.NotFound, (await again.SendAsync("POST", "limits/b/reset")).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await again.SendAsync("POST", "limits/a/reset", null, "application/json", ("If-Match", "\"v1\""))).Status);
    }

    [Fact]
    public async Task A_write_off_of_a_plane_that_lives_gives_back_nothing_of_it_and_stands_in_the_audit()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "limits/a", Limit);
        await using var plane = await SyncAsync(rig, "p1", 1);
        await AskAsync(plane, 1, new BucketReport { Bucket = 1, Wants = { new Want { Subject = 1, Amount = 100 } } });
        var before = (await rest.GetAsync("limits/a/state")).Text;
        Assert.Empty((await rest.DoAsync("POST", "dataplanes/p1/write-off"))["released"]!.AsArray());
        Assert.Equal(before, (await rest.GetAsync("limits/a/state")).Text);
        Assert.Equal("write-off dataplanes/p1", await LastAsync(rest));
        Assert.Equal(HttpStatusCode.NotFound, (await rest.SendAsync("POST", "dataplanes/p2/write-off")).Status);
        Assert.Equal("write-off dataplanes/p1", await LastAsync(rest));
    }

    [Theory]
    [InlineData("limits/a/reset")]
    [InlineData("dataplanes/p1/write-off")]
    public async Task What_is_done_about_a_limit_is_done_once_for_one_idempotency_key(string path)
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "limits/a", Limit);
        await rig.JoinAsync("p1");
        var both = await Task.WhenAll(SendAsync("once"), SendAsync("once"));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict], both.Select(a => a.Status).Order());
        Assert.Contains(path[..path.LastIndexOf('/')], both.Single(a => a.Status == HttpStatusCode.Conflict).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync("twice")).Status);

        // What was refused has left nothing: the key is still good.
        var none = path.Replace("/a/", "/b/", StringComparison.Ordinal).Replace("/p1/", "/p2/", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.SendAsync("POST", none, null, "application/json", ("Idempotency-Key", "third"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync("third")).Status);

        Task<RestAnswer> SendAsync(string key) => rest.SendAsync("POST", path, null, "application/json", ("Idempotency-Key", key));
    }

    [Theory]
    [InlineData("limits/a/reset")]
    [InlineData("dataplanes/p1/write-off")]
    public async Task What_is_done_about_a_limit_is_answered_once_it_is_durable(string path)
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "limits/a", Limit);
        await rig.JoinAsync("p1");
        var credential = await rig.JoinAsync("p2");
        Task<RestAnswer> asked;
        Task<GrpcCall<QuotaUp, QuotaDown>> stream;
        using (rig.Held.Quota.Begin())
        {
            // A plane that comes has something written: what is written behind it waits, too.
            stream = SyncAsync(rig, "p2", 1, credential);
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (rig.Held.Quota.Waiting == 0)
                await Task.Delay(20, late.Token);
            var version = rig.State.Current.Version;
            asked = rest.SendAsync("POST", path);
            await rig.State.WaitForVersionAsync(version, default).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            await rest.GetAsync("limits/a/state");
            Assert.False(asked.IsCompleted);
        }

        Assert.Equal(HttpStatusCode.OK, (await asked.WaitAsync(TimeSpan.FromSeconds(60))).Status);
        await (await stream).DisposeAsync();
    }

    [Fact]
    public async Task A_reset_whose_key_cannot_be_kept_says_that_it_is_done()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "limits/a", Limit);
        rig.Held.Commands.FailAfter(1);
        var answer = await rest.SendAsync("POST", "limits/a/reset", null, "application/json", ("Idempotency-Key", "once"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.StartsWith("it is done, and its Idempotency-Key could not be kept", (string)answer.Json["detail"]!, StringComparison.Ordinal);
    }

    private static async Task<string> LastAsync(RestClient rest)
    {
        var line = (await rest.GetAsync("audit?limit=1")).Json["items"]![0]!;
        return $"{line["action"]} {line["target"]}";
    }

    private static async Task<GrpcCall<QuotaUp, QuotaDown>> SyncAsync(ControlRig rig, string id, byte epoch, string? credential = null)
    {
        var call = rig.Channel(credential ?? await rig.JoinAsync(id)).Open(PlaneMethods.Sync);
        await call.WriteAsync(new() { Hello = new() { Plane = new() { PlaneId = id, Epoch = ByteString.CopyFrom([.. Enumerable.Repeat(epoch, 16)]) } } });
        Assert.True(await call.ReadAsync());
        return call;
    }

    private static async Task<BucketGrant> AskAsync(GrpcCall<QuotaUp, QuotaDown> call, ulong number, BucketReport report)
    {
        var ask = new QuotaAsk { Number = number, Buckets = { report } };
        if (number == 1)
        {
            ask.Names.Add(new BucketName { Bucket = 1, Limit = "a", Unit = QuotaUnit.Requests, Value = "*" });
            ask.Subjects.Add(new SubjectName { Subject = 1, Key = "k" });
        }

        await call.WriteAsync(new QuotaUp { Ask = ask });
        while (await call.ReadAsync())
        {
            if (call.Current.KindCase == QuotaDown.KindOneofCase.Answer)
                return Assert.Single(call.Current.Answer.Buckets);
        }

        throw new InvalidOperationException((await call.Completion).ToString());
    }
}
