using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace AiEdge.Grpc;

/// <summary>Messages that protoc made. The parser is handed in, so nothing is looked up by reflection.</summary>
/// <typeparam name="T">The generated type.</typeparam>
/// <param name="parser">The generated type's <c>Parser</c>.</param>
public sealed class ProtobufSerializer<T>(MessageParser<T> parser) : IGrpcSerializer<T>
    where T : class, IMessage<T>
{
    /// <inheritdoc/>
    public void Write(T message, IBufferWriter<byte> output) => message.WriteTo(output);

    /// <inheritdoc/>
    public bool TryRead(in ReadOnlySequence<byte> payload, [NotNullWhen(true)] out T? message)
    {
        try
        {
            message = parser.ParseFrom(payload);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            // The package has no way to say it without throwing. A peer that is let in and sends this breaks its own call only.
            message = null;
            return false;
        }
    }
}
