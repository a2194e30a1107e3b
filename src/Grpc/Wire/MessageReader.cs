using System.IO.Pipelines;

namespace AiEdge.Grpc.Wire;

/// <summary>Messages out of a pipe, one after the other. What has come of a message is all that is held, and its bound is known.</summary>
internal sealed class MessageReader<T>(PipeReader pipe, IGrpcSerializer<T> serializer, int messageBytesMax)
    where T : class
{
    private bool _isAsked;

    /// <summary>
    /// Asked with a message's bytes once its beginning has come, before more of it is taken or any of it read; a status that is not OK ends the call.
    /// </summary>
    public Func<int, GrpcStatus>? Admit { get; set; }

    /// <summary>The message that the last read found.</summary>
    public T? Current { get; private set; }

    /// <summary>True for a message, false for the end; a fault ends the call with its status.</summary>
    /// <remarks>Errors of the connection come as the pipe's exceptions.</remarks>
    public async ValueTask<(bool HasMessage, GrpcStatus Fault)> ReadAsync(CancellationToken cancellation)
    {
        Current = null;
        while (true)
        {
            var read = await pipe.ReadAsync(cancellation);
            var buffer = read.Buffer;
            var isBegun = FrameReader.TryLength(buffer, out var bytes);
            var outcome = FrameReader.Read(ref buffer, messageBytesMax, out var message);
            if (isBegun && !_isAsked && outcome is (FrameOutcome.Message or FrameOutcome.NeedMore) && Admit is { } admit)
            {
                _isAsked = true;
                if (admit(bytes) is { IsOk: false } refusal)
                {
                    pipe.AdvanceTo(read.Buffer.Start);
                    return (false, refusal);
                }
            }

            if (outcome == FrameOutcome.Message)
            {
                _isAsked = false;
                var isRead = serializer.TryRead(message, out var value);
                pipe.AdvanceTo(buffer.Start);
                Current = value;
                return isRead ? (true, default) : (false, new(GrpcCode.Internal, "a message cannot be read as its type"));
            }

            var isCut = !buffer.IsEmpty;
            pipe.AdvanceTo(buffer.Start, buffer.End);
            if (outcome != FrameOutcome.NeedMore)
                return (false, Fault(outcome));
            if (read.IsCompleted)
                return (false, isCut ? new(GrpcCode.Internal, "the stream ended inside a message") : default);
            if (read.IsCanceled)
                return (false, new(GrpcCode.Cancelled, "the read was cancelled"));
        }
    }

    /// <summary>Gives the pipe's blocks back.</summary>
    public ValueTask CompleteAsync() => pipe.CompleteAsync();

    private GrpcStatus Fault(FrameOutcome outcome) => outcome switch
    {
        FrameOutcome.Compressed => new(GrpcCode.Internal, "a message is compressed though no coding was agreed"),
        FrameOutcome.TooLarge => new(GrpcCode.ResourceExhausted, $"a message is larger than {messageBytesMax} bytes"),
        _ => new(GrpcCode.Internal, "the flag of a message is neither 0 nor 1"),
    };
}
