using AiEdge.Contracts.Prices;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// Prices and output maxima by the name of a model: the document's (<c>prices:</c>) first, then those that are shipped. For targets
/// that pass the asked name on, which is known only when it is asked for. Immutable; a look-up allocates nothing.
/// </summary>
internal sealed class PriceTable
{
    private readonly ModelNameTable<PriceModel> _own;
    private readonly ModelNameTable<ShippedPrice> _shipped;

    public PriceTable(ModelNameTable<PriceModel> own, ModelNameTable<ShippedPrice> shipped)
    {
        _own = own;
        _shipped = shipped;
    }

    /// <summary>The price of a model's name in UTF-8; null where nobody knows.</summary>
    public PriceModel? PriceOf(ReadOnlySpan<byte> model) => _own.Find(model) ?? _shipped.Find(model)?.Price;

    /// <summary>The longest output of a model by its name; 0 where it is not known.</summary>
    public long OutputTokensMaxOf(ReadOnlySpan<byte> model) => _shipped.Find(model)?.OutputTokensMax ?? 0;
}

/// <summary>What is shipped about a model.</summary>
/// <param name="Price">Its list price.</param>
/// <param name="OutputTokensMax">Its longest output; 0 where it is not known.</param>
internal sealed record ShippedPrice(PriceModel Price, long OutputTokensMax);
