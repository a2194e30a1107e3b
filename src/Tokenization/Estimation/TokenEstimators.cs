namespace AiEdge.Tokenization.Estimation;

/// <summary>Which way the tokens went.</summary>
public enum TokenDirection : byte
{
    /// <summary>The prompt.</summary>
    Input,

    /// <summary>The answer.</summary>
    Output,
}

/// <summary>
/// The estimators of a process, one for each provider, model and direction. Lookups take no lock and allocate nothing. Names of
/// models may come from clients, so that there is a bound: what comes after it shares one estimator for each direction.
/// </summary>
public sealed class TokenEstimators
{
    /// <summary>Estimators unless another bound is asked for.</summary>
    public const int EntriesMaxDefault = 1024;

    private readonly Lock _adding = new();
    private readonly int _entriesMax;
    private readonly TokenEstimator _otherInput = new(1);
    private readonly TokenEstimator _otherOutput = new(1, TokenDirection.Output);
    private readonly Entry?[] _buckets;
    private int _count;

    /// <summary>An empty table.</summary>
    /// <param name="entriesMax">Estimators at most, 1 to 65,536.</param>
    public TokenEstimators(int entriesMax = EntriesMaxDefault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entriesMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entriesMax, 65536);
        _entriesMax = entriesMax;
        _buckets = new Entry?[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)entriesMax)];
    }

    /// <summary>Estimators made so far, the shared ones aside.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The estimator for a provider's model, made when it is asked for first.</summary>
    /// <param name="provider">The provider's name as configured, in UTF-8.</param>
    /// <param name="model">The model's name at the provider, in UTF-8.</param>
    /// <param name="direction">Prompt or answer.</param>
    /// <param name="priorRatio">The ratio to begin with, 0.5 to 3.</param>
    public TokenEstimator Of(ReadOnlySpan<byte> provider, ReadOnlySpan<byte> model, TokenDirection direction, double priorRatio)
    {
        int hash = Hash(provider, model, direction);
        ref Entry? bucket = ref _buckets[hash & (_buckets.Length - 1)];
        return Find(Volatile.Read(ref bucket), hash, provider, model, direction) ?? Add(ref bucket, hash, provider, model, direction, priorRatio);
    }

    private static TokenEstimator? Find(
        Entry? entry, int hash, ReadOnlySpan<byte> provider, ReadOnlySpan<byte> model, TokenDirection direction)
    {
        for (; entry is not null; entry = entry.Next)
        {
            if (entry.Hash == hash && entry.Direction == direction
                && provider.SequenceEqual(entry.Provider) && model.SequenceEqual(entry.Model))
                return entry.Estimator;
        }

        return null;
    }

    /// <summary>The randomly keyed hash of the platform: clients cannot choose names that meet in one bucket.</summary>
    private static int Hash(ReadOnlySpan<byte> provider, ReadOnlySpan<byte> model, TokenDirection direction)
    {
        var hash = new HashCode();
        hash.Add(direction);
        hash.Add(provider.Length);
        hash.AddBytes(provider);
        hash.AddBytes(model);
        return hash.ToHashCode();
    }

    private TokenEstimator Add(
        ref Entry? bucket, int hash, ReadOnlySpan<byte> provider, ReadOnlySpan<byte> model, TokenDirection direction, double priorRatio)
    {
        TokenEstimator other = direction == TokenDirection.Input ? _otherInput : _otherOutput;
        if (Count >= _entriesMax)
            return other;
        lock (_adding)
        {
            if (Find(bucket, hash, provider, model, direction) is { } found)
                return found;
            if (_count >= _entriesMax)
                return other;
            var entry = new Entry(hash, provider.ToArray(), model.ToArray(), direction, new TokenEstimator(priorRatio, direction), bucket);
            Volatile.Write(ref bucket, entry);
            Volatile.Write(ref _count, _count + 1);
            return entry.Estimator;
        }
    }

    private sealed record Entry(int Hash, byte[] Provider, byte[] Model, TokenDirection Direction, TokenEstimator Estimator, Entry? Next);
}
