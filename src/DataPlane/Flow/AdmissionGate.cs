using System.Diagnostics;
using System.Runtime.CompilerServices;
using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Identify;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Transport;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// Asks for an exchange's admission: makes a demand of what was read of its request, counts the prompt where a limit is so near that
/// the count matters, and says what the answer's cap is. One for each pipeline.
/// </summary>
internal sealed class AdmissionGate(Admission admission, ExchangeMeter meter, JournalHold journal) : IUpstreamLease
{
    private Demand _demand;
    private QueueTicket _ticket;
    private long _lease;
    private bool _mayWait;

    /// <summary>Whether the texts of the prompt have to be noted, so that they can be counted.</summary>
    public bool WantsPrompt(Exchange exchange) =>
        journal.IsOn || exchange.Config.Models.IsGuarded || exchange.Config.LimitTable.MayCountTokens(exchange.Key!);

    /// <summary>Before a target is asked: what does not depend on who answers. The exchange must have its model and its first target.</summary>
    public ValueTask<EdgeError> AdmitAsync(Exchange exchange, ClientLink link, RequestBody body)
    {
        var scan = body.Intake!.Scan;
        if (exchange.Config.LimitTable.IsPerAddress)
            exchange.ClientAddress = AddressOf(exchange, link, body);
        var bound = ExchangeMeter.PromptBound(exchange, scan.Prompt);
        exchange.PromptTokens = bound;
        _mayWait = true;
        _demand = RequestDemand.Of(scan.Facts, exchange.Endpoint!.Shape, bound, isCounted: scan.Prompt is null) with
        {
            InputGuess = PromptGuess(exchange, scan.Prompt),
        };
        return Answer(Decide(exchange, body, isOfTarget: false), exchange, link, body, isOfTarget: false);
    }

    /// <summary>Before an attempt at the exchange's target: what depends on who answers.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="link">Its client.</param>
    /// <param name="body">Its request.</param>
    /// <param name="mayWait">Whether it may wait in a queue for it: nobody else could be asked.</param>
    public ValueTask<EdgeError> AdmitTargetAsync(Exchange exchange, ClientLink link, RequestBody body, bool mayWait)
    {
        _mayWait = mayWait;
        return Answer(Decide(exchange, body, isOfTarget: true), exchange, link, body, isOfTarget: true);
    }

    /// <summary>The exchange has turned to another model: what bound it for the last one no longer does, what binds it for this one is asked.</summary>
    public ValueTask<EdgeError> FollowAsync(Exchange exchange, ClientLink link, RequestBody body)
    {
        exchange.PromptIsCounted = exchange.PromptIsEstimate = false;
        return admission.TryFollow(exchange) ? default : AdmitAsync(exchange, link, body);
    }

    /// <summary>What the limits let each choice of the answer have.</summary>
    public OutputClamp Clamp(Exchange exchange) => admission.OutputCap == long.MaxValue
        ? default
        : new OutputClamp(admission.OutputCap, ModelTokenizer.TakesCompletionTokens(exchange.Target!.UpstreamModel ?? exchange.AskedModel));

    /// <summary>The attempt was in vain and another follows; its bill says what it cost.</summary>
    public void EndTarget(Exchange exchange) => admission.EndTarget(exchange.Bill.CostNanodollars);

    void IUpstreamLease.Abort(long lease)
    {
        if (Volatile.Read(ref _lease) == lease)
            _ticket.Cancel();
    }

    void IUpstreamLease.Wake(long lease)
    {
    }

    private AdmitVerdict Decide(Exchange exchange, RequestBody body, bool isOfTarget)
    {
        var verdict = isOfTarget ? admission.AdmitTarget(exchange, _demand) : admission.Admit(exchange, _demand);
        if (verdict != AdmitVerdict.NeedsCount)
            return verdict;
        Count(exchange, body);
        return isOfTarget ? admission.AdmitTarget(exchange, _demand) : admission.Admit(exchange, _demand);
    }

    private ValueTask<EdgeError> Answer(AdmitVerdict verdict, Exchange exchange, ClientLink link, RequestBody body, bool isOfTarget)
    {
        if (verdict == AdmitVerdict.Admitted)
            return default;
        return admission.ColdScope is null ? Refuse(exchange, link, isOfTarget) : AskAsync(exchange, link, body, isOfTarget);
    }

    /// <summary>
    /// The first request of a bucket that the control plane lends: its credit is being asked for, and comes in a moment, or the limit's outage
    /// policy decides.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> AskAsync(Exchange exchange, ClientLink link, RequestBody body, bool isOfTarget)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            // Taken before the question: an answer that comes in between is not missed.
            var answered = admission.Desk!.Answered;
            var left = LeaseDesk.ColdWait - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                admission.CutOffCold();
            if (Decide(exchange, body, isOfTarget) == AdmitVerdict.Admitted)
                return default;
            if (admission.ColdScope is null || left <= TimeSpan.Zero)
                return await Refuse(exchange, link, isOfTarget);
            await Task.WhenAny(answered, Task.Delay(left));
            if (link.Reason != StopReason.None)
                return AttemptLoop.Stopped(link);
        }
    }

    private ValueTask<EdgeError> Refuse(Exchange exchange, ClientLink link, bool isOfTarget) =>
        admission.MayWait && _mayWait ? WaitAsync(exchange, link, isOfTarget) : new(LimitError.Of(admission.Refusal));

    /// <summary>Waits in the queue of the limit that refused; a client that leaves, or a drain, ends that.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> WaitAsync(Exchange exchange, ClientLink link, bool isOfTarget)
    {
        if (!admission.TryWait(_demand, isOfTarget, out _ticket))
            return LimitError.Of(admission.Refusal);
        var began = Stopwatch.GetTimestamp();
        var lease = Interlocked.Increment(ref _lease);
        if (!link.WatchClient() || !link.Attach(this, lease))
            _ticket.Cancel();
        var outcome = await _ticket.Outcome;
        link.Detach();
        Interlocked.Increment(ref _lease);
        exchange.QueueMs += EdgeClock.Us(began, Stopwatch.GetTimestamp()) / 1000;
        var isAdmitted = admission.EndWait(outcome);
        if (link.Reason != StopReason.None)
            return AttemptLoop.Stopped(link);
        return isAdmitted ? default : LimitError.Of(admission.Refusal);
    }

    /// <summary>The bucket of the address that the request came from, by the word of trusted proxies if there are any.</summary>
    private static string AddressOf(Exchange exchange, ClientLink link, RequestBody body) => link.Peer is { } peer
        ? link.AddressOf(ClientPlace.Of(peer, body.Intake!.HeadReader.Head, exchange.Config.Server.Proxies))
        : LimitTable.None;

    /// <summary>
    /// What the prompts of the target mostly stay under, where part of this one lies at the provider, or comes as a file that nobody here
    /// reads; else 0.
    /// </summary>
    private static long PromptGuess(Exchange exchange, PromptText? prompt) =>
        prompt is null || (prompt.Doubts & (PromptDoubt.StoredState | PromptDoubt.Files)) == 0
            ? 0
            : exchange.Target!.State?.Input.P95 ?? LearnedTokens.Unknown;

    private void Count(Exchange exchange, RequestBody body) => _demand = _demand with
    {
        InputTokens = meter.CountPrompt(exchange, body.Intake!.Scan.Prompt!, body.Bytes),
        IsCounted = true,
    };
}
