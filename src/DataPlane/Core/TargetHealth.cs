namespace AiEdge.DataPlane.Core;

/// <summary>Where a target stands.</summary>
internal enum HealthPhase : byte
{
    /// <summary>It is asked.</summary>
    Closed,

    /// <summary>It failed too often and is not asked for a while.</summary>
    Ejected,

    /// <summary>The while is over, and one request finds out whether it answers again.</summary>
    Probing,
}

/// <summary>
/// Whether a target answers, learnt from the requests that it is sent. Five failures in a row, or half of the last twenty, eject it: for five
/// seconds, and twice as long each time that it fails again, up to five minutes. Then one request probes it; once that is answered, the target's
/// share grows back over half a minute. Outlives the configuration.
/// </summary>
/// <remarks>
/// Requirements: any number of threads, no lock; no outcome is lost or counted twice; of all that ask at the same time one gets to probe;
/// while it is ejected or probed, outcomes of requests from before change nothing about it. Memory order: all of the state is one word, moved by
/// compare-and-swap from the value that the next was computed from, so that there is nothing to be seen in parts; readers need no fence,
/// for nothing else hangs on it.
/// </remarks>
internal sealed class TargetHealth
{
    /// <summary>Failures in a row that eject.</summary>
    public const int RowMax = 5;

    /// <summary>Outcomes that are remembered; half of them failures eject.</summary>
    public const int Window = 20;

    /// <summary>The first ejection.</summary>
    public const long EjectedMs = 5_000;

    /// <summary>The longest ejection.</summary>
    public const long EjectedMsMax = 300_000;

    /// <summary>How long its share takes to grow back.</summary>
    public const long RampMs = 30_000;

    /// <summary>Full share (<see cref="Share"/>).</summary>
    public const int ShareMax = 64;

    /// <summary>A probe that has said nothing for so long does not keep another from being made.</summary>
    private const long ProbeMs = 30_000;

    /// <summary>So long without an ejection, and the next one is a first one again.</summary>
    private const long ForgivenMs = 600_000;

    /// <summary>The share that it begins with after an ejection.</summary>
    private const int ShareMin = 6;

    private const int FilledAt = Window;
    private const int RowAt = FilledAt + 5;
    private const int PhaseAt = RowAt + 3;
    private const int TimesAt = PhaseAt + 2;
    private const int TickAt = TimesAt + 4;

    /// <summary>Times are kept in steps of 128 ms: that is four years of a process in the bits that are left.</summary>
    private const int TickShift = 7;

    private long _word;
    private long _ejections;
    private long _failures;

    /// <summary>Ejections since the start.</summary>
    public long Ejections => Volatile.Read(ref _ejections);

    /// <summary>Failures since the start.</summary>
    public long Failures => Volatile.Read(ref _failures);

    public HealthPhase Phase => new Fields(Volatile.Read(ref _word)).Phase;

    /// <summary>Whether it is asked, and what it was asked last was answered, as far as is known.</summary>
    public bool IsSound => new Fields(Volatile.Read(ref _word)) is { Phase: HealthPhase.Closed, Row: 0 };

    /// <summary>Whether it may be asked: it is closed, or a probe of it is due.</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    public bool IsAvailable(long nowMs)
    {
        var now = new Fields(Volatile.Read(ref _word));
        return now.Phase == HealthPhase.Closed || IsDue(now, nowMs);
    }

    /// <summary>When it may be asked again, in milliseconds from now; 0 where it may.</summary>
    public long ReturnsInMs(long nowMs)
    {
        var now = new Fields(Volatile.Read(ref _word));
        return now.Phase == HealthPhase.Closed ? 0 : Math.Max(0, DueMs(now) - nowMs);
    }

    /// <summary>Its share as it grows back after an ejection; mostly <see cref="ShareMax"/>.</summary>
    public int Share(long nowMs)
    {
        var now = new Fields(Volatile.Read(ref _word));
        if (now.Phase != HealthPhase.Closed || now.Times == 0)
            return ShareMax;
        var since = nowMs - now.AtMs;
        return since >= RampMs ? ShareMax : ShareMin + (int)((ShareMax - ShareMin) * Math.Max(0, since) / RampMs);
    }

    /// <summary>A request is about to be sent to it. False where another has just gone to probe it, and it should not be.</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="isProbe">Whether this one probes it: its outcome, or that it has none, must be told.</param>
    public bool TryEnter(long nowMs, out bool isProbe)
    {
        isProbe = false;
        var known = Volatile.Read(ref _word);
        var now = new Fields(known);
        if (now.Phase == HealthPhase.Closed)
            return true;
        if (!IsDue(now, nowMs))
            return false;
        isProbe = Interlocked.CompareExchange(ref _word, (now with { Phase = HealthPhase.Probing, AtMs = nowMs }).Word, known) == known;
        return isProbe;
    }

    /// <summary>Tells how a request to it ended.</summary>
    /// <param name="nowMs">As of <see cref="EdgeClock.CoarseMs"/>.</param>
    /// <param name="isFailure">Whether it failed, and not its request.</param>
    /// <param name="isProbe">As <see cref="TryEnter"/> said.</param>
    public void Report(long nowMs, bool isFailure, bool isProbe)
    {
        if (isFailure)
            Interlocked.Increment(ref _failures);
        var known = Volatile.Read(ref _word);
        while (true)
        {
            var now = new Fields(known);
            var next = now.Phase switch
            {
                HealthPhase.Closed => Shifted(now, nowMs, isFailure),
                HealthPhase.Probing when isProbe => isFailure ? Ejected(now, nowMs) : Recovered(now, nowMs),
                _ => now,
            };
            if (next == now)
                return;
            var found = Interlocked.CompareExchange(ref _word, next.Word, known);
            if (found == known)
            {
                if (next.Phase == HealthPhase.Ejected)
                    Interlocked.Increment(ref _ejections);
                return;
            }

            known = found;
        }
    }

    /// <summary>A probe had no outcome: its client left. Another may be made at once.</summary>
    public void Abandon(long nowMs)
    {
        var known = Volatile.Read(ref _word);
        var now = new Fields(known);
        if (now.Phase == HealthPhase.Probing)
            Interlocked.CompareExchange(ref _word, (now with { Phase = HealthPhase.Ejected, AtMs = nowMs }).Word, known);
    }

    /// <summary>Whoever looks after its provider has found that gone: it is not asked until then, or until <see cref="Return"/>.</summary>
    public void Eject(long nowMs, long untilMs)
    {
        var known = Volatile.Read(ref _word);
        while (true)
        {
            var now = new Fields(known);
            var next = new Fields(0) with
            {
                Phase = HealthPhase.Ejected,
                Times = Math.Max(1, now.Times),
                AtMs = now.Phase == HealthPhase.Ejected ? Math.Max(now.AtMs, untilMs) : Math.Max(nowMs, untilMs),
            };
            var found = Interlocked.CompareExchange(ref _word, next.Word, known);
            if (found == known)
            {
                if (now.Phase == HealthPhase.Closed)
                    Interlocked.Increment(ref _ejections);
                return;
            }

            known = found;
        }
    }

    /// <summary>
    /// Its provider is there again, or it has answered what it was asked for want of others: its share grows back, as after a probe of its own.
    /// </summary>
    public void Return(long nowMs)
    {
        var known = Volatile.Read(ref _word);
        while (new Fields(known) is { Phase: not HealthPhase.Closed } now)
        {
            var found = Interlocked.CompareExchange(ref _word, Recovered(now with { Times = Math.Max(1, now.Times) }, nowMs).Word, known);
            if (found == known)
                return;
            known = found;
        }
    }

    private static bool IsDue(Fields now, long nowMs) => nowMs >= DueMs(now);

    /// <summary>Ejected until then, or probed since then.</summary>
    private static long DueMs(Fields now) => now.Phase == HealthPhase.Probing ? now.AtMs + ProbeMs : now.AtMs;

    private static Fields Shifted(Fields now, long nowMs, bool isFailure)
    {
        var outcomes = ((now.Outcomes << 1) | (isFailure ? 1 : 0)) & ((1 << Window) - 1);
        var next = now with
        {
            Outcomes = outcomes,
            Filled = Math.Min(now.Filled + 1, Window),
            Row = isFailure ? Math.Min(now.Row + 1, RowMax) : 0,
        };
        var isHalf = next.Filled == Window && System.Numerics.BitOperations.PopCount((uint)outcomes) * 2 >= Window;
        if (isFailure && (next.Row >= RowMax || isHalf))
            return Ejected(next, nowMs);
        return next.Times > 0 && nowMs - next.AtMs > ForgivenMs ? next with { Times = 0 } : next;
    }

    private static Fields Ejected(Fields now, long nowMs)
    {
        var times = Math.Min(now.Times + 1, 15);
        var forMs = Math.Min(EjectedMs << (times - 1), EjectedMsMax);
        return new Fields(0) with { Phase = HealthPhase.Ejected, Times = times, AtMs = nowMs + forMs };
    }

    private static Fields Recovered(Fields now, long nowMs) => new Fields(0) with { Phase = HealthPhase.Closed, Times = now.Times, AtMs = nowMs };

    /// <summary>What the word is made of.</summary>
    private readonly record struct Fields
    {
        public Fields(long word)
        {
            Outcomes = (int)(word & ((1 << Window) - 1));
            Filled = (int)(word >> FilledAt) & 31;
            Row = (int)(word >> RowAt) & 7;
            Phase = (HealthPhase)((word >> PhaseAt) & 3);
            Times = (int)(word >> TimesAt) & 15;
            AtMs = (long)((ulong)word >> TickAt) << TickShift;
        }

        /// <summary>The last outcomes, the newest lowest; 1 for a failure.</summary>
        public int Outcomes { get; init; }

        /// <summary>How many of them there are.</summary>
        public int Filled { get; init; }

        /// <summary>Failures in a row.</summary>
        public int Row { get; init; }

        public HealthPhase Phase { get; init; }

        /// <summary>Ejections that have not been forgiven.</summary>
        public int Times { get; init; }

        /// <summary>Closed since, ejected until, or probed since.</summary>
        public long AtMs { get; init; }

        public long Word => (long)Outcomes | ((long)Filled << FilledAt) | ((long)Row << RowAt) | ((long)Phase << PhaseAt)
            | ((long)Times << TimesAt) | ((AtMs >> TickShift) << TickAt);
    }
}
