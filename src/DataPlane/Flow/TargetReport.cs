using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Route;
using AiEdge.Http;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// What an attempt says of whom it was sent to: of the limits of its account, whether that, or the target, is to be left alone and for how long, and
/// whether the target has failed. The exchange's target and account are those of the attempt. One for each pipeline.
/// </summary>
internal sealed class TargetReport(TargetPlan plan, EdgeClock clock, RouteStates routes)
{
    /// <summary>How long one of several accounts is left alone that was refused for what it is, and not for what it was sent.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(30);

    /// <summary>The same, or of a target, where there is no more for now and the provider does not say for how long.</summary>
    private static readonly TimeSpan LimitedPause = TimeSpan.FromSeconds(1);

    /// <summary>No moment beyond it is told: that of a date far off has no place in nanoseconds.</summary>
    private const double LongestNs = 1e18;

    private bool _isAccounts;
    private bool _isHeard;

    /// <summary>What the provider has asked to be waited; zero where it has not.</summary>
    public TimeSpan RetryAfter { get; private set; }

    /// <summary>An exchange begins.</summary>
    public void BeginExchange() => _isHeard = false;

    /// <summary>An attempt begins.</summary>
    public void Begin() => (RetryAfter, _isAccounts) = (TimeSpan.Zero, false);

    /// <summary>What the answer's head says of the account's limits, and of the tier that serves.</summary>
    public void OnHead(Exchange exchange, ResponseHead head)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.CoarseUnixMs);
        plan.OnHead(ProviderRateReader.Of(head, now), head.Status is >= 200 and < 300, head.Status == 429 ? Forward.RetryAfter.Of(head, now) : TimeSpan.Zero);
        TakeTier(exchange, head);
    }

    /// <summary>What the answer's head says of the tier that serves, where its dialect says it there.</summary>
    public static void TakeTier(Exchange exchange, ResponseHead head)
    {
        var dialect = DialectTable.Of(exchange.SpokenEndpoint.Dialect);
        if (dialect.TierHeader is { } name && head.IndexOf(name) is var i and >= 0)
            exchange.SetTierAtHead(dialect.Words.TierOf(head.Value(i)));
    }

    /// <summary>The answer has been read, or it is known why there is none: whom that asks to leave alone.</summary>
    /// <param name="exchange">The exchange, whose status is that of the answer.</param>
    /// <param name="error">Why it is none.</param>
    /// <param name="head">Its head; null where none came.</param>
    /// <param name="inBody">When its body says to come again; zero where it does not.</param>
    public void OnEnd(Exchange exchange, EdgeError error, ResponseHead? head, TimeSpan inBody)
    {
        var saysWait = error.Kind is ErrorKind.UpstreamStatus or ErrorKind.UpstreamBadAnswer
            || (error.Kind == ErrorKind.ProviderLimited && head is { Status: >= 400 });
        if (head is not null && saysWait)
        {
            OnWait(exchange, head, inBody);
            TellWait(exchange, RetryAfter);
        }

        if (error.Kind == ErrorKind.ProviderLimited)
            PauseUntold(exchange);
        OnAccount(exchange, error);
    }

    /// <summary>
    /// A provider that says when to come again, in the head of its answer or in its body, says it for all that is asked by the same account, whatever its
    /// error is.
    /// </summary>
    public void OnWait(Exchange exchange, ResponseHead head, TimeSpan inBody = default)
    {
        if (!ProviderError.IsPassing(exchange))
            return;
        RetryAfter = Forward.RetryAfter.Of(head, DateTimeOffset.FromUnixTimeMilliseconds(clock.CoarseUnixMs));
        if (RetryAfter == TimeSpan.Zero)
            RetryAfter = inBody;
        if (RetryAfter > TimeSpan.Zero)
            PauseAsTold(exchange, RetryAfter);
        else if (exchange.Status == 429)
            PauseUntold(exchange);
    }

    /// <summary>It is the provider's own word: where that is for want of more, nobody asks for the model before.</summary>
    private void PauseAsTold(Exchange exchange, TimeSpan wait)
    {
        Pause(exchange, wait);
        if (exchange.Status == 429)
            plan.OnRefused(wait);
    }

    /// <summary>What the client is told, should nobody else be asked.</summary>
    public void TellWait(Exchange exchange, TimeSpan wait)
    {
        exchange.LimitWaitNs = (long)Math.Min(wait.TotalNanoseconds, LongestNs);
        exchange.LimitResetUnixNs = (clock.CoarseUnixMs * 1_000_000) + exchange.LimitWaitNs;
    }

    /// <summary>What an attempt that ended with that says of its target.</summary>
    public AttemptOutcome OutcomeOf(Exchange exchange, EdgeError error) => error.Kind switch
    {
        _ when _isAccounts => AttemptOutcome.Unknown,
        ErrorKind.None => AttemptOutcome.Answered,
        ErrorKind.UpstreamStatus when exchange.Status == 429 || PassingStatus.IsOfRequest(exchange.Status) => AttemptOutcome.Unknown,
        ErrorKind.UpstreamStatus when exchange.Status is (< 500 or 501) and not 408 && !PassingStatus.Is(exchange.Status) => AttemptOutcome.Answered,
        ErrorKind.ProviderLimited => AttemptOutcome.Unknown,
        _ when PassingStatus.IsOfRequest(exchange.Status) => AttemptOutcome.Unknown,

        // Where the asked name is passed on, one that the provider does not know says nothing of the provider.
        ErrorKind.UpstreamAuth when exchange.Target!.UpstreamModel is null && (exchange.Status == 404 || error.Cause == ErrorCause.Name)
            => AttemptOutcome.Unknown,
        _ when error.Source == ErrorSource.Upstream && !error.IsOfRequest => AttemptOutcome.Failed,
        _ => AttemptOutcome.Unknown,
    };

    /// <summary>
    /// Whether another account of the same target is asked next: it may have what is asked for, or enough for it, or be heard where this one is not and there
    /// is no other target.
    /// </summary>
    public bool IsOfAnother(Exchange exchange, EdgeError error)
    {
        var isMeant = error.Cause switch
        {
            ErrorCause.Request => true,
            ErrorCause.Name => exchange.Status == 403,
            ErrorCause.Account => _isAccounts && exchange.Status == 403 && exchange.Account!.State.PauseLeftMs(clock.CoarseMs) == 0,
            _ => error.Kind == ErrorKind.UpstreamAuth && !plan.HasOther,
        };
        var isOfAnother = isMeant && plan.HasOtherAccount;
        _isAccounts |= isOfAnother && error.Cause == ErrorCause.Name;
        return isOfAnother;
    }

    /// <summary>
    /// A provider that has no more and does not say for how long is not asked again at once: as that account, where it has others; else for that model,
    /// for of a limit of another model's it says nothing.
    /// </summary>
    private void PauseUntold(Exchange exchange)
    {
        if (exchange.Target!.Provider.Accounts.Length > 1)
            Pause(exchange, LimitedPause);
        else
            exchange.Target.Pause.Ask(clock.CoarseMs, LimitedPause);
    }

    /// <summary>Leaves an account alone; where a limit of it is why, whoever shares it is to know.</summary>
    private void Pause(Exchange exchange, TimeSpan wait)
    {
        var account = exchange.Account!.State;
        if (exchange.Status != 429)
        {
            account.Pause(clock.CoarseMs, wait);
            return;
        }

        account.PauseAsLimited(clock.CoarseMs, wait);
        routes.OnLimited();
    }

    /// <summary>
    /// Where a provider has several accounts, a refusal of one says nothing of the others: it is left alone, and they are asked first. By the 403 of one
    /// request that is one of them at most, and none that has not refused several in a row where the provider does not say that it means the account.
    /// </summary>
    private void OnAccount(Exchange exchange, EdgeError error)
    {
        _isAccounts = false;
        if (exchange.Target!.Provider.Accounts.Length == 1)
            return;
        var account = exchange.Account!.State;
        if (!error.IsError)
        {
            account.OnServed();
            return;
        }

        var isOfUs = error.Kind == ErrorKind.UpstreamAuth;
        var isSpared = isOfUs && exchange.Status == 403 && _isHeard;
        _isHeard |= isOfUs && exchange.Status == 403;
        var isRefused = isOfUs
            ? error.Cause == ErrorCause.Account && exchange.Status is (400 or 401 or 402 or 403 or 412)
            : error.Kind == ErrorKind.UpstreamQuota && !error.IsOfRequest;
        var isDoubted = isOfUs && error.Cause == ErrorCause.None;
        if (!isSpared && (isRefused || (isDoubted && account.IsDoubtedTooOften())))
            account.Pause(clock.CoarseMs, RefusedPause);
        var isLimited = error.Kind is ErrorKind.UpstreamStatus or ErrorKind.ProviderLimited && exchange.Status == 429;
        if (isLimited)
            Pause(exchange, LimitedPause);
        _isAccounts = isRefused || isLimited;
        if (_isAccounts && !isSpared)
            plan.OnAccountRefused();
    }
}
