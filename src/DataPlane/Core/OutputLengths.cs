namespace AiEdge.DataPlane.Core;

/// <summary>How long answers are, by the name that a model was asked for: a rule may stand for many. Outlives the configuration.</summary>
/// <remarks>
/// Requirements: any number of threads, no lock; no answer is lost where two are the first of a name. Memory order: a place is filled by compare-and-swap
/// with what is whole by then, and never emptied; what it holds is its own (<see cref="LearnedTokens"/>).
/// </remarks>
internal sealed class OutputLengths
{
    /// <summary>Places for names; two may meet in one.</summary>
    private const int Places = 64;

    private readonly LearnedTokens?[] _places = new LearnedTokens?[Places];

    /// <summary>How many tokens nineteen of twenty answers stay under, for each choice.</summary>
    public long P95(ReadOnlySpan<byte> name) => Volatile.Read(ref _places[PlaceOf(name)])?.P95 ?? LearnedTokens.Unknown;

    /// <summary>A whole answer had so many tokens for each choice.</summary>
    public void Learn(ReadOnlySpan<byte> name, long tokens)
    {
        ref var place = ref _places[PlaceOf(name)];
        (Volatile.Read(ref place) ?? Interlocked.CompareExchange(ref place, new(), null) ?? place).Observe(tokens);
    }

    private static int PlaceOf(ReadOnlySpan<byte> name) => (int)(StableHash.Of(name) % Places);
}
