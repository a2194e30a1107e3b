using System.Buffers.Binary;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;
using AiEdge.ControlPlane.Tests.Hosting;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>Over sockets: what a plane held of budgets when it ended comes back with its last records, but for what they say that it used.</summary>
public sealed class HeldMoneyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] First = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
    private static readonly byte[] Second = [.. Enumerable.Range(101, 16).Select(i => (byte)i)];

    [Theory]
    [InlineData("", 0, 300)]
    [InlineData("", 250, 300)]
    [InlineData("", 400, 300)]
    [InlineData("", 100, 90_000_000)]
    [InlineData("""
        ,"match":{"team":"b*"}
        """, 250, 300)]
    public async Task What_a_plane_held_comes_back_and_what_its_records_cost_does_not(string match, long told, long cost)
    {
        await using var rig = await WithBudgetAsync(match);
        var credential = await rig.JoinAsync("a");
        await LeaseAsync(rig, credential, told);
        await ReportAsync(rig, credential, isClosed: true, Record(1, "blue", cost), Record(2, "", cost: match.Length > 0 ? 7 : 0));
        var view = await UntilAsync(rig, v => v.Granted + v.Held == 0);
        Assert.Equal((cost, 1_000_000_000 - cost), (view.Used, view.Remaining));
    }

    [Theory]
    [InlineData(""" "requests":"1000000/day" """, QuotaUnit.Requests, 2)]
    [InlineData(""" "tokens":"100000000/day" """, QuotaUnit.Tokens, 70)]
    [InlineData(""" "tokens":"100000000/day","weights":{"cachedInput":0.1} """, QuotaUnit.Tokens, 43)]
    [InlineData(""" "inputTokens":"100000000/day" """, QuotaUnit.InputTokens, 50)]
    [InlineData(""" "outputTokens":"100000000/day" """, QuotaUnit.OutputTokens, 20)]
    public async Task What_it_held_of_other_windows_comes_back_as_well(string amount, QuotaUnit unit, long used)
    {
        await using var rig = await WithBudgetAsync("", amount);
        var credential = await rig.JoinAsync("a");
        await LeaseAsync(rig, credential, told: 30, unit: unit);
        UsageRecord[] records = [Record(1, "blue", 5), Record(2, "blue", 5), Record(3, "blue", 5), Record(4, "blue", 0)];
        foreach (var record in records)
            record.Billed = new TokenCounts { IsKnown = true, Input = 20, CachedInput = 30, Output = 15, Reasoning = 5 };

        // Another target answered in the end; one was refused; and one was under way when the plane was killed.
        records[0].Kind = RecordKind.Attempt;
        records[2].Attempts = 0;
        (records[3].End, records[3].Billed) = ("crashed", new TokenCounts());
        await ReportAsync(rig, credential, isClosed: true, records);
        var view = await UntilAsync(rig, v => v.Granted + v.Held == 0);
        Assert.Equal((used, view.Limit - used), (view.Used, view.Remaining));
    }

    [Fact]
    public async Task Nothing_comes_back_before_all_records_are_there_or_while_the_plane_is_connected()
    {
        await using var rig = await WithBudgetAsync("");
        var credential = await rig.JoinAsync("a");
        var granted = await LeaseAsync(rig, credential, told: 10);
        await ReportAsync(rig, credential, isClosed: false, Record(1, "blue", 10));

        // Another start of the plane comes and goes: by then all that was there to be settled would have been.
        var other = await rig.JoinAsync("b");
        await LeaseAsync(rig, other, told: 5, planeId: "b", epoch: Second);
        await ReportAsync(rig, other, isClosed: true, "b", Second, Record(1, "blue", 6));
        var view = await UntilAsync(rig, v => v.Used == 16);
        Assert.Equal((granted - 10, 0), (view.Granted, view.Held));

        await using (var call = await StreamAsync(rig, credential, "a", First))
        {
            await ReportAsync(rig, credential, isClosed: true, Record(2, "blue", 20));
            await LeaseAsync(rig, other, told: 5, planeId: "b", epoch: [.. Second.Reverse()]);
            await ReportAsync(rig, other, isClosed: true, "b", [.. Second.Reverse()], Record(1, "blue", 6));
            await UntilAsync(rig, v => v.Used == 22);
            Assert.Equal(granted - 10, View(rig).Granted);
        }

        view = await UntilAsync(rig, v => v.Granted + v.Held == 0);
        Assert.Equal(42, view.Used);
    }

    [Fact]
    public async Task What_attempts_have_cost_that_were_given_up_is_spent_as_well()
    {
        await using var rig = await WithBudgetAsync("");
        var credential = await rig.JoinAsync("a");
        await LeaseAsync(rig, credential, told: 0);
        var attempt = Record(1, "blue", 200);
        attempt.Kind = RecordKind.Attempt;
        await ReportAsync(rig, credential, isClosed: true, attempt, Record(2, "blue", 100));
        Assert.Equal(300, (await UntilAsync(rig, v => v.Granted + v.Held == 0)).Used);
    }

    [Fact]
    public async Task Of_a_limit_that_records_cannot_tell_apart_no_more_is_charged_than_was_held()
    {
        await using var rig = await WithBudgetAsync(""","match":{"model":"gpt-4o"}""");
        var credential = await rig.JoinAsync("a");
        var granted = await LeaseAsync(rig, credential, told: 10);
        await ReportAsync(rig, credential, isClosed: true, Record(1, "blue", 900_000_000));
        Assert.Equal(granted, (await UntilAsync(rig, v => v.Granted + v.Held == 0)).Used);
    }

    private static async Task<ControlRig> WithBudgetAsync(string match, string amount = """ "cost":"$1/day" """)
    {
        var rig = await ControlRig.StartAsync();
        await rig.PutAsync("teams", "blue", "{}");
        await rig.PutAsync("providers", "openai", Domain.World.Provider);
        await rig.PutAsync("models", "gpt-4o", """{"targets":[{"provider":"openai"}],"price":{"input":1,"output":1}}""");
        await rig.PutAsync("limits", "budget", $$"""{"name":"budget",{{amount}}{{match}}}""");
        return rig;
    }

    private static BucketView View(ControlRig rig) => Assert.Single(rig.Host.Quota.View("budget"));

    private static async Task<BucketView> UntilAsync(ControlRig rig, Func<BucketView, bool> isThere)
    {
        using var late = new CancellationTokenSource(Patience);
        while (!isThere(View(rig)))
            await Task.Delay(20, late.Token);
        return View(rig);
    }

    /// <summary>Gets a lease, tells of its use, and leaves as one does who was killed. Returns what was granted.</summary>
    private static async Task<long> LeaseAsync(ControlRig rig, string credential, long told, string planeId = "a", byte[]? epoch = null, QuotaUnit unit = QuotaUnit.Nanodollars)
    {
        await using var call = await StreamAsync(rig, credential, planeId, epoch ?? First);
        var ask = new QuotaAsk { Number = 1 };
        ask.Names.Add(new BucketName { Bucket = 1, Limit = "budget", Unit = unit, Value = "*" });
        ask.Subjects.Add(new SubjectName { Subject = 1, Key = "k" });
        var report = new BucketReport { Bucket = 1 };
        report.Wants.Add(new Want { Subject = 1, Amount = 1_000_000 });
        ask.Buckets.Add(report);
        var grant = await AnswerAsync(call, ask);
        Assert.True(grant.Amount > 1_000, $"{grant.Amount} was granted");
        report = new BucketReport { Bucket = 1 };
        report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = (ulong)told, Window = grant.Window });
        await AnswerAsync(call, new QuotaAsk { Number = 2, Buckets = { report } });
        return (long)grant.Amount;
    }

    private static async Task<GrpcCall<QuotaUp, QuotaDown>> StreamAsync(ControlRig rig, string credential, string planeId, byte[] epoch)
    {
        while (true)
        {
            var call = rig.Channel(credential).Open(PlaneMethods.Sync);
            await call.WriteAsync(new() { Hello = new() { Plane = new() { PlaneId = planeId, Epoch = ByteString.CopyFrom(epoch) } } });
            if (await call.ReadAsync())
                return call;

            // The start before it has left, and the control plane has not seen that yet.
            Assert.Equal(GrpcCode.FailedPrecondition, (await call.Completion).Code);
            await call.DisposeAsync();
        }
    }

    private static async Task<BucketGrant> AnswerAsync(GrpcCall<QuotaUp, QuotaDown> call, QuotaAsk ask)
    {
        await call.WriteAsync(new() { Ask = ask });
        while (await call.ReadAsync())
        {
            if (call.Current.KindCase == QuotaDown.KindOneofCase.Answer)
                return Assert.Single(call.Current.Answer.Buckets);
        }

        throw new InvalidOperationException((await call.Completion).ToString());
    }

    private static Task ReportAsync(ControlRig rig, string credential, bool isClosed, params UsageRecord[] records) =>
        ReportAsync(rig, credential, isClosed, "a", First, records);

    /// <summary>The next start of the plane reports what the one before has left.</summary>
    private static async Task ReportAsync(ControlRig rig, string credential, bool isClosed, string planeId, byte[] epoch, params UsageRecord[] records)
    {
        await using var call = rig.Channel(credential).Open(PlaneMethods.Report);
        var start = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(start, 77);
        await call.WriteAsync(new() { Hello = new() { Plane = new() { PlaneId = planeId, Epoch = ByteString.CopyFrom(start) } } });
        Assert.True(await call.ReadAsync());
        var through = records[^1].Sequence;
        await call.WriteAsync(new() { Batch = new() { Epoch = ByteString.CopyFrom(epoch), ThroughSequence = through, IsClosed = isClosed, Records = { records } } });
        Assert.True(await call.ReadAsync());
        Assert.Equal(through, call.Current.Acknowledged.ThroughSequence);
    }

    private static UsageRecord Record(ulong sequence, string team, long cost) => new()
    {
        Sequence = sequence,
        Kind = RecordKind.Exchange,
        EndedUnixMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
        RequestId = $"r{sequence}",
        Key = "k",
        Team = team,
        Attempts = 1,
        Status = 200,
        End = "done",
        CostNanodollars = cost,
        TotalMs = 5,
    };
}
