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
/// What is known of an account's limits for one of its provider's models: most providers limit each model by itself, and what is left of
/// one says nothing of another. Outlives the configuration.
/// </summary>
/// <remarks>Any number of threads; each limit is by itself, and what is taken of several is given back where one of them has too little.</remarks>
internal sealed class AccountLimits
{
    private bool _isKnown;

    /// <summary>Whether the provider has said anything; until then there is nothing to take from, and a provider that never does costs nothing.</summary>
    public bool IsKnown => Volatile.Read(ref _isKnown);

    public AccountLimit Requests { get; } = new();

    /// <summary>Of prompt and answer together.</summary>
    public AccountLimit Tokens { get; } = new();

    public AccountLimit InputTokens { get; } = new();

    public AccountLimit OutputTokens { get; } = new();

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
    public void Learn(long nowMs, in ProviderRates rates, in AccountCost cost) => Learn(nowMs, rates, 1, cost);

    /// <summary>The same of an answer to what was sent before anything was known, so that nothing was taken for it.</summary>
    public void Learn(long nowMs, in ProviderRates rates) => Learn(nowMs, rates, 0, default);

    private void Learn(long nowMs, in ProviderRates rates, long requests, in AccountCost cost)
    {
        Requests.Learn(nowMs, rates.Requests, requests);
        Tokens.Learn(nowMs, rates.Tokens, cost.Input + cost.Output);
        InputTokens.Learn(nowMs, rates.InputTokens, cost.Input);
        OutputTokens.Learn(nowMs, rates.OutputTokens, cost.Output);
        if (!IsKnown && (rates.Requests.IsTold || rates.Tokens.IsTold || rates.InputTokens.IsTold || rates.OutputTokens.IsTold))
            Volatile.Write(ref _isKnown, true);
    }
}
