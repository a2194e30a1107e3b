namespace AiEdge.DataPlane.Core;

/// <summary>What binds the requests of one key for one model rule: found once, and shared by all keys that are bound by the same.</summary>
internal sealed class BoundLimits
{
    /// <summary>Bound by nothing.</summary>
    public static readonly BoundLimits None = new([]);

    private readonly LimitPart[] _ofTarget;
    private Bound[] _bound = [];

    public BoundLimits(List<LimitPart> parts)
    {
        First = [.. parts.FindAll(static part => !part.IsOfTarget)];
        _ofTarget = [.. parts.FindAll(static part => part.IsOfTarget)];
        Degrading = [.. parts.FindAll(static part => part.Limit.Degrade.Length > 0)];
        CountsTokens = parts.Exists(static part => part.CountsInput || part.CountsOutput);
    }

    /// <summary>Drawn before a target is asked, in the document's order.</summary>
    public LimitPart[] First { get; }

    /// <summary>Those that make less of requests before they refuse them, in the document's order.</summary>
    public LimitPart[] Degrading { get; }

    /// <summary>Whether tokens or money may count against one of them, whoever answers.</summary>
    public bool CountsTokens { get; }

    /// <summary>Drawn for an attempt at <paramref name="provider"/>, in the document's order.</summary>
    public LimitPart[] Of(ProviderModel provider)
    {
        if (_ofTarget.Length == 0)
            return _ofTarget;
        foreach (var bound in Volatile.Read(ref _bound))
        {
            if (ReferenceEquals(bound.Provider, provider))
                return bound.Parts;
        }

        return Find(provider);
    }

    /// <summary>The first attempt at a provider: there are as many entries as the configuration has providers, at most.</summary>
    private LimitPart[] Find(ProviderModel provider)
    {
        var name = System.Text.Encoding.UTF8.GetBytes(provider.Name);
        var parts = Array.FindAll(_ofTarget, part => part.Limit.Match.Providers is not { } wanted || LimitTable.IsAny(wanted, name));
        while (true)
        {
            var before = Volatile.Read(ref _bound);
            if (Array.Find(before, bound => ReferenceEquals(bound.Provider, provider)) is { } found)
                return found.Parts;
            if (Interlocked.CompareExchange(ref _bound, [.. before, new Bound(provider, parts)], before) == before)
                return parts;
        }
    }

    private sealed record Bound(ProviderModel Provider, LimitPart[] Parts);
}
