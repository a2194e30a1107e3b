namespace AiEdge.DataPlane.Core;

/// <summary>What a path of the client side is for.</summary>
internal enum EndpointKind : byte
{
    /// <summary>Forwarded to a provider.</summary>
    Forward,

    /// <summary><c>GET /v1/models</c>.</summary>
    ModelList,

    /// <summary><c>GET /v1/models/{id}</c>.</summary>
    ModelOne,
}

/// <summary>A path that the data plane serves, with what it means. A table row, compared by bytes.</summary>
internal sealed class Endpoint
{
    private static readonly Endpoint[] Forwarded =
    [
        new("/v1/chat/completions", RequestShape.Chat),
        new("/v1/completions", RequestShape.Completions),
        new("/v1/embeddings", RequestShape.Embeddings),
        new("/v1/responses", RequestShape.Responses),
        new("/v1/moderations", RequestShape.Moderations),
        new("/v1/images/generations", RequestShape.Images),
        new("/v1/images/edits", RequestShape.Multipart),
        new("/v1/images/variations", RequestShape.Multipart),
        new("/v1/audio/speech", RequestShape.Speech),
        new("/v1/audio/transcriptions", RequestShape.Multipart),
        new("/v1/audio/translations", RequestShape.Multipart),
    ];

    private static readonly Endpoint Models = new("/v1/models", RequestShape.Chat, EndpointKind.ModelList);
    private static readonly Endpoint OneModel = new("/v1/models/", RequestShape.Chat, EndpointKind.ModelOne);

    private Endpoint(string path, RequestShape shape, EndpointKind kind = EndpointKind.Forward)
    {
        Path = path;
        PathUtf8 = System.Text.Encoding.UTF8.GetBytes(path);
        Shape = shape;
        Kind = kind;
    }

    /// <summary>The path as clients call it; for <see cref="EndpointKind.ModelOne"/> what stands before the id.</summary>
    public string Path { get; }

    public byte[] PathUtf8 { get; }

    /// <summary>The path without its leading <c>/v1</c>: what is put behind a provider's base path.</summary>
    public ReadOnlySpan<byte> UpstreamPath => PathUtf8.AsSpan(3);

    public RequestShape Shape { get; }

    public EndpointKind Kind { get; }

    /// <summary>The row for <paramref name="path"/>, or null.</summary>
    public static Endpoint? Find(ReadOnlySpan<byte> path)
    {
        foreach (var endpoint in Forwarded)
        {
            if (path.SequenceEqual(endpoint.PathUtf8))
                return endpoint;
        }

        if (path.SequenceEqual(Models.PathUtf8))
            return Models;
        return path.Length > OneModel.PathUtf8.Length && path.StartsWith(OneModel.PathUtf8) ? OneModel : null;
    }
}
