using System.Diagnostics.CodeAnalysis;

namespace AiEdge.Grpc;

/// <summary>The one answer of a call, or why there is none.</summary>
/// <typeparam name="T">The answer's type.</typeparam>
public readonly struct GrpcResult<T>
    where T : class
{
    private GrpcResult(T? message, GrpcStatus status)
    {
        Message = message;
        Status = status;
    }

    /// <summary>The answer; null unless <see cref="IsOk"/>.</summary>
    public T? Message { get; }

    /// <summary>How the call ended.</summary>
    public GrpcStatus Status { get; }

    /// <summary>Whether there is an answer.</summary>
    [MemberNotNullWhen(true, nameof(Message))]
    public bool IsOk => Message is not null && Status.IsOk;

    /// <summary>An answer.</summary>
    public static implicit operator GrpcResult<T>(T message) => new(message, GrpcStatus.Ok);

    /// <summary>No answer. An end that claims success without an answer breaks the protocol and is told as that.</summary>
    public static implicit operator GrpcResult<T>(GrpcStatus status) =>
        new(null, status.IsOk ? new(GrpcCode.Internal, "a call of one answer ended without it") : status);
}
