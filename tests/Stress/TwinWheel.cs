using AiEdge.DataPlane.Core;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinWheel"/>.</summary>
public enum WheelDefect
{
    None,

    /// <summary>Places are given out and taken back without the lock.</summary>
    NoLock,

    /// <summary>The larger table is published before the owners are in it.</summary>
    EmptyGrowth,

    /// <summary>A place is given out again before it is emptied.</summary>
    Forgetful,
}

/// <summary>The deadline wheel's table once more, with pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinWheel(WheelDefect defect)
{
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private IDeadlineOwner?[] _owners = new IDeadlineOwner?[4];
    private int _count;

    public static Wheel Make(WheelDefect defect)
    {
        var wheel = new TwinWheel(defect);
        return new Wheel(wheel.Add, wheel.Remove, wheel.Tick);
    }

    private int Add(IDeadlineOwner owner)
    {
        if (defect == WheelDefect.NoLock)
            return Place(owner);
        lock (_lock)
            return Place(owner);
    }

    private void Remove(int place)
    {
        if (defect == WheelDefect.Forgetful)
        {
            lock (_lock)
                _free.Push(place);
            Race.Gap();
            Volatile.Write(ref _owners[place], null);
            return;
        }

        lock (_lock)
        {
            _owners[place] = null;
            _free.Push(place);
        }
    }

    private void Tick()
    {
        var owners = Volatile.Read(ref _owners);
        var count = Math.Min(Volatile.Read(ref _count), owners.Length);
        for (var i = 0; i < count; i++)
            Volatile.Read(ref owners[i])?.OnDue(0);
    }

    private int Place(IDeadlineOwner owner)
    {
        if (!_free.TryPop(out var place))
        {
            place = _count;
            Race.Gap();
            _count = place + 1;
        }

        if (place >= _owners.Length)
            Grow();
        _owners[place] = owner;
        return place;
    }

    private void Grow()
    {
        var old = _owners;
        var larger = new IDeadlineOwner?[old.Length * 2];
        if (defect == WheelDefect.EmptyGrowth)
        {
            _owners = larger;
            Race.Gap();
        }

        old.CopyTo(larger, 0);
        _owners = larger;
    }
}
