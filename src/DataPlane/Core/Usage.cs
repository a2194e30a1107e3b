namespace AiEdge.DataPlane.Core;

/// <summary>Tokens by class as the provider reported them. <see cref="IsPresent"/> is false where it reported none.</summary>
internal struct Usage
{
    public bool IsPresent;
    public long InputTokens;
    public long CachedInputTokens;
    public long OutputTokens;
    public long ReasoningTokens;
    public long AudioInputTokens;
    public long AudioOutputTokens;
    public long TotalTokens;
}
