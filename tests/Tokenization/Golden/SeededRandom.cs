namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>SplitMix64: the same numbers for a seed on every machine and runtime, so that files can hold what came of them.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to <paramref name="max"/> less one.</summary>
    public int Below(int max) => (int)((UInt128)Next() * (uint)max >> 64);

    public int Between(int min, int maxIncluded) => min + Below(maxIncluded - min + 1);

    public bool OneIn(int n) => Below(n) == 0;

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];
}
