namespace AiEdge.Limits;

/// <summary>
/// Places of which parts are guaranteed: so many percent for each share, the rest for whoever comes. A place is kept free for a share until
/// it has its part; one that has not asked for <see cref="IdleNs"/> lends what is kept for it, and gets back, when it asks again, what is free
/// then and each place that is left, until it has its part: an answer that began in a lent place is not broken off.
/// </summary>
/// <remarks>
/// <para>Every place is at all times inside a share, kept for one, or common and free: entering takes one that is kept for the share, else a
/// common one; leaving gives it to a share that asks and lacks some, else to all. Of a share those inside and those kept are one word.</para>
/// <para>Requirements: (1) there are never more inside than the limit in force, but for those who entered under a higher one; (2) a share that has asked
/// within <see cref="IdleNs"/> all along, and has had its part once since, is never refused while it has fewer inside than its part; (3) an entry fails
/// only if at some moment during it no place was common and free, none was kept for the share, and none for a share that is idle; (4) nobody
/// leaves who has not entered, and an empty gate has all its places again.</para>
/// <para>Memory order: all changes of a share's word and of the common count are compare-and-swaps or interlocked sums, full fences. Whoever moves
/// a place takes it from where it is before he puts it where it goes, so on its way it is nowhere, and no place is twice: (1), (4). Inside and kept
/// of a share are changed by one swap, so that what is kept fills the part and no more, and only the share itself takes it, while it is not idle:
/// (2). A refusal has found its own word without a kept place, then the common count without one, then each idle share's word without one: (3) but
/// for places on their way, which is the moment of a leave or of another's entry. The time of a share's last question is written by its questions
/// before they look, and read by those who would borrow: one who comes back in that moment may find that what was kept for it is lent.</para>
/// </remarks>
public sealed class SharedGate
{
    /// <summary>How long after its last question a share's places are kept free for it: 10 s.</summary>
    public const long IdleNs = 10 * LimitClock.SecondNs;

    private const long NoteNs = LimitClock.SecondNs / 16;
    private const long OneKept = 1L << 32;

    private readonly Share[] _shares;
    private int _limit;
    private int _free;
    private long _nowNs;
    private long _refused;

    /// <summary>A gate for <paramref name="limit"/> at a time, all places free.</summary>
    /// <param name="limit">0 lets nobody in.</param>
    /// <param name="percents">Of each share, 0 to 100, together at most 100; a part is rounded down.</param>
    /// <param name="nowNs">The present: no share is idle yet.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is out of its bounds.</exception>
    public SharedGate(int limit, ReadOnlySpan<int> percents, long nowNs)
    {
        _shares = new Share[percents.Length + 1];
        for (var i = 0; i < _shares.Length; i++)
            _shares[i] = new Share(this, nowNs);
        Edit(limit, percents, nowNs);
    }

    /// <summary>Whoever has no share.</summary>
    public Gate Common => _shares[^1];

    /// <summary>How many may be inside at once.</summary>
    public int Limit => Volatile.Read(ref _limit);

    /// <summary>What a share enters.</summary>
    public Gate Of(int share) => _shares[share];

    /// <summary>
    /// Another limit, or other parts; who is inside stays. Below the present count nobody enters until enough have left. One edit at a time.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A figure is out of its bounds; nothing is changed.</exception>
    public void Edit(int limit, ReadOnlySpan<int> percents, long nowNs)
    {
        Check(limit, percents);
        for (var i = 0; i < percents.Length; i++)
        {
            Volatile.Write(ref _shares[i].Part, (int)((long)limit * percents[i] / 100));
            Give(_shares[i].TakeKept(isSurplusOnly: true));
        }

        Interlocked.Add(ref _free, limit - _limit);
        Volatile.Write(ref _limit, limit);

        // What is inside beyond the new limit is owed, and nothing is kept for anybody before that is paid.
        foreach (var share in _shares)
        {
            if (Volatile.Read(ref _free) < 0)
                Give(share.TakeKept(isSurplusOnly: false));
        }

        foreach (var share in _shares)
        {
            if (!share.IsIdle(nowNs))
                share.Reclaim();
        }
    }

    private void Check(int limit, ReadOnlySpan<int> percents)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ArgumentOutOfRangeException.ThrowIfNotEqual(percents.Length, _shares.Length - 1, nameof(percents));
        var sum = 0;
        foreach (var percent in percents)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(percent, nameof(percents));
            sum += percent;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(sum, 100, nameof(percents));
        }
    }

    private void Give(int places) => Interlocked.Add(ref _free, places);

    /// <summary>One of the common places.</summary>
    private bool TryTake()
    {
        var free = Volatile.Read(ref _free);
        while (free > 0)
        {
            var found = Interlocked.CompareExchange(ref _free, free - 1, free);
            if (found == free)
                return true;
            free = found;
        }

        return false;
    }

    /// <summary>A place that was left pays what is owed, or is kept for the share that left it, or for another that lacks some, or is common.</summary>
    private void Return(Share from)
    {
        var free = Volatile.Read(ref _free);
        while (free < 0)
        {
            var found = Interlocked.CompareExchange(ref _free, free + 1, free);
            if (found == free)
                return;
            free = found;
        }

        var nowNs = Volatile.Read(ref _nowNs);
        if (!from.IsIdle(nowNs) && from.TryKeep())
            return;
        foreach (var share in _shares)
        {
            if (!share.IsIdle(nowNs) && share.TryKeep())
                return;
        }

        Give(1);
    }

    /// <summary>Makes what is kept for idle shares common; false if there was nothing.</summary>
    private bool TryLend(long nowNs)
    {
        var lent = 0;
        foreach (var share in _shares)
        {
            if (share.IsIdle(nowNs))
                lent += share.TakeKept(isSurplusOnly: false);
        }

        Give(lent);
        return lent > 0;
    }

    private void Note(long nowNs)
    {
        if (nowNs - Volatile.Read(ref _nowNs) > NoteNs)
            Volatile.Write(ref _nowNs, nowNs);
    }

    /// <summary>One share's view of the whole.</summary>
    private sealed class Share(SharedGate all, long nowNs) : Gate
    {
        /// <summary>Places that are guaranteed.</summary>
        public int Part;

        private long _seenNs = nowNs;

        /// <summary>Inside in the low half, kept in the high one.</summary>
        private long _word;

        public override int Capacity
        {
            get
            {
                var others = 0;
                foreach (var share in all._shares)
                    others += ReferenceEquals(share, this) ? 0 : Volatile.Read(ref share.Part);
                return Math.Max(0, all.Limit - others);
            }
        }

        public override int Count
        {
            get
            {
                var count = 0;
                foreach (var share in all._shares)
                    count += Inside(Volatile.Read(ref share._word));
                return count;
            }
        }

        public override long Refused => Volatile.Read(ref all._refused);

        public override int Remaining(long nowNs)
        {
            var sum = Math.Max(0, Volatile.Read(ref all._free));
            foreach (var share in all._shares)
                sum += ReferenceEquals(share, this) || share.IsIdle(nowNs) ? Kept(Volatile.Read(ref share._word)) : 0;
            return sum;
        }

        public override bool TryEnter(long nowNs)
        {
            all.Note(nowNs);
            if (nowNs - Volatile.Read(ref _seenNs) > NoteNs)
                Volatile.Write(ref _seenNs, nowNs);
            while (!TryEnterKept())
            {
                if (all.TryTake())
                {
                    EnterCommon();
                    return true;
                }

                if (all.TryLend(nowNs))
                    continue;
                Interlocked.Increment(ref all._refused);
                return false;
            }

            return true;
        }

        public override bool TryLeave()
        {
            var word = Volatile.Read(ref _word);
            while (Inside(word) > 0)
            {
                var found = Interlocked.CompareExchange(ref _word, word - 1, word);
                if (found == word)
                {
                    all.Return(this);
                    return true;
                }

                word = found;
            }

            return false;
        }

        public bool IsIdle(long nowNs) => nowNs - Volatile.Read(ref _seenNs) > IdleNs;

        /// <summary>Keeps a place that is nowhere else, if it lacks one.</summary>
        public bool TryKeep()
        {
            var word = Volatile.Read(ref _word);
            while (Inside(word) + Kept(word) < Volatile.Read(ref Part))
            {
                var found = Interlocked.CompareExchange(ref _word, word + OneKept, word);
                if (found == word)
                    return true;
                word = found;
            }

            return false;
        }

        /// <summary>Keeps of the common places what it lacks.</summary>
        public void Reclaim()
        {
            while (Lacks(Volatile.Read(ref _word)) && all.TryTake())
            {
                if (!TryKeep())
                {
                    all.Give(1);
                    return;
                }
            }
        }

        /// <summary>Takes what is kept, all of it or what is beyond the part; how many, which are nowhere then.</summary>
        public int TakeKept(bool isSurplusOnly)
        {
            var word = Volatile.Read(ref _word);
            while (true)
            {
                var taken = isSurplusOnly ? Math.Min(Kept(word), Inside(word) + Kept(word) - Volatile.Read(ref Part)) : Kept(word);
                if (taken <= 0)
                    return 0;
                var found = Interlocked.CompareExchange(ref _word, word - taken * OneKept, word);
                if (found == word)
                    return taken;
                word = found;
            }
        }

        private static int Inside(long word) => (int)word;

        private static int Kept(long word) => (int)(word >> 32);

        private bool Lacks(long word) => Inside(word) + Kept(word) < Volatile.Read(ref Part);

        private bool TryEnterKept()
        {
            var word = Volatile.Read(ref _word);
            while (Kept(word) > 0)
            {
                var found = Interlocked.CompareExchange(ref _word, word - OneKept + 1, word);
                if (found == word)
                    return true;
                word = found;
            }

            return false;
        }

        /// <summary>
        /// Goes inside with a place that was common. What has come to be kept meanwhile is not needed beyond the part; what it still lacks is
        /// taken from what is common now: it had been lent while it was idle.
        /// </summary>
        private void EnterCommon()
        {
            Interlocked.Increment(ref _word);
            all.Give(TakeKept(isSurplusOnly: true));
            Reclaim();
        }
    }
}
