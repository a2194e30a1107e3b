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
    /// <summary>Of a request whose prompt is not counted: about, and mended by the provider's next answer.</summary>
    private const int BytesPerToken = 4;

    /// <summary>Of texts that somebody wrote, no token is so long on the average.</summary>
    private const int BytesPerTokenMost = 32;

    /// <summary>
    /// The same at most, where nobody has looked into it: what makes a body large is mostly an image or a file, which has few tokens for its
    /// bytes. Who is guessed too small may be refused by the provider, and then others are asked; who is guessed too large would not even be sent.
    /// </summary>
    private const long TokensGuessedMax = 16_384;

    /// <summary>Pictures of one request that are reserved for; no provider makes more.</summary>
    private const int ChoicesGuessedMax = 16;

    private Demand _demand;
    private QueueTicket _ticket;
    private long _lease;
    private long _weighed;
    private bool _mayWait;
    private AdmissionGate? _of;

    /// <summary>Whether the texts of the prompt have to be noted, so that they can be counted.</summary>
    public bool WantsPrompt(Exchange exchange) =>
        journal.IsOn || exchange.Config.Models is { IsGuarded: true } or { IsFitted: true } or { IsSorted: true }
        || exchange.Config.LimitTable.MayCountTokens(exchange.Key!);

    /// <summary>
    /// Before a target is chosen, where some look at what they are asked: says what that is. The prompt is counted only if it is near to the
    /// smallest context window.
    /// </summary>
    public void Weigh(Exchange exchange, RequestBody body)
    {
        var scan = body.Intake!.Scan;
        exchange.PromptBytes = scan.Prompt?.Bytes ?? 0;
        exchange.OutputCap = exchange.Endpoint!.Kind == EndpointKind.Forward ? RequestCap.Of(scan.Facts, exchange.Endpoint.Shape) : -1;
        if (!exchange.Model!.IsFitted || exchange.Endpoint.Kind != EndpointKind.Forward || scan.Prompt is not { } prompt)
            return;

        // Whose count it is: nobody's in particular yet, and of one model's targets it differs little.
        exchange.Target = exchange.Model.Targets[0];
        var output = Math.Max(0, exchange.OutputCap);
        exchange.PromptTokens = meter.PromptBound(exchange, prompt);

        // Where the client sets no cap its translation may, to which the window is a bound, too.
        var isBound = exchange.PromptTokens <= exchange.Model.ContextWindowMin - (output > 0 ? output : LongestOutput(exchange));
        if (!isBound)
            _weighed = meter.CountPrompt(exchange, prompt, body.Bytes);
        exchange.Target = null;
        exchange.Needs = new RequestNeeds(NeededBy(prompt, scan.Facts), exchange.PromptTokens, output, exchange.PromptIsEstimate) { IsBound = isBound };
    }

    /// <summary>The longest answer that any of the model's targets gives, as far as that is known.</summary>
    private static long LongestOutput(Exchange exchange)
    {
        var longest = 0L;
        foreach (var target in exchange.Model!.Targets)
            longest = Math.Max(longest, target.OutputTokensMaxOf(exchange.PassedModel));
        return longest;
    }

    /// <summary>
    /// Whether another model is enough for a request, as far as its prompt tells: that is counted where it may be short enough. What lies at the provider
    /// nobody here has seen.
    /// </summary>
    public bool IsSimple(Exchange exchange, RequestBody body, SimpleModel simple)
    {
        var scan = body.Intake!.Scan;
        if (scan.Prompt is not { } prompt || (NeededBy(prompt, scan.Facts) & ~simple.Capabilities) != 0 || (prompt.Doubts & PromptDoubt.StoredState) != 0)
            return false;
        exchange.Target = exchange.Model!.Targets[0];
        var tokens = meter.PromptBound(exchange, prompt);
        if (tokens > simple.PromptTokensMax && tokens / BytesPerTokenMost <= simple.PromptTokensMax)
            tokens = meter.CountPrompt(exchange, prompt, body.Bytes);
        exchange.Target = null;
        exchange.PromptIsCounted = exchange.PromptIsEstimate = false;
        return tokens <= simple.PromptTokensMax;
    }

    /// <summary>Finds the address that the request came from, where limits are kept by it.</summary>
    public static void KnowAddress(Exchange exchange, ClientLink link, RequestBody body)
    {
        if (exchange.Config.LimitTable.IsPerAddress)
            exchange.ClientAddress ??= AddressOf(exchange, link, body);
    }

    /// <summary>Before a target is asked: what does not depend on who answers. The exchange must have its model and its first target.</summary>
    public ValueTask<EdgeError> AdmitAsync(Exchange exchange, ClientLink link, RequestBody body)
    {
        var scan = body.Intake!.Scan;
        KnowAddress(exchange, link, body);
        if (exchange.Endpoint!.IsCount)
        {
            // It is a request, and has no tokens that anybody pays.
            (_mayWait, exchange.AccountCost) = (true, default);
            _demand = RequestDemand.Of(scan.Facts, RequestShape.Native, 0, isCounted: true) with { IsFree = true };
            return Answer(Decide(exchange, body, isOfTarget: false), exchange, link, body, isOfTarget: false);
        }

        var isCounted = exchange is { PromptIsCounted: true, IsFallback: false };
        var tokens = isCounted ? _weighed : exchange.PromptTokens = meter.PromptBound(exchange, scan.Prompt);
        exchange.PromptIsCounted = isCounted;
        _mayWait = true;
        admission.Yields = exchange.Config.LimitTable.Parts.Length > 0 && link.Manners.OnAsked(exchange.Key!.Name, admission.NowNs);
        _demand = RequestDemand.Of(scan.Facts, exchange.Endpoint!.Shape, tokens, isCounted || scan.Prompt is null, exchange.Choices) with
        {
            InputGuess = PromptGuess(exchange, scan.Prompt),
            OutputGuess = ShapeTraits.Of(exchange.Endpoint.Shape).IsUncapped ? OutputGuess(exchange) : 0,
        };
        if (exchange.Degraded.MaxTokens is var cap and > 0)
            _demand = _demand with { OutputTokensMax = cap };
        var most = isCounted || scan.Prompt is not null ? tokens : TokensGuessedMax;
        exchange.AccountCost = new AccountCost(isCounted ? tokens : Math.Min(exchange.BytesIn / BytesPerToken, most), Math.Max(0, _demand.OutputTokensMax));
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

    /// <summary>A model that was turned to has refused, and nobody else is left: that is the exchange's end.</summary>
    public void CountPassed(Exchange exchange) => admission.CountPassed(exchange);

    /// <summary>Targets are asked anew.</summary>
    public void ForgetPassedOver() => admission.ForgetPassedOver();

    /// <summary>The target's limits have refused, and another is asked.</summary>
    public void PassOver() => admission.PassOver();

    /// <summary>
    /// What limits say where no target is left: that of those that were passed over which can be asked soonest; no error where none of them can
    /// be asked within <paramref name="leastNs"/>.
    /// </summary>
    public EdgeError Soonest(long leastNs) => admission.TryTellSoonest(leastNs) ? LimitError.Of(admission.Refusal) : default;

    /// <summary>The exchange has turned to another model: what bound it for the last one no longer does, what binds it for this one is asked.</summary>
    public ValueTask<EdgeError> FollowAsync(Exchange exchange, ClientLink link, RequestBody body)
    {
        exchange.PromptIsCounted = exchange.PromptIsEstimate = false;
        return admission.TryFollow(exchange) ? default : AdmitAsync(exchange, link, body);
    }

    /// <summary>What binds the exchange refused, so that nothing is held for it, and it has turned to another model: asks anew.</summary>
    public ValueTask<EdgeError> AnewAsync(Exchange exchange, ClientLink link, RequestBody body)
    {
        exchange.PromptIsCounted = exchange.PromptIsEstimate = false;
        return AdmitAsync(exchange, link, body);
    }

    private Admission Own => admission;

    /// <summary>Whether what comes has to be counted, for limits that this one has drawn from.</summary>
    public bool IsMetered => admission.IsMetered;

    /// <summary>
    /// Another attempt at the exchange is made at the same time: it asks for the same, with credit of its own for what depends on who answers. What does
    /// not stays drawn once, by the other.
    /// </summary>
    public void Join(AdmissionGate of)
    {
        (_demand, _of) = (of._demand, of);
        admission.Join(of.Own);
    }

    /// <summary>The exchange is over, and this is the attempt that was taken.</summary>
    public void Settle(Exchange exchange) => admission.Settle(exchange);

    /// <summary>What the limits let each choice of the answer have.</summary>
    public OutputClamp Clamp(Exchange exchange)
    {
        var cap = Math.Min(admission.OutputCap, _of?.Own.OutputCap ?? long.MaxValue);
        if (exchange.Degraded.MaxTokens is var degraded and > 0 && degraded <= cap && !IsWithin(exchange, degraded))
            exchange.OutputClamp = cap = degraded;
        return cap == long.MaxValue
            ? default
            : new OutputClamp(cap, ModelAbilities.Of(exchange).TakesCompletionTokens);
    }

    /// <summary>Whether the model gives no more by itself: providers refuse a cap beyond what their model can do.</summary>
    private static bool IsWithin(Exchange exchange, long cap) => exchange.Model!.OutputTokensMaxOf(exchange.PassedModel) is var most and > 0 && most <= cap;

    /// <summary>The attempt was in vain and another follows; its bill says what it cost.</summary>
    public void EndTarget(Exchange exchange) => admission.EndTarget(exchange.Bill.CostNanodollars);

    /// <summary>Whether another target may be asked besides the exchange's own, at what its prompt costs there.</summary>
    public bool MayAskBeside(Exchange exchange, TargetModel target, long costMaxNanodollars)
    {
        var prompt = exchange.PromptTokens > 0 ? exchange.PromptTokens : exchange.AccountCost.Input;
        var price = target.PriceOf(exchange.PassedModel)?.At(prompt);
        long? cost = price is null ? null : new TokenPrices(price, PricedRequests.Of(exchange)).Input(LimitUnit.Cost, prompt);
        return (costMaxNanodollars == long.MaxValue || cost <= costMaxNanodollars) && admission.MayAskBeside(target, cost);
    }

    /// <summary>An attempt besides another was in vain: its bill says what it cost.</summary>
    public void ChargeBeside(Exchange exchange) => admission.ChargeBeside(exchange.Bill.CostNanodollars);

    /// <summary>The exchange goes on with the target that was asked besides.</summary>
    public void TurnBeside(Exchange exchange) => admission.TurnBeside(exchange, _demand);

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
        return admission.ColdShare is null ? Refuse(exchange, link, body, isOfTarget) : AskAsync(exchange, link, body, isOfTarget);
    }

    /// <summary>
    /// The first request of a bucket that the control plane lends: its credit is being asked for, and comes in a moment, or the limit's outage
    /// policy decides.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> AskAsync(Exchange exchange, ClientLink link, RequestBody body, bool isOfTarget)
    {
        var (began, wait) = (Stopwatch.GetTimestamp(), admission.Desk!.Await(admission.NowNs));
        while (true)
        {
            // Taken before the question: an answer that comes in between is not missed.
            var answered = admission.Desk.Answered;
            var left = wait - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                admission.CutOffCold();
            if (Decide(exchange, body, isOfTarget) == AdmitVerdict.Admitted)
                return default;
            if (admission.ColdShare is null || left <= TimeSpan.Zero)
                return await Refuse(exchange, link, body, isOfTarget);

            // Whether the outage policy has taken over is looked at as often as where no more is waited.
            await Task.WhenAny(answered, Task.Delay(left < LeaseDesk.ColdWait ? left : LeaseDesk.ColdWait));
            if (link.Reason != StopReason.None)
                return AttemptLoop.Stopped(link);
        }
    }

    private ValueTask<EdgeError> Refuse(Exchange exchange, ClientLink link, RequestBody body, bool isOfTarget) =>
        admission.MayWait && _mayWait ? WaitAsync(exchange, link, body, isOfTarget) : new(LimitError.Of(admission.Refusal));

    /// <summary>Waits in the queue of the limit that refused; a client that leaves, or a drain, ends that.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder<>))]
    private async ValueTask<EdgeError> WaitAsync(Exchange exchange, ClientLink link, RequestBody body, bool isOfTarget)
    {
        // Nobody counts a prompt in a queue, and there is time for it now.
        if (!_demand.IsCounted)
            Count(exchange, body);
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

    /// <summary>Whether a request asks for more than text for text.</summary>
    public static bool HasNeeds(BodyScan scan) => scan.Prompt is { } prompt && NeededBy(prompt, scan.Facts) != Capability.None;

    private static Capability NeededBy(PromptText prompt, RequestFacts facts) =>
        (prompt.Tools + prompt.ToolCalls > 0 ? Capability.Tools : Capability.None)
        | (prompt.Images + prompt.ImagesLow > 0 ? Capability.Vision : Capability.None)
        | (prompt.WantsJson || facts.WantsJson ? Capability.Json : Capability.None)
        | (prompt.Audios > 0 ? Capability.Audio : Capability.None)
        | (prompt.Files > 0 ? Capability.Files : Capability.None);

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

    private static long OutputGuess(Exchange exchange) =>
        (exchange.Target!.State?.OutputP95(exchange) ?? LearnedTokens.Unknown) * Math.Min(exchange.Choices, ChoicesGuessedMax);

    private void Count(Exchange exchange, RequestBody body)
    {
        _demand = _demand with { InputTokens = meter.CountPrompt(exchange, body.Intake!.Scan.Prompt!, body.Bytes), IsCounted = true };
        admission.OnPromptCounted(_demand.InputTokens);
    }
}
