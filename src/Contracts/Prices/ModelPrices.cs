using AiEdge.Contracts.Options;

namespace AiEdge.Contracts.Prices;

/// <summary>Prices with what names them in records.</summary>
/// <param name="Sheet">The prices.</param>
/// <param name="Version">The catalogue's date, or a hash of a document's prices, which is larger than any date.</param>
public sealed record VersionedPrice(PriceSheet Sheet, long Version);

/// <summary>
/// What the models of a document cost. The nearest word counts: the target's or the model's <c>price</c>, then <c>prices</c>, then the
/// catalogue that is shipped. The last two go by the provider's name for the model, then by the model's own.
/// </summary>
public sealed class ModelPrices
{
    private readonly PriceCatalogue _shipped = PriceCatalogue.Shipped;

    /// <summary>Looks at a document.</summary>
    public ModelPrices(ConfigOptions document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var own = new List<KeyValuePair<string, VersionedPrice>>(document.Prices.Count);
        foreach (var price in document.Prices)
            own.Add(new(price.Name, Versioned(price.Price)));
        Own = new ModelNameTable<VersionedPrice>(own);
    }

    /// <summary>The document's <c>prices</c>.</summary>
    public ModelNameTable<VersionedPrice> Own { get; }

    /// <summary>What a target costs whatever name is asked for; null where the asked name tells it, or nobody knows.</summary>
    public VersionedPrice? Of(ModelOptions model, TargetOptions target)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(target);
        var written = target.Price.Over(model.Price);
        if (written.IsSet)
            return Versioned(written);
        var upstream = target.Model.IsSet ? target.Model.Value : null;
        var name = model.IsGlob ? null : model.Name;
        return (upstream is null ? null : Own.Find(upstream))
            ?? (name is null ? null : Own.Find(name))
            ?? (upstream is null ? null : Listed(upstream))
            ?? (name is null ? null : Listed(name));
    }

    /// <summary>Whether every answer of a model has a price, whatever name is asked for.</summary>
    /// <param name="model">The model.</param>
    /// <param name="isAsked">Which of its targets count; null for all of them.</param>
    public bool IsPriced(ModelOptions model, Predicate<TargetOptions>? isAsked = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var target in model.Targets)
        {
            if (isAsked?.Invoke(target) != false && Of(model, target) is null)
                return false;
        }

        return true;
    }

    /// <summary>The longest output of a model, whatever name is asked for; 0 where the asked name tells it, or nobody knows.</summary>
    public long OutputTokensMaxOf(ModelOptions model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.OutputTokensMax.IsSet)
            return model.OutputTokensMax.Value;
        var least = long.MaxValue;
        foreach (var target in model.Targets)
            least = Math.Min(least, OutputTokensMaxOf(model, target));
        return least == long.MaxValue ? 0 : least;
    }

    /// <summary>The longest output of one of a model's targets, whatever name is asked for; 0 where the asked name tells it, or nobody knows.</summary>
    public long OutputTokensMaxOf(ModelOptions model, TargetOptions target)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(target);
        if (model.OutputTokensMax.IsSet)
            return model.OutputTokensMax.Value;
        var known = target.Model.IsSet ? _shipped.Table.Find(target.Model.Value) : null;
        known ??= model.IsGlob ? null : _shipped.Table.Find(model.Name);
        return known?.OutputTokensMax ?? 0;
    }

    private static VersionedPrice Versioned(PriceOptions price)
    {
        var sheet = PriceSheet.Of(price);
        return new VersionedPrice(sheet, sheet.Hash());
    }

    private VersionedPrice? Listed(string name) =>
        _shipped.Table.Find(name) is { } known ? new VersionedPrice(known.Price, _shipped.Version) : null;
}
