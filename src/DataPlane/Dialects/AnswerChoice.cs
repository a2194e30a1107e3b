namespace AiEdge.DataPlane.Dialects;

/// <summary>What a choice of a whole answer is like.</summary>
/// <param name="IsRefused">The model, or a filter of its provider's, refused it.</param>
/// <param name="IsCut">It ended at a bound of its length.</param>
/// <param name="Calls">The tools that it asks for, with what they are to be called with; empty for none.</param>
/// <param name="Text">What it says, thought left out.</param>
/// <param name="Logprobs">Log-probabilities of its tokens, summed up.</param>
/// <param name="Tokens">Of how many tokens; 0 where the answer does not tell.</param>
internal sealed record AnswerChoice(bool IsRefused, bool IsCut, string Calls, string Text, double Logprobs, int Tokens)
{
    /// <summary>Whether it asks for tools to be called.</summary>
    public bool HasCalls => Calls.Length > 0;
}
