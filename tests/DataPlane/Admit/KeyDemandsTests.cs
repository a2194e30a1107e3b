using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Link;
using AiEdge.Limits;
using static AiEdge.DataPlane.Tests.Admit.AdmissionRig;

namespace AiEdge.DataPlane.Tests.Admit;

/// <summary>Whose demand a plane tells.</summary>
public sealed class KeyDemandsTests
{
    private const long S = LimitClock.SecondNs;

    private readonly KeyDemands _demands = new();
    private readonly List<KeyDemand> _told = [];

    [Fact]
    public void What_is_wanted_is_divided_by_what_each_has_asked_for_of_late()
    {
        Note("a", PriorityClass.Normal, 60);
        Note("b", PriorityClass.Low, 20);
        Note("a", PriorityClass.High, 20);
        _demands.Divide(1000, _told);
        Assert.Equal(
            [new("a", PriorityClass.High, 200), new("a", PriorityClass.Normal, 600), new("b", PriorityClass.Low, 200)],
            _told.OrderBy(told => (told.Key, told.Priority)));

        // Half of what was counts on; who asks for nothing any more is gone before long.
        Note("b", PriorityClass.Low, 30);
        _demands.Divide(800, _told);
        Assert.Equal(400, _told.Single(told => told.Key == "b").Amount);
        for (var i = 0; i < 8; i++)
        {
            Note("b", PriorityClass.Low, 1);
            _demands.Divide(800, _told);
        }

        Assert.Equal(new KeyDemand("b", PriorityClass.Low, 800), Assert.Single(_told));
    }

    [Fact]
    public void Of_many_keys_those_without_a_place_are_told_together_by_their_class_and_nothing_is_lost()
    {
        for (var i = 0; i < 1000; i++)
            _demands.Note($"key{i}", i % 4 == 0 ? PriorityClass.High : PriorityClass.Low, 2);
        _demands.Divide(1_000_000, _told);
        Assert.InRange(_told.Count, 3, KeyDemands.PlacesMax + 2);
        Assert.InRange(_told.Sum(told => told.Amount), 1_000_000, 1_000_000 + _told.Count);
        var others = _told.FindAll(static told => told.Key.Length == 0);
        Assert.Equal([PriorityClass.High, PriorityClass.Low], others.Select(static told => told.Priority));
        Assert.InRange(others[0].Amount, 210_000, 250_000);
        Assert.InRange(others[1].Amount, 710_000, 750_000);

        // They are forgotten as anybody else.
        for (var i = 0; i < 12; i++)
        {
            Note("b", PriorityClass.Normal, 1);
            _demands.Divide(800, _told);
        }

        Assert.Equal(new KeyDemand("b", PriorityClass.Normal, 800), Assert.Single(_told));
    }

    [Fact]
    public void Nobody_who_asked_for_nothing_is_told_of()
    {
        _demands.Divide(100, _told);
        Assert.Empty(_told);
    }

    [Fact]
    public void Keys_are_told_once_requests_were_refused_and_by_their_class()
    {
        var desk = new LeaseDesk();
        var rig = new AdmissionRig(desk, LimitWorld.Limit("all", quantities: LimitWorld.Amount(LimitUnit.Requests, 100, LimitPeriod.Second, burst: 400)));
        Refuse(rig, "first", PriorityClass.Normal, 1);
        var lent = Assert.Single(desk.All);
        var numbers = new QuotaNumbers();
        Assert.Equal([("plane", Priority.Normal)], Tell(numbers, rig, lent).Select(want => (want.Key, want.Priority)));
        lent.Answer(new LeaseGrant(0, 0, 5 * S, 100, RetryNs: S), rig.States.Clock.NowNs);
        Refuse(rig, "first", PriorityClass.High, 30);
        Refuse(rig, "second", PriorityClass.Low, 10);
        var wants = Tell(numbers, rig, lent);
        Assert.Equal([("first", Priority.High), ("second", Priority.Low)], wants.Select(want => (want.Key, want.Priority)).Order());
        Assert.Equal(3.0, wants.Single(want => want.Key == "first").Amount / (double)wants.Single(want => want.Key == "second").Amount, 0.1);
    }

    /// <summary>A request whose prompt had to be counted first, or that waits for credit which is being asked for, asks again: it wants what it wants once.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 3)]
    public void A_request_is_noted_once_by_what_is_known_of_it_at_last(bool isCountedFirst, int questions)
    {
        var desk = new LeaseDesk();
        var rig = new AdmissionRig(desk, LimitWorld.Limit("all", quantities: LimitWorld.Amount(LimitUnit.Tokens, 10_000, LimitPeriod.Second, burst: 40_000)));
        Refuse(rig, "first", PriorityClass.Normal, 1);
        var (lent, numbers) = (Assert.Single(desk.All), new QuotaNumbers());
        Tell(numbers, rig, lent);
        lent.Answer(new LeaseGrant(0, 0, 5 * S, 10_000, RetryNs: S), rig.States.Clock.NowNs);
        Ask("first", times: 1);
        Ask("second", questions, isCountedFirst);
        var wants = Tell(numbers, rig, lent);
        Assert.Equal(["first", "second"], wants.Select(want => want.Key).Order());
        Assert.Equal(1.0, wants.Single(want => want.Key == "second").Amount / (double)wants.Single(want => want.Key == "first").Amount, 0.1);

        void Ask(string key, int times, bool isCountedFirst = false)
        {
            var ask = rig.Begin(LimitWorld.Key(key));
            ask.Exchange.Priority = PriorityClass.Normal;
            if (isCountedFirst)
                Assert.Equal(AdmitVerdict.NeedsCount, ask.Both(Demand(input: 1000, isCounted: false)));
            for (var i = 0; i < times; i++)
            {
                if (times > 1)
                    rig.Time.Pass(TimeSpan.FromSeconds(3));
                Assert.Equal(AdmitVerdict.Refused, ask.Both(Demand(input: 100)));
                Assert.True(times == 1 || ask.Admission.ColdShare is not null);
            }
        }
    }

    private static void Refuse(AdmissionRig rig, string key, PriorityClass priority, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var ask = rig.Begin(LimitWorld.Key(key));
            ask.Exchange.Priority = priority;
            Assert.Equal(AdmitVerdict.Refused, ask.Both(Demand()));
        }
    }

    private static List<(string Key, Priority Priority, ulong Amount)> Tell(QuotaNumbers numbers, AdmissionRig rig, LentScope lent)
    {
        Assert.True(lent.Report(rig.States.Clock.NowNs));
        var ask = new QuotaAsk();
        numbers.Write(ask, lent, "plane");
        var names = ask.Subjects.ToDictionary(subject => subject.Subject, subject => subject.Key);
        return [.. ask.Buckets[0].Wants.Select(want => (names[want.Subject], want.Priority, want.Amount))];
    }

    private void Note(string key, PriorityClass priority, long cost) => _demands.Note(key, priority, cost);
}
