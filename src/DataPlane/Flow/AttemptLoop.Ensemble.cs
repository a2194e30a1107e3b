using System.Diagnostics;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Route;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Several attempts at once, of whose whole answers one is taken. This part alone touches the exchange: it lends each attempt its place in it while that is
/// made, read and ended, and waits for all in between. Where none is good one of them stands for all, and its error is the exchange's as ever.
/// </summary>
internal sealed partial class AttemptLoop
{
    private readonly List<EnsembleMember> _members = [];
    private EnsembleMember[] _spare = [];
    private EnsembleReader? _reader;
    private AdmissionGate _asking;
    private AdmissionGate? _taken;

    /// <summary>The end of the exchange: the attempt whose answer was taken out of several pays by its own credit.</summary>
    public void Settle(Exchange exchange)
    {
        if (_taken is not { } taken)
            return;
        _taken = null;
        taken.Settle(exchange);
    }

    /// <summary>All attempts at once, to the end of the one that is taken, or to an error that may be made good.</summary>
    private async ValueTask<EdgeError> AttemptManyAsync(ClientLink link, Exchange exchange, RequestBody body)
    {
        _isAccounts = _isStale = false;
        _retryAfter = TimeSpan.Zero;
        _relay.GivenUp = CascadeOutcome.Kept;
        if (Uncarried(exchange, body) is { IsError: true } untold)
        {
            _isMade = false;
            _isUncarried = true;
            return Judged(exchange, untold);
        }

        _isMade = true;
        _relay.Begin(link, exchange, stripUsage: false);
        exchange.AttemptIsRecorded = false;
        exchange.Purpose = AttemptPurpose.Ensemble;
        try
        {
            var error = await AskManyAsync(link, exchange, body, _plan.Asked.Ensemble!);
            if (_inHand is not null)
                return await TakeAsync(link, exchange, body, error);
            link.Detach();
            return Judged(exchange, error);
        }
        finally
        {
            ReleaseMembers();
        }
    }

    /// <summary>Makes the attempts, waits for their answers, and puts the one that is taken in the exchange's place.</summary>
    private async ValueTask<EdgeError> AskManyAsync(ClientLink link, Exchange exchange, RequestBody body, EnsembleModel model)
    {
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
            var isUncarried = Uncarried(exchange, body).IsError;
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
        if (!member.IsResent)
        {
            member.Attempt = ++exchange.Attempts;
            exchange.Target.State!.OnAttempt();
        }

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
        _asking = member.Number == 0 ? _gate : member.Gate;
        member.State = MemberState.Failed;
        member.Error = Translate(exchange, body);
        if (!member.Error.IsError && !race.TryEnter(member.Number, upstream))
            member.Error = Stopped(link);
        if (!member.Error.IsError)
        {
            Patch(exchange, body.Intake!);
            upstream.WatchUpload();
            AttemptSender.Write(exchange, body, upstream);
            member.State = MemberState.Reading;
            (member.Translation, member.OutputClamp) = (exchange.Translation, exchange.OutputClamp);
        }

        _asking = _gate;
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
            member.IsResent = true;
            Start(link, exchange, body, race, member);
            return;
        }

        Read(exchange, body, member);
    }

    /// <summary>What came of a member: what its head says of its account, and of a whole answer what it is worth.</summary>
    private void Read(Exchange exchange, RequestBody body, EnsembleMember member)
    {
        member.IsOver = true;
        Enter(exchange, member);
        if (member.State > MemberState.Failed)
            ReadLimits(exchange, member.Upstream!);
        if (member.State == MemberState.Whole)
        {
            member.Error = (_reader ??= _makeReader()).Read(exchange, body, _plan.Asked.Ensemble!.Unless, member);
            if (member.Error.IsError)
                member.State = MemberState.Failed;
        }

        Exit(exchange, member);
    }

    /// <summary>Ends what is still under way: nothing of any member is, afterwards.</summary>
    private async Task EndAllAsync(EnsembleRace race)
    {
        foreach (var member in _members)
        {
            if (!member.Task.IsCompleted)
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
            if (!member.IsOver && member.State == MemberState.Whole)
                Read(exchange, body, member);
        }

        if (taken is null)
            _plan.EndMembers(_members.Count);
        _plan.Asked.Ensembles.On(taken is null ? EnsembleOutcome.Failed : EnsembleOutcome.Picked);
        taken ??= link.Reason == StopReason.None ? EnsembleChoice.OfNoneGood(_members) : _members.Find(static member => !member.IsOver) ?? _members[0];
        foreach (var member in _members)
        {
            if (member != taken)
                End(link, exchange, body, member);
        }

        Enter(exchange, taken);
        exchange.Attempts = made;
        exchange.AttemptIsRecorded = false;
        _taken = taken.Number == 0 ? null : taken.Gate;
        _inHand = taken.Upstream;
        if (_inHand is null || taken.State == MemberState.Failed || link.Reason != StopReason.None)
            return link.Reason != StopReason.None ? Stopped(link) : taken.Error;

        // To wait for other answers is no time that the data plane adds.
        if (taken.State != MemberState.Refused && exchange.FirstByteAt != 0)
            exchange.InVainUs += EdgeClock.Us(exchange.FirstByteAt, Stopwatch.GetTimestamp());
        if (taken.Held.Length > 0)
            _relay.Resume(taken.Body, taken.Held);
        return link.Attach(_inHand, _inHand.Lease) ? default : Stopped(link);
    }

    /// <summary>A member that is not taken: whatever came of it, it has its record, its cost and its say about the target.</summary>
    private void End(ClientLink link, Exchange exchange, RequestBody body, EnsembleMember member)
    {
        Enter(exchange, member);
        exchange.Attempts = member.Attempt;
        var isCancelled = !member.IsOver || member.State == MemberState.Unheld;
        var error = isCancelled ? link.Reason == StopReason.None ? EdgeError.Client(ErrorKind.ClientClosed) : Stopped(link) : member.Error;
        if (member is { IsOver: true, State: MemberState.Refused })
            error = NoteRefused(exchange, member);
        var isWhole = member is { IsOver: true, State: MemberState.Whole };
        exchange.Status = isWhole ? member.Upstream!.HeadReader.Head.Status : exchange.Status;
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
        (member.Number == 0 ? _gate : member.Gate).EndTarget(exchange);
        if (isLeft)
            _plan.OnOutrun(openedAt: 0);
        var isFault = !isCancelled && !isWhole && !_isAccounts && error.Source == ErrorSource.Upstream && IsFault(exchange, body);
        _plan.Leave(isWhole ? AttemptOutcome.Answered : isFault ? AttemptOutcome.Failed : AttemptOutcome.Unknown);
        LetGo(member, isWhole);
        _isAccounts = false;
        _retryAfter = TimeSpan.Zero;
        Exit(exchange, member);
    }

    /// <summary>
    /// Whether a status tells against the target, as where one is asked alone; whose error is not read may be about a file that the client has named, or
    /// about what none of the servers of one who routes on can do, or what this request may cost.
    /// </summary>
    private static bool IsFault(Exchange exchange, RequestBody body) => exchange.Status switch
    {
        404 when exchange.Target!.UpstreamModel is null || AdmissionGate.HasNeeds(body.Intake!.Scan) => false,
        403 or 404 => body.Intake?.Scan.Prompt is { } prompt && (prompt.Doubts & (PromptDoubt.StoredState | PromptDoubt.Files)) == 0,
        0 or 401 or 408 or 412 or >= 500 => true,
        var status => PassingStatus.Is(status) && !PassingStatus.IsOfRequest(status),
    };

    private EdgeError NoteRefused(Exchange exchange, EnsembleMember member)
    {
        exchange.Status = member.Upstream!.HeadReader.Head.Status;
        var error = EdgeError.Upstream(exchange.Status is 401 or 403 or 412 ? ErrorKind.UpstreamAuth : ErrorKind.UpstreamStatus);
        NoteWait(exchange, member.Upstream);
        NoteAccount(exchange, error);
        return error;
    }

    private static void LetGo(EnsembleMember member, bool isWhole)
    {
        if (member.Upstream is not { } upstream)
            return;
        member.Upstream = null;
        var head = upstream.HeadReader.Head;
        if (isWhole && head.KeepAlive && head.Framing.Kind != Http.BodyKind.UntilClose && !upstream.IsAborted && !upstream.Output.IsCut)
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
        if (member is { HasHead: true, Upstream: { } answered })
            TakeTier(exchange, answered);
        if (member is not { IsOver: true, State: MemberState.Whole })
            return;
        exchange.FirstTokenAt = member.FirstByteAt;
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

    /// <summary>The attempt was in vain, and another follows.</summary>
    private void EndTarget(Exchange exchange)
    {
        (_taken ?? _gate).EndTarget(exchange);
        _taken = null;
    }

    private void AbandonMembers(Exchange exchange)
    {
        foreach (var member in _members)
        {
            LetGo(member, isWhole: false);
            if (member.Number == 0)
                continue;
            Enter(exchange, member);
            member.Gate.EndTarget(exchange);
            _plan.Leave(AttemptOutcome.Unknown);
            Exit(exchange, member);
        }
    }

    private void ReleaseMembers()
    {
        foreach (var member in _members)
            member.Release();
        _members.Clear();
    }
}
