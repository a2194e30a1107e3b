namespace AiEdge.DataPlane.Core;

/// <summary>What a limit, or a model by its capacity, does with requests from a part of its use on (<c>degrade:</c>), compiled.</summary>
/// <param name="AtPercent">So much of it is used.</param>
/// <param name="Model">The model that they go to; null for none.</param>
/// <param name="MaxTokens">The cap of each choice of their answers; 0 for none.</param>
internal sealed record DegradeStep(int AtPercent, ModelName? Model, long MaxTokens);

/// <summary>How often the capacity of a model has made less of a request. Outlives the configuration.</summary>
internal sealed class DegradeState
{
    private long _degraded;

    /// <summary>Requests since the start.</summary>
    public long Degraded => Volatile.Read(ref _degraded);

    public void OnDegraded() => Interlocked.Increment(ref _degraded);
}

/// <summary>What limits that are nearly used up, or a model whose targets are, make of a request. <c>default</c> leaves it as it is.</summary>
/// <param name="By">Whose part it was; of several the first in the document. Null where it was no limit's.</param>
/// <param name="Of">Whose capacity it was, where it was no limit's; else null.</param>
/// <param name="Model">The model that it goes to; null for its own.</param>
/// <param name="MaxTokens">The cap of each choice of its answer; 0 for none.</param>
internal readonly record struct Degradation(LimitPart? By, ModelModel? Of, ModelName? Model, long MaxTokens)
{
    /// <summary>What it is called where it was the capacity of a model.</summary>
    public const string CapacityName = "capacity";

    /// <summary>Whose it was: a limit's name, or <see cref="CapacityName"/>; null where there is none.</summary>
    public string? Name => By?.Limit.Name ?? (Of is null ? null : CapacityName);

    /// <summary>With the steps of a part's limit, of whose whole so much is used. Of models the first holds, of caps the lowest.</summary>
    public Degradation With(LimitPart part, long used, long whole) => With(part, null, part.Limit.Degrade, used, whole);

    /// <summary>With the steps of a model of whose capacity so much is used, behind those of limits.</summary>
    public Degradation With(ModelModel of, int usedPercent) => With(null, of, of.Degrade, usedPercent, 100);

    private Degradation With(LimitPart? part, ModelModel? of, DegradeStep[] steps, long used, long whole)
    {
        var (model, cap) = ((ModelName?)null, 0L);
        foreach (var step in steps)
        {
            if ((Int128)used * 100 < (Int128)whole * step.AtPercent)
                break;
            model = step.Model ?? model;
            cap = step.MaxTokens > 0 ? step.MaxTokens : cap;
        }

        if (model is null && cap == 0)
            return this;
        var isFirst = By is null && Of is null;
        return new(isFirst ? part : By, isFirst ? of : Of, Model ?? model, MaxTokens == 0 ? cap : cap == 0 ? MaxTokens : Math.Min(cap, MaxTokens));
    }
}
