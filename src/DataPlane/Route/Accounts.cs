using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>Chooses whom a provider is asked as. It neither locks nor allocates.</summary>
internal static class Accounts
{
    /// <summary>Whether some account may be used now, and its limits have room for a request.</summary>
    public static bool HasRoom(ProviderModel provider, long nowMs, in AccountCost cost)
    {
        foreach (var account in provider.Accounts)
        {
            if (!account.IsDisabled && account.State.PauseLeftMs(nowMs) == 0 && account.State.WaitMs(nowMs, cost) == 0)
                return true;
        }

        return false;
    }

    /// <summary>How long all accounts are to be left alone, in milliseconds.</summary>
    public static long PauseLeftMs(ProviderModel provider, long nowMs)
    {
        var least = long.MaxValue;
        foreach (var account in provider.Accounts)
        {
            if (!account.IsDisabled)
                least = Math.Min(least, account.State.PauseLeftMs(nowMs));
        }

        return least == long.MaxValue ? 0 : least;
    }

    /// <summary>
    /// The account that a request is sent as, which its part has been taken of: each in its turn, those that are not to be left alone first,
    /// and of these the first that has room. Where none has, the one that has it soonest, if that is soon enough. Null where there is none.
    /// </summary>
    /// <param name="provider">Whose accounts.</param>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="cost">What is to be taken.</param>
    /// <param name="waitMaxMs">How long may be waited for it.</param>
    /// <param name="waitMs">How long has to be waited.</param>
    public static AccountModel? Take(ProviderModel provider, long nowMs, in AccountCost cost, long waitMaxMs, out long waitMs)
    {
        var all = provider.Accounts;
        var start = all.Length == 1 ? 0 : (int)(provider.NextTicket() % (uint)all.Length);
        var isPaused = PauseLeftMs(provider, nowMs) > 0;
        AccountModel? soonest = null;
        waitMs = long.MaxValue;
        for (var i = 0; i < all.Length; i++)
        {
            var account = all[(start + i) % all.Length];
            if (account.IsDisabled || (!isPaused && account.State.PauseLeftMs(nowMs) > 0))
                continue;
            if (account.State.TryTake(nowMs, cost, 0, out var wait))
            {
                waitMs = 0;
                return account;
            }

            account.State.OnPaced();
            if (wait < waitMs)
                (soonest, waitMs) = (account, wait);
        }

        return soonest is not null && soonest.State.TryTake(nowMs, cost, waitMaxMs, out waitMs) ? soonest : null;
    }
}
