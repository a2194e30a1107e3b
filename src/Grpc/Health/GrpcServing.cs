namespace AiEdge.Grpc.Health;

/// <summary>Whether a service serves; the numbers are those of <c>grpc.health.v1</c>.</summary>
public enum GrpcServing
{
    /// <summary>Not said.</summary>
    Unknown = 0,

    /// <summary>It takes calls.</summary>
    Serving = 1,

    /// <summary>It does not, for now.</summary>
    NotServing = 2,

    /// <summary>Nobody has spoken of such a service.</summary>
    ServiceUnknown = 3,
}
