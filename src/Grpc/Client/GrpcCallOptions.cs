namespace AiEdge.Grpc.Client;

/// <summary>What may differ from call to call.</summary>
public sealed class GrpcCallOptions
{
    /// <summary>Nothing special.</summary>
    public static GrpcCallOptions None { get; } = new();

    /// <summary>Time from the start of the call until it has ended; told to the server and kept here too. Null for none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Metadata that goes up with the call.</summary>
    public GrpcMetadata? Metadata { get; init; }
}
