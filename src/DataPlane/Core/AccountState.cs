namespace AiEdge.DataPlane.Core;

/// <summary>What a provider says of an account's limits in one answer.</summary>
internal struct ProviderRates
{
    public ProviderRate Requests;

    public ProviderRate Tokens;

    public ProviderRate InputTokens;

    public ProviderRate OutputTokens;
}

/// <summary>What a request takes of an account: one request, and so many tokens as far as they are known before.</summary>
/// <param name="Input">Of the prompt, about.</param>
/// <param name="Output">Of the answer: its cap; 0 where there is none.</param>
internal readonly record struct AccountCost(long Input, long Output);

/// <summary>
/// What is known of an account with a provider, whichever of its targets learnt it: until when it has asked to be left alone, and what is
/// left of its limits. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads; a pause never becomes shorter by another report. Memory order: the pause is one word, moved forward by
/// compare-and-swap; nothing else hangs on it, so readers need no fence. The limits are each by themselves.
/// </remarks>
internal sealed class AccountState
{
    /// <summary>A provider that asks for more is asked again after that.</summary>
    public static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(60);

    private long _pausedUntilMs;
    private long _paced;

    public AccountLimit Requests { get; } = new();

    /// <summary>Of prompt and answer together.</summary>
    public AccountLimit Tokens { get; } = new();

    public AccountLimit InputTokens { get; } = new();

    public AccountLimit OutputTokens { get; } = new();

    /// <summary>Requests that waited for it, or went elsewhere, because its limits had nothing left.</summary>
    public long Paced => Volatile.Read(ref _paced);

    public void OnPaced() => Interlocked.Increment(ref _paced);

    /// <summary>How long it is to be left alone, from <paramref name="nowMs"/> on; 0 for not at all.</summary>
    public long PauseLeftMs(long nowMs) => Math.Max(0, Volatile.Read(ref _pausedUntilMs) - nowMs);

    /// <summary>Its provider said when to come again.</summary>
    public void Pause(long nowMs, TimeSpan wait)
    {
        var until = nowMs + (long)Math.Min(wait.TotalMilliseconds, PauseMax.TotalMilliseconds);
        var known = Volatile.Read(ref _pausedUntilMs);
        while (until > known)
        {
            var found = Interlocked.CompareExchange(ref _pausedUntilMs, until, known);
            if (found == known)
                return;
            known = found;
        }
    }

    /// <summary>How long to wait until its limits have room for a request, in milliseconds; 0 where they have.</summary>
    public long WaitMs(long nowMs, in AccountCost cost) => Math.Max(
        Math.Max(Requests.WaitMs(nowMs, 1), Tokens.WaitMs(nowMs, cost.Input + cost.Output)),
        Math.Max(InputTokens.WaitMs(nowMs, cost.Input), OutputTokens.WaitMs(nowMs, cost.Output)));

    /// <summary>Takes of all of its limits, or of none (<see cref="AccountLimit.TryTake"/>); the wait is that of the one that takes longest.</summary>
    public bool TryTake(long nowMs, in AccountCost cost, long waitMaxMs, out long waitMs)
    {
        if (!Requests.TryTake(nowMs, 1, waitMaxMs, out waitMs))
            return false;
        if (Tokens.TryTake(nowMs, cost.Input + cost.Output, waitMaxMs, out var tokens))
        {
            if (InputTokens.TryTake(nowMs, cost.Input, waitMaxMs, out var input))
            {
                if (OutputTokens.TryTake(nowMs, cost.Output, waitMaxMs, out var output))
                {
                    waitMs = Math.Max(Math.Max(waitMs, tokens), Math.Max(input, output));
                    return true;
                }

                InputTokens.GiveBack(cost.Input);
            }

            Tokens.GiveBack(cost.Input + cost.Output);
        }

        Requests.GiveBack(1);
        waitMs = WaitMs(nowMs, cost);
        return false;
    }

    /// <summary>What was taken was not sent.</summary>
    public void GiveBack(in AccountCost cost)
    {
        Requests.GiveBack(1);
        Tokens.GiveBack(cost.Input + cost.Output);
        InputTokens.GiveBack(cost.Input);
        OutputTokens.GiveBack(cost.Output);
    }

    /// <summary>What was taken was sent, and this is what the answer's head says; nothing where there is none.</summary>
    public void Learn(long nowMs, in ProviderRates rates, in AccountCost cost)
    {
        Requests.Learn(nowMs, rates.Requests, 1);
        Tokens.Learn(nowMs, rates.Tokens, cost.Input + cost.Output);
        InputTokens.Learn(nowMs, rates.InputTokens, cost.Input);
        OutputTokens.Learn(nowMs, rates.OutputTokens, cost.Output);
    }
}

/// <summary>An account with a provider, compiled: whom a request is sent as.</summary>
internal sealed class AccountModel
{
    /// <summary>Its name within the provider; empty for the one of a provider that lists none.</summary>
    public required string Name { get; init; }

    /// <summary>As <see cref="ProviderModel.FixedHeaders"/>, with the account's own credential.</summary>
    public required byte[] FixedHeaders { get; init; }

    /// <summary>Whether it is not used for now.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>What is known of it; put there before the configuration is in force.</summary>
    public AccountState State { get; set; } = new();
}
