namespace AiEdge.Tokenization.Models;

/// <summary>
/// Tokens that stand around the messages of a chat: <c>Σ (message + role + content [+ name + the name's text]) + reply</c>.
/// (OpenAI Cookbook, "How to count tokens with tiktoken", for the models of GPT-3.5, GPT-4 and GPT-4o.)
/// </summary>
/// <param name="Message">Tokens for each message besides its texts.</param>
/// <param name="Name">Tokens for each name that a message carries besides the name's text.</param>
/// <param name="Reply">Tokens that begin the answer.</param>
/// <param name="IsExact">Whether the provider publishes these numbers for the family.</param>
public readonly record struct ChatOverhead(int Message, int Name, int Reply, bool IsExact)
{
    /// <summary>The overhead of a family.</summary>
    public static ChatOverhead Of(ModelFamily family) => family switch
    {
        ModelFamily.OpenAiChat or ModelFamily.OpenAiOmni or ModelFamily.OpenAiOmniMini or ModelFamily.OpenAiPatches => new(3, 1, 3, true),
        ModelFamily.OpenAiText => new(0, 0, 0, true),
        _ => new(3, 1, 3, false),
    };
}
