using AiEdge.Limits;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with <see cref="TwinReservations"/>.</summary>
public enum ReservationDefect
{
    None,

    /// <summary>The sweeper looks whether a reservation is over and takes it later, whoever has it by then.</summary>
    PlainHold,

    /// <summary>A handle works on whatever its place holds.</summary>
    NoGeneration,

    /// <summary>The deadline lies apart: one that was renewed since the sweeper looked is taken all the same.</summary>
    DeadlineApart,
}

/// <summary>What the race does with reservations, whichever they are.</summary>
internal interface IReservations
{
    int Count { get; }

    object? Open(long deadlineNs);

    bool TryAdd(object handle, long amount, long token, long deadlineNs);

    bool TrySettle(object handle, long used);

    int Expire(long nowNs);
}

/// <summary>The table itself.</summary>
internal sealed class TableReservations(LimitBucket bucket, int capacity) : IReservations
{
    private readonly ReservationTable _table = new(capacity);

    public int Count => _table.Count;

    public object? Open(long deadlineNs) => _table.TryOpen(deadlineNs, out var handle) ? handle : null;

    public bool TryAdd(object handle, long amount, long token, long deadlineNs) =>
        ((ReservationHandle)handle).TryAdd(bucket, amount, token, deadlineNs);

    public bool TrySettle(object handle, long used)
    {
        var mine = (ReservationHandle)handle;
        if (!mine.TryBeginSettle())
            return false;
        mine.Charge(bucket, used, 0);
        mine.EndSettle(0);
        return true;
    }

    public int Expire(long nowNs) => _table.Expire(nowNs);
}

/// <summary>The same protocol once more, with pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinReservations(LimitBucket bucket, int capacity, ReservationDefect defect) : IReservations
{
    private const long Free = 0;
    private const long IsOpen = 1;
    private const long Busy = 2;
    private const int StateShift = 40;
    private const int GenerationShift = 44;
    private const long DeadlineMask = (1L << StateShift) - 1;

    private readonly Place[] _places = [.. Enumerable.Range(0, capacity).Select(_ => new Place())];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public object? Open(long deadlineNs)
    {
        foreach (var place in _places)
        {
            var word = Volatile.Read(ref place.Word);
            if (State(word) != Free || !Take(place, word))
                continue;
            Interlocked.Increment(ref _count);
            place.Deadline = deadlineNs;
            var generation = (word >> GenerationShift) + 1;
            Volatile.Write(ref place.Word, Opened(generation, deadlineNs));
            return (place, generation);
        }

        return null;
    }

    public bool TryAdd(object handle, long amount, long token, long deadlineNs)
    {
        if (!TryHold(handle, out var place, out var generation))
            return false;
        Race.Gap();
        place.Amount += amount;
        place.Token = token;
        Volatile.Write(ref place.Deadline, deadlineNs);
        Volatile.Write(ref place.Word, Opened(generation, deadlineNs));
        return true;
    }

    public bool TrySettle(object handle, long used)
    {
        if (!TryHold(handle, out var place, out var generation))
            return false;
        End(place, generation, used);
        return true;
    }

    public int Expire(long nowNs)
    {
        var count = 0;
        foreach (var place in _places)
        {
            var word = Volatile.Read(ref place.Word);
            var deadline = defect == ReservationDefect.DeadlineApart ? Volatile.Read(ref place.Deadline) : word & DeadlineMask;
            if (State(word) != IsOpen || deadline > nowNs)
                continue;
            Race.Gap();
            if (defect == ReservationDefect.PlainHold)
                Volatile.Write(ref place.Word, word & ~(3L << StateShift) | Busy << StateShift);
            else if (!Take(place, word))
                continue;
            End(place, word >> GenerationShift, 0);
            count++;
        }

        return count;
    }

    private long Opened(long generation, long deadlineNs) =>
        generation << GenerationShift | IsOpen << StateShift | (defect == ReservationDefect.DeadlineApart ? 0 : deadlineNs);

    private static long State(long word) => word >> StateShift & 3;

    private static bool Take(Place place, long word) =>
        Interlocked.CompareExchange(ref place.Word, word >> GenerationShift << GenerationShift | Busy << StateShift, word) == word;

    private bool TryHold(object handle, out Place place, out long generation)
    {
        (place, generation) = ((Place, long))handle;
        var word = Volatile.Read(ref place.Word);
        if (defect == ReservationDefect.NoGeneration)
            generation = word >> GenerationShift;
        return State(word) == IsOpen && word >> GenerationShift == generation && Take(place, word);
    }

    private void End(Place place, long generation, long used)
    {
        bucket.Settle(used - place.Amount, place.Token, 0);
        Race.Gap();
        place.Amount = 0;
        Interlocked.Decrement(ref _count);
        Volatile.Write(ref place.Word, generation << GenerationShift | Free << StateShift);
    }

    private sealed class Place
    {
        public long Word;
        public long Deadline;
        public long Amount;
        public long Token;
    }
}
