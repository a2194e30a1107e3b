using System.Text;
using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.DataPlane.Core;
using AiEdge.Limits;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>Turns limits without faults into the model that admission reads.</summary>
internal static class LimitCompiler
{
    /// <summary>The limits in the document's order, without those that are disabled.</summary>
    public static LimitModel[] Compile(IReadOnlyList<LimitOptions> limits)
    {
        var models = new List<LimitModel>(limits.Count);
        foreach (var limit in limits)
        {
            if (!limit.IsDisabled)
                models.Add(Limit(limit));
        }

        return [.. models];
    }

    /// <summary>Where nothing is said, money is refused and everything else shared.</summary>
    public static OutagePolicy OnOutage(LimitOptions limit) =>
        limit.OnOutage.IsSet ? (OutagePolicy)Index(LimitOptions.OnOutageField, limit.OnOutage.Value)
            : limit.Cost.IsSet ? OutagePolicy.Refuse
            : OutagePolicy.Share;

    private static LimitModel Limit(LimitOptions limit)
    {
        var per = limit.Per.Or(ScopeField.Default);
        return new LimitModel
        {
            Name = limit.Name.Value,
            Was = limit.Was.IsSet ? limit.Was.Value : null,
            Match = Selector(limit.Match),
            Per = Scope(per.Word),
            PerTag = per.Tag,
            Quantities = Quantities(limit),
            Concurrent = limit.Concurrent.IsSet ? (int)limit.Concurrent.Value : null,
            IsShadow = limit.IsShadow,
            OnStream = limit.OnStream.Or(LimitOptions.OnStreamField.Default!) == "overdraw" ? StreamPolicy.Overdraw : StreamPolicy.Cut,
            OnOutage = OnOutage(limit),
            Unpriced = limit.Unpriced.IsSet ? limit.Unpriced.Value == "zero" ? UnpricedPolicy.Zero : UnpricedPolicy.Refuse : UnpricedPolicy.Fault,
            TimeZone = limit.Timezone.Or(TimeZoneInfo.Utc),
            Debt = limit.Debt.Or(LimitOptions.DebtField.Default!) == "forgive" ? DebtPolicy.Forgive : DebtPolicy.Carry,
            BucketsMax = (int)limit.BucketsMax.Or(LimitOptions.BucketsMaxField.Default),
            CachedInputWeight = (int)limit.Weights.CachedInput.Or(1000),
            Queue = limit.Queue is { } queue
                ? new QueueModel((int)queue.Max.Or(LimitQueueOptions.MaxField.Default), queue.Wait.Or(LimitQueueOptions.WaitField.Default))
                : null,
            Shares = Shares(limit),
            IsLentByPace = limit.IsLentByPace,
            Degrade = Degrade(limit.Degrade),
        };
    }

    private static LimitSelector Selector(LimitMatchOptions match)
    {
        if (match.Node is null)
            return LimitSelector.All;
        var tags = new KeyValuePair<string, byte[][]>[match.Tags.Count];
        for (var i = 0; i < tags.Length; i++)
            tags[i] = new(match.Tags[i].Name, Utf8(match.Tags[i].Values));
        return new LimitSelector
        {
            Keys = Patterns(match.Keys),
            Teams = Patterns(match.Teams),
            Tiers = Patterns(match.Tiers),
            Models = Patterns(match.Models),
            Providers = Patterns(match.Providers),
            Tags = tags,
        };
    }

    private static QuantityModel[] Quantities(LimitOptions limit)
    {
        var quantities = new List<QuantityModel>();
        foreach (var (field, written) in limit.Amounts())
        {
            var amount = written.Value;
            quantities.Add(new QuantityModel
            {
                Unit = Unit(field),
                Amount = amount.Value,
                Period = (LimitPeriod)amount.Period,
                Burst = LimitOptions.IsRate(field, amount) ? limit.BurstOf(field).Or(amount.Value) : amount.Value,
            });
        }

        return [.. quantities];
    }

    private static LimitUnit Unit(AmountField field) =>
        field == LimitOptions.RequestsField ? LimitUnit.Requests
            : field == LimitOptions.TokensField ? LimitUnit.Tokens
            : field == LimitOptions.InputTokensField ? LimitUnit.InputTokens
            : field == LimitOptions.OutputTokensField ? LimitUnit.OutputTokens
            : LimitUnit.Cost;

    private static LimitScope Scope(string word) => word switch
    {
        "key" => LimitScope.Key,
        "team" => LimitScope.Team,
        "model" => LimitScope.Model,
        "provider" => LimitScope.Provider,
        "ip" => LimitScope.Ip,
        "tag" => LimitScope.Tag,
        _ => LimitScope.Global,
    };

    /// <summary>Steps of a limit, or of a model.</summary>
    internal static DegradeStep[] Degrade(IReadOnlyList<DegradeOptions> written)
    {
        var steps = new DegradeStep[written.Count];
        for (var i = 0; i < steps.Length; i++)
        {
            var step = written[i];
            steps[i] = new DegradeStep(step.At.Value, step.Model.IsSet ? new ModelName(step.Model.Value) : null, step.MaxTokens.Or(0));
        }

        return steps;
    }

    private static ShareModel[] Shares(LimitOptions limit)
    {
        var written = limit.Shares.Or([]);
        var shares = new ShareModel[written.Count];
        for (var i = 0; i < shares.Length; i++)
            shares[i] = new ShareModel(written[i].Tag, written[i].Value, written[i].Percent);
        return shares;
    }

    private static int Index(ChoiceField field, string word)
    {
        for (var i = 0; i < field.Words.Count; i++)
        {
            if (field.Words[i] == word)
                return i;
        }

        return 0;
    }

    private static byte[][]? Patterns(Setting<IReadOnlyList<Setting<string>>> patterns) => patterns.IsSet ? Utf8(patterns.Value) : null;

    private static byte[][] Utf8(IReadOnlyList<Setting<string>> texts)
    {
        var all = new byte[texts.Count][];
        for (var i = 0; i < all.Length; i++)
            all[i] = Encoding.ASCII.GetBytes(texts[i].Value);
        return all;
    }
}
