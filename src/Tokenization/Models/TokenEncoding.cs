namespace AiEdge.Tokenization.Models;

/// <summary>The published encodings that models are known to use.</summary>
public enum TokenEncoding : byte
{
    /// <summary>o200k_base: OpenAI's models since GPT-4o.</summary>
    O200kBase,

    /// <summary>cl100k_base: GPT-4, GPT-3.5 and the embeddings of that time.</summary>
    Cl100kBase,

    /// <summary>o200k_harmony: gpt-oss. Ordinary text is encoded as in <see cref="O200kBase"/>.</summary>
    O200kHarmony,
}
