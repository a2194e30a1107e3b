namespace AiEdge.Tokenization.Estimation;

/// <summary>A number of tokens that is not known exactly.</summary>
/// <param name="P50">What it is most likely to be: for prices shown beforehand.</param>
/// <param name="P95">What it stays under nineteen times of twenty: for limits. Never below <paramref name="P50"/>.</param>
public readonly record struct TokenEstimate(long P50, long P95);
