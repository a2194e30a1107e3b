namespace AiEdge.Tokenization.Importing;

/// <summary>How a file writes a vocabulary down.</summary>
public enum VocabularyFormat
{
    /// <summary>A line for each token: its bytes in base64, a space, its rank. Says nothing of the split.</summary>
    Tiktoken,

    /// <summary>Mistral's <c>tekken.json</c>: ranks as in <see cref="Tiktoken"/>, and the split's expression.</summary>
    Tekken,

    /// <summary>Hugging Face's <c>tokenizer.json</c> holding a byte-level BPE.</summary>
    HuggingFace,
}
