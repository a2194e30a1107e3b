namespace AiEdge.Tokenization.Models;

/// <summary>
/// Tokens of one image whose size is not known; always estimates. For OpenAI's tiles: a base and a price for each tile of 512
/// pixels, of which an image has four when it is a square and eight at most (OpenAI's guide "Images and vision"); for patches:
/// 1,536 of them at most, times the model's factor; for Claude: width × height / 750, 1,600 at most; for Gemini: 258 for each
/// tile of 768 pixels.
/// </summary>
/// <param name="Low">With <c>detail: low</c>.</param>
/// <param name="Typical">Without, for a square of 1024 pixels.</param>
/// <param name="Most">For the largest image.</param>
public readonly record struct ImageCost(int Low, int Typical, int Most)
{
    /// <summary>The cost for a family.</summary>
    public static ImageCost Of(ModelFamily family) => family switch
    {
        ModelFamily.OpenAiOmniMini => new(2833, 25501, 48169),
        ModelFamily.OpenAiPatches => new(1659, 2519, 3779),
        ModelFamily.OpenAiReasoning => new(75, 675, 2642),
        ModelFamily.Claude => new(1398, 1398, 1600),
        ModelFamily.Gemini => new(258, 1032, 4128),
        _ => new(85, 765, 1445),
    };
}
