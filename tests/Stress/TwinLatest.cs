namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinLatest"/>.</summary>
public enum LatestDefect
{
    None,

    /// <summary>The slot that is read is the one that is written.</summary>
    OneSlot,

    /// <summary>Nobody looks whether the slot was written meanwhile.</summary>
    NotChecked,

    /// <summary>It is looked at before the copy is whole.</summary>
    CheckedTooEarly,
}

/// <summary>Published values once more, with pauses between their words and, if asked for, a defect.</summary>
internal sealed class TwinLatest(LatestDefect defect)
{
    private readonly long[] _slots = new long[8];
    private long _begun;
    private long _published;

    public void Publish(Words value)
    {
        long turn = _published + 1;
        Interlocked.Exchange(ref _begun, turn);
        int slot = SlotOf(turn);
        Volatile.Write(ref _slots[slot], value.A);
        Volatile.Write(ref _slots[slot + 1], value.B);
        Race.Gap();
        Volatile.Write(ref _slots[slot + 2], value.C);
        Volatile.Write(ref _slots[slot + 3], value.D);
        Volatile.Write(ref _published, turn);
    }

    public Words Read()
    {
        while (true)
        {
            long turn = Volatile.Read(ref _published);
            int slot = SlotOf(turn);
            Words value = default;
            value.A = Volatile.Read(ref _slots[slot]);
            value.B = Volatile.Read(ref _slots[slot + 1]);
            long early = Volatile.Read(ref _begun);
            Race.Gap();
            value.C = Volatile.Read(ref _slots[slot + 2]);
            value.D = Volatile.Read(ref _slots[slot + 3]);
            Interlocked.MemoryBarrier();
            long begun = defect == LatestDefect.CheckedTooEarly ? early : Volatile.Read(ref _begun);
            if (defect == LatestDefect.NotChecked || begun - turn < 2)
                return value;
        }
    }

    private int SlotOf(long turn) => defect == LatestDefect.OneSlot ? 0 : (int)(turn & 1) * 4;
}
