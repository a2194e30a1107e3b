using System.Runtime.InteropServices;

namespace AiEdge.ControlPlane.Usage;

/// <summary>What is asked of the sums.</summary>
internal sealed class UsageQuery
{
    public const int GroupByMax = 2;
    public const int RowsMax = 100_000;

    /// <summary>The first millisecond; taken down to a whole step.</summary>
    public required long FromUnixMs { get; init; }

    /// <summary>The first millisecond behind; taken up to a whole step.</summary>
    public required long ToUnixMs { get; init; }

    public required UsageStep Step { get; init; }

    /// <summary>One row for each step; else one for the whole time.</summary>
    public bool IsStepped { get; init; } = true;

    public IReadOnlyList<UsageDimension> GroupBy { get; init; } = [];

    /// <summary>Only what has these values.</summary>
    public IReadOnlyList<(UsageDimension Dimension, string Value)> Filters { get; init; } = [];
}

/// <summary>Something that sums can be told apart by.</summary>
/// <param name="Name">As it is asked for: key, team, model, provider, or tag:NAME.</param>
internal readonly record struct UsageDimension(string Name)
{
    private const string TagPrefix = "tag:";

    public static bool TryParse(string text, out UsageDimension dimension)
    {
        dimension = new(text);
        return text is "key" or "team" or "model" or "provider" || (text.StartsWith(TagPrefix, StringComparison.Ordinal) && text.Length > TagPrefix.Length);
    }

    public string Of(UsageSeries series) => Name switch
    {
        "key" => series.Key,
        "team" => series.Team,
        "model" => series.Model,
        "provider" => series.Provider,
        _ => series.Tag(Name[TagPrefix.Length..]),
    };
}

/// <summary>One sum of an answer.</summary>
/// <param name="FromUnixMs">Where its step begins.</param>
/// <param name="Values">Of the dimensions that were asked for, in their order.</param>
/// <param name="Sum">The sum.</param>
internal sealed record UsageRow(long FromUnixMs, string[] Values, UsageCounters Sum);

/// <summary>Answers questions from sums alone, never from the ledger.</summary>
internal static class UsageAnswer
{
    /// <summary>
    /// The rows, in the order of time and within a step the dearest first; null where there would be more than
    /// <see cref="UsageQuery.RowsMax"/>.
    /// </summary>
    public static List<UsageRow>? Of(Rollups rollups, UsageQuery query) => rollups.Read((index, reader) =>
    {
        var groups = new Groups(query, index.Series);
        var sums = new Dictionary<(long FromUnixMs, int Group), UsageCounters>();
        foreach (var (slot, series) in index.Between(query.Step, query.FromUnixMs, query.ToUnixMs))
        {
            var from = query.IsStepped ? UsageSlots.FirstUnixMs(slot) : query.FromUnixMs;
            foreach (var one in series.Series)
            {
                if (groups.Of(one) is >= 0 and var group)
                    CollectionsMarshal.GetValueRefOrAddDefault(sums, (from, group), out _).Add(reader[slot, one]);
            }

            if (sums.Count > UsageQuery.RowsMax)
                return null;
        }

        var rows = new List<UsageRow>(sums.Count);
        foreach (var ((from, group), sum) in sums)
            rows.Add(new(from, groups.Values(group), sum));
        rows.Sort(Compare);
        return rows;
    });

    private static int Compare(UsageRow a, UsageRow b) =>
        a.FromUnixMs != b.FromUnixMs ? a.FromUnixMs.CompareTo(b.FromUnixMs)
        : a.Sum.Cost != b.Sum.Cost ? b.Sum.Cost.CompareTo(a.Sum.Cost)
        : a.Sum.Requests != b.Sum.Requests ? b.Sum.Requests.CompareTo(a.Sum.Requests)
        : a.Values.AsSpan().SequenceCompareTo(b.Values);

    /// <summary>Which group a series belongs to, found once for each series.</summary>
    private sealed class Groups(UsageQuery query, IReadOnlyList<UsageSeries> series)
    {
        private const int NotAsked = 0;
        private const int FilteredOut = -1;

        private readonly int[] _groups = new int[series.Count];
        private readonly Dictionary<(string, string), int> _numbers = [];
        private readonly List<string[]> _values = [];

        public int Of(int number)
        {
            ref var group = ref _groups[number];
            if (group == NotAsked)
                group = Find(series[number]);
            return group > 0 ? group - 1 : FilteredOut;
        }

        public string[] Values(int group) => _values[group];

        private int Find(UsageSeries one)
        {
            foreach (var (dimension, value) in query.Filters)
            {
                if (dimension.Of(one) != value)
                    return FilteredOut;
            }

            var values = new string[query.GroupBy.Count];
            for (var i = 0; i < values.Length; i++)
                values[i] = query.GroupBy[i].Of(one);
            var name = (values.Length > 0 ? values[0] : "", values.Length > 1 ? values[1] : "");
            if (!_numbers.TryGetValue(name, out var group))
            {
                _values.Add(values);
                _numbers.Add(name, group = _values.Count);
            }

            return group;
        }
    }
}
