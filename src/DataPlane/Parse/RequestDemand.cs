using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>From what was read of a request to what it asks credit for.</summary>
internal static class RequestDemand
{
    /// <summary>The demand of a body that was read without error.</summary>
    /// <param name="facts">What was read of it.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="inputTokens">Tokens of its prompt: a bound from above, or the count.</param>
    /// <param name="isCounted">Whether it is the count.</param>
    public static Demand Of(RequestFacts facts, RequestShape shape, long inputTokens, bool isCounted) => new(
        inputTokens,
        isCounted,
        RequestCap.Of(facts, shape),
        Math.Max(1, shape is RequestShape.Chat or RequestShape.Completions or RequestShape.Contents ? facts.N : 1),
        facts.Stream,
        HasOutput(shape));

    /// <summary>Whether the answer is made of tokens.</summary>
    public static bool HasOutput(RequestShape shape) =>
        shape is RequestShape.Chat or RequestShape.Completions or RequestShape.Responses or RequestShape.Messages or RequestShape.Contents;
}
