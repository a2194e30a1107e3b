using System.Numerics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>Chooses one of a model's targets. Sets of targets are bits; choosing allocates nothing and takes no lock.</summary>
internal static class Balancer
{
    /// <summary>What a target costs of which nothing is known, in microseconds: little, so that it is asked and something gets known.</summary>
    private const long UnknownLatencyUs = 1;

    /// <summary>The golden ratio's fraction of 2^64: its multiples fill any interval evenly, in whatever number they come.</summary>
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Those of a set that may be asked now: neither ejected nor told by their provider to be left alone.</summary>
    public static ulong Available(ModelModel model, ulong set, long nowMs)
    {
        var available = set;
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            var target = model.Targets[i];
            if (!target.Health.IsAvailable(nowMs) || target.Provider.Account.PauseLeftMs(nowMs) > 0)
                available &= ~(1UL << i);
        }

        return available;
    }

    /// <summary>Those of a set that go first: of the lowest number.</summary>
    public static ulong First(ModelModel model, ulong set)
    {
        var (lowest, first) = (int.MaxValue, 0UL);
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            var priority = model.Targets[i].Priority;
            if (priority < lowest)
                (lowest, first) = (priority, 0);
            if (priority == lowest)
                first |= 1UL << i;
        }

        return first;
    }

    /// <summary>One of a set that is not empty.</summary>
    public static int Choose(ModelModel model, ulong set, long nowMs)
    {
        if (BitOperations.IsPow2(set))
            return BitOperations.TrailingZeroCount(set);
        var point = model.NextTicket() * Golden;
        var one = ByWeight(model, set, point, nowMs);
        if (model.Balance == BalanceMode.Weighted)
            return one;

        // Two different ones, each by its weight, and the better of them: nearly as good as the best of all, and no herd runs for that.
        var other = ByWeight(model, set & ~(1UL << one), Mix(point), nowMs);
        return Cost(model, one, nowMs) * Weight(model, other, nowMs) <= Cost(model, other, nowMs) * Weight(model, one, nowMs) ? one : other;
    }

    private static int ByWeight(ModelModel model, ulong set, ulong point, long nowMs)
    {
        var total = 0UL;
        for (var rest = set; rest != 0; rest &= rest - 1)
            total += (ulong)Weight(model, BitOperations.TrailingZeroCount(rest), nowMs);
        var at = (ulong)(((UInt128)point * total) >> 64);
        for (var rest = set; ; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            var weight = (ulong)Weight(model, i, nowMs);

            // A share may have grown between the two looks: the last one takes what is over.
            if (at < weight || BitOperations.IsPow2(rest))
                return i;
            at -= weight;
        }
    }

    private static long Weight(ModelModel model, int i, long nowMs)
    {
        var target = model.Targets[i];
        return (long)target.Weight * target.Health.Share(nowMs);
    }

    private static Int128 Cost(ModelModel model, int i, long nowMs)
    {
        var load = model.Targets[i].Load;
        var pending = load.Pending + 1;
        return model.Balance == BalanceMode.LeastPending ? pending : (Int128)pending * Math.Max(UnknownLatencyUs, load.LatencyUs(nowMs));
    }

    private static ulong Mix(ulong word)
    {
        word = (word ^ (word >> 30)) * 0xBF58_476D_1CE4_E5B9;
        return word ^ (word >> 31);
    }
}
