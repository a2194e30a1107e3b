using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>Parts of a fleet's bucket for those who carry a tag: whoever asks on whichever plane.</summary>
public sealed class ShareTests : IQuotaRules
{
    private const long S = LimitClock.SecondNs;
    private const string Prod = "env=prod";
    private const string Dev = "env=dev";
    private static readonly BucketId Id = new("shared", QuotaUnit.Requests, "", "*");
    private static readonly Dictionary<uint, string> Keys = new() { [1] = "plane" };

    private readonly List<ReadOnlyMemory<byte>> _log = [];
    private readonly Dictionary<(PlaneState, string), BucketReport> _holding = [];
    private QuotaRule _rule = new() { Kind = QuotaKind.Rate, Amount = 100, Burst = 400, Shares = [80, 20], ShareNames = [Prod, Dev] };
    private long _now = 5 * S;

    public ulong Generation { get; private set; }

    private Moment Now => new(_now, new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000_000 + _now);

    QuotaRule? IQuotaRules.Find(in BucketId id) => id == Id ? _rule : null;

    [Fact]
    public void A_windows_part_is_kept_for_its_owner_and_what_is_nobodys_is_there_for_all()
    {
        _rule = Window(50, 20);
        var control = Start();
        var (a, b, c) = (control.Join("a", 1, Now), control.Join("b", 2, Now), control.Join("c", 3, Now));
        Assert.Equal(500, UseAll(control, a, Dev));
        Assert.Equal(0, UseAll(control, c, ""));
        Assert.Equal(500, UseAll(control, b, Prod));
        Assert.Equal((1000L, 0L), (control.View("shared", Now)[0].Used, control.View("shared", Now)[0].Remaining));
    }

    [Fact]
    public void By_pace_a_windows_part_is_kept_as_far_as_the_window_is_still_to_come()
    {
        _rule = Window(50, 20) with { IsLentByPace = true };
        var control = Start();
        var (a, b, c) = (control.Join("a", 1, Now), control.Join("b", 2, Now), control.Join("c", 3, Now));

        // It is noon, but for seconds.
        Assert.Equal(751, UseAll(control, a, Dev));
        Assert.Equal(0, UseAll(control, c, ""));
        Assert.Equal(249, UseAll(control, b, Prod));
        Assert.Equal(1000, control.View("shared", Now)[0].Used);
    }

    [Fact]
    public void What_a_share_gives_back_is_its_own_again()
    {
        _rule = Window(60, 40);
        var control = Start();
        var (a, b) = (control.Join("a", 1, Now), control.Join("b", 2, Now));
        var grant = Ask(control, a, Dev, Wanted(4000));
        Assert.True(grant.Amount > 0);
        Assert.Equal(600, UseAll(control, b, Prod));
        var report = new BucketReport { Bucket = 1 };
        report.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = 0, IsClosed = true, Window = grant.Window });
        Ask(control, a, Dev, report);
        Assert.Equal(0, UseAll(control, b, Prod));
        Assert.Equal(400, UseAll(control, a, Dev));

        // Used beyond a lease, then given back: of the share that said so.
        report = new BucketReport { Bucket = 1 };
        report.Adjustments.Add(new WindowAdjustment { Window = grant.Window, Total = -50 });
        Ask(control, a, Dev, report);
        Assert.Equal(0, UseAll(control, b, Prod));
        Assert.Equal(50, UseAll(control, a, Dev));
    }

    [Theory]
    [InlineData(Dev, false)]
    [InlineData("", true)]
    public void What_planes_hold_for_another_share_comes_back_to_a_spent_one_as_far_as_it_is_beyond_that_shares_part(string other, bool isSpent)
    {
        _rule = Window(20, 20);
        var control = Start();
        var (a, b, c) = (control.Join("a", 1, Now), control.Join("b", 2, Now), control.Join("c", 3, Now));
        Assert.InRange(Ask(control, a, Dev, Wanted(5000)).Amount, 100ul, 200ul);
        UseAll(control, c, other);
        Assert.Equal(200, UseAll(control, b, Prod));
        Assert.Equal((0u, isSpent), Ask(control, b, Prod, Wanted(5000)) is var grant ? ((uint)grant.Amount, grant.IsSpent) : default);
    }

    [Fact]
    public void After_a_crash_the_whole_is_not_exceeded_and_other_shares_begin_with_what_planes_hold()
    {
        _rule = Window(50, 20);
        var control = Start();
        var used = UseAll(control, control.Join("a", 1, Now), Dev);
        control = Start();
        var prod = UseAll(control, control.Join("b", 2, Now), Prod);
        Assert.InRange(prod, 350, 400);
        used += prod + UseAll(control, control.Join("c", 3, Now), Dev);
        Assert.InRange(used, 980, 1000);

        _rule = _rule with { Shares = [10, 70], ShareNames = [Dev, "env=test"] };
        Generation++;
        Assert.Equal(0, UseAll(control, control.Join("c", 3, Now), "env=test"));
    }

    [Fact]
    public void A_rates_part_is_there_at_once_whatever_another_plane_has_drawn()
    {
        var control = Start();
        var (a, b) = (control.Join("a", 1, Now), control.Join("b", 2, Now));
        var dev = UseAll(control, a, Dev);
        Assert.InRange(dev, 90, 100);
        Assert.InRange(UseAll(control, b, Prod), 300, 400 - dev);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_rate_goes_by_the_shares_while_all_ask_and_to_one_while_it_asks_alone(bool isProd, bool isDev)
    {
        var control = Start();
        var (a, b) = (control.Join("a", 1, Now), control.Join("b", 2, Now));
        var (began, prod, dev) = (_now, 0L, 0L);
        var (early, late) = ((Prod: 0L, Dev: 0L), 0L);
        while (_now < began + 40 * S)
        {
            if (isProd)
                prod += Turn(control, b, Prod);
            if (isDev)
                dev += Turn(control, a, Dev);
            _now += S / 4;
            var most = 400 + 100.0 * (_now - began) / S;
            Assert.True(prod + dev <= most, $"{prod} and {dev} at {_now}");
            if (_now - began <= 10 * S)
                early = (prod, dev);
        }

        late = prod + dev - early.Prod - early.Dev;
        Assert.InRange(late, 0.95 * 3000, 1.02 * 3000);
        if (isProd && isDev)
            Assert.InRange(prod - early.Prod, 0.75 * 3000, 0.85 * 3000);
    }

    /// <summary>All that is granted is used at once, until there is nothing more.</summary>
    private long UseAll(QuotaAllocator control, PlaneState plane, string share)
    {
        var used = 0L;
        for (var dry = 0; dry < 3;)
        {
            var more = Turn(control, plane, share);
            used += more;
            dry = more == 0 ? dry + 1 : 0;
        }

        return used;
    }

    private long Turn(QuotaAllocator control, PlaneState plane, string share)
    {
        var report = _holding.TryGetValue((plane, share), out var held) ? held : new BucketReport { Bucket = 1 };
        report.Wants.Add(new Want { Subject = 1, Amount = 5000 });
        var grant = Ask(control, plane, share, report);
        var next = new BucketReport { Bucket = 1 };
        if (grant.Lease != 0)
            next.Leases.Add(new LeaseUse { Lease = grant.Lease, Amount = grant.Amount, Used = grant.Amount, IsClosed = true, Window = grant.Window });
        _holding[(plane, share)] = next;
        return (long)grant.Amount;
    }

    private static QuotaRule Window(int prod, int dev) => new()
    {
        Kind = QuotaKind.Window,
        Amount = 1000,
        Schedule = WindowSchedule.Daily(TimeZoneInfo.Utc),
        Shares = [prod, dev],
        ShareNames = [Prod, Dev],
    };

    private static BucketReport Wanted(ulong amount)
    {
        var report = new BucketReport { Bucket = 1 };
        report.Wants.Add(new Want { Subject = 1, Amount = amount });
        return report;
    }

    private QuotaAllocator Start() => new(this, QuotaMemory.Of(default, _log), Now);

    private BucketGrant Ask(QuotaAllocator control, PlaneState plane, string share, BucketReport report)
    {
        for (var tries = 0; ; tries++)
        {
            Assert.True(tries < 10);
            var grant = control.Ask(plane, 1, new BucketSeat(Id, share), report, Keys, Now, out var isPending);
            var records = control.TakeRecords();
            _log.Add(QuotaRecord.Write(records));
            control.Written(records);
            if (!isPending)
                return grant;
        }
    }
}
