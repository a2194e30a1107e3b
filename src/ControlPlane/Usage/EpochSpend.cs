using AiEdge.Contracts.Faults;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Source;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Validate;

namespace AiEdge.ControlPlane.Usage;

/// <summary>
/// What a start of a data plane has used of budgets by its records in the ledger. A record tells key and team as the limit saw them. Models,
/// providers, tags and addresses it tells otherwise than limits judge them, so what a limit asks of these is left out: the sum is then more
/// than what was used, never less, and says so.
/// </summary>
internal sealed class EpochSpend(IUsageLedger ledger, Func<EdgeDocument> document)
{
    /// <summary>A missing team's name on the wire.</summary>
    private const string None = "__none__";

    /// <summary>The sums, in the order of the spans.</summary>
    /// <exception cref="StoreFault">The ledger cannot be read.</exception>
    public IReadOnlyList<BudgetSpent> Read(string plane, UInt128 epoch, IReadOnlyList<BudgetSpan> spans)
    {
        var current = document();
        var limits = spans.Index().GroupBy(static s => (s.Item.Limit, s.Item.Unit, s.Item.Scope))
            .Select(g => new Budgets(g.Key.Unit, g.Key.Scope, LimitOf(current, g.Key.Limit), current, [.. g])).ToArray();
        var sums = new long[spans.Count];
        foreach (var (_, batch) in ledger.ReadBackwards(spans.Min(static s => s.FromUnixMs), long.MaxValue))
        {
            if (batch.PlaneId != plane || batch.Epoch != epoch)
                continue;
            foreach (var stored in batch.Records)
            {
                var record = UsageRecord.Parser.ParseFrom(stored.Bytes.Span);
                foreach (var budgets in limits)
                    budgets.Count(record, stored.EndedUnixMs, sums);
            }
        }

        var spent = new BudgetSpent[spans.Count];
        foreach (var budgets in limits)
            budgets.Tell(sums, spent);
        return spent;
    }

    private static LimitOptions? LimitOf(EdgeDocument document, string name)
    {
        if (document.Find("limits", name) is not { } entry)
            return null;
        var faults = new FaultList();
        return ConfigSource.Parse(entry.Value.Json.Span, ConfigFormat.Json, faults) is { } node
            ? LimitOptions.Read(ControlFields.Without("limits", node, []), faults) : null;
    }

    /// <summary>The budgets of one limit: which records count, and for which of them.</summary>
    private sealed class Budgets
    {
        private readonly QuotaUnit _unit;
        private readonly string _scope;
        private readonly long _cachedWeight;
        private readonly LimitMatchOptions? _match;
        private readonly EdgeDocument _document;
        private readonly IReadOnlyList<(int Index, BudgetSpan Span)> _all;
        private readonly ILookup<string, (int Index, BudgetSpan Span)> _byValue;
        private readonly Dictionary<string, string?> _tiers = new(StringComparer.Ordinal);
        private bool _isExact;

        public Budgets(
            QuotaUnit unit, string scope, LimitOptions? limit, EdgeDocument document, IReadOnlyList<(int Index, BudgetSpan Span)> all)
        {
            (_unit, _scope, _match, _document, _all) = (unit, scope, limit?.Match, document, all);
            _cachedWeight = limit?.Weights.CachedInput.Or(1000) ?? 1000;
            _byValue = all.ToLookup(static s => s.Span.Value, StringComparer.Ordinal);
            _isExact = limit is not null && scope is "" or "key" or "team" && _match is { Models.IsSet: false, Providers.IsSet: false, Tags.Count: 0 };
        }

        public void Count(UsageRecord record, long endedUnixMs, long[] sums)
        {
            if (AmountOf(record) is not (> 0 and var amount))
                return;
            if (_match is not null && !(MatchesAny(_match.Keys, record.Key) && MatchesAny(_match.Teams, record.Team) && IsOfTier(record.Key)))
                return;
            var spans = _scope switch
            {
                "key" => _byValue[record.Key],
                "team" => _byValue[record.Team.Length > 0 ? record.Team : None],
                _ => _all,
            };
            foreach (var (index, span) in spans)
            {
                // One that reaches over a window's end may have drawn on either side.
                if (endedUnixMs >= span.FromUnixMs && endedUnixMs - record.TotalMs < span.UntilUnixMs)
                    sums[index] += amount;
            }
        }

        /// <summary>
        /// As the plane charges it. An exchange's record has what its last attempt cost and those before it have their own; all else is counted for
        /// whoever answered, so by the exchange alone; one that was never sent counts nothing.
        /// </summary>
        private long AmountOf(UsageRecord record)
        {
            if (_unit == QuotaUnit.Nanodollars)
                return record.CostNanodollars;
            if (record.Kind != RecordKind.Exchange || record.Attempts == 0)
                return 0;
            var billed = record.Billed is { IsKnown: true } known ? known : new TokenCounts();
            var cached = (billed.CachedInput * (ulong)_cachedWeight + 999) / 1000;
            var input = billed.Input + billed.AudioInput + cached;
            var output = billed.Output + billed.Reasoning + billed.AudioOutput;
            return _unit switch
            {
                QuotaUnit.Requests => 1,
                QuotaUnit.Tokens => (long)(input + output),
                QuotaUnit.InputTokens => (long)input,
                _ => (long)output,
            };
        }

        public void Tell(long[] sums, BudgetSpent[] spent)
        {
            foreach (var (index, _) in _all)
                spent[index] = new(sums[index], _isExact);
        }

        private static bool MatchesAny(Setting<IReadOnlyList<Setting<string>>> patterns, string text) =>
            !patterns.IsSet || patterns.Value.Any(pattern => BudgetSums.IsLike(pattern.Value, text));

        private bool IsOfTier(string key)
        {
            if (!_match!.Tiers.IsSet)
                return true;
            if (!_tiers.TryGetValue(key, out var tier))
                _tiers.Add(key, tier = TierOf(key));
            if (tier is not null)
                return MatchesAny(_match.Tiers, tier);

            // The key is gone, and with it what it was.
            _isExact = false;
            return true;
        }

        private string? TierOf(string key)
        {
            if (_document.Find("keys", key) is not { } entry)
                return null;
            var faults = new FaultList();
            return ConfigSource.Parse(entry.Value.Json.Span, ConfigFormat.Json, faults) is { } node
                && KeyOptions.Read(ControlFields.Without("keys", node, []), faults) is { Tier.IsSet: true } read ? read.Tier.Value : "";
        }
    }
}
