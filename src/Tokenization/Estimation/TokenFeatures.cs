namespace AiEdge.Tokenization.Estimation;

/// <summary>What is known of a text whose model has no public tokenizer.</summary>
/// <param name="Tokens">Tokens of the text in another encoding (o200k_base), tool definitions included.</param>
/// <param name="Bytes">Its bytes by class.</param>
/// <param name="Messages">Messages that it comes in.</param>
/// <param name="Tools">Tools that are defined beside it.</param>
public readonly record struct TokenFeatures(long Tokens, ByteClasses Bytes, int Messages, int Tools);
