namespace AiEdge.DataPlane.Core;

/// <summary>Who caused an error: decides its log level and the metric it lands in.</summary>
internal enum ErrorSource : byte
{
    /// <summary>The client sent something that cannot be served.</summary>
    Client,

    /// <summary>The provider answered wrongly, late or not at all.</summary>
    Upstream,

    /// <summary>The data plane itself: overload, drain, a defect.</summary>
    Edge,
}

/// <summary>The permission to send the same request again; it travels with the error so that no later stage has to guess.</summary>
internal enum RetryPermission : byte
{
    /// <summary>Sending again could be paid twice, or cannot help.</summary>
    Never,

    /// <summary>
    /// Allowed as long as the client has seen nothing of an answer, best at another target: the provider failed, and may have worked before it did.
    /// </summary>
    Elsewhere,

    /// <summary>As that; and at the same target at once if the connection was a reused one that had gone stale: nothing was read by the provider.</summary>
    IfReused,

    /// <summary>Allowed: the request never left.</summary>
    Yes,
}

/// <summary>What a provider refuses our credential for, where that says anything of it.</summary>
internal enum ErrorCause : byte
{
    /// <summary>Nobody knows: it may be about the request, or about us.</summary>
    None,

    /// <summary>Our account: it would refuse others, too.</summary>
    Account,

    /// <summary>The name of the model: others are nothing to it.</summary>
    Name,

    /// <summary>What this one request may cost: the account has enough for others.</summary>
    Request,
}

/// <summary>What went wrong. <see cref="ErrorTable"/> is the only place that turns a kind into a status and a body.</summary>
internal enum ErrorKind : byte
{
    None,
    MalformedHttp,
    InvalidRequest,
    HeadTooLarge,
    BodyTooLarge,
    UnknownPath,
    MethodNotAllowed,
    UnsupportedMediaType,
    UnsupportedHttpVersion,
    ExpectationFailed,
    NotImplemented,
    InvalidKey,
    ModelNotAllowed,
    UnknownModel,
    NotSupportedYet,
    TagNotAllowed,

    /// <summary>The model, or whom its requests go to, is switched off.</summary>
    ModelDisabled,

    /// <summary>A limit on requests has too few left.</summary>
    RequestsLimited,

    /// <summary>A limit on tokens has too few left.</summary>
    TokensLimited,

    /// <summary>As many are under way as a limit allows.</summary>
    ConcurrencyLimited,

    /// <summary>A limit on money has too little left.</summary>
    BudgetSpent,

    /// <summary>More than a limit can ever hold: waiting does not help.</summary>
    BeyondLimit,

    /// <summary>Money is limited, and the model has no price.</summary>
    ModelUnpriced,
    RequestTooSlow,
    ClientClosed,
    UpstreamUnreachable,
    UpstreamBadAnswer,
    UpstreamAuth,
    UpstreamQuota,
    UpstreamTimeout,
    Overloaded,
    Draining,

    /// <summary>The key, or what else the exchange rests on, was revoked while it was under way.</summary>
    Revoked,
    Internal,

    /// <summary>The provider answered with an error of its own, which goes to the client unless the request is sent again.</summary>
    UpstreamStatus,

    /// <summary>Nobody who could answer takes what the request holds or asks for.</summary>
    NotCapable,

    /// <summary>The prompt, with the answer that is asked for, is longer than the context window of all who could answer.</summary>
    PromptTooLong,

    /// <summary>The provider finds the prompt longer than the model's context window, and says so in another dialect than the client's.</summary>
    ContextExceeded,

    /// <summary>What is known of our accounts with the provider leaves nothing for the request, and nobody else could be asked.</summary>
    ProviderLimited,

    /// <summary>The key may not call a native path of a provider, or a limit of it could not be kept there.</summary>
    PathNotAllowed,

    /// <summary>There is no earlier response of that id, or it is another team's, or where it lies cannot be asked.</summary>
    UnknownResponse,

    /// <summary>Nobody knows where the conversation lies that the request belongs to.</summary>
    UnknownConversation,

    /// <summary>The provider refuses what the request says with 422, and says so in another dialect than the client's.</summary>
    Unprocessable,
}

/// <summary>
/// One expected failure of an exchange. A value, not an exception: a throw per bad request is an attacker's lever.
/// <c>default</c> means that there is no error.
/// </summary>
internal readonly struct EdgeError
{
    public EdgeError(ErrorKind kind, ErrorSource source, string? message = null, string? param = null, RetryPermission retry = RetryPermission.Never)
    {
        Kind = kind;
        Source = source;
        Message = message;
        Param = param;
        Retry = retry;
    }

    public ErrorKind Kind { get; }

    public ErrorSource Source { get; }

    public RetryPermission Retry { get; }

    /// <summary>Text for the client; null takes the table's. Never holds a credential or text of the client's that was not escaped.</summary>
    public string? Message { get; }

    /// <summary>The request field at fault, in dotted form (<c>stream_options.include_usage</c>), or null.</summary>
    public string? Param { get; }

    /// <summary>The provider's own code of it, by which clients that have codes know it; null takes the table's.</summary>
    public string? Code { get; private init; }

    /// <summary>What our credential or account is refused for.</summary>
    public ErrorCause Cause { get; private init; }

    /// <summary>Whether our account is refused for what this one request may cost, and not for what it is: it has enough for others.</summary>
    public bool IsOfRequest => Cause == ErrorCause.Request;

    public bool IsError => Kind != ErrorKind.None;

    /// <summary>Whether a limit of ours refused the exchange.</summary>
    public bool IsOfLimit => Kind is >= ErrorKind.RequestsLimited and <= ErrorKind.ModelUnpriced;

    /// <summary>The same with the provider's own code and field, where it is the request that the provider refuses.</summary>
    public EdgeError Coded(string? code, string? param) =>
        Kind is ErrorKind.InvalidRequest or ErrorKind.Unprocessable ? new(Kind, Source, Message, Param ?? param, Retry) { Code = code } : this;

    public static EdgeError Invalid(string message, string? param = null) => new(ErrorKind.InvalidRequest, ErrorSource.Client, message, param);

    public static EdgeError Client(ErrorKind kind, string? message = null, string? param = null) => new(kind, ErrorSource.Client, message, param);

    public static EdgeError Upstream(
        ErrorKind kind, string? message = null, RetryPermission retry = RetryPermission.Elsewhere, ErrorCause cause = ErrorCause.Account) =>
        new(kind, ErrorSource.Upstream, message, null, retry) { Cause = cause };

    public static EdgeError Edge(ErrorKind kind, string? message = null) => new(kind, ErrorSource.Edge, message);
}
