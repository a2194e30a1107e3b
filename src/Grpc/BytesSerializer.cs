using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace AiEdge.Grpc;

/// <summary>Messages that stay bytes: for what passes through, and for messages of other formats.</summary>
public sealed class BytesSerializer : IGrpcSerializer<byte[]>
{
    private BytesSerializer()
    {
    }

    /// <summary>The one that there is.</summary>
    public static BytesSerializer Instance { get; } = new();

    /// <inheritdoc/>
    public void Write(byte[] message, IBufferWriter<byte> output) => output.Write(message);

    /// <inheritdoc/>
    public bool TryRead(in ReadOnlySequence<byte> payload, [NotNullWhen(true)] out byte[]? message)
    {
        message = payload.ToArray();
        return true;
    }
}
