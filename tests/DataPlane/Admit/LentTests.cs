using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;
using static AiEdge.DataPlane.Tests.Admit.AdmissionRig;

namespace AiEdge.DataPlane.Tests.Admit;

/// <summary>Who waits for credit that is lent, and who is refused at once.</summary>
public sealed class LentTests
{
    private const long S = LimitClock.SecondNs;

    private readonly LeaseDesk _desk = new();
    private readonly AdmissionRig _rig;

    public LentTests() =>
        _rig = new AdmissionRig(_desk, LimitWorld.Limit("all", quantities: LimitWorld.Amount(LimitUnit.Requests, 100, LimitPeriod.Second, burst: 400)));

    private LentScope Lent => Assert.Single(_desk.All);

    [Fact]
    public void Who_comes_while_demand_rises_waits_as_the_first_did()
    {
        Assert.NotNull(Refused().ColdShare);
        UseUp(AnswerAll());
        var newcomer = Refused();
        Assert.NotNull(newcomer.ColdShare);

        // Answers have come: one who waited in vain is no word of an outage.
        newcomer.CutOffCold();
        Assert.False(Cut());
    }

    [Fact]
    public void Nobody_waits_where_there_is_nothing_or_where_the_answer_is_owed_for_long()
    {
        Refused();
        UseUp(AnswerAll());
        Assert.NotNull(Refused().ColdShare);
        Report();
        _rig.Time.Pass(TimeSpan.FromMilliseconds(51));
        Assert.Null(Refused().ColdShare);
        Lent.Answer(new LeaseGrant(0, 0, 5 * S, 100, RetryNs: S), _rig.States.Clock.NowNs);
        Assert.Null(Refused().ColdShare);
    }

    [Fact]
    public void Where_nobody_answers_the_outage_policy_decides()
    {
        var first = Refused();
        first.CutOffCold();
        Assert.True(Cut());
        Assert.Null(Refused().ColdShare);
    }

    [Fact]
    public void Places_that_were_not_lent_are_not_taken_in_an_outage_and_what_runs_is_asked_for_whole()
    {
        var desk = new LeaseDesk();
        var rig = new AdmissionRig(desk, new LimitModel { Name = "places", Match = LimitSelector.All, Per = LimitScope.Global, Quantities = [], Concurrent = 100 });
        var ask = rig.Begin();
        Assert.Equal(AdmitVerdict.Refused, ask.Both(Demand()));
        var lent = Assert.Single(desk.All);
        Assert.True(lent.Report(rig.States.Clock.NowNs));
        lent.Answer(new LeaseGrant(1, 20, 5 * S, 50), rig.States.Clock.NowNs);
        for (var i = 0; i < 20; i++)
            Assert.Equal(AdmitVerdict.Admitted, rig.Begin().Both(Demand()));
        Assert.Equal(AdmitVerdict.Refused, rig.Begin().Both(Demand()));
        lent.CutOff(rig.States.Clock.NowNs, rig.States.Clock.NowNs);
        rig.Time.Pass(TimeSpan.FromSeconds(6));
        lent.Turn(rig.States.Clock.NowNs);
        Assert.Equal(AdmitVerdict.Refused, rig.Begin().Both(Demand()));
        Assert.True(lent.Report(rig.States.Clock.NowNs));
        Assert.InRange(lent.Told.Wanted, 20, 30);
    }

    /// <summary>It is drawn for several times, each time for less: the fleet is told once what it would have had.</summary>
    [Fact]
    public void A_whole_answer_that_is_refused_wants_no_more_than_what_it_would_draw()
    {
        var plain = WantedBy(Demand(input: 1010, hasOutput: false));
        Assert.Equal(plain, WantedBy(Demand(input: 10, cap: 1000, isStream: false)));
        Assert.True(WantedBy(Demand(input: 10, cap: 1000)) < plain);

        static long WantedBy(Demand demand)
        {
            var desk = new LeaseDesk();
            var rig = new AdmissionRig(desk, LimitWorld.Limit("all", quantities: LimitWorld.Amount(LimitUnit.Tokens, 100_000, LimitPeriod.Second)));
            for (var i = 0; i < 5; i++)
                Assert.Equal(AdmitVerdict.Refused, rig.Begin().Both(demand));
            rig.Time.Pass(TimeSpan.FromSeconds(1));
            var lent = Assert.Single(desk.All);
            Assert.True(lent.Report(rig.States.Clock.NowNs));
            return lent.Told.Wanted;
        }
    }

    private bool Cut() => ((LeaseBucket)_rig.Scope("all", LimitUnit.Requests, "*").Bucket).IsCutOff;

    private Admission Refused()
    {
        var ask = _rig.Begin();
        Assert.Equal(AdmitVerdict.Refused, ask.Both(Demand()));
        return ask.Admission;
    }

    private void Report()
    {
        Assert.True(Lent.Report(_rig.States.Clock.NowNs));
        Lent.IsAsked = true;
    }

    /// <summary>Grants all that is wanted; returns how much.</summary>
    private long AnswerAll()
    {
        Report();
        _rig.Time.Pass(TimeSpan.FromMilliseconds(1));
        Lent.Answer(new LeaseGrant(1, Lent.Told.Wanted, 5 * S, 100), _rig.States.Clock.NowNs);
        _desk.OnAnswered(tookNs: 0);
        return Lent.Told.Wanted;
    }

    private void UseUp(long amount)
    {
        for (var i = 0; i < amount; i++)
            Assert.Equal(AdmitVerdict.Admitted, _rig.Begin().Both(Demand()));
    }
}
