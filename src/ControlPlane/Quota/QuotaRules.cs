using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Validate;
using AiEdge.Limits;
using ConfigEntry = AiEdge.Contracts.Tree.ConfigEntry;

namespace AiEdge.ControlPlane.Quota;

/// <summary>The limits of the document in force, as the allocator keeps them.</summary>
internal sealed class QuotaRules(Func<EdgeDocument> document) : IQuotaRules
{
    private volatile Read _read = new(EdgeDocument.Empty, []);

    public ulong Generation => document().Generation;

    public QuotaRule? Find(in BucketId id)
    {
        var limits = Current();
        return limits.Limits.TryGetValue(id.Limit, out var limit) && Scope(limit) == id.Scope ? Rule(limit, id.Unit) : null;
    }

    public IEnumerable<(string From, string To)> Renames
    {
        get
        {
            foreach (var (name, limit) in Current().Limits)
            {
                if (limit.Was.IsSet)
                    yield return (limit.Was.Value, name);
            }
        }
    }

    public bool IsLimit(string name) => Current().Limits.ContainsKey(name);

    public IEnumerable<(string Limit, QuotaUnit Unit, QuotaRule Rule)> All
    {
        get
        {
            var limits = Current();
            foreach (var (name, limit) in limits.Limits)
            {
                if (Rule(limit, QuotaUnit.Streams) is { } places)
                    yield return (name, QuotaUnit.Streams, places);
                foreach (var (amount, _) in limit.Amounts())
                {
                    if (Rule(limit, Unit(amount)) is { } rule)
                        yield return (name, Unit(amount), rule);
                }
            }
        }
    }

    private static string Scope(LimitOptions limit)
    {
        var per = limit.Per.Or(ScopeField.Default);
        return per.Word == "global" ? "" : per.Tag is { } tag ? $"tag:{tag}" : per.Word;
    }

    private static QuotaRule? Rule(LimitOptions limit, QuotaUnit unit)
    {
        var shares = limit.Shares.Or([]);
        int[] percents = [.. shares.Select(static share => share.Percent)];
        string[] names = [.. shares.Select(static share => $"{share.Tag}={share.Value}")];
        var isUseTold = limit.Degrade.Count > 0;
        if (unit == QuotaUnit.Streams)
        {
            var places = limit.Concurrent;
            return places.IsSet
                ? new QuotaRule { Kind = QuotaKind.Slots, Amount = places.Value, IsUseTold = isUseTold, Shares = percents, ShareNames = names } : null;
        }

        foreach (var (field, written) in limit.Amounts())
        {
            if (Unit(field) != unit)
                continue;
            var isRate = LimitOptions.IsRate(field, written.Value);
            var periodNs = (written.Value.Period == AmountPeriod.Minute ? 60 : 1) * LimitClock.SecondNs;
            return new QuotaRule
            {
                Kind = isRate ? QuotaKind.Rate : QuotaKind.Window,
                Amount = isRate ? Math.Min(written.Value.Value, periodNs) : Math.Min(written.Value.Value, LimitBucket.AmountMax),
                PeriodNs = periodNs,
                Burst = isRate ? Math.Min(limit.BurstOf(field).Or(written.Value.Value), LimitBucket.AmountMax) : 0,
                Period = isRate ? null : written.Value.Period,
                Schedule = isRate ? null : Schedule(written.Value.Period, limit.Timezone.Or(TimeZoneInfo.Utc)),
                Debt = limit.Debt.Or(LimitOptions.DebtField.Default!) == "forgive" ? DebtPolicy.Forgive : DebtPolicy.Carry,
                IsUseTold = isUseTold,
                Shares = percents,
                ShareNames = names,
                IsLentByPace = limit.IsLentByPace,
            };
        }

        return null;
    }

    private static QuotaUnit Unit(AmountField field) =>
        field == LimitOptions.RequestsField ? QuotaUnit.Requests
            : field == LimitOptions.TokensField ? QuotaUnit.Tokens
            : field == LimitOptions.InputTokensField ? QuotaUnit.InputTokens
            : field == LimitOptions.OutputTokensField ? QuotaUnit.OutputTokens
            : QuotaUnit.Nanodollars;

    private static WindowSchedule Schedule(AmountPeriod period, TimeZoneInfo zone) => period switch
    {
        AmountPeriod.Month => WindowSchedule.Monthly(zone),
        AmountPeriod.Day => WindowSchedule.Daily(zone),
        AmountPeriod.Hour => WindowSchedule.Hourly(zone),
        AmountPeriod.Minute => WindowSchedule.Fixed(60 * LimitClock.SecondNs),
        _ => WindowSchedule.Fixed(LimitClock.SecondNs),
    };

    private Read Current()
    {
        var now = document();
        if (_read is var known && known.Document == now)
            return known;
        var limits = new Dictionary<string, LimitOptions>(StringComparer.Ordinal);
        foreach (var (name, entry) in now.Section("limits"))
        {
            // What is there was judged before it was accepted; a limit that is withheld is none.
            var owned = new List<ConfigEntry>();
            var faults = new FaultList();
            if (ConfigSource.Parse(entry.Value.Json.Span, ConfigFormat.Json, faults) is { } whole
                && LimitOptions.Read(ControlFields.Without("limits", whole, owned), faults) is { } limit && !IsDisabled(owned))
                limits[name] = limit;
        }

        return _read = new Read(now, limits);
    }

    private static bool IsDisabled(List<ConfigEntry> owned) =>
        owned.Exists(static field => field.Name == ControlFields.DisabledField.Name
            && ControlFields.DisabledField.TryRead(field.Value, new FaultList(), out var isOn) && isOn);

    private sealed record Read(EdgeDocument Document, Dictionary<string, LimitOptions> Limits);
}
