using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>Chooses whom a provider is asked as. It neither locks nor allocates.</summary>
internal static class Accounts
{
    /// <summary>Whether some account of a target may be used now, and its limits have room for a request.</summary>
    public static bool HasRoom(TargetModel target, long nowMs, in AccountAsk ask)
    {
        var all = target.Provider.Accounts;
        for (var i = 0; i < all.Length; i++)
        {
            if (!all[i].IsDisabled && all[i].State.PauseLeftMs(nowMs) == 0 && (Known(target, i, ask)?.WaitMs(nowMs, ask.Cost) ?? 0) == 0)
                return true;
        }

        return false;
    }

    /// <summary>
    /// How much is used of what its provider lets a target's accounts do, in percent, by the one that has most left; 0 where nothing is known.
    /// </summary>
    public static int UsedPercent(TargetModel target, long nowMs, in AccountAsk ask)
    {
        var least = int.MaxValue;
        var all = target.Provider.Accounts;
        for (var i = 0; i < all.Length; i++)
        {
            if (!all[i].IsDisabled)
                least = Math.Min(least, all[i].State.PauseLeftMs(nowMs) > 0 ? 100 : Known(target, i, ask)?.UsedPercent(nowMs) ?? 0);
        }

        return least == int.MaxValue ? 0 : least;
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

    /// <summary>Whether the provider has said of all of a target's accounts when it has more for its model, and that is not yet.</summary>
    public static bool Rests(TargetModel target, long nowMs, in AccountAsk ask)
    {
        var all = target.Provider.Accounts;
        var rests = false;
        for (var i = 0; i < all.Length; i++)
        {
            if (all[i].IsDisabled)
                continue;
            if (RestMs(target, i, nowMs, ask) == 0)
                return false;
            rests = true;
        }

        return rests;
    }

    /// <summary>
    /// How long an account is to be left alone for the target's model by its provider's own word; 0 where it is not, or where that is no more than a guess, or
    /// was said of its provider's health: then whoever has nobody else asks it all the same. Who comes when he was told to is not sent away for what the clock
    /// is behind.
    /// </summary>
    private static long RestMs(TargetModel target, int place, long nowMs, in AccountAsk ask)
    {
        var told = target.Provider.Accounts[place].State.PauseLeftMs(nowMs) > 0 ? LimitsOf(target, place, ask)?.RestMs(nowMs) ?? 0 : 0;
        return told > DeadlineWheel.TickMs ? told : 0;
    }

    /// <summary>
    /// The place of the account that a request is sent as, which its part has been taken of: each in its turn, those that are not to be left
    /// alone first, and of these the first that has room. Where none has, the one that has it soonest, if that is soon enough. -1 where there is none, or
    /// where the provider has said of all of them when it has more.
    /// </summary>
    /// <param name="target">Whose accounts.</param>
    /// <param name="prefix">Of its prompt, which caches are kept of by account: the same goes to the same, if that has room; 0 for each in its turn.</param>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="ask">What is to be taken.</param>
    /// <param name="without">Places of those that are not asked.</param>
    /// <param name="waitMaxMs">How long may be waited for it.</param>
    /// <param name="only">The account that alone may be taken, left alone or not: its provider is asked as if it had no other. Null for any.</param>
    /// <param name="trial">Of <see cref="AccountState.Use"/>.</param>
    /// <param name="taken">What it was taken of; null where nothing is known of the account's limits.</param>
    /// <param name="waitMs">How long has to be waited.</param>
    public static int Take(
        TargetModel target, ulong prefix, long nowMs, in AccountAsk ask, ulong without, long waitMaxMs, AccountModel? only,
        out long trial, out AccountLimits? taken, out long waitMs)
    {
        var all = target.Provider.Accounts;
        var start = all.Length == 1 ? 0 : (int)((prefix != 0 ? StableHash.Mix(prefix) : target.Provider.Turns.Next()) % (uint)all.Length);
        var isPaused = only is not null || PauseLeftMs(target.Provider, nowMs) > 0;
        var (soonest, soonestLimits) = (-1, (AccountLimits?)null);
        var restMs = long.MaxValue;
        (trial, taken) = (0, null);
        waitMs = long.MaxValue;
        for (var i = 0; i < all.Length; i++)
        {
            var place = (start + i) % all.Length;
            if (all[place].IsDisabled || (without & (1UL << place)) != 0 || (!isPaused && all[place].State.PauseLeftMs(nowMs) > 0)
                || (only is not null && !ReferenceEquals(only, all[place])))
                continue;
            taken = Known(target, place, ask);
            taken?.Want(nowMs, ask.Cost);
            if (only is null && RestMs(target, place, nowMs, ask) is > 0 and var rest && (taken is null || taken.HeldMs(nowMs) == 0))
            {
                all[place].State.OnPaced();
                restMs = Math.Min(restMs, rest);
                continue;
            }

            if (taken is null || taken.TryTake(nowMs, ask.Cost, 0, out var wait))
            {
                waitMs = 0;

                // Who is a moment behind another that tries it goes along: there are few of those.
                trial = all[place].State.Use(nowMs);
                return place;
            }

            all[place].State.OnPaced();
            if (wait < waitMs)
                (soonest, soonestLimits, waitMs) = (place, taken, wait);
        }

        taken = soonestLimits;
        if (taken is not null && taken.TryTake(nowMs, ask.Cost, waitMaxMs, out waitMs))
            return soonest;
        taken = null;
        waitMs = Math.Min(waitMs, restMs);
        return -1;
    }

    /// <summary>Where the limits of a target's account are kept, whether anything is known of them or not; null where they have no place yet.</summary>
    public static AccountLimits? LimitsOf(TargetModel target, int place, in AccountAsk ask) =>
        place < target.Limits.Length ? target.Limits[place] : target.Provider.Accounts[place].State.Named.Find(ask);

    private static AccountLimits? Known(TargetModel target, int place, in AccountAsk ask) =>
        LimitsOf(target, place, ask) is { IsKnown: true } limits ? limits : null;
}
