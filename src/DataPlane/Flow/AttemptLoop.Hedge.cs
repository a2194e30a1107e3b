using System.Buffers;
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

        // What a provider keeps would be there twice.
        return ShapeTraits.Of(exchange.SpokenEndpoint.Shape).MayBeHedged ? hedge : null;
    }

    /// <summary>Whether a provider may be asked besides another: as the client asks, or in its own dialect.</summary>
    private static bool MayBeBeside(Exchange exchange, ProviderModel provider)
    {
        var asked = exchange.Endpoint!.Shape;
        var spoken = provider.Speaks(exchange.Dialect, asked) ? asked : Translations.ShapeFor(asked, provider);
        return spoken is { } shape && ShapeTraits.Of(shape).MayBeHedged;
    }

    /// <summary>
    /// Sends, and asks another target besides where nothing comes in time. <see cref="_inHand"/> is the connection of the attempt that goes on.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> SendHedgedAsync(ClientLink link, Exchange exchange, RequestBody body, HedgeModel hedge)
    {
        var upstream = _inHand!;
        if (!AttemptSender.TryBegin(link, exchange, upstream))
            return Stopped(link);
        AttemptSender.Write(exchange, body, upstream);
        var after = hedge.AfterOf(exchange.Target!.Load);
        link.SetStep(Step.Late, after);
        var flush = upstream.Output.FlushAsync();
        if (!flush.IsCompleted)
            await flush;
        exchange.IsSentWhole = !upstream.Output.IsCut;
        upstream.EndUpload();
        var first = await AttemptSender.ReadFirstAsync(link, upstream, idle: null);
        if (first.IsLate)
        {
            var timeouts = exchange.Target!.Timeouts;
            var isAsked = TryEnterBeside(exchange, body, hedge);
            var left = isAsked || timeouts.FirstByte == Timeout.InfiniteTimeSpan ? timeouts.FirstByte : timeouts.FirstByte - after;
            link.SetStep(first.HasHead ? Step.Idle : Step.FirstByte, first.HasHead ? timeouts.Idle : left);
            if (isAsked)
                return await RaceAsync(link, exchange, body, upstream, first.At);
            first = (await AttemptSender.ReadFirstAsync(link, upstream, timeouts.Idle)) is var late && first.At != 0 ? late with { At = first.At } : late;
        }

        exchange.FirstByteAt = first.At;
        return first.Error;
    }

    /// <summary>Finds another target, and enters it.</summary>
    private bool TryEnterBeside(Exchange exchange, RequestBody body, HedgeModel hedge)
    {
        var hedges = _plan.Asked.Hedges;

        // There is time to count now, and what is paid for twice is better known.
        _settlement.BeforeLetGo();

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
            return true;
        hedges.Budget.GiveBack(now);
        hedges.OnBarred();
        return false;
    }

    /// <summary>Both are under way: ends the one that does not begin first, and puts the exchange in the other's place.</summary>
    private async ValueTask<EdgeError> RaceAsync(ClientLink link, Exchange exchange, RequestBody body, UpstreamConnection upstream, long firstAt)
    {
        using var race = new HedgeRace(upstream);
        if (!link.Attach(race, race.Number))
            race.Abort(race.Number);
        var purpose = exchange.Attempts == 1 ? AttemptPurpose.First : exchange.Purpose;
        exchange.Attempts++;
        var (first, second, isSecond, isLostOver) = await WaitForBothAsync(link, exchange, body, race, upstream);
        if (firstAt != 0)
            first = first with { At = firstAt };
        link.Detach();
        var firstSentAt = exchange.SentAt;
        if (!isSecond)
            Swap(exchange, race);
        exchange.Purpose = isSecond ? purpose : AttemptPurpose.Hedge;
        EndBeside(exchange, isSecond ? first : second, isSecond ? upstream : race.Second, isLostOver);
        Swap(exchange, race);
        exchange.Purpose = isSecond ? AttemptPurpose.Hedge : purpose;
        exchange.AttemptIsRecorded = false;
        var won = isSecond ? second : first;
        exchange.FirstByteAt = won.At;
        if (!isSecond)
            return link.Attach(upstream, upstream.Lease) ? won.Error : Stopped(link);
        _inHand = race.Second!;
        exchange.InVainUs += EdgeClock.Us(firstSentAt, exchange.SentAt);
        _plan.Asked.Hedges.OnWon();
        _gate.TurnBeside(exchange);
        _relay.Begin(link, exchange, _besideStripsUsage);
        return link.Attach(_inHand, _inHand.Lease) ? won.Error : Stopped(link);
    }

    /// <summary>Waits until one of the two has begun, or both have failed, and ends the other: nothing of either is under way then.</summary>
    private async Task<(FirstBytes First, FirstBytes Second, bool IsSecond, bool IsLostOver)> WaitForBothAsync(
        ClientLink link, Exchange exchange, RequestBody body, HedgeRace race, UpstreamConnection upstream)
    {
        var firstRead = AttemptSender.ReadFirstAsync(link, upstream, exchange.Target!.Timeouts.Idle).AsTask();
        var secondRead = AskBesideAsync(link, exchange, body, race);
        try
        {
            var sooner = await Task.WhenAny(firstRead, secondRead);
            if (!IsBegun(await sooner, sooner == firstRead ? upstream : race.Second))
                await (sooner == firstRead ? secondRead : firstRead);

            // Of two that have begun the first one goes on: it is the older.
            var isFirst = firstRead.IsCompleted && IsBegun(await firstRead, upstream);
            var isSecond = !isFirst && secondRead.IsCompleted && IsBegun(await secondRead, race.Second);
            var isLostOver = (isSecond ? firstRead : secondRead).IsCompleted;
            if (isSecond)
                race.AbortFirst();
            else
                race.AbortSecond();
            return (await firstRead, await secondRead, isSecond, isLostOver);
        }
        catch
        {
            // A defect of ours: what the second attempt holds is given back here, what the first one does as always.
            race.Abort(race.Number);
            await ((Task)Task.WhenAll(firstRead, secondRead)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            race.Second?.Close();
            _plan.Swap();
            _plan.Leave(AttemptOutcome.Unknown);
            _plan.Swap();
            throw;
        }
    }

    /// <summary>The second attempt, up to its answer's beginning.</summary>
    private async Task<FirstBytes> AskBesideAsync(ClientLink link, Exchange exchange, RequestBody body, HedgeRace race)
    {
        var target = _plan.Beside;

        // Before anything is waited for. The first attempt's request is sent: nobody needs it in its dialect any more.
        Swap(exchange, race);
        var untold = Translate(exchange, body);
        _besideStripsUsage = !untold.IsError && Patch(exchange, body.Intake!);
        Swap(exchange, race);
        if (untold.IsError)
            return new(untold, 0, false);
        var pool = _services.Upstreams.Of(target.Provider);
        var upstream = pool.TryTake();
        if (upstream is null)
        {
            race.LimitOpening(target.Timeouts.Connect);
            (upstream, var failure) = await pool.OpenAsync(race.Opening);
            if (upstream is null)
                return new(failure, 0, false);
        }

        if (!race.TryEnter(upstream))
            return new(Stopped(link), 0, false);
        Swap(exchange, race);
        _services.Metrics.Know(exchange);
        exchange.Target!.State!.OnAttempt();
        AttemptSender.Write(exchange, body, upstream);
        Swap(exchange, race);
        upstream.WatchUpload();
        await upstream.Output.FlushAsync();
        upstream.EndUpload();
        return await AttemptSender.ReadFirstAsync(link, upstream, target.Timeouts.Idle);
    }

    private void Swap(Exchange exchange, HedgeRace race)
    {
        _plan.Swap();
        race.Swap(exchange);
    }

    private static bool IsBegun(in FirstBytes read, UpstreamConnection? upstream) =>
        !read.Error.IsError && upstream?.HeadReader.Head.Status is >= 200 and < 300;

    /// <summary>
    /// The exchange's target is the one that is not waited for any more: whether it was cancelled or failed by itself, it has its record, its cost and its
    /// say about the target, and its connection is closed.
    /// </summary>
    private void EndBeside(Exchange exchange, in FirstBytes read, UpstreamConnection? upstream, bool isOver)
    {
        exchange.FirstByteAt = read.At;
        var isCancelled = !isOver || (read.Error.IsError ? read.Error.Source != ErrorSource.Upstream : IsBegun(read, upstream));
        var status = !read.Error.IsError && !isCancelled ? upstream!.HeadReader.Head.Status : 0;
        exchange.Status = status is >= 300 ? status : 0;
        if (exchange.Status is 429 or 503 or 529)
            NoteWait(exchange, upstream!);
        _retryAfter = TimeSpan.Zero;
        var error = isCancelled ? EdgeError.Client(ErrorKind.ClientClosed) : read.Error.IsError ? read.Error : EdgeError.Upstream(ErrorKind.UpstreamStatus);
        if (isCancelled)
            _settlement.Outrun();
        else
            _settlement.Attempt(error);
        _journal.Attempt(exchange, error, isCancelled ? EndReason.Cancelled : ExchangeEnd.Of(error, exchange));
        _gate.ChargeBeside(exchange);
        if (isCancelled)
            _plan.OnOutrun();
        var isStale = read.Error.Retry == RetryPermission.IfReused && upstream is { IsReused: true };
        var isFailure = !isCancelled && !isStale && (exchange.Status is 0 or 408 or >= 500);
        _plan.Leave(isFailure ? AttemptOutcome.Failed : AttemptOutcome.Unknown);
        upstream?.Close();
        exchange.Status = 0;
        exchange.Bill = default;
    }

    /// <summary>Whether a body may have its provider call tools.</summary>
    public static bool HasProviderTools(ShapeTraits traits, RequestBody body) => traits.ProviderTools.Length > 0 && Holds(body.Bytes, traits.ProviderTools);

    /// <summary>Whether a body has these bytes anywhere.</summary>
    public static bool Holds(in ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> name)
    {
        if (bytes.IsSingleSegment)
            return bytes.FirstSpan.IndexOf(name) >= 0;
        var reader = new SequenceReader<byte>(bytes);
        return reader.TryReadTo(out ReadOnlySequence<byte> _, name);
    }
}
