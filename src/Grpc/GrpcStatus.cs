namespace AiEdge.Grpc;

/// <summary>How a call ended. An end is a value, not an exception: most are expected.</summary>
/// <param name="Code">What <c>grpc-status</c> says.</param>
/// <param name="Message">For people; travels percent-encoded, cut at <see cref="PercentText.CharsMax"/> characters.</param>
public readonly record struct GrpcStatus(GrpcCode Code, string Message = "")
{
    /// <summary>The call did what it was asked.</summary>
    public static GrpcStatus Ok => default;

    /// <summary>Whether the code is <see cref="GrpcCode.Ok"/>.</summary>
    public bool IsOk => Code == GrpcCode.Ok;

    private readonly string? _message = string.IsNullOrEmpty(Message) ? null : Message;

    /// <summary>For people; empty where there is nothing to say.</summary>
    public string Message
    {
        get => _message ?? "";
        init => _message = string.IsNullOrEmpty(value) ? null : value;
    }

    /// <inheritdoc/>
    public override string ToString() => _message is null ? Code.ToString() : $"{Code}: {Message}";
}
