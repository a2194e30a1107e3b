using System.Collections.Concurrent;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Admit;

/// <summary>
/// Where admission and whoever speaks with the control plane meet: all that is lent to this plane, and who waits for it. Admission only
/// ever looks and knocks; it never waits here for more than a moment, and only for a bucket that nobody has asked for yet.
/// </summary>
/// <remarks>
/// Requirements: what is asked for is taken once for each time it got cold; who waits for an answer misses none that comes after his question.
/// Memory order: <see cref="LentScope"/>'s flag lets one of many in before it is taken, and it is in the queue before the knock. A waiter takes
/// <see cref="Answered"/> before he looks for credit, an answer gives credit before it puts the next task in the place of that one and completes it:
/// either the look finds the credit or the task completes. The number of planes and the turn are words that only advise. What is dropped while
/// it is asked for is answered to nobody.
/// </remarks>
internal sealed class LeaseDesk
{
    /// <summary>The longest that a first request waits for its grant, once an answer has come as soon.</summary>
    public static readonly TimeSpan ColdWait = TimeSpan.FromMilliseconds(50);

    private const long ColdNs = LimitClock.SecondNs / 20;

    /// <summary>As long may the first answers of all take: the control plane, this plane and the way between them may have been started just now.</summary>
    private const long FirstNs = LimitClock.SecondNs;

    private readonly ConcurrentDictionary<ScopeShare, LentScope> _lent = new();
    private readonly ConcurrentQueue<LentScope> _cold = new();
    private TaskCompletionSource _answered = NewSource();
    private Action? _knock;
    private long _awaitedNs = long.MaxValue;
    private bool _isQuick;

    /// <summary>All that is lent, as it comes.</summary>
    public ICollection<LentScope> All => _lent.Values;

    /// <summary>How many there are.</summary>
    public int Count => _lent.Count;

    /// <summary>Units that outage policies let pass, of all that is lent now.</summary>
    public long OutageAdmitted
    {
        get
        {
            long sum = 0;
            foreach (var (_, lent) in _lent)
                sum += lent.OutageAdmitted;
            return sum;
        }
    }

    /// <summary>How many planes share the limits, as the control plane said last, maybe to an earlier start of this plane; 0 if it never did.</summary>
    public int Planes { get; set; }

    /// <summary>From one turn of asks to the next; what is used up ahead of it is asked for sooner, as the control plane can bear.</summary>
    public long TurnNs { get; set; } = LimitClock.SecondNs;

    /// <summary>Completes with the next answer, whatever it grants.</summary>
    public Task Answered => Volatile.Read(ref _answered).Task;

    /// <summary>Who is called when something is to be asked for at once; from any thread, and often.</summary>
    public void Attach(Action knock) => Volatile.Write(ref _knock, knock);

    /// <summary>An answer has been taken.</summary>
    /// <param name="tookNs">How long it was awaited.</param>
    public void OnAnswered(long tookNs)
    {
        if (tookNs <= ColdNs)
            Volatile.Write(ref _isQuick, true);
        Interlocked.Exchange(ref _answered, NewSource()).TrySetResult();
    }

    /// <summary>So long after it was asked for a grant may still come.</summary>
    public long PatienceNs(long nowNs) => Volatile.Read(ref _isQuick) || nowNs - Volatile.Read(ref _awaitedNs) > FirstNs ? ColdNs : FirstNs;

    /// <summary>A request begins to wait for its grant, for as long as is returned.</summary>
    public TimeSpan Await(long nowNs)
    {
        if (Volatile.Read(ref _isQuick))
            return ColdWait;
        Interlocked.CompareExchange(ref _awaitedNs, nowNs, long.MaxValue);
        return TimeSpan.FromMilliseconds(PatienceNs(nowNs) / 1e6);
    }

    /// <summary>What is to be asked for at once, each as often as it got cold.</summary>
    public bool TryTakeCold(out LentScope? lent) => _cold.TryDequeue(out lent);

    /// <summary>Asks for it soon, unless it waits to be asked for already.</summary>
    public void Ask(LentScope lent)
    {
        if (!lent.TryGetCold())
            return;
        _cold.Enqueue(lent);
        Volatile.Read(ref _knock)?.Invoke();
    }

    /// <summary>A scope begins to be lent to.</summary>
    internal void Add(PartState part, ScopeState scope)
    {
        foreach (var share in scope.Shares)
        {
            share.Lent = new LentScope(this, part, scope, share);
            _lent.TryAdd(share, share.Lent);
        }
    }

    internal void Drop(ScopeState scope)
    {
        foreach (var share in scope.Shares)
            _lent.TryRemove(share, out _);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
