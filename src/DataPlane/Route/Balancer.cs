using System.Numerics;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Route;

/// <summary>Chooses one of a model's targets. Sets of targets are bits; choosing allocates nothing and takes no lock.</summary>
internal static class Balancer
{
    /// <summary>By then whoever comes back from an ejection has all of its part again.</summary>
    private const long Recovered = long.MaxValue;

    /// <summary>Who takes more than so many times as long as another is not chosen for having little to do: its next client would wait as long again.</summary>
    private const int SlowFactor = 2;

    /// <summary>Of a prompt that nobody has counted.</summary>
    private const int BytesPerToken = 4;

    /// <summary>The golden ratio's fraction of 2^64: its multiples fill any interval evenly, in whatever number they come.</summary>
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    /// <summary>
    /// Those of a set that one is to be chosen of: who is ready. Where fewer are than the model keeps it is now and then, by their weights, those who fail
    /// and are kept, and these alone: who fails at once has little to do and no latency, and would win over all who answer.
    /// </summary>
    public static ulong Available(ModelModel model, ulong set, long nowMs, in AccountAsk ask)
    {
        var ready = Ready(model, set, nowMs, ask);
        if (ready == set || ready == 0 || Kept(model, set, nowMs, ask) is not (var kept and not 0))
            return ready;
        var (keptWeight, weight) = (WeightOf(model, kept), WeightOf(model, First(model, ready)));
        return Draw(model.Turns.Next() * Golden) < TargetHealth.ShareMax * keptWeight / (keptWeight + weight) ? kept : ready;
    }

    /// <summary>
    /// Those of a set that may be asked now: neither ejected nor to be left alone by their provider's word, and with room in their accounts.
    /// </summary>
    public static ulong Ready(ModelModel model, ulong set, long nowMs, in AccountAsk ask)
    {
        var available = set;
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            var target = model.Targets[i];
            if (!target.Health.IsAvailable(nowMs) || target.Pause.LeftMs(nowMs) > 0 || !Accounts.HasRoom(target, nowMs, ask))
                available &= ~(1UL << i);
        }

        return available;
    }

    private static long WeightOf(ModelModel model, ulong set)
    {
        var weight = 0L;
        for (var rest = set; rest != 0; rest &= rest - 1)
            weight += model.Targets[BitOperations.TrailingZeroCount(rest)].Weight;
        return weight;
    }

    /// <summary>
    /// Those of the lowest priority that are asked although they fail, where fewer of it are left than its model keeps: whoever returns soonest. Those who
    /// are left would have to do all that the others did, and fail for that. Where none answers, nobody is kept: others may.
    /// </summary>
    public static ulong Kept(ModelModel model, ulong set, long nowMs, in AccountAsk ask)
    {
        var group = First(model, set);
        var ejected = 0UL;
        for (var rest = group; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            if (!model.Targets[i].Health.IsAvailable(nowMs))
                ejected |= 1UL << i;
        }

        if (model.KeepPercent == 0 || ejected == 0)
            return 0;
        var (all, answering) = (BitOperations.PopCount(group), BitOperations.PopCount(group & ~ejected));
        var missing = (((model.KeepPercent * all) + 99) / 100) - answering;
        var kept = 0UL;
        for (; answering > 0 && missing > 0 && ejected != 0; missing--)
        {
            var (soonest, best) = (long.MaxValue, -1);
            for (var rest = ejected; rest != 0; rest &= rest - 1)
            {
                var i = BitOperations.TrailingZeroCount(rest);
                if (model.Targets[i].Health.ReturnsInMs(nowMs) is var ms && ms < soonest)
                    (soonest, best) = (ms, i);
            }

            ejected &= ~(1UL << best);
            if (model.Targets[best].Pause.LeftMs(nowMs) == 0 && Accounts.HasRoom(model.Targets[best], nowMs, ask))
                kept |= 1UL << best;
            else
                missing++;
        }

        return kept;
    }

    /// <summary>
    /// Whether a set is passed over this time, where there are others to ask: all of it comes back from an ejection, and gets back a growing part of what it
    /// had. Whoever stays with one comes back once.
    /// </summary>
    public static bool IsHeldBack(ModelModel model, ulong set, long nowMs, Exchange exchange)
    {
        var most = 0;
        for (var rest = set; rest != 0; rest &= rest - 1)
            most = Math.Max(most, model.Targets[BitOperations.TrailingZeroCount(rest)].Health.Share(nowMs));
        if (most == TargetHealth.ShareMax)
            return false;
        var value = StayValue(model, exchange);
        return Draw(value != 0 ? value ^ ~model.Targets[BitOperations.TrailingZeroCount(set)].Identity : model.Turns.Next() * Golden) >= most;
    }

    /// <summary>
    /// A set without those that come back from an ejection and are not drawn: each one's part grows as its share does. Whoever stays with one comes back once.
    /// </summary>
    private static ulong Grown(ModelModel model, ulong set, long nowMs, ulong value)
    {
        var grown = set;
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            var target = model.Targets[i];
            if (target.Health.Share(nowMs) is var share && share < TargetHealth.ShareMax && Draw(value ^ ~target.Identity) >= share)
                grown &= ~(1UL << i);
        }

        return grown != 0 ? grown : set;
    }

    /// <summary>A part of <see cref="TargetHealth.ShareMax"/>.</summary>
    private static int Draw(ulong value) => (int)(StableHash.Mix(value) % TargetHealth.ShareMax);

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

    /// <summary>
    /// One of a set that is not empty, for an exchange: the one that it stays with, the one that knows its prompt, the cheapest for it, or as its model
    /// balances.
    /// </summary>
    public static int Choose(ModelModel model, ulong set, long nowMs, Exchange exchange)
    {
        if (BitOperations.IsPow2(set))
            return BitOperations.TrailingZeroCount(set);
        if (StayValue(model, exchange) is var value and not 0)
            return Stay(model, Grown(model, set, nowMs, value), value);
        if (model.Affinity is { } affinity && exchange.PrefixHash != 0)
            return Stay(model, Roomy(model, set, affinity, nowMs), exchange.PrefixHash);
        if (model.Balance == BalanceMode.Cost)
            set = Cheapest(model, Grown(model, set, nowMs, model.Turns.Next() * Golden), exchange);
        return Choose(model, set, nowMs, isWhole: !exchange.Stream);
    }

    /// <summary>What an exchange stays with a target by; 0 where it does not.</summary>
    private static ulong StayValue(ModelModel model, Exchange exchange)
    {
        if (model.Sticky is not { } sticky)
            return 0;
        if (sticky.IsUser)
            return exchange.UserHash;
        return (sticky.Tag is null ? exchange.Key?.Name : exchange.TagValue(sticky.Tag)) is { } value ? StableHash.Of(value.AsSpan()) : 0;
    }

    /// <summary>One of a set that is not empty, by weights and loads alone.</summary>
    public static int Choose(ModelModel model, ulong set, long nowMs, bool isWhole = false)
    {
        if (BitOperations.IsPow2(set))
            return BitOperations.TrailingZeroCount(set);
        var point = model.Turns.Next() * Golden;
        if (model.Balance is BalanceMode.Weighted or BalanceMode.Cost or BalanceMode.CacheAffinity)
            return ByWeight(model, set, point, nowMs);

        // Who comes back has so many of all choices at most, and is one as the others there: however little it has to do, or however quick it is for that.
        set = Grown(model, set, nowMs, StableHash.Mix(~point));
        return model.Balance == BalanceMode.Latency ? Quickest(model, set, point, nowMs, isWhole) : Emptiest(model, set, point, nowMs);
    }

    /// <summary>
    /// Two different ones, each by its weight, and the one that has less to do: nearly as good as the best of all, and no herd runs for that.
    /// </summary>
    private static int Emptiest(ModelModel model, ulong set, ulong point, long nowMs)
    {
        if (BitOperations.IsPow2(set))
            return BitOperations.TrailingZeroCount(set);
        var (one, other) = Two(model, set, point);
        return Pending(model, one, nowMs) * model.Targets[other].Weight <= Pending(model, other, nowMs) * model.Targets[one].Weight ? one : other;
    }

    /// <summary>
    /// Two different ones, each by its weight, and the one that is expected to answer sooner. One whose time nobody knows never wins over those whose time
    /// is known: it is drawn by its weight, and taken only where nobody waits for it, so that it gets known. Where nobody's is known it is who has less to do.
    /// </summary>
    private static int Quickest(ModelModel model, ulong set, ulong point, long nowMs, bool isWhole)
    {
        var known = Known(model, set, isWhole);
        if (known == 0)
            return Emptiest(model, set, point, nowMs);
        if (known != set)
        {
            var drawn = ByWeight(model, set, point, Recovered);
            if ((known & (1UL << drawn)) == 0 && !model.Targets[drawn].Load.IsAwaited(isWhole))
                return drawn;
            (set, point) = (known, StableHash.Mix(point));
        }

        if (BitOperations.IsPow2(set))
            return BitOperations.TrailingZeroCount(set);
        var (one, other) = Two(model, set, point);
        var (first, second) = (model.Targets[one].Load.ExpectedUs(nowMs, isWhole), model.Targets[other].Load.ExpectedUs(nowMs, isWhole));
        if (Math.Max(first, second) > SlowFactor * Math.Min(first, second))
            return first < second ? one : other;
        var (firstCost, secondCost) = ((Int128)(model.Targets[one].Load.Pending + 1) * first, (Int128)(model.Targets[other].Load.Pending + 1) * second);
        return firstCost * model.Targets[other].Weight <= secondCost * model.Targets[one].Weight ? one : other;
    }

    private static (int One, int Other) Two(ModelModel model, ulong set, ulong point)
    {
        var one = ByWeight(model, set, point, Recovered);
        return (one, ByWeight(model, set & ~(1UL << one), StableHash.Mix(point), Recovered));
    }

    /// <summary>Those of a set of whose answers' times something is known.</summary>
    private static ulong Known(ModelModel model, ulong set, bool isWhole)
    {
        var known = 0UL;
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            if (model.Targets[i].Load.SeenUs(isWhole) > 0)
                known |= 1UL << i;
        }

        return known;
    }

    /// <summary>
    /// Whether one whose time nobody knows is to be asked by one exchange at a time: it is chosen by such times, and those of others that could be asked
    /// are known.
    /// </summary>
    public static bool IsTried(ModelModel model, ulong others, Exchange exchange, bool isWhole) =>
        model.Balance == BalanceMode.Latency && StayValue(model, exchange) == 0 && Known(model, others, isWhole) != 0;

    /// <summary>
    /// Whether somebody who took so long at least, if not longer, and did not answer, is worth less for that: by what is known of itself, or by what is
    /// known of the quickest other. That it took as long as nothing says nothing.
    /// </summary>
    public static bool IsLate(ModelModel model, TargetLoad load, long us, long nowMs, bool isWhole)
    {
        if (load.SeenUs(isWhole) > 0)
            return us > load.ExpectedUs(nowMs, isWhole);
        var least = long.MaxValue;
        foreach (var target in model.Targets)
        {
            if (target.Load.SeenUs(isWhole) is var seen and > 0 && seen < least)
                least = seen;
        }

        return us / SlowFactor > least;
    }

    /// <summary>
    /// Those of a set that would not have too much under way with one more: their part of all that is under way at the set, by the weights, times the
    /// bound, and rounded up, so that there is always one. What prompt nobody has room for in its own place is the next one's by the same order.
    /// </summary>
    private static ulong Roomy(ModelModel model, ulong set, AffinityModel affinity, long nowMs)
    {
        var (pending, weights) = (1L, 0L);
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            pending += model.Targets[i].Load.Pending;
            weights += Weight(model, i, nowMs);
        }

        var roomy = 0UL;
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);

            // Less than the bound before, and so not above it after.
            if ((Int128)model.Targets[i].Load.Pending * 100 * weights < (Int128)affinity.BoundPercent * pending * Weight(model, i, nowMs))
                roomy |= 1UL << i;
        }

        return roomy != 0 ? roomy : set;
    }

    /// <summary>
    /// Each target draws a number for the value, the larger its weight, the larger mostly, and the largest wins (weighted rendezvous): one that goes or
    /// comes moves nobody but those whom it had or gets.
    /// </summary>
    private static int Stay(ModelModel model, ulong set, ulong value)
    {
        var (best, most) = (-1, double.NegativeInfinity);
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            var target = model.Targets[i];
            var drawn = ((StableHash.Mix(value ^ target.Identity) >> 11) + 0.5) / (1UL << 53);
            var number = -target.Weight / Math.Log(drawn);
            if (number > most)
                (best, most) = (i, number);
        }

        return best;
    }

    /// <summary>
    /// Those of a set where the request costs least: its prompt by its length, and an answer such as the model's mostly stay below, whoever gave them, or as
    /// the request's own cap or the model's bounds it. Of whom no price is known only where there is no other.
    /// </summary>
    private static ulong Cheapest(ModelModel model, ulong set, Exchange exchange)
    {
        var output = (double)OutputOf(model, exchange);
        var bytes = exchange.PromptBytes > 0 ? exchange.PromptBytes : exchange.BytesIn;
        var input = bytes > 0 ? Math.Max(1, bytes / BytesPerToken) : LearnedTokens.Unknown;
        var (least, cheapest) = (double.MaxValue, 0UL);
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            var price = model.Targets[i].PriceOf(exchange.PassedModel) is { } known ? (known.Input * input) + (known.Output * output) : double.MaxValue;
            if (price < least)
                (least, cheapest) = (price, 0);
            if (price == least)
                cheapest |= 1UL << i;
        }

        return cheapest;
    }

    /// <summary>Tokens that an answer is expected to have, all choices together.</summary>
    private static long OutputOf(ModelModel model, Exchange exchange)
    {
        if (exchange.Endpoint is { } endpoint && !ShapeTraits.Of(endpoint.Shape).HasOutput)
            return 0;
        var each = model.OutputP95(exchange.PassedModel);
        if (exchange.OutputCap >= 0)
            each = Math.Min(each, exchange.OutputCap);
        if (exchange.Degraded.MaxTokens is var degraded and > 0)
            each = Math.Min(each, degraded);
        if (model.OutputTokensMaxOf(exchange.PassedModel) is var most and > 0)
            each = Math.Min(each, most);
        return each * Math.Max(1, exchange.Choices);
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

    /// <summary>How many it would have under way with one more, those of others included where its server tells of them.</summary>
    private static Int128 Pending(ModelModel model, int i, long nowMs)
    {
        var target = model.Targets[i];
        return target.Load.Pending + 1 + (target.Signals?.Others(nowMs) ?? 0);
    }
}
