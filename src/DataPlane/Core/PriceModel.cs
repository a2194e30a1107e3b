namespace AiEdge.DataPlane.Core;

/// <summary>
/// What a model costs, per class of tokens, in nanodollars for a million tokens, so that no price is rounded; a class without a
/// price of its own has its parent's (cached input that of input, reasoning that of output, an hour in the cache that of the cache). Money is never a float.
/// </summary>
internal sealed record PriceModel
{
    /// <summary>
    /// Names these prices in records: of two that differ in anything, the versions differ. Prices of the shipped catalogue have its date
    /// (20261130), all others a number beyond any date.
    /// </summary>
    public required long Version { get; init; }

    public required long Input { get; init; }

    public required long CachedInput { get; init; }

    public required long CacheWrite { get; init; }

    /// <summary>Input tokens that the provider's cache is to keep for an hour.</summary>
    public required long CacheWriteHour { get; init; }

    public required long Output { get; init; }

    public required long Reasoning { get; init; }

    public required long AudioInput { get; init; }

    public required long AudioOutput { get; init; }

    public required long ImageInput { get; init; }

    public required long ImageOutput { get; init; }

    /// <summary>Nanodollars for each request.</summary>
    public long Request { get; init; }

    /// <summary>What the whole costs at a tier of service, a speed or a place, by its name.</summary>
    public PriceFactor[] Factors { get; init; } = [];

    /// <summary>Input tokens of one request beyond which <see cref="LongContext"/> holds for all of it; of no meaning without that.</summary>
    public long LongContextAbove { get; init; }

    /// <summary>Prices of a long prompt, or null where it costs the same. It has the same version, and the factors are those here.</summary>
    public PriceModel? LongContext { get; init; }

    /// <summary>The prices that hold for a request with so much input.</summary>
    public PriceModel At(long inputTokens) => LongContext is { } longer && inputTokens > LongContextAbove ? longer : this;

    /// <summary>What prices are multiplied by, in millionths, at a tier of service, a speed or a place; a million where it has no factor.</summary>
    public long FactorOf(ReadOnlySpan<byte> name)
    {
        foreach (var factor in Factors)
        {
            if (factor.Tier.AsSpan().SequenceEqual(name))
                return factor.PerMillion;
        }

        return PriceFactor.One;
    }
}

/// <summary>A factor on all prices of a model.</summary>
/// <param name="Tier">The name in UTF-8 of a tier of service, a speed or a place: <c>flex</c>, <c>priority</c>, <c>fast</c>, <c>us</c> …</param>
/// <param name="PerMillion">The factor in millionths, 0 to a thousand million.</param>
internal sealed record PriceFactor(byte[] Tier, long PerMillion)
{
    /// <summary>The factor that changes nothing.</summary>
    public const long One = 1_000_000;
}
