namespace AiEdge.Tokenization.Models;

/// <summary>Models that count alike what is not text.</summary>
public enum ModelFamily : byte
{
    /// <summary>A model that is not in the table.</summary>
    Unknown,

    /// <summary>GPT-4, GPT-4.1, GPT-4.5 and GPT-3.5: the published chat overhead.</summary>
    OpenAiChat,

    /// <summary>GPT-4o: the published chat overhead; images by tiles.</summary>
    OpenAiOmni,

    /// <summary>GPT-4o mini: as <see cref="OpenAiOmni"/>, images at 33 times the tokens.</summary>
    OpenAiOmniMini,

    /// <summary>GPT-4.1 mini and nano: the published chat overhead; images by patches.</summary>
    OpenAiPatches,

    /// <summary>o1, o3, o4, GPT-5 and what follows it: what stands around messages is not published.</summary>
    OpenAiReasoning,

    /// <summary>gpt-oss: the harmony format around messages.</summary>
    OpenAiOpen,

    /// <summary>Embeddings and completions: text alone, with nothing around it.</summary>
    OpenAiText,

    /// <summary>Anthropic's Claude.</summary>
    Claude,

    /// <summary>Google's Gemini.</summary>
    Gemini,
}
