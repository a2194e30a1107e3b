using System.Text;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Publish;
using AiEdge.ControlPlane.Tests.Hosting;
using AiEdge.Contracts.Wire;
using AiEdge.Grpc;
using AiEdge.Grpc.Health;

namespace AiEdge.ControlPlane.Tests.Publish;

public sealed class JoinTests
{
    private static readonly byte[] Secret = new byte[32];
    private static readonly byte[] Other = [.. Enumerable.Repeat((byte)7, 32)];

    [Fact]
    public async Task The_same_hash_has_the_same_outcome_and_spends_one_use()
    {
        await using var rig = await ControlRig.StartAsync();
        var once = new JoinToken("once", System.Security.Cryptography.SHA256.HashData("tok"u8), 0, 1);
        await rig.PutAsync(Sections.JoinTokens, "once", Encoding.UTF8.GetString(once.ToJson()));
        var first = await rig.JoinAsync("", Secret, "tok");
        Assert.StartsWith("plane-", first.Message!.PlaneId, StringComparison.Ordinal);
        var again = await rig.JoinAsync("", Secret, "tok");
        Assert.Equal(first.Message.PlaneId, again.Message!.PlaneId);
        var other = await rig.JoinAsync("", [1, .. new byte[31]], "tok");
        Assert.Equal(GrpcCode.Unauthenticated, other.Status.Code);
        Assert.Single(rig.State.Current.Section(Sections.DataPlanes));
    }

    [Fact]
    public async Task An_id_belongs_to_its_first_credential()
    {
        await using var rig = await ControlRig.StartAsync();
        await rig.JoinAsync("p1");
        Assert.Equal(GrpcCode.AlreadyExists, (await rig.JoinAsync("p1", Secret, ControlRig.Join)).Status.Code);
        Assert.Equal(GrpcCode.InvalidArgument, (await rig.JoinAsync("P1", Secret, ControlRig.Join)).Status.Code);
        Assert.Equal(GrpcCode.InvalidArgument, (await rig.JoinAsync("../x", Secret, ControlRig.Join)).Status.Code);
    }

    [Fact]
    public async Task A_token_that_is_wrong_or_over_lets_nobody_in()
    {
        await using var rig = await ControlRig.StartAsync();
        var over = new JoinToken("over", System.Security.Cryptography.SHA256.HashData("over"u8), 1, 9);
        await rig.PutAsync(Sections.JoinTokens, "over", Encoding.UTF8.GetString(over.ToJson()));
        foreach (var token in (string[])["over", "wrong", ControlRig.Admin, ControlRig.Join + "x"])
            Assert.Equal(GrpcCode.Unauthenticated, (await rig.JoinAsync("p1", Secret, token)).Status.Code);
        Assert.Empty(rig.State.Current.Section(Sections.DataPlanes));
    }

    [Fact]
    public async Task Wrong_tokens_wait_for_nobody_are_soon_told_to_wait_and_do_not_hold_the_right_one()
    {
        await using var rig = await ControlRig.StartAsync();
        var entered = new TaskCompletionSource();
        var release = new ManualResetEventSlim();
        var writing = Task.Run(async () => await rig.State.WriteAsync(_ =>
        {
            entered.SetResult();
            release.Wait();
            return WriteDecision.Refuse(RefusalKind.NotFound, "");
        }));
        await entered.Task;
        for (var i = 0; i < 12; i++)
        {
            var code = (await rig.JoinAsync("p1", Secret, "wrong").WaitAsync(TimeSpan.FromSeconds(60))).Status.Code;
            Assert.Equal(i < 10 ? GrpcCode.Unauthenticated : GrpcCode.ResourceExhausted, code);
        }

        release.Set();
        await writing;
        Assert.True((await rig.JoinAsync("p1", Secret, ControlRig.Join)).IsOk);
    }

    [Fact]
    public async Task A_spent_token_waits_for_nobody_and_whoever_joined_by_it_may_ask_again()
    {
        await using var rig = await ControlRig.StartAsync();
        var spent = new JoinToken("spent", System.Security.Cryptography.SHA256.HashData("spent"u8), 0, 1);
        await rig.PutAsync(Sections.JoinTokens, "spent", Encoding.UTF8.GetString(spent.ToJson()));
        Assert.True((await rig.JoinAsync("p1", Secret, "spent")).IsOk);
        var entered = new TaskCompletionSource();
        var release = new ManualResetEventSlim();
        var writing = Task.Run(async () => await rig.State.WriteAsync(_ =>
        {
            entered.SetResult();
            release.Wait();
            return WriteDecision.Refuse(RefusalKind.NotFound, "");
        }));
        await entered.Task;
        Task<GrpcResult<Contracts.Wire.JoinResponse>> again;
        try
        {
            again = rig.JoinAsync("p1", Secret, "spent");
            for (var i = 0; i < 12; i++)
            {
                var code = (await rig.JoinAsync("p2", Other, "spent").WaitAsync(TimeSpan.FromSeconds(60))).Status.Code;
                Assert.Equal(i < 10 ? GrpcCode.Unauthenticated : GrpcCode.ResourceExhausted, code);
            }
        }
        finally
        {
            release.Set();
        }

        await writing;
        Assert.Equal("p1", (await again).Message!.PlaneId);
        Assert.True((await rig.JoinAsync("p3", Other, ControlRig.Join)).IsOk);
    }

    [Fact]
    public async Task A_plane_has_16_calls_at_once_and_the_17th_is_refused()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var credential = await rig.JoinAsync("p1");
        var channel = rig.Channel(credential);
        var calls = Enumerable.Range(0, PlaneGate.CallsPerPlaneMax).Select(_ => channel.Open(PlaneMethods.Watch)).ToList();

        // Whichever has come as the 17th is refused; the others wait for their hello.
        await using var last = channel.Open(PlaneMethods.Watch);
        calls.Add(last);
        var ended = await Task.WhenAny(calls.Select(c => c.Completion)).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(GrpcCode.ResourceExhausted, (await ended).Code);
        Assert.Equal(PlaneGate.CallsPerPlaneMax, calls.Count(c => !c.Completion.IsCompleted));

        // Another plane has its own.
        await using var other = rig.Channel(await rig.JoinAsync("p2")).Open(PlaneMethods.Watch);
        await other.WriteAsync(new() { Hello = new() { Plane = new() { PlaneId = "p2", Epoch = Google.Protobuf.ByteString.CopyFrom(new byte[16]) } } });
        Assert.True(await other.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        foreach (var call in calls)
            await call.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_asks_for_health_again_and_again_takes_no_place_of_planes()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var credential = await rig.JoinAsync("p1");
        using var stop = new CancellationTokenSource();
        var first = new SemaphoreSlim(0);
        var watching = Enumerable.Range(0, 40).Select(_ => GrpcHealth.WatchAsync(rig.Channel(), "", _ => first.Release(), stop.Token).AsTask()).ToList();
        for (var i = 0; i < 32; i++)
            Assert.True(await first.WaitAsync(TimeSpan.FromSeconds(60)));
        for (var left = 8; left > 0; left--)
        {
            var ended = await Task.WhenAny(watching).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(GrpcCode.ResourceExhausted, (await ended).Code);
            watching.Remove(ended);
        }

        Assert.NotEmpty(await rig.JoinAsync("p2"));
        await using var call = rig.Channel(credential).Open(PlaneMethods.Watch);
        await call.WriteAsync(new() { Hello = new() { Plane = new() { PlaneId = "p1", Epoch = Google.Protobuf.ByteString.CopyFrom(new byte[16]) } } });
        Assert.True(await call.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        await stop.CancelAsync();
    }

    [Fact]
    public async Task Health_is_for_anyone_and_rest_is_not_served_to_planes()
    {
        await using var rig = await ControlRig.StartAsync();
        Assert.Equal(GrpcServing.Serving, (await GrpcHealth.CheckAsync(rig.Channel(), "")).State);
        using var http = new HttpClient { DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var answer = await http.GetAsync(new Uri(rig.Host.Grpc, "/api/v1/keys"));
        Assert.NotEqual(System.Net.HttpStatusCode.OK, answer.StatusCode);
    }
}
