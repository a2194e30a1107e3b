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
    /// <param name="choices">Answers that are made.</param>
    public static Demand Of(RequestFacts facts, RequestShape shape, long inputTokens, bool isCounted, int choices = 1) => new(
        inputTokens, isCounted, RequestCap.Of(facts, shape), choices, facts.Stream, ShapeTraits.Of(shape).HasOutput);

    /// <summary>Answers that are made of a request, told or not: so many as it asks for, for each of its prompts.</summary>
    public static int Choices(RequestFacts facts, PromptText? prompt) =>
        (int)Math.Clamp((long)Math.Max(facts.N, facts.BestOf) * Math.Max(1, prompt?.Prompts ?? 1), 1, int.MaxValue);
}
