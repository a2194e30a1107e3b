namespace AiEdge.DataPlane.Core;

/// <summary>
/// Which kind of body a path carries; of the OpenAI dialect where nothing else is said: decides what is read from it and how its answer
/// is metered.
/// </summary>
internal enum RequestShape : byte
{
    /// <summary><c>/chat/completions</c>.</summary>
    Chat,

    /// <summary><c>/completions</c>.</summary>
    Completions,

    /// <summary><c>/embeddings</c>.</summary>
    Embeddings,

    /// <summary><c>/responses</c>.</summary>
    Responses,

    /// <summary><c>/moderations</c>.</summary>
    Moderations,

    /// <summary><c>/images/generations</c>, in JSON.</summary>
    Images,

    /// <summary><c>/audio/speech</c>, in JSON.</summary>
    Speech,

    /// <summary>
    /// <c>/audio/transcriptions</c>, <c>/audio/translations</c>, <c>/images/edits</c>, <c>/images/variations</c>:
    /// multipart/form-data.
    /// </summary>
    Multipart,

    /// <summary><c>/v1/messages</c> of Anthropic, and <c>/v1/messages/count_tokens</c>.</summary>
    Messages,

    /// <summary><c>:generateContent</c> and <c>:streamGenerateContent</c> of Gemini; the model stands in the path.</summary>
    Contents,

    /// <summary><c>:embedContent</c> of Gemini; the model stands in the path, and may stand in the body, too.</summary>
    EmbedContent,

    /// <summary><c>:batchEmbedContents</c> of Gemini; the model stands in the path, and in each of the requests.</summary>
    BatchEmbed,

    /// <summary><c>:predict</c> of Gemini's models of embeddings on Vertex AI, which providers alone are asked by; the model stands in the path.</summary>
    Predict,

    /// <summary><c>:countTokens</c> of Gemini; the model stands in the path, and may stand in the body, too.</summary>
    CountContents,

    /// <summary>A native path of a provider: of a body in JSON its <c>model</c> and <c>stream</c> are read, if it has any.</summary>
    Native,
}
