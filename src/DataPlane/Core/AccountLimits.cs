namespace AiEdge.DataPlane.Core;

/// <summary>What a provider says of an account's limits in one answer.</summary>
internal struct ProviderRates
{
    public ProviderRate Requests;

    public ProviderRate Tokens;

    public ProviderRate InputTokens;

    public ProviderRate OutputTokens;

    /// <summary>Whether it says anything.</summary>
    public readonly bool IsTold => Requests.IsTold || Tokens.IsTold || InputTokens.IsTold || OutputTokens.IsTold;
}

/// <summary>What a request takes of an account: one request, and so many tokens as far as they are known before.</summary>
/// <param name="Input">Of the prompt, about.</param>
/// <param name="Output">Of the answer: its cap; 0 where there is none.</param>
internal readonly record struct AccountCost(long Input, long Output);

/// <summary>
/// What is known of an account's limits for one of its provider's models: most providers limit each model by itself, and what is left of
/// one says nothing of another. Outlives the configuration.
/// </summary>
/// <remarks>Any number of threads; each limit is by itself, and what is taken of several is given back where one of them has too little.</remarks>
internal sealed class AccountLimits
{
    private const long UsedStepMs = 1000;

    private bool _isKnown;
    private long _heldUntilMs;
    private long _refusedUntilMs;
    private long _restsUntilMs;
    private long _usedMs;

    /// <summary>Whether the provider has said anything; until then there is nothing to take from, and a provider that never does costs nothing.</summary>
    public bool IsKnown => Volatile.Read(ref _isKnown);

    public AccountLimit Requests { get; } = new();

    /// <summary>Of prompt and answer together.</summary>
    public AccountLimit Tokens { get; } = new();

    public AccountLimit InputTokens { get; } = new();

    public AccountLimit OutputTokens { get; } = new();

    /// <summary>How long to wait until its limits have room for a request, in milliseconds; 0 where they have.</summary>
    public long WaitMs(long nowMs, in AccountCost cost) => Math.Max(
        HeldMs(nowMs),
        Math.Max(
            Math.Max(Requests.WaitMs(nowMs, 1), Tokens.WaitMs(nowMs, cost.Input + cost.Output)),
            Math.Max(InputTokens.WaitMs(nowMs, cost.Input), OutputTokens.WaitMs(nowMs, cost.Output))));

    /// <summary>How much of the one is used that is nearest to its end, in percent; all where nothing is to be taken for now.</summary>
    public int UsedPercent(long nowMs) => HeldMs(nowMs) > 0 ? 100 : Math.Max(
        Math.Max(Requests.UsedPercent(nowMs), Tokens.UsedPercent(nowMs)),
        Math.Max(InputTokens.UsedPercent(nowMs), OutputTokens.UsedPercent(nowMs)));

    /// <summary>Takes of all of its limits, or of none (<see cref="AccountLimit.TryTake"/>); the wait is that of the one that takes longest.</summary>
    public bool TryTake(long nowMs, in AccountCost cost, long waitMaxMs, out long waitMs)
    {
        var held = HeldMs(nowMs);
        if (held > waitMaxMs)
        {
            waitMs = WaitMs(nowMs, cost);
            return false;
        }

        if (!Requests.TryTake(nowMs, 1, waitMaxMs, out waitMs))
            return false;
        if (Tokens.TryTake(nowMs, cost.Input + cost.Output, waitMaxMs, out var tokens))
        {
            if (InputTokens.TryTake(nowMs, cost.Input, waitMaxMs, out var input))
            {
                if (OutputTokens.TryTake(nowMs, cost.Output, waitMaxMs, out var output))
                {
                    waitMs = Math.Max(Math.Max(held, Math.Max(waitMs, tokens)), Math.Max(input, output));
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

    /// <summary>
    /// Its provider has refused a request, told that a limit has next to nothing left, and said when to come again: until then nothing is taken, whatever
    /// is reckoned to have come back. Of limits that are counted in fixed windows nothing has. A pause of another kind is none of the limits'.
    /// </summary>
    public void OnRefused(long nowMs, TimeSpan wait, in ProviderRates rates, in AccountCost cost)
    {
        if (!IsSpent(rates.Requests, 1) && !IsSpent(rates.Tokens, cost.Input + cost.Output)
            && !IsSpent(rates.InputTokens, cost.Input) && !IsSpent(rates.OutputTokens, cost.Output))
        {
            return;
        }

        Hold(nowMs, wait);
        Volatile.Write(ref _refusedUntilMs, Volatile.Read(ref _heldUntilMs));
    }

    /// <summary>Nothing is taken for so long, by the word of whoever was refused; a minute at most.</summary>
    public void Hold(long nowMs, TimeSpan wait)
    {
        var until = nowMs + (long)Math.Min(wait.TotalMilliseconds, AccountState.PauseMax.TotalMilliseconds);
        var known = Volatile.Read(ref _heldUntilMs);
        while (until > known)
        {
            var found = Interlocked.CompareExchange(ref _heldUntilMs, until, known);
            if (found == known)
                return;
            known = found;
        }
    }

    /// <summary>
    /// Its provider has refused a request for the model because there is no more, and said when to come again. The longest word holds, but the last one where
    /// the provider is asked before, as it is after a minute.
    /// </summary>
    public void Rest(long nowMs, TimeSpan wait)
    {
        var until = nowMs + (long)wait.TotalMilliseconds;
        if (Volatile.Read(ref _restsUntilMs) is var known && (until > known || known > nowMs + (long)AccountState.PauseMax.TotalMilliseconds))
            Volatile.Write(ref _restsUntilMs, until);
    }

    /// <summary>How long it is, by that word, until the provider has more, in milliseconds; 0 where it has said nothing.</summary>
    public long RestMs(long nowMs) => Math.Max(0, Volatile.Read(ref _restsUntilMs) - nowMs);

    /// <summary>The provider serves again.</summary>
    public void EndRest()
    {
        if (Volatile.Read(ref _restsUntilMs) != 0)
            Volatile.Write(ref _restsUntilMs, 0);
    }

    /// <summary>How long nothing is to be taken, whatever is left, in milliseconds; also of what has been promised.</summary>
    public long HeldMs(long nowMs) => Math.Max(0, Volatile.Read(ref _heldUntilMs) - nowMs);

    /// <summary>How long nothing is to be taken, from <paramref name="nowMs"/> on, where this plane was refused since this was asked last; else 0.</summary>
    public long TakeRefusedMs(long nowMs) =>
        Volatile.Read(ref _refusedUntilMs) == 0 ? 0 : Math.Max(0, Interlocked.Exchange(ref _refusedUntilMs, 0) - nowMs);

    /// <summary>So much is wanted of its limits, whether it is to be had or not.</summary>
    public void Want(long nowMs, in AccountCost cost)
    {
        Use(nowMs);
        Requests.Want(1);
        Tokens.Want(cost.Input + cost.Output);
        InputTokens.Want(cost.Input);
        OutputTokens.Want(cost.Output);
    }

    /// <summary>Another plane was told this of one of its limits (<see cref="AccountLimit.Hear"/>).</summary>
    public void Hear(AccountLimit limit, long nowMs, in SharedRate rate)
    {
        if (limit.Hear(nowMs, rate) && !IsKnown)
            Volatile.Write(ref _isKnown, true);
    }

    /// <summary>They are asked for, whether they have room or not.</summary>
    public void Use(long nowMs)
    {
        // Written once a second, so that cores do not contend for it.
        if (nowMs - Volatile.Read(ref _usedMs) >= UsedStepMs)
            Volatile.Write(ref _usedMs, nowMs);
    }

    /// <summary>For how long nobody has asked for them, in milliseconds, a second more at most.</summary>
    public long IdleMs(long nowMs) => nowMs - Volatile.Read(ref _usedMs);

    /// <summary>What was taken was not sent.</summary>
    public void GiveBack(in AccountCost cost)
    {
        Requests.GiveBack(1);
        Tokens.GiveBack(cost.Input + cost.Output);
        InputTokens.GiveBack(cost.Input);
        OutputTokens.GiveBack(cost.Output);
    }

    /// <summary>What was taken was sent, and this is what the answer's head says; nothing where there is none.</summary>
    public void Learn(long nowMs, in ProviderRates rates, in AccountCost cost) => Learn(nowMs, rates, 1, cost);

    /// <summary>The same of an answer to what was sent before anything was known, so that nothing was taken for it.</summary>
    public void Learn(long nowMs, in ProviderRates rates) => Learn(nowMs, rates, 0, default);

    /// <summary>What is reckoned for a request may be a half of what its provider counts.</summary>
    private static bool IsSpent(in ProviderRate rate, long cost) => rate.IsTold && rate.Remaining <= Math.Max(2 * cost, rate.Limit / 64);

    private void Learn(long nowMs, in ProviderRates rates, long requests, in AccountCost cost)
    {
        Requests.Learn(nowMs, rates.Requests, requests);
        Tokens.Learn(nowMs, rates.Tokens, cost.Input + cost.Output);
        InputTokens.Learn(nowMs, rates.InputTokens, cost.Input);
        OutputTokens.Learn(nowMs, rates.OutputTokens, cost.Output);
        if (!IsKnown && rates.IsTold)
            Volatile.Write(ref _isKnown, true);
    }
}
