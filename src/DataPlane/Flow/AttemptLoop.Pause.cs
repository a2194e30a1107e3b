using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Forward;

namespace AiEdge.DataPlane.Flow;

/// <summary>Whom an answer asks to leave alone: an account, or a target, and for how long.</summary>
internal sealed partial class AttemptLoop
{
    /// <summary>How long one of several accounts is left alone that was refused for what it is, and not for what it was sent.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(30);

    /// <summary>The same, or of a target, where there is no more for now and the provider does not say for how long.</summary>
    private static readonly TimeSpan LimitedPause = TimeSpan.FromSeconds(1);

    /// <summary>No moment beyond it is told: that of a date far off has no place in nanoseconds.</summary>
    private const double LongestNs = 1e18;

    /// <summary>
    /// A provider that says when to come again, in the head of its answer or in its body, says it for all that is asked by the same account, whatever its
    /// error is.
    /// </summary>
    private void NoteWait(Exchange exchange, UpstreamConnection upstream, TimeSpan inBody = default)
    {
        if (!ErrorRelay.MayBeMadeGood(exchange))
            return;
        _retryAfter = RetryAfter.Of(upstream.HeadReader.Head, DateTimeOffset.FromUnixTimeMilliseconds(_services.Clock.CoarseUnixMs));
        if (_retryAfter == TimeSpan.Zero)
            _retryAfter = inBody;
        if (_retryAfter > TimeSpan.Zero)
            Pause(exchange, _retryAfter);
        else if (exchange.Status == 429)
            PauseUntold(exchange);
    }

    /// <summary>What the client is told, should nobody else be asked.</summary>
    private void TellWait(Exchange exchange, TimeSpan wait)
    {
        exchange.LimitWaitNs = (long)Math.Min(wait.TotalNanoseconds, LongestNs);
        exchange.LimitResetUnixNs = (_services.Clock.CoarseUnixMs * 1_000_000) + exchange.LimitWaitNs;
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
            exchange.Target.Pause.Ask(_services.Clock.CoarseMs, LimitedPause);
    }

    /// <summary>Leaves an account alone; where a limit of it is why, whoever shares it is to know.</summary>
    private void Pause(Exchange exchange, TimeSpan wait)
    {
        var account = exchange.Account!.State;
        if (exchange.Status != 429)
        {
            account.Pause(_services.Clock.CoarseMs, wait);
            return;
        }

        account.PauseAsLimited(_services.Clock.CoarseMs, wait);
        _services.Routes.OnLimited();
    }

    /// <summary>Where a provider has several accounts, a refusal of one says nothing of the others: it is left alone, and they are asked first.</summary>
    private void NoteAccount(Exchange exchange, EdgeError error)
    {
        var isRefused = (error.Kind == ErrorKind.UpstreamQuota && !error.IsOfRequest)
            || (error.Kind == ErrorKind.UpstreamAuth && exchange.Status is 400 or 401 or 402 or 403 or 412);
        _isAccounts = exchange.Target!.Provider.Accounts.Length > 1
            && (isRefused || (error.Kind is ErrorKind.UpstreamStatus or ErrorKind.ProviderLimited && exchange.Status == 429));
        if (!_isAccounts)
            return;
        if (isRefused)
            exchange.Account!.State.Pause(_services.Clock.CoarseMs, RefusedPause);
        else
            Pause(exchange, LimitedPause);
        _plan.OnAccountRefused();
    }
}
