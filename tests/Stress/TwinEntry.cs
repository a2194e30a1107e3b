using AiEdge.DataPlane.Record;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinEntry"/>.</summary>
public enum EntryDefect
{
    None,

    /// <summary>The exchange looks whether it may take it back, and takes it whatever stands there by then.</summary>
    PlainTakeBack,

    /// <summary>The exchange puts it back without a look at what its turn has come to meanwhile.</summary>
    PlainPutBack,

    /// <summary>The journal's thread takes what the exchange is about to write.</summary>
    TakenWhileWritten,
}

/// <summary>What the race does with an entry of the journal's queue.</summary>
internal interface IRacedEntry
{
    void Withhold();

    bool TryTakeBack();

    bool TryPutBack();

    bool TryTake();
}

/// <summary>The entry itself.</summary>
internal sealed class RacedEntry : IRacedEntry
{
    private const long Number = 7;
    private readonly JournalEntry _entry = new() { Kind = JournalKind.Open, Exchange = Number };

    public void Withhold() => _entry.Withhold();

    public bool TryTakeBack() => _entry.TryTakeBack(Number);

    public bool TryPutBack() => _entry.TryPutBack(Number);

    public bool TryTake() => _entry.TryTake();
}

/// <summary>The same protocol once more, with pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinEntry(EntryDefect defect) : IRacedEntry
{
    private const long Settled = 0;
    private const long Owned = 7;
    private const long Left = long.MinValue;
    private long _owner;

    public void Withhold() => Volatile.Write(ref _owner, Owned);

    public bool TryTakeBack()
    {
        if (defect != EntryDefect.PlainTakeBack)
            return Interlocked.CompareExchange(ref _owner, -Owned, Owned) == Owned;
        if (Volatile.Read(ref _owner) != Owned)
            return false;
        Race.Gap();
        Volatile.Write(ref _owner, -Owned);
        return true;
    }

    public bool TryPutBack()
    {
        Race.Gap();
        if (defect != EntryDefect.PlainPutBack)
            return Interlocked.Exchange(ref _owner, Settled) == -Owned;
        var isMine = Volatile.Read(ref _owner) == -Owned;
        Race.Gap();
        Volatile.Write(ref _owner, Settled);
        return isMine;
    }

    public bool TryTake()
    {
        while (Volatile.Read(ref _owner) is var owner && owner != Settled)
        {
            Race.Gap();
            var isTaken = owner > 0 || defect == EntryDefect.TakenWhileWritten;
            if (Interlocked.CompareExchange(ref _owner, isTaken ? Settled : Left, owner) == owner)
                return isTaken;
        }

        return true;
    }
}
