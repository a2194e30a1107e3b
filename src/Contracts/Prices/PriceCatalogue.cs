using System.Globalization;
using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Prices;

/// <summary>What is known of a model that no document says anything about.</summary>
/// <param name="Price">Its list price.</param>
/// <param name="OutputTokensMax">Its longest output; 0 where it is not known.</param>
public sealed record CataloguedModel(PriceSheet Price, long OutputTokensMax);

/// <summary>
/// Public list prices that are shipped (<c>Data/prices.txt</c>), so that a cost limit works before anybody has copied a price list.
/// A copy of what providers publish, as of its date; whoever is billed otherwise says so in the document.
/// </summary>
public sealed class PriceCatalogue
{
    private const string ResourceName = "AiEdge.Contracts.Data.prices.txt";
    private const string VersionWord = "version";
    private const string OutputTokensMaxWord = "outputTokensMax";

    private static readonly Lazy<PriceCatalogue> Lazy = new(Load);
    private readonly List<KeyValuePair<string, CataloguedModel>> _models;

    private PriceCatalogue(int version, List<KeyValuePair<string, CataloguedModel>> models)
    {
        Version = version;
        _models = models;
        Table = new ModelNameTable<CataloguedModel>(models);
    }

    /// <summary>The catalogue that is shipped.</summary>
    public static PriceCatalogue Shipped => Lazy.Value;

    /// <summary>The day that it is of, as a number: 20261130.</summary>
    public int Version { get; }

    /// <summary>The models by name.</summary>
    public ModelNameTable<CataloguedModel> Table { get; }

    /// <summary>Names and models as they are written.</summary>
    public IReadOnlyList<KeyValuePair<string, CataloguedModel>> Models => _models;

    /// <summary>
    /// Reads a catalogue: a line <c>version YYYYMMDD</c>, then a line for each model, its name and <c>field=value</c> with the fields that
    /// a document's <c>price</c> has (<c>factors.flex=0.5</c>, <c>longContext.above=272k</c>) and <c>outputTokensMax</c>. <c>#</c> begins a
    /// comment.
    /// </summary>
    /// <exception cref="FormatException">A line is none of this; its number is in the message.</exception>
    public static PriceCatalogue Parse(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var version = 0;
        var models = new List<KeyValuePair<string, CataloguedModel>>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            var comment = line.IndexOf('#', StringComparison.Ordinal);
            var words = (comment < 0 ? line : line[..comment]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            var isVersion = words[0] == VersionWord;
            if (isVersion && words.Length == 2 && version == 0 && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out version))
                continue;
            if (isVersion || version == 0 || !names.Add(words[0]))
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"line {number}: a version out of place, or a name that is there twice"));
            models.Add(new(words[0], Model(words, number)));
        }

        return new PriceCatalogue(version, models);
    }

    private static PriceCatalogue Load()
    {
        using var stream = typeof(PriceCatalogue).Assembly.GetManifestResourceStream(ResourceName)!;
        using var reader = new StreamReader(stream);
        return Parse(reader);
    }

    /// <summary>Reads a model's line by the same fields, bounds included, that a document is read by.</summary>
    private static CataloguedModel Model(string[] words, int line)
    {
        var price = new ConfigMap(line, 1);
        var sections = new Dictionary<string, ConfigMap>(StringComparer.Ordinal);
        var outputTokensMax = 0L;
        var isWhole = words.Length > 1;
        for (var i = 1; i < words.Length; i++)
        {
            var equals = words[i].IndexOf('=', StringComparison.Ordinal);
            var name = words[i][..Math.Max(0, equals)];
            var value = words[i][(equals + 1)..];
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            var map = price;
            isWhole &= equals > 0;
            if (dot > 0 && !sections.TryGetValue(name[..dot], out map))
            {
                sections.Add(name[..dot], map = new ConfigMap(line, 1));
                isWhole &= price.TryAdd(name[..dot], map, line, 1);
            }

            if (name == OutputTokensMaxWord)
                isWhole &= outputTokensMax == 0 && AmountText.TryCount(value, out outputTokensMax);
            else
                isWhole &= map!.TryAdd(name[(dot + 1)..], Scalar(value, line), line, 1);
        }

        var faults = new FaultList();
        var options = PriceOptions.Read(price, faults);
        if (isWhole && faults.Count == 0)
            return new CataloguedModel(PriceSheet.Of(options), outputTokensMax);
        var why = isWhole ? faults.ToList()[0].Message : "not a model and its fields";
        throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"line {line}: {why}"));
    }

    private static ConfigScalar Scalar(string value, int line) =>
        new(DecimalText.TryParse(value, DecimalText.DigitsMax, out _) ? ScalarKind.Fraction : ScalarKind.Text, value, line, 1);
}
