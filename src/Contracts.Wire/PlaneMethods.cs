using AiEdge.Grpc;
using Google.Protobuf;

namespace AiEdge.Contracts.Wire;

/// <summary>The methods of <c>aiedge.v1</c>, for both sides.</summary>
public static class PlaneMethods
{
    private const string Package = "aiedge.v1.";

    /// <summary>A join token for a credential: one request, one answer.</summary>
    public static GrpcMethod<JoinRequest, JoinResponse> Join { get; } = Of("Enrolment", "Join", JoinRequest.Parser, JoinResponse.Parser);

    /// <summary>Configuration down, what became of it up: bidirectional.</summary>
    public static GrpcMethod<ConfigUp, ConfigDown> Watch { get; } = Of("Config", "Watch", ConfigUp.Parser, ConfigDown.Parser);

    /// <summary>Use and wants up, leases down: bidirectional.</summary>
    public static GrpcMethod<QuotaUp, QuotaDown> Sync { get; } = Of("Quota", "Sync", QuotaUp.Parser, QuotaDown.Parser);

    /// <summary>Records up, acknowledgements down: bidirectional.</summary>
    public static GrpcMethod<UsageUp, UsageDown> Report { get; } = Of("Usage", "Report", UsageUp.Parser, UsageDown.Parser);

    private static GrpcMethod<TUp, TDown> Of<TUp, TDown>(string service, string name, MessageParser<TUp> up, MessageParser<TDown> down)
        where TUp : class, IMessage<TUp>
        where TDown : class, IMessage<TDown> =>
        new(Package + service, name, new ProtobufSerializer<TUp>(up), new ProtobufSerializer<TDown>(down));
}
