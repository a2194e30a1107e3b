using AiEdge.Contracts.Wire;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Grpc;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>A data plane whose control plane is not there.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task A_plane_that_starts_without_its_control_plane_serves_what_it_served()
    {
        using var port = new HeldPort();
        var control = await ScriptedControl.StartAsync(port.Number);
        var book = control.Book;
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        await watch.ApplyAsync(new() { Generation = 8, BaseGeneration = 7, Removals = { new ConfigRemoval { Section = "keys", Name = "narrow", EndsExchanges = true } } });
        await control.DisposeAsync();
        await edge.StopAsync();

        await edge.StartAsync(joinToken: null);

        var answer = await edge.AskAsync(Ask.Chat());
        Assert.Equal((200, "8"), (answer.Status, answer.Field("x-aiedge-config")));
        Assert.Equal(401, (await edge.AskAsync(Ask.Chat(key: EdgeSetup.NarrowKey))).Status);
        Assert.Contains("\naiedge_control_plane_connected 0\n", (await edge.AdminAsync("/metrics")).Text);

        await using var again = await ScriptedControl.StartAsync(port.Number, book);
        watch = await again.WatchAsync();
        Assert.Equal(8UL, watch.Hello.Generation);
        Assert.Empty(book.Joins.Skip(1));
        await watch.GreetAsync(book.StoreId);
        await watch.ApplyAsync(new() { Generation = 9, BaseGeneration = 8, Entries = { LinkedEdge.Key("late", "sk-late") } });
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(key: "sk-late"))).Status);
    }

    [Fact]
    public async Task A_plane_that_is_refused_goes_on_serving_and_asks_again()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        control.Book.Refusal = new(GrpcCode.FailedPrecondition, "another plane of that id is there");
        watch.End(new(GrpcCode.Unavailable, "stops"));

        await edge.Log.SeeAsync("another plane of that id is there");
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);

        control.Book.Refusal = null;
        Assert.Equal(7UL, (await control.WatchAsync()).Hello.Generation);
    }

    [Theory]
    [InlineData("refuse")]
    [InlineData("serve")]
    public async Task A_configuration_too_old_is_used_no_more_only_where_that_is_asked_for(string staleConfig)
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control, helloTimeoutMs: 4000);
        await using var _ = edge;
        var server = LinkedEdge.Entry("settings", "server", $$"""{"drainDelay":0,"configMaxAge":"1h","staleConfig":"{{staleConfig}}"}""");
        await watch.ApplyAsync(new() { Generation = 8, BaseGeneration = 7, Entries = { server } });
        await watch.SendAsync(new ConfigDown { Lease = new() { MaxAgeMs = 1 } });
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);

        watch.End(new(GrpcCode.Unavailable, "stops"));
        watch = await control.WatchAsync();
        if (staleConfig == "serve")
        {
            // Two of the looks that a second plane of a refusing kind needs.
            await edge.SeeAsync(async () => !(await edge.AdminAsync("/metrics")).Text.Contains("\naiedge_control_plane_lag_ms 0\n", StringComparison.Ordinal));
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
            return;
        }

        await edge.SeeAdminAsync("/readyz", "the configuration is too old\n");
        var refused = await edge.AskAsync(Ask.Chat());
        Assert.Equal(503, refused.Status);
        Assert.Equal(RawAnswer.Error("The gateway's configuration is too old to be used.", "server_error", "overloaded"), refused.Text);

        // The hung one is given up, and the next is answered.
        watch = await control.WatchAsync();
        await watch.GreetAsync(control.Book.StoreId);
        await edge.SeeAsync(async () => (await edge.AdminAsync("/readyz")).Status == 200);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task A_control_plane_that_hangs_is_taken_for_gone_and_told_of_what_was_used_as_soon_as_it_answers()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        await watch.ApplyAsync(new() { Generation = 8, BaseGeneration = 7, Entries = { LinkedEdge.Entry("limits", "hung", """{"name":"hung","requests":"100/s"}""") } });
        var sync = await control.SyncAsync();
        await sync.GreetAsync(control.Book.StoreId);
        var first = edge.AskAsync(Ask.Chat());
        var ask = await sync.AskedAsync();
        var bucket = Assert.Single(ask.Buckets).Bucket;
        await sync.GrantAsync(ask, new() { Bucket = bucket, Lease = 1, Amount = 1, LengthMs = 60_000, Share = 500 });
        await first;

        // One was lent; the second and the third are of the share, which there is only without a control plane. The connection stands all the time.
        await edge.SeeAsync(async () => (await edge.AskAsync(Ask.Chat())).Status == 200 && edge.Fake.RequestCount >= 3);
        Assert.False(sync.Ended.IsCompleted);
        ask = await sync.AskedAsync();
        await sync.GrantAsync(ask, new() { Bucket = bucket, Lease = 2, Amount = 1, LengthMs = 60_000, Share = 500 });
        Assert.InRange(Assert.Single((await sync.AskedAsync()).Buckets).OutageTotal, 1ul, 1000ul);
    }

    /// <summary>What has just been started takes a while to answer for the first time, and the limit is untouched.</summary>
    [Fact]
    public async Task The_first_answer_of_all_is_waited_for_longer_than_any_other()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        var limit = """{"name":"first","per":"key","requests":"100/s","onOutage":"refuse"}""";
        await watch.ApplyAsync(new() { Generation = 8, BaseGeneration = 7, Entries = { LinkedEdge.Entry("limits", "first", limit) } });
        var sync = await control.SyncAsync();
        await sync.GreetAsync(control.Book.StoreId);
        var first = edge.AskAsync(Ask.Chat());
        var ask = await sync.AskedAsync();

        // Three times as long as a request waits for any other.
        await Task.Delay(150);
        await sync.GrantAsync(ask, new() { Bucket = Assert.Single(ask.Buckets).Bucket, Lease = 1, Amount = 50, LengthMs = 60_000, Share = 500 });
        Assert.Equal(200, (await first).Status);
    }

    [Theory]
    [InlineData("""{"name":"held","requests":"100/s"}""", 100)]
    [InlineData("""{"name":"held","requests":"1000/day"}""", 1000)]
    [InlineData("""{"name":"held","concurrent":100}""", 100)]
    public async Task A_first_request_after_a_pause_is_admitted_though_no_answer_grants_anything(string limit, uint amount)
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        await watch.ApplyAsync(new() { Generation = 8, BaseGeneration = 7, Entries = { LinkedEdge.Entry("limits", "held", limit) } });
        var sync = await control.SyncAsync();
        await sync.GreetAsync(control.Book.StoreId);

        // Nobody has asked for anything yet: what the plane asks for is its stock.
        var ask = await sync.AskedAsync();
        var report = Assert.Single(ask.Buckets);
        var wanted = Assert.Single(report.Wants).Amount;
        Assert.InRange(wanted, 1ul, amount / 2);
        await sync.GrantAsync(ask, new() { Bucket = report.Bucket, Lease = 1, Amount = 1, LengthMs = 600_000, WindowLeftMs = 600_000 });
        sync.AnswerAll(slots: limit.Contains("concurrent", StringComparison.Ordinal) ? 1u : 0);
        await edge.SeeAdminAsync("/limits?limit=held", "\"remaining\":1");

        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task A_damaged_last_good_configuration_is_said_and_not_served()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, _) = await LinkedEdge.ServeAsync(control);
        await using var _1 = edge;
        await edge.StopAsync();
        var path = Path.Combine(edge.DataDir, "plane.config");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        var starting = edge.StartAsync(joinToken: null);

        await edge.Log.SeeAsync("plane.config is damaged");
        var watch = await control.WatchAsync();
        Assert.Equal(0UL, watch.Hello.Generation);
        Assert.False(starting.IsCompleted);
        await watch.GreetAsync(control.Book.StoreId);
        await watch.ApplyAsync(edge.Whole(7));
        await starting;
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }
}
