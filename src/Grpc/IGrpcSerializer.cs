using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace AiEdge.Grpc;

/// <summary>Between a message and its bytes. An implementation serves many calls at once and keeps no state.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IGrpcSerializer<T>
    where T : class
{
    /// <summary>Writes all of the message.</summary>
    void Write(T message, IBufferWriter<byte> output);

    /// <summary>Reads a message from all of <paramref name="payload"/>, whose memory is valid only during the call; false if it is none.</summary>
    bool TryRead(in ReadOnlySequence<byte> payload, [NotNullWhen(true)] out T? message);
}
