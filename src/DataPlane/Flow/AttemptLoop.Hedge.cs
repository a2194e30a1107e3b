using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Route;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// A second attempt besides one that is late to begin its stream. Until the second one is made nothing of it allocates; from then on this part waits
/// for both, relays whichever begins first, and ends the other one with a record and a bill of its own. While both are under way nobody but the
/// second one's sending touches the exchange.
/// </summary>
internal sealed partial class AttemptLoop
{
    private readonly StreamBeginning _beginning = new();
    private StreamBeginning? _besideBeginning;

    /// <summary>When another target is to be asked besides; null where the request, or its model, is not of that kind.</summary>
    private HedgeModel? HedgeOf(Exchange exchange)
    {
        if (_plan.Asked.Hedge is not { } hedge || !exchange.Stream)
            return null;
        if (exchange.Attempts >= _plan.Asked.Retry.AttemptsMax)
            return null;
        var firstByte = exchange.Target!.Timeouts.FirstByte;
        if (firstByte != Timeout.InfiniteTimeSpan && firstByte <= hedge.AfterOf(exchange.Target.Load))
            return null;

        // What a provider keeps would be there twice; of what is translated it keeps nothing.
        return exchange.UpstreamEndpoint is not null || ShapeTraits.Of(exchange.SpokenEndpoint.Shape).MayBeHedged ? hedge : null;
    }

    /// <summary>Whether a provider may be asked besides another: as the client asks, or in its own dialect.</summary>
    private static bool MayBeBeside(Exchange exchange, ProviderModel provider)
    {
        var asked = exchange.Endpoint!.Shape;
        return provider.Speaks(exchange.Dialect, asked) ? ShapeTraits.Of(asked).MayBeHedged : Translations.Supports(asked, provider);
    }

    /// <summary>
    /// Opens a connection and sends, and asks another target besides where that takes too long. <see cref="_inHand"/> is the connection of the attempt that
    /// goes on, or null where there is none.
    /// </summary>
    private async ValueTask<EdgeError> OpenHedgedAsync(ClientLink link, Exchange exchange, RequestBody body, HedgeModel hedge, UpstreamPool pool)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var timeouts = exchange.Target!.Timeouts;
        var after = hedge.AfterOf(exchange.Target.Load);
        var mayBeLate = after < timeouts.Connect;
        using var opening = new OpeningLease(mayBeLate);
        if (!link.Attach(opening, opening.Number))
            return Stopped(link);
        link.SetStep(mayBeLate ? Step.Late : Step.Connect, mayBeLate ? after : timeouts.Connect);
        var opened = pool.OpenAsync(opening.Token).AsTask();
        var isLate = mayBeLate && await Task.WhenAny(opened, opening.Late!) != opened;
        if (isLate && await TryEnterWhileOpeningAsync(exchange, body, hedge, opening, opened))
        {
            opening.Limit(timeouts.Connect - after);
            link.SetStep(Step.FirstByte, timeouts.FirstByte);
            return await RaceAsync(link, exchange, body, new HedgeSide(opening, opened), startedAt);
        }

        if (isLate)
            link.SetStep(Step.Connect, timeouts.Connect - after);
        var (upstream, error) = await opened;
        link.ClearStep();
        link.Detach();
        if (upstream is null)
            return AttemptSender.Unopened(link, upstream, error);
        _inHand = upstream;

        // Where nobody could be asked for the connection's sake, nobody is looked for once more.
        return isLate
            ? await AttemptSender.SendAsync(link, exchange, body, upstream, _settlement, Timeout.InfiniteTimeSpan)
            : await SendHedgedAsync(link, exchange, body, hedge, startedAt);
    }

    /// <summary>The same as <see cref="TryEnterBeside"/>, while a connection is being opened that a defect of ours must not leave open.</summary>
    private async ValueTask<bool> TryEnterWhileOpeningAsync(
        Exchange exchange, RequestBody body, HedgeModel hedge, OpeningLease opening, Task<(UpstreamConnection? Connection, EdgeError Error)> opened)
    {
        try
        {
            return TryEnterBeside(exchange, body, hedge);
        }
        catch
        {
            opening.Abort(opening.Number);
            (await opened).Connection?.Close();
            throw;
        }
    }

    /// <summary>
    /// Sends, and asks another target besides where nothing comes in time. <see cref="_inHand"/> is the connection of the attempt that goes on.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> SendHedgedAsync(ClientLink link, Exchange exchange, RequestBody body, HedgeModel hedge, long startedAt)
    {
        var upstream = _inHand!;
        if (!AttemptSender.TryBegin(link, exchange, upstream))
            return Stopped(link);
        AttemptSender.Write(exchange, body, upstream);
        _beginning.Begin(exchange);
        var after = hedge.AfterOf(exchange.Target!.Load) - Stopwatch.GetElapsedTime(startedAt);
        link.SetStep(Step.Late, after > TimeSpan.Zero ? after : TimeSpan.Zero);
        var flush = upstream.Output.FlushAsync();
        if (!flush.IsCompleted)
            await flush;
        exchange.IsSentWhole = !upstream.Output.IsCut;
        upstream.EndUpload();
        var first = await AttemptSender.ReadFirstAsync(link, upstream, _beginning, timeouts: null, since: 0);
        exchange.FirstByteAt = first.At;
        if (!first.IsLate)
            return first.Error;
        var timeouts = exchange.Target!.Timeouts;
        if (TryEnterBeside(exchange, body, hedge))
        {
            // While somebody else is asked it is given as much time as that one.
            var since = Stopwatch.GetTimestamp();
            link.SetStep(Step.FirstByte, timeouts.FirstByte);
            if (first.HasHead)
            {
                upstream.Input.AdvanceTo(first.Received.Start, first.Received.End);
                upstream.HeadReader.Reset();
            }

            var side = new HedgeSide(upstream) { IsSentWhole = exchange.IsSentWhole };
            side.Read(link, _beginning, timeouts, since);
            return await RaceAsync(link, exchange, body, side, startedAt);
        }

        // Nobody is asked besides: the relay waits for what comes behind the head, and tells the client that it does.
        if (first.HasHead)
            return default;
        link.SetStep(Step.FirstByte, timeouts.FirstByte == Timeout.InfiniteTimeSpan ? timeouts.FirstByte : Left(timeouts.FirstByte, exchange.SentAt));
        return await AttemptSender.ReadHeadAsync(link, exchange, upstream);
    }

    /// <summary>What is left of a time that began then.</summary>
    private static TimeSpan Left(TimeSpan time, long since) =>
        time - Stopwatch.GetElapsedTime(since) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>Finds another target, and enters it.</summary>
    private bool TryEnterBeside(Exchange exchange, RequestBody body, HedgeModel hedge)
    {
        var hedges = _plan.Asked.Hedges;

        // There is time to count now, and what is paid for twice is better known.
        if (_settlement.BeforeLetGo())
            _journal.Amend(exchange);

        // What tools of the provider's do would be done twice.
        var hasTools = HasProviderTools(ShapeTraits.Of(exchange.Endpoint!.Shape), body);
        if (hasTools || _plan.FindBeside(MayBeBeside) is not { } target || !_gate.MayAskBeside(exchange, target, hedge.CostMaxNanodollars))
        {
            hedges.OnBarred();
            return false;
        }

        var now = _services.Clock.CoarseMs;
        if (!hedges.Budget.TryTake(now, hedge.BudgetPercent))
            return false;
        if (_plan.TryEnterBeside())
        {
            if (!IsUncarriedBeside(exchange, body))
                return true;

            // Nothing was sent, and nobody was asked; the next one may be able to take it.
            hedges.Budget.GiveBack(now);
            return TryEnterBeside(exchange, body, hedge);
        }

        hedges.Budget.GiveBack(now);
        hedges.OnBarred();
        return false;
    }

    /// <summary>Whether the request cannot be put into the dialect of the target besides, whose place is left then.</summary>
    private bool IsUncarriedBeside(Exchange exchange, RequestBody body)
    {
        if (_plan.Beside.Provider.Speaks(exchange.Dialect, exchange.Endpoint!.Shape))
            return false;
        var translation = exchange.Translation;
        _plan.Swap();
        var isUncarried = _request.Uncarried(exchange, body, _gate).IsError;
        if (isUncarried)
            _plan.Leave(AttemptOutcome.Unknown);
        _plan.Swap();
        exchange.Translation = translation;

        // What the first one is to be sent lies where this was tried; it could be made before, and so it can be now.
        if (isUncarried && exchange.SentAt == 0)
        {
            _request.Translate(exchange, body, _gate);
            _request.Patch(exchange, body.Intake!, _gate);
        }

        return isUncarried;
    }

    /// <summary>Both are under way: ends the one that does not begin first, and puts the exchange in the other's place.</summary>
    private async ValueTask<EdgeError> RaceAsync(ClientLink link, Exchange exchange, RequestBody body, HedgeSide first, long startedAt)
    {
        var (purpose, firstAt) = (exchange.Attempts == 1 ? AttemptPurpose.First : exchange.Purpose, exchange.FirstByteAt);
        var target = _plan.Beside;
        var pool = _services.Upstreams.Of(target.Provider);
        var besideAt = Stopwatch.GetTimestamp();
        using var opening = new OpeningLease();
        var second = pool.TryTake() is { } idle ? new HedgeSide(idle) : Open(pool, opening, target.Timeouts.Connect);
        var race = new HedgeRace(first, second);
        if (!link.Attach(race, race.Number))
            race.Abort(race.Number);
        exchange.Attempts++;
        await WaitForBothAsync(link, exchange, body, race);
        link.Detach();

        // Of two that have begun the first one goes on: it is the older.
        var isSecond = !first.IsBegun && second.IsBegun;
        var (won, lost) = isSecond ? (second, first) : (first, second);
        var sentAt = exchange.SentAt != 0 ? exchange.SentAt : startedAt;
        if (!isSecond)
            Swap(exchange, race);
        exchange.Purpose = isSecond ? purpose : AttemptPurpose.Hedge;
        exchange.FirstByteAt = isSecond && firstAt != 0 ? firstAt : lost.Outcome.At;
        EndBeside(exchange, lost, isSecond ? startedAt : besideAt);
        Swap(exchange, race);
        exchange.Purpose = isSecond ? AttemptPurpose.Hedge : purpose;
        exchange.AttemptIsRecorded = false;
        exchange.FirstByteAt = !isSecond && firstAt != 0 ? firstAt : won.Outcome.At;
        exchange.IsSentWhole = won.IsSentWhole;
        _inHand = won.Upstream;
        if (isSecond)
        {
            exchange.InVainUs += EdgeClock.Us(sentAt, exchange.SentAt);
            _plan.Asked.Hedges.OnWon();
            _gate.TurnBeside(exchange);
            _relay.Begin(link, exchange, won.StripsUsage);
        }

        if (_inHand is null)
            return won.Outcome.Error;
        return link.Attach(_inHand, _inHand.Lease) ? won.Outcome.Error : Stopped(link);
    }

    private static HedgeSide Open(UpstreamPool pool, OpeningLease opening, TimeSpan connect)
    {
        opening.Limit(connect);
        return new HedgeSide(opening, pool.OpenAsync(opening.Token).AsTask());
    }

    /// <summary>
    /// Sends what is opened, and waits until one of the two has begun, or both have failed; then nothing of either is under way. Nobody else touches the
    /// exchange meanwhile: each is lent its place in it while its request is made.
    /// </summary>
    private async Task WaitForBothAsync(ClientLink link, Exchange exchange, RequestBody body, HedgeRace race)
    {
        var (first, second) = (race.First, race.Second);
        try
        {
            while (true)
            {
                if (first.IsToBeSent)
                    await SendSideAsync(link, exchange, body, first, _beginning, isSecond: false);
                if (second.IsToBeSent)
                {
                    Swap(exchange, race);
                    await SendSideAsync(link, exchange, body, second, _besideBeginning ??= new(), isSecond: true);
                    Swap(exchange, race);
                }

                if (first.IsOver)
                    await first.LookAsync();
                if (second.IsOver)
                    await second.LookAsync();
                if (first.IsBegun || second.IsBegun || (first.IsOver && second.IsOver))
                    break;
                await (first.IsOver ? second.Task : second.IsOver ? first.Task : Task.WhenAny(first.Task, second.Task));
            }

            await (!first.IsBegun && second.IsBegun ? first : second).EndAsync(link);
        }
        catch
        {
            // A defect of ours: what the second attempt holds is given back here, what the first one does as always.
            race.Abort(race.Number);
            await ((Task)Task.WhenAll(first.EndAsync(link).AsTask(), second.EndAsync(link).AsTask())).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _inHand = first.Upstream;
            second.Upstream?.Close();
            _plan.Swap();
            _plan.Leave(AttemptOutcome.Unknown);
            _plan.Swap();
            throw;
        }
    }

    /// <summary>Makes the request as the exchange's target is asked, and sends it on the connection that has been opened for it.</summary>
    private async ValueTask SendSideAsync(ClientLink link, Exchange exchange, RequestBody body, HedgeSide side, StreamBeginning beginning, bool isSecond)
    {
        if (await side.TakeAsync(link) is not { } upstream)
            return;
        if (_request.Translate(exchange, body, _gate) is { IsError: true } untold)
        {
            side.Fail(untold);
            return;
        }

        side.StripsUsage = _request.Patch(exchange, body.Intake!, _gate);
        if (isSecond)
        {
            _services.Metrics.Know(exchange);
            exchange.Target!.State!.OnAttempt();
        }

        link.DrainOnLeave(exchange.Key!.OnDisconnect.DrainFor);
        beginning.Begin(exchange);
        upstream.WatchUpload();
        AttemptSender.Write(exchange, body, upstream);
        side.Send(link, beginning, exchange.Target!.Timeouts, exchange.SentAt);
    }

    private void Swap(Exchange exchange, HedgeRace race)
    {
        _plan.Swap();
        race.Swap(exchange);
    }

    /// <summary>
    /// The exchange's target is the one that is not waited for any more: whether it was cancelled or failed by itself, it has its record, its cost and its
    /// say about the target, and its connection is closed.
    /// </summary>
    private void EndBeside(Exchange exchange, HedgeSide side, long openedAt)
    {
        var (read, upstream) = (side.Outcome, side.Upstream);
        exchange.IsSentWhole = side.IsSentWhole;
        var isCancelled = !side.WasOver || (read.Error.IsError ? read.Error.Source != ErrorSource.Upstream : side.IsBegun);
        var status = !read.Error.IsError && !isCancelled ? upstream!.HeadReader.Head.Status : 0;
        exchange.Status = status is >= 300 || read.IsBroken ? status : 0;
        if (exchange.Status is 429 or 503 or 529)
            _report.OnWait(exchange, upstream!.HeadReader.Head);
        _report.Begin();
        var error = isCancelled ? EdgeError.Client(ErrorKind.ClientClosed) : read.Error.IsError ? read.Error
            : EdgeError.Upstream(read.IsBroken ? ErrorKind.UpstreamBadAnswer : ErrorKind.UpstreamStatus);
        if (isCancelled)
            _settlement.Outrun();
        else
            _settlement.Attempt(error);
        _journal.Attempt(exchange, error, isCancelled ? EndReason.Cancelled : ExchangeEnd.Of(error, exchange));
        _gate.ChargeBeside(exchange);
        if (isCancelled)
            _plan.OnOutrun(openedAt);
        var isStale = read.Error.Retry == RetryPermission.IfReused && upstream is { IsReused: true };
        var isFailure = !isCancelled && !isStale && (read.IsBroken || exchange.Status is 0 or 408 or >= 500);
        _plan.Leave(isFailure ? AttemptOutcome.Failed : AttemptOutcome.Unknown);
        upstream?.Close();
        exchange.Status = 0;
        exchange.Bill = default;
    }

    /// <summary>Whether a body may have its provider call tools.</summary>
    public static bool HasProviderTools(ShapeTraits traits, RequestBody body) =>
        traits.ProviderTools.Length > 0 && RequestBody.Holds(body.Bytes, traits.ProviderTools);
}
