using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Quota;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Tests.Quota;

/// <summary>Accounts with providers, told of by planes: each one's part, what the others know, and pauses.</summary>
public sealed class AccountBookTests
{
    private const long S = LimitClock.SecondNs;
    private const uint Whole = 1_000_000;
    private static readonly AccountId Id = new("openai", "first", "large");
    private static readonly PlaneState A = new("a", 1);
    private static readonly PlaneState B = new("b", 2);
    private static readonly PlaneState C = new("c", 3);

    private readonly AccountBook _book = new(0);
    private readonly Dictionary<PlaneState, double> _wanted = [];
    private long _now = 100 * S;

    [Fact]
    public void One_plane_has_all_of_it_and_knows_what_it_said()
    {
        var part = Part(Tell(A, 10));
        Assert.Equal((Whole, 1000ul, 400ul, 60_000ul, 0u), (part.PartPpm, part.Limit, part.Remaining, part.FullMs, part.AgeMs));
        Assert.Equal(QuotaUnit.Requests, part.Unit);
    }

    [Fact]
    public void Nothing_is_said_of_what_no_provider_has_told()
    {
        var share = Tell(A, 10, remaining: null);
        Assert.Empty(share.Parts);
        Assert.Equal(0u, share.PauseMs);
    }

    [Fact]
    public void Parts_follow_demand_and_who_is_idle_has_a_little()
    {
        Run(20, (A, 90), (B, 10), (C, 0));
        var parts = Run(1, (A, 90), (B, 10), (C, 0));
        Assert.InRange(parts[A], 740_000u, 770_000u);
        Assert.InRange(parts[B], 150_000u, 165_000u);
        Assert.InRange(parts[C], 83_000u, 84_000u);
        Assert.InRange((int)(parts[A] + parts[B] + parts[C]), 990_000, 1_010_000);

        // Demand that shifts is followed within seconds, and so is a plane that says nothing any more.
        parts = Run(5, (A, 0), (C, 90));
        Assert.InRange(parts[C], 700_000u, 840_000u);
        Assert.InRange(parts[A], 83_000u, 180_000u);
    }

    [Fact]
    public void Where_nobody_asks_for_anything_all_have_the_same() =>
        Assert.Equal([500_000u, 500_000u], Run(2, (A, 0), (B, 0)).Values);

    [Fact]
    public void A_plane_that_is_gone_keeps_its_part_until_that_has_ended()
    {
        Run(10, (A, 50), (B, 50));
        Assert.InRange(Run(9, (A, 50))[A], 500_000u, 880_000u);
        _book.Sweep(_now);
        Run(3, (A, 50));
        Assert.Equal(Whole, Run(1, (A, 50))[A]);
        _now += 12 * S;
        _book.Sweep(_now);
        Assert.Equal(0, _book.Count);
    }

    [Fact]
    public void The_newest_word_of_the_provider_is_what_others_are_told_with_its_age()
    {
        Tell(A, 1, remaining: 300, ageMs: 200);
        Tell(B, 1, remaining: 500, ageMs: 700);
        _now += S;
        var part = Part(Tell(C, 0, remaining: null));
        Assert.Equal((300ul, 1200u), (part.Remaining, part.AgeMs));
        Tell(B, 1, remaining: 5000, ageMs: 0);
        Assert.Equal(1000ul, Part(Tell(C, 0, remaining: null)).Remaining);
    }

    [Fact]
    public void A_pause_is_told_to_the_others_once_and_to_who_comes_later()
    {
        Tell(A, 1);
        Tell(B, 1);
        Assert.Equal(0u, Tell(A, 1, pauseMs: 5000).PauseMs);
        Assert.True(_book.TryTakePause(out var pause));
        Assert.Equal((B, Id, _now + 5 * S), (pause.Plane, pause.Account, pause.UntilNs));
        Assert.False(_book.TryTakePause(out _));
        _now += S;
        Assert.Equal(4000u, Tell(B, 1, pauseMs: 3950).PauseMs);
        Assert.Equal(0u, Tell(B, 1).PauseMs);
        Assert.False(_book.TryTakePause(out _));
        Assert.Equal(4000u, Tell(C, 0).PauseMs);

        // A longer one is a new one; none is longer than a minute.
        Tell(B, 1, pauseMs: 600_000);
        Assert.True(_book.TryTakePause(out pause));
        Assert.Equal(_now + 60 * S, pause.UntilNs);
        _now += 61 * S;
        Assert.Equal(0u, Tell(new PlaneState("d", 4), 0).PauseMs);
    }

    [Fact]
    public void One_that_has_just_begun_makes_nobodys_part_larger()
    {
        var book = new AccountBook(_now);
        Assert.Equal(250_000u, Part(book.Answer(A, Id, Report(10, 400, held: 250_000), _now)!).PartPpm);
        Assert.Equal(500_000u, Part(book.Answer(B, Id, Report(10, 400, held: 900_000), _now)!).PartPpm);
        _now += 11 * S;
        Assert.Equal(500_000u, Part(book.Answer(A, Id, Report(10, 400, held: 250_000), _now)!).PartPpm);
    }

    [Fact]
    public void However_many_accounts_are_named_no_more_are_kept_than_there_is_room_for()
    {
        for (var i = 0; i < 20_000; i++)
            Assert.NotNull(_book.Answer(A, new AccountId("p", "a", $"{i}"), Report(1, 1), _now));
        Assert.Null(_book.Answer(A, new AccountId("p", "a", "one more"), Report(1, 1), _now));
        _book.Sweep(_now);
        Assert.Equal(800u, _book.AgainMs);
        _now += 12 * S;
        _book.Sweep(_now);
        Assert.Equal(250u, _book.AgainMs);
        Assert.NotNull(_book.Answer(A, new AccountId("p", "a", "one more"), Report(1, 1), _now));
    }

    /// <summary>Tells four times a second of so much that is wanted a second; the parts at the end.</summary>
    private Dictionary<PlaneState, uint> Run(int seconds, params (PlaneState Plane, double PerSecond)[] planes)
    {
        var parts = new Dictionary<PlaneState, uint>();
        for (var i = 0; i < seconds * 4; i++)
        {
            _now += S / 4;
            foreach (var (plane, perSecond) in planes)
            {
                _wanted[plane] = _wanted.GetValueOrDefault(plane) + (perSecond / 4);
                parts[plane] = Part(_book.Answer(plane, Id, Report((ulong)_wanted[plane], 400), _now)!).PartPpm;
            }
        }

        return parts;
    }

    private AccountShare Tell(PlaneState plane, ulong wanted, ulong? remaining = 400, uint ageMs = 0, uint pauseMs = 0) =>
        _book.Answer(plane, Id, Report(wanted, remaining, ageMs, pauseMs), _now)!;

    private static AccountReport Report(ulong wanted, ulong? remaining, uint ageMs = 0, uint pauseMs = 0, uint held = 0)
    {
        var rate = new AccountRate { Unit = QuotaUnit.Requests, WantedTotal = wanted, PartPpm = held };
        if (remaining is { } left)
            (rate.Limit, rate.Remaining, rate.FullMs, rate.AgeMs) = (1000, left, 60_000, ageMs);
        return new AccountReport { Account = 1, PauseMs = pauseMs, Rates = { rate } };
    }

    private static AccountPart Part(AccountShare share) => Assert.Single(share.Parts);
}
