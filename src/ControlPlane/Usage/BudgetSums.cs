using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Validate;
using AiEdge.Limits;

namespace AiEdge.ControlPlane.Usage;

/// <summary>
/// What has been used of each cost limit's budget, from the sums: for alerts, which may be a minute late, and not for admission. A budget for each
/// address is not seen here, nor is one whose window is shorter than an hour.
/// </summary>
internal sealed class BudgetSums(Rollups rollups, Func<EdgeDocument> document, TimeProvider time)
{
    private const long MillisecondNs = 1_000_000;

    /// <summary>What limits call a model: its name in the configuration.</summary>
    private static readonly UsageDimension Rule = new("rule");

    private readonly Lock _lock = new();
    private List<LimitOptions> _limits = [];
    private Dictionary<string, string> _tiers = [];
    private ulong _version = ulong.MaxValue;

    public IEnumerable<BudgetUse> Read()
    {
        var (limits, tiers) = Compiled();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var limit in limits)
        {
            var window = Schedule(limit).At(now * MillisecondNs);
            var from = window.StartUnixNs / MillisecondNs;
            foreach (var row in Rows(limit, tiers, from, now))
            {
                yield return new(limit.Name.Value, limit.Per.IsSet ? limit.Per.Value.Word : "",
                    row.Values is [var value] ? value : "", from, row.Sum.Cost, limit.Cost.Value.Value);
            }
        }
    }

    private List<UsageRow> Rows(LimitOptions limit, Dictionary<string, string> tiers, long from, long to)
    {
        var per = limit.Per.IsSet ? limit.Per.Value : new("global", null);
        UsageDimension[] groupBy = per.Word switch
        {
            "global" => [],
            "tag" => [new("tag:" + per.Tag)],
            "model" => [Rule],
            var word => [new(word)],
        };
        return UsageAnswer.Of(rollups, new()
        {
            FromUnixMs = from,
            ToUnixMs = to + 1,
            Step = UsageStep.Hour,
            IsStepped = false,
            GroupBy = groupBy,
            Where = series => Matches(limit.Match, series, tiers),
        }) ?? [];
    }

    private (List<LimitOptions> Limits, Dictionary<string, string> Tiers) Compiled()
    {
        lock (_lock)
        {
            var current = document();
            if (current.Version != _version)
            {
                _limits = LimitsOf(current);
                _tiers = TiersOf(current);
                _version = current.Version;
            }

            return (_limits, _tiers);
        }
    }

    private static List<LimitOptions> LimitsOf(EdgeDocument document)
    {
        var limits = new List<LimitOptions>();
        foreach (var entry in document.Section("limits").Values)
        {
            // The document has been judged: what cannot be read is none of ours.
            var faults = new FaultList();
            if (ConfigSource.Parse(entry.Value.Json.Span, ConfigFormat.Json, faults) is { } node
                && LimitOptions.Read(ControlFields.Without("limits", node, []), faults) is { Cost.IsSet: true } limit
                && limit.Cost.Value.Period >= AmountPeriod.Hour && !(limit.Per.IsSet && limit.Per.Value.Word == "ip"))
                limits.Add(limit);
        }

        return limits;
    }

    private static Dictionary<string, string> TiersOf(EdgeDocument document)
    {
        var tiers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, entry) in document.Section("keys"))
        {
            var faults = new FaultList();
            if (ConfigSource.Parse(entry.Value.Json.Span, ConfigFormat.Json, faults) is { } node
                && KeyOptions.Read(ControlFields.Without("keys", node, []), faults) is { Tier.IsSet: true } key)
                tiers.Add(name, key.Tier.Value);
        }

        return tiers;
    }

    private static WindowSchedule Schedule(LimitOptions limit)
    {
        var zone = limit.Timezone.Or(TimeZoneInfo.Utc);
        return limit.Cost.Value.Period switch
        {
            AmountPeriod.Month => WindowSchedule.Monthly(zone),
            AmountPeriod.Day => WindowSchedule.Daily(zone),
            _ => WindowSchedule.Hourly(zone),
        };
    }

    private static bool Matches(LimitMatchOptions match, UsageSeries series, Dictionary<string, string> tiers) =>
        MatchesAny(match.Keys, series.Key) && MatchesAny(match.Teams, series.Team) && MatchesAny(match.Models, Rule.Of(series))
        && MatchesAny(match.Providers, series.Provider) && MatchesAny(match.Tiers, tiers.GetValueOrDefault(series.Key, ""))
        && match.Tags.All(tag => tag.Values.Any(value => IsLike(value.Value, series.Tag(tag.Name))));

    private static bool MatchesAny(Setting<IReadOnlyList<Setting<string>>> patterns, string text) =>
        !patterns.IsSet || patterns.Value.Any(pattern => IsLike(pattern.Value, text));

    /// <summary>Whether a text is like a pattern in which * stands for any text.</summary>
    internal static bool IsLike(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        while (true)
        {
            var star = pattern.IndexOf('*');
            if (star < 0)
                return pattern.SequenceEqual(text);
            if (!text.StartsWith(pattern[..star]))
                return false;
            text = text[star..];
            pattern = pattern[(star + 1)..];
            var next = pattern.IndexOf('*');
            if (next < 0)
                return text.EndsWith(pattern);

            // The earliest place of what stands between two stars leaves most for the rest.
            var at = text.IndexOf(pattern[..next]);
            if (at < 0)
                return false;
            text = text[at..];
        }
    }
}
