namespace AiEdge.DataPlane.Core;

/// <summary>What a request may ask for besides text.</summary>
[Flags]
internal enum Capability : byte
{
    None = 0,

    /// <summary>Tools that are defined, or were called.</summary>
    Tools = 1 << 0,

    /// <summary>Images in the prompt.</summary>
    Vision = 1 << 1,

    /// <summary>An answer in JSON, with or without a schema.</summary>
    Json = 1 << 2,

    /// <summary>Sound in the prompt.</summary>
    Audio = 1 << 3,

    /// <summary>Files in the prompt.</summary>
    Files = 1 << 4,

    All = Tools | Vision | Json | Audio | Files,
}

/// <summary>How well a target fits a request.</summary>
internal enum TargetFit : byte
{
    /// <summary>It cannot take it.</summary>
    No,

    /// <summary>
    /// It may: the prompt is too long by an estimate that may be twice what there is, or the answer can be shorter than asked for.
    /// </summary>
    Nearly,

    Whole,
}

/// <summary>What a request asks of whoever takes it. <c>default</c> asks for nothing that anybody could lack.</summary>
/// <param name="Capabilities">What it needs besides text.</param>
/// <param name="PromptTokens">Its prompt: a count, or a bound from above where nobody's window is so small that the count matters.</param>
/// <param name="OutputTokens">The cap of each choice of the answer; 0 where the client set none.</param>
/// <param name="IsEstimate">Whether the prompt is known by an estimate.</param>
internal readonly record struct RequestNeeds(Capability Capabilities, long PromptTokens, long OutputTokens, bool IsEstimate)
{
    /// <summary>Tokens of answer that are enough to ask for, where so many cannot be had as the client wants.</summary>
    private const long OutputTokensLeast = 1024;

    /// <summary>Whether <see cref="PromptTokens"/> is no more than a bound: there is room for any answer then.</summary>
    public bool IsBound { get; init; }

    /// <summary>
    /// Tokens that a target's window leaves for the answer behind the prompt, to which the cap of what is translated is lowered; 0 where it has none, or leaves
    /// enough for any. An estimate that says that there is no room has been found to be worth a try.
    /// </summary>
    public long OutputRoomAt(TargetModel target) =>
        target.ContextWindow > 0 && !IsBound ? Math.Max(target.ContextWindow - PromptTokens, Math.Min(OutputTokensLeast, target.ContextWindow)) : 0;

    /// <summary>Whether a target takes it.</summary>
    /// <param name="target">The target.</param>
    /// <param name="outputTokensMax">The longest answer that its model gives; 0 where the document does not say.</param>
    /// <param name="isOther">Whether its model is not the one that the prompt was counted for.</param>
    /// <param name="mayShorten">Whether the cap would be lowered to what the target can give: where bytes pass its provider refuses one that is beyond.</param>
    public TargetFit Of(TargetModel target, long outputTokensMax, bool isOther, bool mayShorten)
    {
        if ((Capabilities & ~target.Capabilities) != 0)
            return TargetFit.No;
        var isShort = outputTokensMax > 0 && OutputTokens > outputTokensMax;
        var output = isShort ? outputTokensMax : OutputTokens;
        if (target.ContextWindow == 0 || PromptTokens + output <= target.ContextWindow)
            return isShort ? TargetFit.Nearly : TargetFit.Whole;
        output = mayShorten ? Math.Min(output, OutputTokensLeast) : output;
        if (PromptTokens + output <= target.ContextWindow)
            return TargetFit.Nearly;
        return (IsEstimate || isOther) && (PromptTokens / 2) + output <= target.ContextWindow ? TargetFit.Nearly : TargetFit.No;
    }
}
