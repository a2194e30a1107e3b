using AiEdge.Contracts.Options;
using AiEdge.Tokenization.Importing;

namespace AiEdge.DataPlane.Core;

/// <summary>The words for the formats of vocabulary files.</summary>
internal static class VocabularyFormats
{
    /// <summary>The format of a word; false where it is none.</summary>
    public static bool TryParse(string word, out VocabularyFormat format)
    {
        format = word switch
        {
            TokenizerOptions.Tiktoken => VocabularyFormat.Tiktoken,
            TokenizerOptions.Tekken => VocabularyFormat.Tekken,
            _ => VocabularyFormat.HuggingFace,
        };
        return word is TokenizerOptions.Tiktoken or TokenizerOptions.Tekken or TokenizerOptions.HuggingFace;
    }
}
