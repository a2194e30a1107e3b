using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Options;

/// <summary>
/// Prices as a user writes them (<c>price</c> of a model or target, <c>prices.NAME</c>): nanodollars for a million tokens.
/// </summary>
public sealed class PriceOptions
{
    /// <summary>Nothing written.</summary>
    public static readonly PriceOptions None = new();

    /// <summary>Tokens of the prompt.</summary>
    public static readonly DecimalField InputField = DecimalField.Price("input");

    /// <summary>Tokens of the prompt that came out of the provider's cache.</summary>
    public static readonly DecimalField CachedInputField = DecimalField.Price("cachedInput");

    /// <summary>Tokens of the prompt that were put into the provider's cache.</summary>
    public static readonly DecimalField CacheWriteField = DecimalField.Price("cacheWrite");

    /// <summary>Tokens of the prompt that were put into the provider's cache for an hour.</summary>
    public static readonly DecimalField CacheWriteHourField = DecimalField.Price("cacheWriteHour");

    /// <summary>Tokens of the answer.</summary>
    public static readonly DecimalField OutputField = DecimalField.Price("output");

    /// <summary>Tokens of the answer that nobody sees.</summary>
    public static readonly DecimalField ReasoningField = DecimalField.Price("reasoning");

    /// <summary>Tokens of audio in the prompt.</summary>
    public static readonly DecimalField AudioInputField = DecimalField.Price("audioInput");

    /// <summary>Tokens of audio in the answer.</summary>
    public static readonly DecimalField AudioOutputField = DecimalField.Price("audioOutput");

    /// <summary>Tokens of images in the prompt.</summary>
    public static readonly DecimalField ImageInputField = DecimalField.Price("imageInput");

    /// <summary>Tokens of images in the answer.</summary>
    public static readonly DecimalField ImageOutputField = DecimalField.Price("imageOutput");

    /// <summary>Each request, in dollars.</summary>
    public static readonly DecimalField RequestField = new("request", "dollars for each request, such as 0.04", 9, "1000000");

    /// <summary>What all of it costs at a tier of service.</summary>
    public static readonly DecimalMapField FactorsField = new(
        "factors", TextRules.PlainName, new DecimalField("factors", "a factor such as 0.5", 6, "1000"), 16);

    /// <summary>Prices of long prompts.</summary>
    public static readonly SectionField LongContextField = new("longContext", LongContextOptions.Table);

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new(
        "a price", InputField, CachedInputField, CacheWriteField, CacheWriteHourField, OutputField, ReasoningField, AudioInputField,
        AudioOutputField, ImageInputField, ImageOutputField, RequestField, FactorsField, LongContextField);

    /// <summary>The section; null where there is none.</summary>
    public ConfigMap? Node { get; private init; }

    /// <summary>See <see cref="InputField"/>.</summary>
    public Setting<long> Input { get; private init; }

    /// <summary>See <see cref="CachedInputField"/>.</summary>
    public Setting<long> CachedInput { get; private init; }

    /// <summary>See <see cref="CacheWriteField"/>.</summary>
    public Setting<long> CacheWrite { get; private init; }

    /// <summary>See <see cref="CacheWriteHourField"/>.</summary>
    public Setting<long> CacheWriteHour { get; private init; }

    /// <summary>See <see cref="OutputField"/>.</summary>
    public Setting<long> Output { get; private init; }

    /// <summary>See <see cref="ReasoningField"/>.</summary>
    public Setting<long> Reasoning { get; private init; }

    /// <summary>See <see cref="AudioInputField"/>.</summary>
    public Setting<long> AudioInput { get; private init; }

    /// <summary>See <see cref="AudioOutputField"/>.</summary>
    public Setting<long> AudioOutput { get; private init; }

    /// <summary>See <see cref="ImageInputField"/>.</summary>
    public Setting<long> ImageInput { get; private init; }

    /// <summary>See <see cref="ImageOutputField"/>.</summary>
    public Setting<long> ImageOutput { get; private init; }

    /// <summary>See <see cref="RequestField"/>. Nanodollars for each request.</summary>
    public Setting<long> Request { get; private init; }

    /// <summary>See <see cref="FactorsField"/>. Millionths.</summary>
    public Setting<IReadOnlyList<KeyValuePair<string, Setting<long>>>> Factors { get; private init; }

    /// <summary>See <see cref="LongContextField"/>.</summary>
    public LongContextOptions? LongContext { get; private init; }

    /// <summary>Whether something costs something.</summary>
    public bool IsSet => Node is not null;

    /// <summary>These prices, and those of a wider place for what is not written here.</summary>
    public PriceOptions Over(PriceOptions wider)
    {
        ArgumentNullException.ThrowIfNull(wider);
        return Node is null ? wider : wider.Node is null ? this : new PriceOptions
        {
            Node = Node,
            Input = Input.Or(wider.Input),
            CachedInput = CachedInput.Or(wider.CachedInput),
            CacheWrite = CacheWrite.Or(wider.CacheWrite),
            CacheWriteHour = CacheWriteHour.Or(wider.CacheWriteHour),
            Output = Output.Or(wider.Output),
            Reasoning = Reasoning.Or(wider.Reasoning),
            AudioInput = AudioInput.Or(wider.AudioInput),
            AudioOutput = AudioOutput.Or(wider.AudioOutput),
            ImageInput = ImageInput.Or(wider.ImageInput),
            ImageOutput = ImageOutput.Or(wider.ImageOutput),
            Request = Request.Or(wider.Request),
            Factors = Factors.Or(wider.Factors),
            LongContext = LongContext ?? wider.LongContext,
        };
    }

    /// <summary>Reads the section; nothing written where it is absent.</summary>
    public static PriceOptions Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? None : new PriceOptions
        {
            Node = reader.Map,
            Input = reader.Get(InputField),
            CachedInput = reader.Get(CachedInputField),
            CacheWrite = reader.Get(CacheWriteField),
            CacheWriteHour = reader.Get(CacheWriteHourField),
            Output = reader.Get(OutputField),
            Reasoning = reader.Get(ReasoningField),
            AudioInput = reader.Get(AudioInputField),
            AudioOutput = reader.Get(AudioOutputField),
            ImageInput = reader.Get(ImageInputField),
            ImageOutput = reader.Get(ImageOutputField),
            Request = reader.Get(RequestField),
            Factors = reader.Get(FactorsField),
            LongContext = LongContextOptions.Read(reader.Node(LongContextField), faults),
        };
}

/// <summary>Prices of a request whose prompt is long (<c>price.longContext</c>).</summary>
public sealed class LongContextOptions
{
    /// <summary>Input tokens beyond which they hold, for the whole request.</summary>
    public static readonly CountField AboveField = new("above", 1, AmountText.CountMax) { IsRequired = true };

    /// <summary>Tokens of the prompt.</summary>
    public static readonly DecimalField InputField = DecimalField.Price("input");

    /// <summary>Tokens of the prompt that came out of the provider's cache.</summary>
    public static readonly DecimalField CachedInputField = DecimalField.Price("cachedInput");

    /// <summary>Tokens of the prompt that were put into the provider's cache.</summary>
    public static readonly DecimalField CacheWriteField = DecimalField.Price("cacheWrite");

    /// <summary>Tokens of the prompt that were put into the provider's cache for an hour.</summary>
    public static readonly DecimalField CacheWriteHourField = DecimalField.Price("cacheWriteHour");

    /// <summary>Tokens of the answer.</summary>
    public static readonly DecimalField OutputField = DecimalField.Price("output");

    /// <summary>The fields.</summary>
    public static readonly FieldTable Table = new(
        "longContext", AboveField, InputField, CachedInputField, CacheWriteField, CacheWriteHourField, OutputField);

    private LongContextOptions(ConfigMap node) => Node = node;

    /// <summary>The section.</summary>
    public ConfigMap Node { get; }

    /// <summary>See <see cref="AboveField"/>.</summary>
    public Setting<long> Above { get; private init; }

    /// <summary>See <see cref="InputField"/>.</summary>
    public Setting<long> Input { get; private init; }

    /// <summary>See <see cref="CachedInputField"/>.</summary>
    public Setting<long> CachedInput { get; private init; }

    /// <summary>See <see cref="CacheWriteField"/>.</summary>
    public Setting<long> CacheWrite { get; private init; }

    /// <summary>See <see cref="CacheWriteHourField"/>.</summary>
    public Setting<long> CacheWriteHour { get; private init; }

    /// <summary>See <see cref="OutputField"/>.</summary>
    public Setting<long> Output { get; private init; }

    /// <summary>Reads the section; null where it is absent.</summary>
    public static LongContextOptions? Read(ConfigNode? node, FaultList faults) =>
        node is null || FieldReader.Open(node, Table, faults) is not { } reader ? null : new LongContextOptions(reader.Map)
        {
            Above = reader.Get(AboveField),
            Input = reader.Get(InputField),
            CachedInput = reader.Get(CachedInputField),
            CacheWrite = reader.Get(CacheWriteField),
            CacheWriteHour = reader.Get(CacheWriteHourField),
            Output = reader.Get(OutputField),
        };
}

/// <summary>Prices by a model's name (<c>prices.NAME</c>).</summary>
public sealed class NamedPriceOptions
{
    private NamedPriceOptions(ConfigEntry entry, PriceOptions price)
    {
        Entry = entry;
        Price = price;
    }

    /// <summary>The name with its place.</summary>
    public ConfigEntry Entry { get; }

    /// <summary>The name of a model as a provider knows it; a <c>*</c> may stand at its end.</summary>
    public string Name => Entry.Name;

    /// <summary>The prices.</summary>
    public PriceOptions Price { get; }

    /// <summary>Reads an entry; null where it is not a map.</summary>
    public static NamedPriceOptions? Read(ConfigEntry entry, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var price = PriceOptions.Read(entry.Value, faults);
        return price.IsSet ? new NamedPriceOptions(entry, price) : null;
    }
}
