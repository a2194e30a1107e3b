namespace AiEdge.Tokenization.Memo;

/// <summary>A keyed 128-bit hash of a text: what <see cref="TextMemo"/> knows it by. It means nothing outside the process.</summary>
/// <param name="Low">The first half.</param>
/// <param name="High">The second half.</param>
public readonly record struct TextKey(ulong Low, ulong High);
