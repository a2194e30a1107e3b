namespace AiEdge.Grpc.Tests;

/// <summary>Methods whose messages are bytes, for tests that care for the calls only.</summary>
internal static class Bytes
{
    public const string Service = "test.Bytes";

    public static GrpcMethod<byte[], byte[]> Unary { get; } = Method("Unary");

    public static GrpcMethod<byte[], byte[]> Down { get; } = Method("Down");

    public static GrpcMethod<byte[], byte[]> Up { get; } = Method("Up");

    public static GrpcMethod<byte[], byte[]> Both { get; } = Method("Both");

    private static GrpcMethod<byte[], byte[]> Method(string name) => new(Service, name, BytesSerializer.Instance, BytesSerializer.Instance);
}
