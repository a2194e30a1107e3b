using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>The paths of the OpenAI dialect.</summary>
internal static class OpenAiPaths
{
    /// <summary>Chat completions.</summary>
    public static readonly Endpoint Chat = OfDeployment("/v1/chat/completions", RequestShape.Chat);

    /// <summary>Responses.</summary>
    public static readonly Endpoint Responses = Row("/v1/responses", RequestShape.Responses);

    /// <summary>Embeddings.</summary>
    public static readonly Endpoint Embeddings = OfDeployment("/v1/embeddings", RequestShape.Embeddings);

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        Chat,
        OfDeployment("/v1/completions", RequestShape.Completions),
        Embeddings,
        Responses,
        Row("/v1/responses/input_tokens", RequestShape.Responses, EndpointKind.CountTokens),
        Row("/v1/moderations", RequestShape.Moderations),
        OfDeployment("/v1/images/generations", RequestShape.Images),
        OfDeployment("/v1/images/edits", RequestShape.Multipart),
        OfDeployment("/v1/images/variations", RequestShape.Multipart),
        OfDeployment("/v1/audio/speech", RequestShape.Speech),
        OfDeployment("/v1/audio/transcriptions", RequestShape.Multipart),
        OfDeployment("/v1/audio/translations", RequestShape.Multipart),
        Row("/v1/models", RequestShape.Chat, EndpointKind.ModelList),
        Row("/v1/models/", RequestShape.Chat, EndpointKind.ModelOne),
    ];

    private static Endpoint Row(string path, RequestShape shape, EndpointKind kind = EndpointKind.Forward) => new(path, shape, kind, Dialect.OpenAi);

    private static Endpoint OfDeployment(string path, RequestShape shape) =>
        new(path, shape, EndpointKind.Forward, Dialect.OpenAi) { IsOfDeployment = true };
}
