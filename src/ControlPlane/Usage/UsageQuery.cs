namespace AiEdge.ControlPlane.Usage;

/// <summary>What is asked of the sums.</summary>
internal sealed class UsageQuery
{
    /// <summary>
    /// Dimensions of one question at most: key, team, model, rule, provider, and more tags than one record has. Sums are kept by all of them together, so
    /// what they are told apart by costs nothing but rows.
    /// </summary>
    public const int GroupByMax = 32;
    public const int RowsMax = 400_000;

    /// <summary>Values of dimensions in one answer: they cost memory as rows do.</summary>
    private const int ValuesMax = 2_000_000;

    /// <summary>The first millisecond; taken down to a whole step.</summary>
    public required long FromUnixMs { get; init; }

    /// <summary>The first millisecond behind; taken up to a whole step.</summary>
    public required long ToUnixMs { get; init; }

    public required UsageStep Step { get; init; }

    /// <summary>One row for each step; else one for the whole time.</summary>
    public bool IsStepped { get; init; } = true;

    public IReadOnlyList<UsageDimension> GroupBy { get; init; } = [];

    /// <summary>Rows of the answer, at most: <see cref="RowsMax"/>, and fewer where each has more than five values.</summary>
    public int AnswerRowsMax => Math.Min(RowsMax, ValuesMax / Math.Max(1, GroupBy.Count));

    /// <summary>Only what has these values.</summary>
    public IReadOnlyList<(UsageDimension Dimension, string Value)> Filters { get; init; } = [];

    /// <summary>And only what this lets pass; null for all.</summary>
    public Func<UsageSeries, bool>? Where { get; init; }
}

/// <summary>Something that sums can be told apart by.</summary>
/// <param name="Name">As it is asked for: key, team, model, rule, provider, or tag:NAME.</param>
internal readonly record struct UsageDimension(string Name)
{
    private const string TagPrefix = "tag:";

    public static bool TryParse(string text, out UsageDimension dimension)
    {
        dimension = new(text);
        return text is "key" or "team" or "model" or "rule" or "provider"
            || (text.StartsWith(TagPrefix, StringComparison.Ordinal) && text.Length > TagPrefix.Length);
    }

    public string Of(UsageSeries series) => Name switch
    {
        "key" => series.Key,
        "team" => series.Team,
        "model" => series.Model,
        "provider" => series.Provider,

        // Planes that do not say it have called most models what they are called there.
        "rule" => series.Rule.Length > 0 ? series.Rule : series.Model,
        _ => series.Tag(Name[TagPrefix.Length..]),
    };
}

/// <summary>One sum of an answer.</summary>
/// <param name="FromUnixMs">Where its step begins.</param>
/// <param name="Values">Of the dimensions that were asked for, in their order.</param>
/// <param name="Sum">The sum.</param>
internal readonly record struct UsageRow(long FromUnixMs, string[] Values, UsageCounters Sum);

/// <summary>Answers questions from sums alone, never from the ledger.</summary>
internal static class UsageAnswer
{
    /// <summary>
    /// The rows, in the order of time and within a step the dearest first; null where there would be more than
    /// <see cref="UsageQuery.AnswerRowsMax"/>.
    /// </summary>
    public static List<UsageRow>? Of(Rollups rollups, UsageQuery query) => rollups.Read((index, reader) =>
    {
        var groups = new Groups(query, index.Series);
        var rows = new List<UsageRow>(query.IsStepped ? Math.Min(Count(index, query), query.AnswerRowsMax) : 0);
        var step = new StepSums();
        foreach (var (slot, series) in index.Between(query.Step, query.FromUnixMs, query.ToUnixMs))
        {
            // Minutes are many, each small, and asked for seldom.
            var sums = reader.Sums(slot, series, keep: query.Step != UsageStep.Minute);
            for (var i = 0; i < sums.Length; i++)
            {
                if (groups.Of(series.Series[i]) is >= 0 and var group)
                    step.Add(group, sums[i]);
            }

            if (query.IsStepped)
                step.End(UsageSlots.FirstUnixMs(slot), groups, rows);
            if (rows.Count > query.AnswerRowsMax)
                return null;
        }

        step.End(query.FromUnixMs, groups, rows);
        return rows.Count > UsageQuery.RowsMax ? null : rows;
    });

    /// <summary>How many rows there may be: memory is taken once, as growing would copy it again and again.</summary>
    private static int Count(RollupIndex index, UsageQuery query)
    {
        var count = 0;
        foreach (var (_, series) in index.Between(query.Step, query.FromUnixMs, query.ToUnixMs))
            count += query.GroupBy.Count == 0 ? 1 : series.Series.Count;
        return count;
    }

    /// <summary>The sums of one step, by group.</summary>
    private sealed class StepSums
    {
        private readonly List<int> _groups = [];
        private UsageCounters[] _sums = new UsageCounters[64];

        /// <summary>Where a group's sum lies, counted from 1; 0 for nowhere yet.</summary>
        private int[] _places = new int[64];

        public void Add(int group, in UsageCounters sum)
        {
            if (group >= _places.Length)
                Array.Resize(ref _places, Math.Max(group + 1, _places.Length * 2));
            ref var place = ref _places[group];
            if (place == 0)
            {
                _groups.Add(group);
                place = _groups.Count;
                if (place > _sums.Length)
                    Array.Resize(ref _sums, _sums.Length * 2);
                _sums[place - 1] = default;
            }

            _sums[place - 1].Add(sum);
        }

        /// <summary>Makes rows of the sums, the dearest first, and begins anew.</summary>
        public void End(long fromUnixMs, Groups groups, List<UsageRow> rows)
        {
            var costs = new long[_groups.Count];
            var order = new int[_groups.Count];
            for (var i = 0; i < order.Length; i++)
                (costs[i], order[i]) = (-_sums[i].Cost, i);
            Array.Sort(costs, order);
            rows.EnsureCapacity(rows.Count + order.Length);
            foreach (var i in order)
            {
                rows.Add(new(fromUnixMs, groups.Values(_groups[i]), _sums[i]));
                _places[_groups[i]] = 0;
            }

            _groups.Clear();
        }
    }

    /// <summary>Which group a series belongs to, found once for each series.</summary>
    private sealed class Groups(UsageQuery query, IReadOnlyList<UsageSeries> series)
    {
        private const int NotAsked = 0;
        private const int FilteredOut = -1;

        private readonly int[] _groups = new int[series.Count];
        private readonly Dictionary<string[], int> _numbers = new(SameValues.Instance);
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
            if (query.Where is { } where && !where(one))
                return FilteredOut;
            foreach (var (dimension, value) in query.Filters)
            {
                if (dimension.Of(one) != value)
                    return FilteredOut;
            }

            var values = new string[query.GroupBy.Count];
            for (var i = 0; i < values.Length; i++)
                values[i] = query.GroupBy[i].Of(one);
            if (!_numbers.TryGetValue(values, out var group))
            {
                _values.Add(values);
                _numbers.Add(values, group = _values.Count);
            }

            return group;
        }
    }

    /// <summary>Values are the same where each is.</summary>
    private sealed class SameValues : IEqualityComparer<string[]>
    {
        public static SameValues Instance { get; } = new();

        public bool Equals(string[]? x, string[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(string[] values)
        {
            var hash = default(HashCode);
            foreach (var value in values)
                hash.Add(value);
            return hash.ToHashCode();
        }
    }
}
