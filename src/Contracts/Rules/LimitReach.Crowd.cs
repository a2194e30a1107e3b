using AiEdge.Contracts.Fields;
using AiEdge.Contracts.Options;
using AiEdge.Contracts.Tree;

namespace AiEdge.Contracts.Rules;

/// <summary>How many buckets one request may have to draw from.</summary>
public sealed partial class LimitReach
{
    /// <summary>
    /// Buckets that a request may draw from at most, of limits that do not depend on who answers, and as many of those that do: what one
    /// reservation holds.
    /// </summary>
    public const int BucketsMax = 64;

    /// <summary>
    /// A request that more limits bind than one reservation holds could never be admitted. Where there is too much to compare nothing is
    /// said: such a request is then refused when it comes.
    /// </summary>
    public void CheckCrowd()
    {
        var all = 0;
        foreach (var limit in _document.Limits)
            all += Buckets(limit, isOfTarget: false) + Buckets(limit, isOfTarget: true);
        if (all <= BucketsMax)
            return;
        var alike = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in _keys)
        {
            var bound = new List<LimitOptions>();
            var which = new System.Text.StringBuilder();
            for (var i = 0; i < _document.Limits.Count; i++)
            {
                if (!Binds(_document.Limits[i].Match, key))
                    continue;
                bound.Add(_document.Limits[i]);
                which.Append(i).Append(' ');
            }

            // Keys that are bound alike and may ask for everything are judged once.
            if (!key.Key.Models.IsSet && !alike.Add(which.ToString()))
                continue;
            if (IsCrowded(key, bound) || _comparisons > ComparisonsMax)
                return;
        }
    }

    private static int Buckets(LimitOptions limit, bool isOfTarget)
    {
        var dependsOnTarget = limit.Match.Providers.IsSet || limit.Per.Or(ScopeField.Default).Word == "provider";
        var count = 0;
        foreach (var (field, _) in limit.Amounts())
            count += (dependsOnTarget || field == LimitOptions.CostField) == isOfTarget ? 1 : 0;
        return count;
    }

    /// <summary>True if it is, and a fault says so.</summary>
    private bool IsCrowded(KeyFacts key, List<LimitOptions> bound)
    {
        foreach (var model in _document.Models)
        {
            if (!MayAskFor(key, model))
                continue;
            if (IsCrowded(key, model, bound, null))
                return true;
            foreach (var target in model.Targets)
            {
                if (target.Provider.IsSet && IsCrowded(key, model, bound, target.Provider.Value))
                    return true;
            }
        }

        return false;
    }

    /// <param name="key">The key.</param>
    /// <param name="model">The model that it asks for.</param>
    /// <param name="bound">The limits that bind the key.</param>
    /// <param name="provider">Who answers; null for what is drawn before anybody is asked.</param>
    private bool IsCrowded(KeyFacts key, ModelOptions model, List<LimitOptions> bound, string? provider)
    {
        var count = 0;
        foreach (var limit in bound)
        {
            if (!Any(limit.Match.Models, model.Name) || (provider is not null && !Any(limit.Match.Providers, provider)))
                continue;
            count += Buckets(limit, isOfTarget: provider is not null);
            if (count <= BucketsMax || _comparisons > ComparisonsMax)
                continue;
            _faults.Add(
                limit.Node,
                $"is one too many: a request of the key {ConfigText.Quote(key.Name)} for the model {ConfigText.Quote(model.Name)} "
                + $"would draw from more than {BucketsMax} buckets at once");
            return true;
        }

        return false;
    }
}
