namespace AiEdge.DataPlane.Core;

/// <summary>When a stream is taken for one that will not end by itself (<c>runaway:</c>).</summary>
/// <param name="OutputTokensMax">Output tokens of one stream, all choices together, beyond which it is; 0 for any number.</param>
/// <param name="RepeatMax">How often the same run of words may come right after itself; 0 for any number.</param>
/// <param name="IsShadow">It is counted and goes on.</param>
internal sealed record RunawayModel(long OutputTokensMax, int RepeatMax, bool IsShadow);
