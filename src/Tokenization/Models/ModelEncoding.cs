namespace AiEdge.Tokenization.Models;

/// <summary>How the tokens of a model are counted.</summary>
/// <param name="Encoding">The encoding that its text is counted with.</param>
/// <param name="Family">What decides the cost of all that is not text.</param>
/// <param name="IsExact">Whether the encoding is the model's own, so that a count of text is exact and no estimate.</param>
public readonly record struct ModelEncoding(TokenEncoding Encoding, ModelFamily Family, bool IsExact)
{
    /// <summary>What a model's tokens are taken to be of those of <see cref="Encoding"/> before it has reported any.</summary>
    public double PriorRatio => Family switch
    {
        ModelFamily.Claude => 1.10,
        ModelFamily.Gemini => 1.08,
        _ => 1.0,
    };

    /// <summary>Tokens around the messages of a chat.</summary>
    public ChatOverhead Chat => ChatOverhead.Of(Family);

    /// <summary>Tokens of an image.</summary>
    public ImageCost Image => ImageCost.Of(Family);
}
