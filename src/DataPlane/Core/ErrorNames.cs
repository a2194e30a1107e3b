namespace AiEdge.DataPlane.Core;

/// <summary>
/// What <see cref="ErrorTable"/>'s kinds are called outside of the OpenAI dialect. Other dialects have a few names each, which go by the
/// status; only Anthropic has a status of its own, for overload.
/// </summary>
internal static class ErrorNames
{
    /// <summary>The status that a kind has in a dialect.</summary>
    public static int Status(ErrorKind kind, Dialect dialect) =>
        dialect == Dialect.Anthropic && kind is ErrorKind.Overloaded or ErrorKind.Draining ? 529 : ErrorTable.Row(kind).Status;

    /// <summary>Anthropic's <c>error.type</c>.</summary>
    public static string Anthropic(ErrorKind kind) => kind switch
    {
        ErrorKind.Overloaded or ErrorKind.Draining => "overloaded_error",
        ErrorKind.HeadTooLarge => "request_too_large",
        _ => ErrorTable.Row(kind).Status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            404 or 405 or 415 or 505 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            >= 500 and not 501 => "api_error",
            _ => "invalid_request_error",
        },
    };

    /// <summary>Gemini's <c>error.status</c>, a name out of <c>google.rpc.Code</c>.</summary>
    public static string Gemini(ErrorKind kind) => ErrorTable.Row(kind).Status switch
    {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 or 405 or 415 or 505 => "NOT_FOUND",
        408 or 504 => "DEADLINE_EXCEEDED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        500 => "INTERNAL",
        > 500 => "UNAVAILABLE",
        _ => "INVALID_ARGUMENT",
    };
}
