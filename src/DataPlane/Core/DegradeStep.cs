namespace AiEdge.DataPlane.Core;

/// <summary>What a limit does with requests from a part of its use on (<c>degrade:</c>), compiled.</summary>
/// <param name="AtPercent">So much of it is used.</param>
/// <param name="Model">The model that they go to; null for none.</param>
/// <param name="MaxTokens">The cap of each choice of their answers; 0 for none.</param>
internal sealed record DegradeStep(int AtPercent, ModelName? Model, long MaxTokens);

/// <summary>What limits that are nearly used up make of a request. <c>default</c> leaves it as it is.</summary>
/// <param name="By">Whose part it was; of several the first in the document.</param>
/// <param name="Model">The model that it goes to; null for its own.</param>
/// <param name="MaxTokens">The cap of each choice of its answer; 0 for none.</param>
internal readonly record struct Degradation(LimitPart? By, ModelName? Model, long MaxTokens)
{
    /// <summary>With the steps of a part's limit, of whose whole so much is used. Of models the first holds, of caps the lowest.</summary>
    public Degradation With(LimitPart part, long used, long whole)
    {
        var (model, cap) = ((ModelName?)null, 0L);
        foreach (var step in part.Limit.Degrade)
        {
            if ((Int128)used * 100 < (Int128)whole * step.AtPercent)
                break;
            model = step.Model ?? model;
            cap = step.MaxTokens > 0 ? step.MaxTokens : cap;
        }

        if (model is null && cap == 0)
            return this;
        return new(By ?? part, Model ?? model, MaxTokens == 0 ? cap : cap == 0 ? MaxTokens : Math.Min(cap, MaxTokens));
    }
}
