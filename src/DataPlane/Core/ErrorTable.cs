namespace AiEdge.DataPlane.Core;

/// <summary>How one kind of error looks on the wire.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Type">OpenAI's <c>error.type</c>.</param>
/// <param name="Code">OpenAI's <c>error.code</c>, or null.</param>
/// <param name="Message">Text where the error itself brings none.</param>
/// <param name="Closes">Whether the connection is closed after the answer.</param>
internal readonly record struct ErrorRow(int Status, string Type, string? Code, string Message, bool Closes = false);

/// <summary>The only judge of which status and which body an <see cref="EdgeError"/> becomes (docs/errors.md says the same).</summary>
internal static class ErrorTable
{
    private const string Bad = "invalid_request_error";
    private const string Server = "server_error";

    public static ErrorRow Row(ErrorKind kind) => kind switch
    {
        ErrorKind.MalformedHttp => new(400, Bad, null, "The request is not well-formed HTTP/1.1.", Closes: true),
        ErrorKind.InvalidRequest => new(400, Bad, null, "The request body is not valid."),
        ErrorKind.HeadTooLarge => new(431, Bad, "request_too_large", "The request head is too large.", Closes: true),
        ErrorKind.BodyTooLarge => new(413, Bad, "request_too_large", "The request body is too large.", Closes: true),
        ErrorKind.UnknownPath => new(404, Bad, "unknown_url", "Unknown request URL."),
        ErrorKind.MethodNotAllowed => new(405, Bad, "method_not_allowed", "The method is not allowed for this URL."),
        ErrorKind.UnsupportedMediaType => new(415, Bad, "unsupported_media_type", "The content type is not supported for this URL."),
        ErrorKind.UnsupportedHttpVersion => new(505, Bad, "unsupported_http_version", "Only HTTP/1.0 and HTTP/1.1 are spoken here.", Closes: true),
        ErrorKind.NotImplemented => new(501, Bad, "not_implemented", "The method or the transfer coding is not implemented here.", Closes: true),
        ErrorKind.ExpectationFailed => new(417, Bad, "expectation_failed", "The only expectation that can be met is 100-continue.", Closes: true),
        ErrorKind.InvalidKey => new(401, Bad, "invalid_api_key", "No valid API key was provided."),
        ErrorKind.ModelNotAllowed => new(403, Bad, "model_not_allowed", "The API key may not use this model."),
        ErrorKind.UnknownModel => new(404, Bad, "model_not_found", "The model does not exist."),
        ErrorKind.NotSupportedYet => new(400, Bad, "not_supported_yet", "This is not supported yet."),
        ErrorKind.TagNotAllowed => new(403, Bad, "model_not_allowed", "The API key may not set this tag."),
        ErrorKind.PathNotAllowed => new(403, Bad, "model_not_allowed", "The API key may not call this path."),
        ErrorKind.UnknownResponse => new(404, Bad, "previous_response_not_found", "There is no response of the id that 'previous_response_id' names."),
        ErrorKind.UnknownConversation => new(404, Bad, "conversation_not_found", "There is no conversation of that id."),
        ErrorKind.ModelDisabled => new(403, Bad, "model_not_allowed", "The model is switched off."),
        ErrorKind.NotCapable => new(400, Bad, "not_capable", "None of the model's targets takes what the request asks for."),
        ErrorKind.PromptTooLong => new(413, Bad, "request_too_large", "The request is longer than the context window of all of the model's targets."),
        ErrorKind.ContextExceeded => new(400, Bad, "context_length_exceeded", "The prompt is longer than the model's context window."),
        ErrorKind.Unprocessable => new(422, Bad, null, "The provider cannot process the request."),
        ErrorKind.ProviderLimited => new(429, "requests", "rate_limit_exceeded", "The provider's limits have nothing left for the gateway."),
        ErrorKind.RequestsLimited => new(429, "requests", "rate_limit_exceeded", "Too many requests."),
        ErrorKind.TokensLimited => new(429, "tokens", "rate_limit_exceeded", "Too many tokens."),
        ErrorKind.ConcurrencyLimited => new(429, "requests", "rate_limit_exceeded", "Too many requests are under way."),
        ErrorKind.BudgetSpent => new(429, "insufficient_quota", "insufficient_quota", "The budget is spent."),
        ErrorKind.BeyondLimit => new(413, Bad, "request_too_large", "The request is larger than its limit can ever hold."),
        ErrorKind.ModelUnpriced => new(403, Bad, "model_not_allowed", "The model has no price, and the key's budget needs one."),
        ErrorKind.RequestTooSlow => new(408, Bad, "request_timeout", "The request took too long to arrive.", Closes: true),
        ErrorKind.UpstreamUnreachable => new(502, Server, "upstream_error", "The provider could not be reached."),
        ErrorKind.UpstreamBadAnswer => new(502, Server, "upstream_error", "The provider's answer was not valid."),
        ErrorKind.UpstreamAuth => new(502, Server, "upstream_auth", "The provider refused the gateway's credential, account or deployment."),
        ErrorKind.UpstreamQuota => new(502, Server, "upstream_quota", "The gateway's account with the provider has no quota left."),
        ErrorKind.UpstreamTimeout => new(504, Server, "upstream_timeout", "The provider took too long to answer."),
        ErrorKind.UpstreamStatus => new(502, Server, "upstream_error", "The provider answered with an error."),
        ErrorKind.Overloaded => new(503, Server, "overloaded", "The gateway is overloaded; try again later."),
        ErrorKind.Draining => new(503, Server, "overloaded", "The gateway is shutting down; try again.", Closes: true),
        ErrorKind.Revoked => new(401, Bad, "invalid_api_key", "The API key has been revoked."),
        ErrorKind.ClientClosed => new(499, Bad, "client_closed", "The client closed the connection.", Closes: true),
        _ => new(500, Server, "internal", "Internal error."),
    };
}
