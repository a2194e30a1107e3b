using System.Diagnostics;
using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Several attempts at once, of whose whole answers one is taken. It alone touches the exchange meanwhile: it lends each attempt its place in it while that
/// is made, read and ended, and waits for all in between. Where none is good one of them stands for all, and its error is the exchange's as ever. One for
/// each pipeline that needs it, reused.
/// </summary>
internal sealed class Ensemble
{
    private readonly EdgeServices _services;
    private readonly TargetPlan _plan;
    private readonly JournalHold _journal;
    private readonly AdmissionGate _gate;
    private readonly Settlement _settlement;
    private readonly TargetReport _report;
    private readonly TargetRequest _request;
    private readonly EnsembleReader _reader;
    private readonly Func<EnsembleMember> _makeMember;
    private readonly List<EnsembleMember> _members = [];
    private EnsembleMember[] _spare = [];

    public Ensemble(
        EdgeServices services, TargetPlan plan, JournalHold journal, AdmissionGate gate, ExchangeMeter meter, Settlement settlement, TargetReport report,
        TargetRequest request)
    {
        _services = services;
        _plan = plan;
        _journal = journal;
        _gate = gate;
        _settlement = settlement;
        _report = report;
        _request = request;
        _reader = new EnsembleReader(meter, settlement);
        _makeMember = () => new EnsembleMember(services.Bodies, new AdmissionGate(new Admission(services.Limits), meter, journal));
    }

    /// <summary>The attempt that has the exchange once all have been waited for: the one that was taken, or that stands for all.</summary>
    public EnsembleMember? Taken { get; private set; }

    /// <summary>Makes the attempts, waits for their answers, and puts the one that is taken in the exchange's place.</summary>
    public async ValueTask<EdgeError> AskAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        var model = _plan.Asked.Ensemble!;
        using var race = new EnsembleRace(model.Size);
        await AdmitMembersAsync(link, exchange, body, model);
        link.DrainOnLeave(exchange.Key!.OnDisconnect.DrainFor);
        var isFree = link.Attach(race, race.Number) && !link.HasLeft;
        if (!isFree)
            race.Abort(race.Number);
        link.SetStep(Step.Late, model.Within);
        EnsembleMember? taken = null;
        try
        {
            foreach (var member in _members)
            {
                if (isFree)
                    Start(link, exchange, body, race, member);
            }

            while (isFree && link.Reason == StopReason.None)
            {
                await WaitAsync(race, link);
                foreach (var member in _members)
                {
                    if (!member.IsOver && member.Task.IsCompleted)
                        await GoOnAsync(link, exchange, body, race, member);
                }

                taken = EnsembleChoice.Of(model, _members, link.IsLate);
                if (taken is not null || _members.TrueForAll(static member => member.IsOver))
                    break;
            }
        }
        catch
        {
            // A defect of ours: what the others hold is given back here, what the first one does as always.
            await EndAllAsync(race);
            AbandonMembers(exchange);
            throw;
        }

        await EndAllAsync(race);
        link.ClearStep();
        link.Detach();
        return EndMembers(link, exchange, body, taken);
    }

    /// <summary>Enters so many targets as are asked besides the exchange's own, and draws credit for each.</summary>
    private async ValueTask AdmitMembersAsync(ClientLink link, Exchange exchange, RequestBody body, EnsembleModel model)
    {
        if (_spare.Length < model.Size)
            Array.Resize(ref _spare, model.Size);
        _plan.BeginMembers();
        AddMember(exchange, model);
        var isMetered = _gate.IsMetered;
        var (hit, wait, reset, clamp) = (exchange.LimitHit, exchange.LimitWaitNs, exchange.LimitResetUnixNs, exchange.OutputClamp);
        _members[0].OutputClamp = clamp;
        for (var i = 1; i < model.Size && link.Reason == StopReason.None; i++)
        {
            if (!_plan.TryEnterMember(out var place))
            {
                _plan.Asked.Ensembles.On(EnsembleOutcome.Limited);
                continue;
            }

            _plan.Swap(ref place);
            var isUncarried = _request.Uncarried(exchange, body, _gate).IsError;
            if (isUncarried)
                _plan.Bar();
            _plan.Swap(ref place);
            if (isUncarried)
            {
                i--;
                continue;
            }

            var member = AddMember(exchange, model);
            (member.Place, member.Target) = (place, place.Index);
            member.Gate.Join(_gate);
            _plan.Swap(ref member.Place);
            _services.Metrics.Know(exchange);
            var error = await member.Gate.AdmitTargetAsync(exchange, link, body, mayWait: false);
            member.OutputClamp = exchange.OutputClamp;
            isMetered |= member.Gate.IsMetered;
            if (error.IsError)
            {
                _plan.Leave(AttemptOutcome.Unknown);
                _plan.Asked.Ensembles.On(EnsembleOutcome.Limited);
                _members.Remove(member);
            }

            _plan.Swap(ref member.Place);
        }

        (exchange.LimitHit, exchange.LimitWaitNs, exchange.LimitResetUnixNs, exchange.OutputClamp) = (hit, wait, reset, clamp);
        _settlement.Open(isMetered, _journal.IsOn);
    }

    private EnsembleMember AddMember(Exchange exchange, EnsembleModel model)
    {
        var number = _members.Count;
        var member = _spare[number] ??= _makeMember();
        member.Begin(number, model.Size, exchange.Config.Server.BufferedBytesMax);
        member.Target = _plan.TargetIndex;
        _members.Add(member);
        return member;
    }

    /// <summary>Sends a member's request, or begins to open a connection for it.</summary>
    private void Start(ClientLink link, Exchange exchange, RequestBody body, EnsembleRace race, EnsembleMember member)
    {
        Enter(exchange, member);
        var provider = exchange.Target!.Provider;
        var connect = exchange.Target.Timeouts.Connect;
        member.Attempt = ++exchange.Attempts;
        exchange.Target.State!.OnAttempt();
        Exit(exchange, member);
        var pool = _services.Upstreams.Of(provider);
        member.Upstream = member.IsResent ? null : pool.TryTake();
        member.State = MemberState.Opening;
        if (member.Upstream is null)
            member.Task = member.OpenAsync(pool, race.Open(member.Number, connect));
        else
            Send(link, exchange, body, race, member);
    }

    private void Send(ClientLink link, Exchange exchange, RequestBody body, EnsembleRace race, EnsembleMember member)
    {
        var upstream = member.Upstream!;
        Enter(exchange, member);
        member.State = MemberState.Failed;
        member.Error = _request.Translate(exchange, body, GateOf(member));
        if (!member.Error.IsError && !race.TryEnter(member.Number, upstream))
            member.Error = AttemptLoop.Stopped(link);
        if (!member.Error.IsError)
        {
            _request.Patch(exchange, body.Intake!, GateOf(member));
            upstream.WatchUpload();
            AttemptSender.Write(exchange, body, upstream);
            member.State = MemberState.Reading;
            (member.Translation, member.OutputClamp) = (exchange.Translation, exchange.OutputClamp);
        }

        Exit(exchange, member);
        member.Task = member.State == MemberState.Reading ? member.ReadAsync(link) : Task.CompletedTask;
    }

    /// <summary>Waits until something of a member is through, or the time for more than one answer is over.</summary>
    private async Task WaitAsync(EnsembleRace race, ClientLink link)
    {
        var waited = new List<Task>(_members.Count + 1);
        foreach (var member in _members)
        {
            if (!member.IsOver)
                waited.Add(member.Task);
        }

        if (!link.IsLate)
            waited.Add(race.Late);
        await Task.WhenAny(waited);
    }

    /// <summary>Something of a member is through: it is sent, sent once more, or what came of it is read.</summary>
    private async ValueTask GoOnAsync(ClientLink link, Exchange exchange, RequestBody body, EnsembleRace race, EnsembleMember member)
    {
        // A defect of ours: seen by whoever reads the exchange's end.
        await member.Task;
        if (member.State == MemberState.Opening)
        {
            Send(link, exchange, body, race, member);
            return;
        }

        var isStale = member is { State: MemberState.Failed, Error.Retry: RetryPermission.IfReused, IsResent: false, Upstream.IsReused: true };
        if (isStale && member.Upstream!.Pool.Provider.RetryReused)
        {
            member.Upstream.Close();
            member.OnStale();
            Start(link, exchange, body, race, member);
            return;
        }

        Read(exchange, body, member);
    }

    /// <summary>What came of a member: what its head says of its account, what its answer is worth, or what it tells of its target.</summary>
    private void Read(Exchange exchange, RequestBody body, EnsembleMember member)
    {
        member.IsOver = true;
        Enter(exchange, member);
        _report.Begin();
        var head = member.HasHead ? member.Upstream!.HeadReader.Head : null;
        if (head is not null)
            _report.OnHead(exchange, head);
        if (member.State == MemberState.Refused || member is { HasBody: true, State: not MemberState.Unheld })
            _reader.Read(exchange, body, _plan.Asked.Ensemble!.Unless, member);
        if (member.State is MemberState.Failed or MemberState.Refused)
        {
            _report.OnEnd(exchange, member.Error, head, member.Wait);
            member.Outcome = _report.OutcomeOf(exchange, member.Error);
        }

        member.Status = member.State == MemberState.Unheld ? 0 : exchange.Status;
        _report.Begin();
        Exit(exchange, member);
    }

    /// <summary>Ends what is still under way: nothing of any member is, afterwards.</summary>
    private async Task EndAllAsync(EnsembleRace race)
    {
        foreach (var member in _members)
        {
            if (member.Task.IsCompleted)
                continue;
            member.IsCalledOff = true;
            race.AbortOne(member.Number);
        }

        foreach (var member in _members)
            await member.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Gives each member but the one that is taken its record and its bill; that has the exchange from now on.</summary>
    private EdgeError EndMembers(ClientLink link, Exchange exchange, RequestBody body, EnsembleMember? taken)
    {
        var made = exchange.Attempts;
        foreach (var member in _members)
        {
            if (!member.IsOver && member.State is MemberState.Whole or MemberState.Refused)
                Read(exchange, body, member);
        }

        foreach (var member in _members)
            RecordStale(exchange, member);
        if (taken is null)
            _plan.EndMembers(_members.Count);
        _plan.Asked.Ensembles.On(taken is null ? EnsembleOutcome.Failed : EnsembleOutcome.Picked);
        taken ??= link.Reason == StopReason.None ? EnsembleChoice.OfNoneGood(_members) : _members.Find(static member => !member.IsOver) ?? _members[0];
        foreach (var member in _members)
        {
            if (member != taken)
                End(link, exchange, member);
        }

        Taken = taken;
        Enter(exchange, taken);
        exchange.Attempts = made;
        exchange.AttemptIsRecorded = false;
        if (link.Reason != StopReason.None)
            return AttemptLoop.Stopped(link);
        if (taken.Upstream is not { } upstream || taken.State == MemberState.Failed)
            return taken.Error;

        // To wait for other answers is no time that the data plane adds.
        if (exchange.FirstByteAt != 0)
            exchange.InVainUs += EdgeClock.Us(exchange.FirstByteAt, Stopwatch.GetTimestamp());
        return link.Attach(upstream, upstream.Lease) ? default : AttemptLoop.Stopped(link);
    }

    /// <summary>What went to a connection that was closed by then has its record, as where one is asked alone; nobody has had it.</summary>
    private void RecordStale(Exchange exchange, EnsembleMember member)
    {
        if (!member.IsResent)
            return;
        if (member.Number > 0)
            _plan.Swap(ref member.Place);
        (exchange.Translation, exchange.Attempts) = (member.Translation, member.StaleAttempt);
        _settlement.Attempt(member.StaleError);
        _journal.Attempt(exchange, member.StaleError);
        Exit(exchange, member);
    }

    /// <summary>A member that is not taken: whatever came of it, it has its record, its cost and its say about the target.</summary>
    private void End(ClientLink link, Exchange exchange, EnsembleMember member)
    {
        Enter(exchange, member);
        exchange.Attempts = member.Attempt;
        var isCancelled = !member.IsOver || member.State == MemberState.Unheld;
        var isWhole = !isCancelled && member.State == MemberState.Whole;
        var error = !isCancelled ? member.Error : link.Reason == StopReason.None ? EdgeError.Client(ErrorKind.ClientClosed) : AttemptLoop.Stopped(link);
        if (isWhole)
            _settlement.Escalate();
        else if (error.Kind == ErrorKind.ClientClosed)
            _settlement.Outrun();
        else
            _settlement.Attempt(error);
        var isLeft = isCancelled && link.Reason == StopReason.None;
        if (member.Attempt > 0)
            _journal.Attempt(exchange, error, isWhole ? EndReason.Unpicked : isLeft ? EndReason.Cancelled : ExchangeEnd.Of(error, exchange));
        _plan.Asked.Ensembles.On(
            isWhole ? member.IsValid ? EnsembleOutcome.Unpicked : EnsembleOutcome.Invalid
            : isCancelled ? EnsembleOutcome.Cancelled : EnsembleOutcome.Failed);
        GateOf(member).EndTarget(exchange);
        if (isLeft)
            _plan.OnOutrun(openedAt: 0);
        _plan.Leave(isWhole ? AttemptOutcome.Answered : isCancelled ? AttemptOutcome.Unknown : member.Outcome);
        LetGo(member, isWhole || (!isCancelled && member is { State: MemberState.Refused, HasBody: true, Body.State: BodyState.Ended }));
        Exit(exchange, member);
    }

    private static void LetGo(EnsembleMember member, bool isReadWhole)
    {
        if (member.Upstream is not { } upstream)
            return;
        member.Upstream = null;
        var head = upstream.HeadReader.Head;
        if (isReadWhole && head.KeepAlive && head.Framing.Kind != Http.BodyKind.UntilClose && !upstream.IsAborted && !upstream.Output.IsCut)
            upstream.Pool.Return(upstream);
        else
            upstream.Close();
    }

    /// <summary>The exchange is in a member's place, and knows what is known of that.</summary>
    private void Enter(Exchange exchange, EnsembleMember member)
    {
        if (member.Number > 0)
            _plan.Swap(ref member.Place);
        exchange.Translation = member.Translation;
        exchange.OutputClamp = member.OutputClamp;
        exchange.FirstByteAt = member.FirstByteAt;
        exchange.IsSentWhole = member.IsSentWhole;
        exchange.Status = member.Status;
        if (member is { HasHead: true, Upstream: { } answered })
            TargetReport.TakeTier(exchange, answered.HeadReader.Head);
        if (member is not { IsOver: true, HasReading: true })
            return;
        exchange.FirstTokenAt = member.State == MemberState.Whole ? member.FirstByteAt : 0;
        exchange.SetReported(member.Reading.Usage, member.Reading.Tier);
        (exchange.CountedOutputTokens, exchange.OutputIsEstimate) = (member.Reading.CountedTokens, member.Reading.IsEstimate);
        if (member.Upstream is { } upstream)
            ResponseRelay.TakeProviderId(exchange, upstream.HeadReader.Head);
    }

    /// <summary>The exchange is in the first member's place again, and knows nothing of any answer.</summary>
    private void Exit(Exchange exchange, EnsembleMember member)
    {
        if (member.Number > 0)
            _plan.Swap(ref member.Place);
        var sentAt = exchange.SentAt;
        exchange.SentAt = 0;
        exchange.ForgetAnswer(0);
        exchange.SentAt = sentAt;
    }

    private AdmissionGate GateOf(EnsembleMember member) => member.Number == 0 ? _gate : member.Gate;

    private void AbandonMembers(Exchange exchange)
    {
        foreach (var member in _members)
        {
            LetGo(member, isReadWhole: false);
            if (member.Number == 0)
                continue;
            Enter(exchange, member);
            member.Gate.EndTarget(exchange);
            _plan.Leave(AttemptOutcome.Unknown);
            Exit(exchange, member);
        }
    }

    /// <summary>Gives back what answers were held by.</summary>
    public void Release()
    {
        Taken = null;
        foreach (var member in _members)
            member.Release();
        _members.Clear();
    }
}
