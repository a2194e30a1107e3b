using AiEdge.DataPlane.Admit;
using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinScope"/>.</summary>
public enum ScopeDefect
{
    None,

    /// <summary>Holders are looked at, and then it is retired whatever they are by then.</summary>
    PlainRetire,

    /// <summary>A holder writes what it has counted, whatever stands there by then.</summary>
    PlainHold,

    /// <summary>The use is looked at before nobody can hold it any more, and not afterwards.</summary>
    NoSecondLook,

    /// <summary>It is retired, looked at, and taken back: whoever was refused in between believes it gone.</summary>
    TakenBack,
}

/// <summary>What the race does with a bucket that is held, used and given up.</summary>
internal interface IRacedScope
{
    bool TryHold();

    void Use();

    void Release();

    bool TryRetire();
}

/// <summary>The scope itself.</summary>
internal sealed class RacedScope : IRacedScope
{
    private readonly ScopeState _scope = new(
        "x", isPermanent: false, new WindowBucket(1000, WindowSchedule.Fixed(LimitClock.SecondNs), DebtPolicy.Carry, new LimitClock(new UnixEpoch()), 0));

    public bool TryHold() => _scope.TryHold();

    public void Use() => _scope.Bucket.Overdraw(1, 0);

    public void Release() => _scope.Release();

    public bool TryRetire() => _scope.TryRetire(0);
}

/// <summary>The same protocol once more, with pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinScope(ScopeDefect defect) : IRacedScope
{
    private const int Retired = -1;
    private const int Judged = -2;

    private int _holders;
    private int _used;

    public bool TryHold()
    {
        var holders = Volatile.Read(ref _holders);
        while (holders != Retired)
        {
            Race.Gap();
            var next = holders == Judged ? 1 : holders + 1;
            if (defect == ScopeDefect.PlainHold)
            {
                Volatile.Write(ref _holders, next);
                return true;
            }

            var found = Interlocked.CompareExchange(ref _holders, next, holders);
            if (found == holders)
                return true;
            holders = found;
        }

        return false;
    }

    public void Use() => Interlocked.Increment(ref _used);

    public void Release() => Interlocked.Decrement(ref _holders);

    public bool TryRetire()
    {
        if (Volatile.Read(ref _holders) != 0)
            return false;
        var isUnused = Volatile.Read(ref _used) == 0;
        if (!isUnused)
            return false;
        Race.Gap();
        if (defect == ScopeDefect.PlainRetire)
        {
            Volatile.Write(ref _holders, Retired);
            return true;
        }

        var judged = defect == ScopeDefect.TakenBack ? Retired : Judged;
        if (Interlocked.CompareExchange(ref _holders, judged, 0) != 0)
            return false;
        Race.Gap();
        if (defect != ScopeDefect.NoSecondLook)
            isUnused = Volatile.Read(ref _used) == 0;
        return Interlocked.CompareExchange(ref _holders, isUnused ? Retired : 0, judged) == judged && isUnused;
    }
}
