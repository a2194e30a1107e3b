namespace AiEdge.DataPlane.Core;

/// <summary>What a request asks credit for, before anybody has answered.</summary>
/// <param name="InputTokens">Of its prompt: a bound from above that costs nothing, or the count.</param>
/// <param name="IsCounted">Whether it is the count.</param>
/// <param name="OutputTokensMax">The output that the client caps each choice at; -1 where it does not.</param>
/// <param name="Choices">Answers asked for; at least 1.</param>
/// <param name="IsStream">Whether the output is drawn for as it comes.</param>
/// <param name="HasOutput">Whether the answer is made of tokens at all: embeddings and images are not.</param>
/// <param name="InputGuess">What the prompt may come to together with what lies at the provider; 0 where all of it is in the request.</param>
/// <param name="OutputGuess">
/// What an answer may come to that is made of tokens which no cap can bound, pictures and sound: money is reserved for so many; 0 for others.
/// </param>
/// <param name="IsFree">Whether nobody pays for it: limits on tokens and money are not asked.</param>
internal readonly record struct Demand(
    long InputTokens, bool IsCounted, long OutputTokensMax, int Choices, bool IsStream, bool HasOutput, long InputGuess = 0, long OutputGuess = 0,
    bool IsFree = false);
