namespace AiEdge.Tokenization.Splitting;

/// <summary>How text is cut into the pieces that byte pair encoding works on: each is the meaning of one published regular expression.</summary>
public enum SplitRule
{
    /// <summary>OpenAI o200k_base and o200k_harmony.</summary>
    O200k,

    /// <summary>OpenAI cl100k_base.</summary>
    Cl100k,

    /// <summary>Llama 3: cl100k's expression as Meta publishes it (digits by up to three).</summary>
    Llama3,

    /// <summary>Qwen 2, 2.5 and 3: as cl100k, but each digit by itself.</summary>
    Qwen2,

    /// <summary>DeepSeek V3 and R1: digits by up to three, then CJK runs, then words and marks.</summary>
    DeepSeekV3,

    /// <summary>Mistral Tekken (Nemo and later): o200k's words without contractions, each digit by itself.</summary>
    Tekken,
}
