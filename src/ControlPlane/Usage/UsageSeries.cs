using AiEdge.Contracts.Wire;

namespace AiEdge.ControlPlane.Usage;

/// <summary>Whose use a sum is: one value of each dimension. Empty where a record has none.</summary>
/// <param name="Key">The virtual key's name.</param>
/// <param name="Team">Its team.</param>
/// <param name="Model">The model that answered, or else the one that was asked for.</param>
/// <param name="Provider">Who answered.</param>
/// <param name="Rule">The model by its name in the configuration; empty where the plane did not say.</param>
/// <param name="Tags">name=value, sorted, each ended by a line feed.</param>
internal sealed record UsageSeries(string Key, string Team, string Model, string Provider, string Rule, string Tags)
{
    /// <summary>What stands in for all that have no series of their own.</summary>
    public const string Other = "__other__";

    private const int CharsMax = 128;
    private int _hash;
    private const int TagsMax = 16;

    public static UsageSeries Of(UsageRecord record) => new(
        Cut(record.Key), Cut(record.Team), Cut(record.Model.Length > 0 ? record.Model : record.ModelAsked), Cut(record.Provider), Cut(record.Rule),
        TagsOf(record));

    /// <summary>Whether it is a sum over several keys that have no series of their own.</summary>
    public bool IsFolded => Key == Other;

    /// <summary>What it is counted under where there are too many: its team, model, provider and rule, and no longer its key and tags.</summary>
    public UsageSeries Fold() => new(Other, Team, Model, Provider, Rule, "");

    /// <summary>The one series that takes all else.</summary>
    public static UsageSeries Rest { get; } = new(Other, Other, Other, Other, Other, "");

    /// <summary>The value of a tag; empty without it, and of what was folded <see cref="Other"/>.</summary>
    public string Tag(string name)
    {
        foreach (var line in Tags.AsSpan().EnumerateLines())
        {
            if (line.Length > name.Length && line[name.Length] == '=' && line.StartsWith(name, StringComparison.Ordinal))
                return line[(name.Length + 1)..].ToString();
        }

        return IsFolded ? Other : "";
    }

    public bool Equals(UsageSeries? other) =>
        other is not null && GetHashCode() == other.GetHashCode() && Key == other.Key && Model == other.Model && Tags == other.Tags
        && Team == other.Team && Provider == other.Provider && Rule == other.Rule;

    /// <summary>Computed once: a series is looked up for each of its records.</summary>
    public override int GetHashCode()
    {
        if (_hash == 0)
            _hash = HashCode.Combine(Key, Team, Model, Provider, Rule, Tags) | 1;
        return _hash;
    }

    private static string Cut(string text) => text.Length <= CharsMax ? text : text[..CharsMax];

    private static string TagsOf(UsageRecord record)
    {
        if (record.Tags.Count == 0)
            return "";
        var lines = new List<string>(record.Tags.Count);
        foreach (var (name, value) in record.Tags)
        {
            var line = $"{Cut(name)}={Cut(value)}\n";
            lines.Add(line.AsSpan(0, line.Length - 1).IndexOfAny('\n', '\r') < 0 ? line : Clean(line));
        }

        lines.Sort(StringComparer.Ordinal);
        return string.Concat(lines.Count <= TagsMax ? lines : lines[..TagsMax]);
    }

    private static string Clean(string line) => line[..^1].Replace('\n', ' ').Replace('\r', ' ') + "\n";
}

/// <summary>What the sums need of a record.</summary>
/// <param name="series">Whose it is.</param>
/// <param name="sum">What it adds.</param>
internal sealed class UsageItem(UsageSeries series, in UsageCounters sum)
{
    private readonly UsageCounters _sum = sum;

    /// <summary>Of an attempt that cost nothing.</summary>
    public static UsageItem None { get; } = new(UsageSeries.Rest, default);

    public bool IsCounted => !ReferenceEquals(this, None);

    public UsageSeries Series => series;

    public ref readonly UsageCounters Sum => ref _sum;

    /// <summary>An exchange's record stands for its last attempt; those that were given up before it have their own, and are paid for as well.</summary>
    public static UsageItem Of(UsageRecord record) =>
        record.Kind == RecordKind.Exchange || record.CostNanodollars > 0 || record.Billed is { IsKnown: true }
            ? new(UsageSeries.Of(record), UsageCounters.Of(record))
            : None;
}
