using System.Numerics;
using AiEdge.Tokenization.Memo;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinMemo"/>.</summary>
public enum MemoDefect
{
    None,

    /// <summary>Key and value stand side by side, so that one's key may be read with another's value.</summary>
    Unsealed,

    /// <summary>The seal goes over the second half of the key, and only the first is looked at.</summary>
    HalfSealed,
}

/// <summary>One entry of the memo once more, with pauses between its words and, if asked for, a defect.</summary>
internal sealed class TwinMemo(MemoDefect defect)
{
    private ulong _low;
    private ulong _high;
    private ulong _value;

    public bool TryFind(TextKey key, out long count)
    {
        ulong low = Volatile.Read(ref _low);
        Race.Gap();
        ulong high = Volatile.Read(ref _high);
        Race.Gap();
        ulong value = Volatile.Read(ref _value);
        count = (long)value - 1;
        return value != 0 && (low ^ LowSeal(value)) == key.Low
            && (defect == MemoDefect.HalfSealed || (high ^ HighSeal(value)) == key.High);
    }

    public void Add(TextKey key, long count)
    {
        ulong value = (ulong)count + 1;
        Volatile.Write(ref _low, key.Low ^ LowSeal(value));
        Race.Gap();
        Volatile.Write(ref _high, key.High ^ HighSeal(value));
        Race.Gap();
        Volatile.Write(ref _value, value);
    }

    private ulong LowSeal(ulong value) => defect == MemoDefect.None ? value : 0;

    private ulong HighSeal(ulong value) => defect == MemoDefect.Unsealed ? 0 : BitOperations.RotateLeft(value, 32);
}
