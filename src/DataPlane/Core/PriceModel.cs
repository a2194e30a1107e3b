namespace AiEdge.DataPlane.Core;

/// <summary>
/// What a model costs, per class of tokens, in nanodollars for a million tokens, so that no price is rounded; a class without a
/// price of its own has its parent's (cached input that of input, reasoning that of output). Money is never a float.
/// </summary>
internal sealed record PriceModel
{
    /// <summary>Names these prices in records: of two that differ in anything, the versions differ.</summary>
    public required long Version { get; init; }

    public required long Input { get; init; }

    public required long CachedInput { get; init; }

    public required long CacheWrite { get; init; }

    public required long Output { get; init; }

    public required long Reasoning { get; init; }

    public required long AudioInput { get; init; }

    public required long AudioOutput { get; init; }

    public required long ImageInput { get; init; }

    /// <summary>Nanodollars for each request.</summary>
    public long Request { get; init; }
}
