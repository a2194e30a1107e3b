using System.Text;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Prices;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>Turns the prices of a document and those that are shipped into what bills are made with.</summary>
internal sealed class PriceCompiler
{
    private static readonly Lazy<ModelNameTable<ShippedPrice>> Shipped = new(CompileShipped);

    private readonly ModelPrices _prices;

    public PriceCompiler(ConfigOptions options)
    {
        _prices = new ModelPrices(options);
        var own = new List<KeyValuePair<string, PriceModel>>(options.Prices.Count);
        foreach (var price in options.Prices)
        {
            var sheet = PriceSheet.Of(price.Price);
            own.Add(new(price.Name, Price(sheet, sheet.Hash())));
        }

        ByName = new PriceTable(new ModelNameTable<PriceModel>(own), Shipped.Value);
    }

    /// <summary>Prices by the asked name.</summary>
    public PriceTable ByName { get; }

    /// <summary>What a target costs whatever name is asked for, or null.</summary>
    public PriceModel? Of(ModelOptions model, TargetOptions target) =>
        _prices.Of(model, target) is { } price ? Price(price.Sheet, price.Version) : null;

    /// <summary>The longest output of a model as far as the rule alone tells it, or 0.</summary>
    public long OutputTokensMaxOf(ModelOptions model) => _prices.OutputTokensMaxOf(model);

    /// <summary>As above, of one of its targets.</summary>
    public long OutputTokensMaxOf(ModelOptions model, TargetOptions target) => _prices.OutputTokensMaxOf(model, target);

    private static ModelNameTable<ShippedPrice> CompileShipped()
    {
        var catalogue = PriceCatalogue.Shipped;
        var models = new List<KeyValuePair<string, ShippedPrice>>(catalogue.Models.Count);
        foreach (var (name, model) in catalogue.Models)
            models.Add(new(name, new ShippedPrice(Price(model.Price, catalogue.Version), model.OutputTokensMax)));
        return new ModelNameTable<ShippedPrice>(models);
    }

    private static PriceModel Price(PriceSheet sheet, long version)
    {
        var factors = new PriceFactor[sheet.Factors.Count];
        for (var i = 0; i < factors.Length; i++)
            factors[i] = new PriceFactor(Encoding.ASCII.GetBytes(sheet.Factors[i].Key), sheet.Factors[i].Value);
        return new PriceModel
        {
            Version = version,
            Input = sheet.Input,
            CachedInput = sheet.CachedInput,
            CacheWrite = sheet.CacheWrite,
            CacheWriteHour = sheet.CacheWriteHour,
            Output = sheet.Output,
            Reasoning = sheet.Reasoning,
            AudioInput = sheet.AudioInput,
            AudioOutput = sheet.AudioOutput,
            ImageInput = sheet.ImageInput,
            ImageOutput = sheet.ImageOutput,
            Request = sheet.Request,
            Factors = factors,
            LongContextAbove = sheet.LongContextAbove,
            LongContext = sheet.LongContext is { } longer ? Price(longer, version) : null,
        };
    }
}
