using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Tests.Hosting;
using AiEdge.Grpc;
using AiEdge.Grpc.Client;
using Google.Protobuf;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>Accounts with providers over sockets.</summary>
public sealed class AccountSyncTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Planes_are_told_their_parts_and_a_pause_of_one_is_told_to_the_other_unasked()
    {
        await using var rig = await ControlRig.WithModelAsync();
        await using var a = await StreamAsync(rig, "a");
        await using var b = await StreamAsync(rig, "b");
        var first = await TellAsync(a, Report(1), isNamed: true);
        Assert.Equal((1_000_000u, 10_000u, 250u), (Part(first), first.LengthMs, first.AgainMs));
        Assert.Equal(500_000u, Part(await TellAsync(b, Report(1), isNamed: true)));
        await Task.Delay(60);
        Assert.Equal(500_000u, Part(await TellAsync(a, Report(1))));
        Assert.Equal(0u, Assert.Single((await TellAsync(a, new AccountReport { Account = 1, PauseMs = 20_000 })).Accounts).PauseMs);
        Assert.True(await b.ReadAsync().AsTask().WaitAsync(Patience));
        var pause = Assert.Single(b.Current.Accounts.Accounts);
        Assert.Empty(pause.Parts);
        Assert.InRange(pause.PauseMs, 1u, 20_000u);
        Assert.Equal(1u, pause.Account);
    }

    [Fact]
    public async Task A_plane_that_tells_nothing_of_accounts_is_told_nothing_of_them()
    {
        await using var rig = await ControlRig.WithModelAsync();
        await using var a = await StreamAsync(rig, "a");
        await using var b = await StreamAsync(rig, "b");
        await TellAsync(a, Report(1, pauseMs: 20_000), isNamed: true);
        await b.WriteAsync(new QuotaUp { Ask = new QuotaAsk { Number = 1 } });
        Assert.True(await b.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(QuotaDown.KindOneofCase.Answer, b.Current.KindCase);
    }

    [Theory]
    [InlineData(0u, 1u, 1)]
    [InlineData(1u, 2u, 1)]
    [InlineData(1u, 1u, 513)]
    [InlineData(7u, 7u, 2)]
    public async Task What_breaks_the_order_ends_the_stream(uint name, uint account, int chars)
    {
        await using var rig = await ControlRig.WithModelAsync();
        await using var call = await StreamAsync(rig, "a");
        var reports = new AccountReports { Accounts = { new AccountReport { Account = account } } };
        reports.Names.Add(new AccountName { Account = name, Provider = new string('p', chars), Model = "m" });
        if (name == 7)
            reports.Names.Add(reports.Names[0].Clone());
        await call.WriteAsync(new QuotaUp { Accounts = reports });
        Assert.False(await call.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(GrpcCode.InvalidArgument, (await call.Completion).Code);
    }

    [Fact]
    public async Task A_stream_names_so_many_and_no_more()
    {
        await using var rig = await ControlRig.WithModelAsync();
        await using var call = await StreamAsync(rig, "a");
        var reports = new AccountReports();
        for (uint i = 1; i <= 4097; i++)
            reports.Names.Add(new AccountName { Account = i, Provider = "p", Model = $"{i}" });
        await call.WriteAsync(new QuotaUp { Accounts = reports });
        Assert.False(await call.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(GrpcCode.ResourceExhausted, (await call.Completion).Code);
    }

    private static uint Part(AccountShares shares) => Assert.Single(Assert.Single(shares.Accounts).Parts).PartPpm;

    private static AccountReport Report(ulong wanted, uint pauseMs = 0) => new()
    {
        Account = 1,
        PauseMs = pauseMs,
        Rates = { new AccountRate { Unit = QuotaUnit.Tokens, WantedTotal = wanted, Limit = 1000, Remaining = 10, FullMs = 60_000 } },
    };

    private static async Task<AccountShares> TellAsync(GrpcCall<QuotaUp, QuotaDown> call, AccountReport report, bool isNamed = false)
    {
        var reports = new AccountReports { Accounts = { report } };
        if (isNamed)
            reports.Names.Add(new AccountName { Account = 1, Provider = "openai", Name = "first", Model = "large" });
        await call.WriteAsync(new QuotaUp { Accounts = reports });
        Assert.True(await call.ReadAsync().AsTask().WaitAsync(Patience));
        return call.Current.Accounts;
    }

    private static async Task<GrpcCall<QuotaUp, QuotaDown>> StreamAsync(ControlRig rig, string id)
    {
        var call = rig.Channel(await rig.JoinAsync(id)).Open(PlaneMethods.Sync);
        var epoch = ByteString.CopyFrom([.. Enumerable.Repeat((byte)id[0], 16)]);
        await call.WriteAsync(new QuotaUp { Hello = new QuotaHello { Plane = new PlaneStart { PlaneId = id, Epoch = epoch } } });
        Assert.True(await call.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.Contains("accounts", call.Current.Hello.Features);
        return call;
    }
}
