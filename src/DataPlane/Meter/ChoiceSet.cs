using System.Numerics;

namespace AiEdge.DataPlane.Meter;

/// <summary>A set of choice indexes from 0 to 127; OpenAI allows <c>n</c> up to 128.</summary>
internal struct ChoiceSet
{
    public const int IndexMax = 127;

    private ulong _low;
    private ulong _high;

    public readonly int Count => BitOperations.PopCount(_low) + BitOperations.PopCount(_high);

    public void Add(int index)
    {
        if (index < 64)
            _low |= 1UL << index;
        else
            _high |= 1UL << (index - 64);
    }

    public void Remove(int index)
    {
        if (index < 64)
            _low &= ~(1UL << index);
        else
            _high &= ~(1UL << (index - 64));
    }

    public readonly bool Has(int index) => ((index < 64 ? _low >> index : _high >> (index - 64)) & 1) != 0;

    public void Add(ChoiceSet other)
    {
        _low |= other._low;
        _high |= other._high;
    }

    /// <summary>How many of these are not in <paramref name="other"/>.</summary>
    public readonly int CountWithout(ChoiceSet other) =>
        BitOperations.PopCount(_low & ~other._low) + BitOperations.PopCount(_high & ~other._high);
}
