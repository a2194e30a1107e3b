using System.Numerics;
using System.Runtime.CompilerServices;

namespace AiEdge.Tokenization.Memo;

/// <summary>
/// Remembers the counts of texts that come again: an agent sends its whole history with each request. Texts are known by a keyed
/// hash over the bytes as they stand in the body, so that nobody can make a text that is taken for another. The table's size is
/// fixed: who sends many texts drives others out, which costs time and changes no count.
/// <para>
/// Safe for any number of threads, without locks. Requirements: a lookup returns the value that was added under the very key, or
/// nothing; an entry may be lost at any time. An entry is four words: <c>[low ^ value, high ^ rotated value, value, age]</c>, each
/// read and written as a whole but in no promised order, so that a reader may see words of several writers. Argument: a reader
/// of key H that finds a value v has seen <c>w0 ^ v = H.Low</c>. If w0 was written with H, then its writer's value is v, as one
/// key always has one value. If it was written with another key X, then <c>X.Low ^ H.Low</c> equals the difference of two values,
/// and the same holds of the second word: both halves of two unrelated 128-bit hashes would have to agree so, which is as likely
/// as that they collide. The age is a hint and may be anything. No order is needed, so no fence is.
/// </para>
/// </summary>
public sealed class TextMemo
{
    /// <summary>Entries unless another number is asked for: 2 MiB of them.</summary>
    public const int EntriesDefault = 65536;

    /// <summary>The most entries that a table may have.</summary>
    public const int EntriesMax = 1 << 24;

    /// <summary>The largest count that is remembered.</summary>
    public const long CountMax = (1L << 40) - 1;

    private const int Ways = 4;
    private const int Words = 4;
    private const int LineWords = 8;

    // On the pinned heap, so that a set begins at a cache line and stays there.
    private readonly ulong[] _table;
    private readonly int _origin;
    private readonly int _setMask;
    private readonly int _ageShift;
    private readonly TextHashSecret _secret;
    private ulong _added;

    /// <summary>A table of <paramref name="entries"/> entries, rounded up to a power of two.</summary>
    public TextMemo(int entries = EntriesDefault)
        : this(entries, new TextHashSecret())
    {
    }

    internal TextMemo(int entries, TextHashSecret secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entries, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries, EntriesMax);
        _secret = secret;
        int sets = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(entries / Ways, 1));
        _setMask = sets - 1;
        // Eight ages while the table is filled once: hits write no more than that.
        _ageShift = Math.Max(BitOperations.Log2((uint)(sets * Ways)) - 3, 0);
        _table = GC.AllocateArray<ulong>((sets * Ways * Words) + LineWords, pinned: true);
        unsafe
        {
            ulong address = (ulong)Unsafe.AsPointer(ref _table[0]);
            _origin = (int)((64 - (address & 63)) & 63) / sizeof(ulong);
        }
    }

    /// <summary>Entries that the table holds at most.</summary>
    public int Entries => (_setMask + 1) * Ways;

    /// <summary>Starts the key of a text.</summary>
    /// <param name="domain">
    /// What the count depends on besides the text, the vocabulary above all, and who may learn by the time it takes that the
    /// text was seen before.
    /// </param>
    public TextHasher Begin(ulong domain) => _secret.Begin(domain);

    /// <summary>The key of a text that lies in one piece.</summary>
    public TextKey KeyOf(ulong domain, ReadOnlySpan<byte> text)
    {
        TextHasher hasher = _secret.Begin(domain);
        hasher.Append(text);
        return hasher.Finish();
    }

    /// <summary>Looks a text up.</summary>
    public bool TryFind(TextKey key, out long count)
    {
        ref ulong set = ref SetOf(key);
        for (int i = 0; i < Ways * Words; i += Words)
        {
            ref ulong entry = ref Unsafe.Add(ref set, i);
            if (!Holds(ref entry, key, out ulong value))
                continue;
            ref ulong age = ref Unsafe.Add(ref entry, 3);
            ulong now = Volatile.Read(ref _added) >> _ageShift;
            if (Volatile.Read(ref age) != now)
                Volatile.Write(ref age, now);
            count = (long)value - 1;
            return true;
        }

        count = 0;
        return false;
    }

    /// <summary>
    /// Remembers a count, in place of the one of its set that was not asked for longest. One key must always come with one count.
    /// </summary>
    public void Add(TextKey key, long count)
    {
        if (count is < 0 or > CountMax)
            return;
        ulong now = Volatile.Read(ref _added) + 1;
        // Two threads may count one addition: ages are a hint.
        Volatile.Write(ref _added, now);
        now >>= _ageShift;
        ref ulong set = ref SetOf(key);
        int victim = 0;
        ulong oldest = 0;
        for (int i = 0; i < Ways * Words; i += Words)
        {
            ref ulong entry = ref Unsafe.Add(ref set, i);
            if (Holds(ref entry, key, out ulong value))
                return;
            ulong idle = value == 0 ? ulong.MaxValue : now - Volatile.Read(ref Unsafe.Add(ref entry, 3));
            if (idle <= oldest)
                continue;
            (victim, oldest) = (i, idle);
        }

        if (oldest == 0)
            victim = (int)(key.High & (Ways - 1)) * Words;
        Write(ref Unsafe.Add(ref set, victim), key, (ulong)count + 1, now);
    }

    private static bool Holds(ref ulong entry, TextKey key, out ulong value)
    {
        value = Volatile.Read(ref Unsafe.Add(ref entry, 2));
        return value != 0
            && (Volatile.Read(ref entry) ^ value) == key.Low
            && (Volatile.Read(ref Unsafe.Add(ref entry, 1)) ^ BitOperations.RotateLeft(value, 32)) == key.High;
    }

    private static void Write(ref ulong entry, TextKey key, ulong value, ulong now)
    {
        Volatile.Write(ref entry, key.Low ^ value);
        Volatile.Write(ref Unsafe.Add(ref entry, 1), key.High ^ BitOperations.RotateLeft(value, 32));
        Volatile.Write(ref Unsafe.Add(ref entry, 2), value);
        Volatile.Write(ref Unsafe.Add(ref entry, 3), now);
    }

    private ref ulong SetOf(TextKey key) => ref _table[_origin + ((int)(key.Low & (uint)_setMask) * Ways * Words)];
}
