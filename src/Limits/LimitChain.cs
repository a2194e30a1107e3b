namespace AiEdge.Limits;

/// <summary>
/// Draws from several buckets at once (key ∧ team ∧ model ∧ global), all or nothing. Nothing is locked and no draw waits for another,
/// so the order of the buckets cannot bring a deadlock; two chains that meet may at worst refuse each other, and what they had
/// taken is back when they answer.
/// </summary>
public static class LimitChain
{
    /// <summary>
    /// Draws <paramref name="costs"/>[i] from <paramref name="buckets"/>[i]. If one refuses, what was drawn goes back in reverse, the
    /// others are asked too, and the answer is of the bucket that takes longest (<see cref="LimitDraw.Index"/>): too large
    /// before any wait, then the longest wait. Only that bucket books a slot for the refused.
    /// </summary>
    /// <param name="buckets">The buckets; the same one twice counts twice.</param>
    /// <param name="costs">As many costs, in each bucket's unit.</param>
    /// <param name="tokens">Room for as many tokens; filled if all was drawn.</param>
    /// <param name="nowNs">The present.</param>
    /// <param name="draw">Drawn, or the refusal.</param>
    /// <param name="booksSlot">
    /// Whether a refusal books a slot; not for one that waits in a <see cref="FairQueue"/>, which has its place there, nor where nobody may come
    /// back: then <see cref="Book"/> does, once it is known.
    /// </param>
    /// <param name="yields">Whether to leave alone what was promised to those who were refused (<see cref="LimitBucket.Promised"/>).</param>
    /// <param name="isAgain">Whether the same request has been refused just now, so that what it wants is known (<see cref="LimitBucket.Miss"/>).</param>
    public static bool TryDrawAll(
        ReadOnlySpan<LimitBucket> buckets,
        ReadOnlySpan<long> costs,
        Span<long> tokens,
        long nowNs,
        out LimitDraw draw,
        bool booksSlot = true,
        bool yields = false,
        bool isAgain = false)
    {
        for (var i = 0; i < buckets.Length; i++)
        {
            var cost = Math.Max(0, costs[i]);
            if (yields ? buckets[i].TryTakeBehind(cost, nowNs, out tokens[i]) : buckets[i].TryTake(cost, nowNs, out tokens[i]))
                continue;
            GiveBackAll(buckets[..i], costs, tokens, nowNs);
            draw = Refuse(buckets, costs, i, nowNs, booksSlot, isAgain);
            return false;
        }

        draw = default;
        return true;
    }

    /// <summary>Gives back what was drawn together, the last first.</summary>
    public static void GiveBackAll(ReadOnlySpan<LimitBucket> buckets, ReadOnlySpan<long> costs, ReadOnlySpan<long> tokens, long nowNs)
    {
        for (var i = buckets.Length - 1; i >= 0; i--)
            buckets[i].Refund(Math.Max(0, costs[i]), tokens[i], nowNs);
    }

    /// <summary>
    /// Nanoseconds for which a bucket has not enough for a cost, as long as nobody else draws; 0 if it has, <see cref="long.MaxValue"/> if it never
    /// will.
    /// </summary>
    public static long ShortNs(LimitBucket bucket, long cost, long nowNs)
    {
        cost = Math.Max(0, cost);
        if (HasEnough(bucket, cost, nowNs))
            return 0;
        return Rank(bucket.Probe(cost, nowNs));
    }

    /// <summary>
    /// Nanoseconds after which one who was refused may come back, with a slot of its own; <see cref="long.MaxValue"/> if waiting is of no use.
    /// </summary>
    public static long Book(LimitBucket bucket, long cost, long nowNs) => Rank(bucket.Refuse(Math.Max(0, cost), nowNs));

    private static LimitDraw Refuse(
        ReadOnlySpan<LimitBucket> buckets, ReadOnlySpan<long> costs, int refused, long nowNs, bool booksSlot, bool isAgain)
    {
        var tightest = refused;
        var draw = Miss(buckets[refused], costs[refused], nowNs, isAgain);
        for (var i = 0; i < buckets.Length && Rank(draw) < long.MaxValue; i++)
        {
            if (i == refused || HasEnough(buckets[i], Math.Max(0, costs[i]), nowNs))
                continue;
            if (Miss(buckets[i], costs[i], nowNs, isAgain) is var other && Rank(other) <= Rank(draw))
                continue;
            (tightest, draw) = (i, other);
        }

        if (booksSlot)
            draw = buckets[tightest].Refuse(Math.Max(0, costs[tightest]), nowNs);
        return draw with { Index = tightest };
    }

    private static LimitDraw Miss(LimitBucket bucket, long cost, long nowNs, bool isAgain)
    {
        cost = Math.Max(0, cost);
        if (!isAgain)
            bucket.Miss(cost);
        return bucket.Probe(cost, nowNs);
    }

    // One that has enough is asked for no wait: a window would name its own end. Only a draw can tell: one in debt refuses even 0.
    private static bool HasEnough(LimitBucket bucket, long cost, long nowNs)
    {
        if (!bucket.TryTake(cost, nowNs, out var token))
            return false;
        bucket.Refund(cost, token, nowNs);
        return true;
    }

    private static long Rank(LimitDraw refusal) => refusal.Outcome == DrawOutcome.TooLarge ? long.MaxValue : refusal.WaitNs;
}
