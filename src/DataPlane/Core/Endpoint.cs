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

    /// <summary>The tokens of a prompt, counted here, or by a provider that is asked for them.</summary>
    CountTokens,

    /// <summary>A native path of a provider, carried as it is (<c>/passthrough/{provider}/…</c>).</summary>
    Passthrough,
}

/// <summary>A path that the data plane serves, with what it means. A table row, compared by bytes.</summary>
internal sealed class Endpoint
{
    public Endpoint(string path, RequestShape shape, EndpointKind kind = EndpointKind.Forward, Dialect dialect = default)
    {
        Path = path;
        PathUtf8 = System.Text.Encoding.UTF8.GetBytes(path);
        Shape = shape;
        Kind = kind;
        Dialect = dialect;
    }

    /// <summary>The path as clients call it; for <see cref="EndpointKind.ModelOne"/> what stands before the id.</summary>
    public string Path { get; }

    public byte[] PathUtf8 { get; }

    /// <summary>What is put behind a provider's base path: the path without what that ends in.</summary>
    public ReadOnlySpan<byte> UpstreamPath => PathUtf8.AsSpan(DialectTraits.Of(Dialect).BaseEndsIn.Length);

    /// <summary>
    /// What stands behind the model in paths that name it; empty for those that do not. <see cref="Path"/> is then what stands before it.
    /// </summary>
    public byte[] BehindModel { get; init; } = [];

    /// <summary>Whether what stands for a model in the path has to be a plain name; else it may be anything.</summary>
    public bool TakesNamesOnly { get; init; }

    private bool NamesModel => Kind == EndpointKind.ModelOne || BehindModel.Length > 0;

    /// <summary>Lower-case name of a header without which a provider does not take a request; null for none.</summary>
    public string? HeaderName { get; init; }

    /// <summary>That header's line, closed by CRLF, as it is sent where the client's dialect has none.</summary>
    public byte[] HeaderLine { get; init; } = [];

    /// <summary>Lower-case name of a header that is a list, in which a request has to have <see cref="ListElement"/>; null for none.</summary>
    public string? ListName { get; init; }

    /// <summary>That header's line, closed by CRLF, where nobody else has anything in the list.</summary>
    public byte[] ListLine { get; init; } = [];

    /// <summary>What stands once in that list, behind what the provider's configuration has there.</summary>
    public ReadOnlySpan<byte> ListElement => ListLine.AsSpan()[(ListName!.Length + ": ".Length)..^"\r\n".Length];

    /// <summary>Whether a request is given a header of that name, beside which none of the client's may stand.</summary>
    public bool Gives(ReadOnlySpan<byte> header) => IsOf(header, HeaderName) || IsOf(header, ListName);

    /// <summary>Whether a header is of a lower-case name.</summary>
    public static bool IsOf(ReadOnlySpan<byte> header, string? name) =>
        name is not null && name.Length == header.Length && System.Text.Ascii.EqualsIgnoreCase(header, name);

    /// <summary>Whether Azure has the path below a deployment, by whose name it knows the model, rather than beside the deployments.</summary>
    public bool IsOfDeployment { get; init; }

    /// <summary>Whether it asks for a count of tokens alone, which no provider charges for.</summary>
    public bool IsCount => Kind == EndpointKind.CountTokens;

    /// <summary>Whether the path alone asks for a stream.</summary>
    public bool IsStream { get; init; }

    /// <summary>The model in a path of this row: empty where it stands in the body.</summary>
    public ReadOnlySpan<byte> ModelIn(ReadOnlySpan<byte> path) =>
        BehindModel.Length == 0 ? default : path[PathUtf8.Length..^BehindModel.Length];

    /// <summary>What the requests and the answers of the path are written in.</summary>
    public Dialect Dialect { get; }

    public RequestShape Shape { get; }

    public EndpointKind Kind { get; }

    /// <summary>Whether a request comes with a body, by POST where it is no native path; else it only asks.</summary>
    public bool TakesBody => Kind is EndpointKind.Forward or EndpointKind.CountTokens or EndpointKind.Passthrough;

    /// <summary>Whether a provider is asked.</summary>
    public bool IsForwarded => Kind is EndpointKind.Forward or EndpointKind.Passthrough;

    /// <summary>Whether a path is of this row.</summary>
    public bool Takes(ReadOnlySpan<byte> path)
    {
        if (!NamesModel)
            return path.SequenceEqual(PathUtf8);
        if (path.Length <= PathUtf8.Length + BehindModel.Length || !path.StartsWith(PathUtf8) || !path.EndsWith(BehindModel))
            return false;
        return !TakesNamesOnly || IsName(path[PathUtf8.Length..^BehindModel.Length]);
    }

    /// <summary>A model's name as it stands in a path: nothing that is coded, and no further step of the path.</summary>
    private static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length <= ModelBytes.Length && name.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) < 0
        && name.IndexOfAny((byte)'/', (byte)'%', (byte)':') < 0;
}
