using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.Grpc;
using AiEdge.Grpc.Server;

namespace AiEdge.ControlPlane.Publish;

/// <summary>Who may call: planes with a credential. Joining has a token of its own, and health is for anyone.</summary>
internal static class PlaneGate
{
    public static readonly GrpcStatus Refusal = new(GrpcCode.Unauthenticated, "a plane's credential is needed");

    /// <summary>The gate; a call that passes it has its <see cref="PlaneIdentity"/> in <see cref="GrpcServerContext.Identity"/>.</summary>
    public static GrpcGate Of(EdgeState state) => context =>
    {
        if (context.Path == PlaneMethods.Join.Path || context.Path.StartsWith("/grpc.health.v1.", StringComparison.Ordinal))
            return new(GrpcStatus.Ok);
        if (!BearerToken.TryGet(context.Metadata, out var token) || state.Authenticate(token) is not { } plane)
            return new(Refusal);
        context.Identity = plane;
        return new(GrpcStatus.Ok);
    };
}
