namespace AiEdge.DataPlane.Admit;

/// <summary>What one limit has done. By its name, and never reset by an edit.</summary>
internal sealed class LimitCounters(string name)
{
    private long _refused;
    private long _wouldHaveRefused;
    private long _clamped;
    private long _cut;
    private long _degraded;
    private long _overdrawn;
    private long _queued;
    private long _served;
    private long _waiting;

    public string Name { get; } = name;

    /// <summary>Exchanges that it refused.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Exchanges that it would have refused or cut, were it not a shadow.</summary>
    public long WouldHaveRefused => Volatile.Read(ref _wouldHaveRefused);

    /// <summary>Exchanges whose output it capped.</summary>
    public long Clamped => Volatile.Read(ref _clamped);

    /// <summary>Exchanges that it turned to another model, or capped, whatever became of them.</summary>
    public long Degraded => Volatile.Read(ref _degraded);

    /// <summary>Streams that it ended.</summary>
    public long Cut => Volatile.Read(ref _cut);

    /// <summary>Slices that streams took beyond it, into debt.</summary>
    public long Overdrawn => Volatile.Read(ref _overdrawn);

    /// <summary>Exchanges that waited for it.</summary>
    public long Queued => Volatile.Read(ref _queued);

    /// <summary>Exchanges that waited for it and were admitted.</summary>
    public long Served => Volatile.Read(ref _served);

    /// <summary>Exchanges that wait for it now.</summary>
    public long Waiting => Volatile.Read(ref _waiting);

    public void OnRefused() => Interlocked.Increment(ref _refused);

    public void OnWouldHaveRefused() => Interlocked.Increment(ref _wouldHaveRefused);

    public void OnClamped() => Interlocked.Increment(ref _clamped);

    public void OnDegraded() => Interlocked.Increment(ref _degraded);

    public void OnCut() => Interlocked.Increment(ref _cut);

    /// <summary>An exchange begins to wait; <see cref="OnWaited"/> ends that, whatever came of it.</summary>
    public void OnQueued()
    {
        Interlocked.Increment(ref _queued);
        Interlocked.Increment(ref _waiting);
    }

    public void OnWaited() => Interlocked.Decrement(ref _waiting);

    public void OnServed() => Interlocked.Increment(ref _served);

    public void OnOverdrawn() => Interlocked.Increment(ref _overdrawn);
}
