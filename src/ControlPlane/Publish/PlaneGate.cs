using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.Grpc;
using AiEdge.Grpc.Server;

namespace AiEdge.ControlPlane.Publish;

/// <summary>Who may call: planes with a credential. Joining has a token of its own, and health is for anyone.</summary>
internal static class PlaneGate
{
    public static readonly GrpcStatus Refusal = new(GrpcCode.Unauthenticated, "a plane's credential is needed");

    /// <summary>Calls of one plane at a time: each of its three streams, and those that they take the place of.</summary>
    public const int CallsPerPlaneMax = 16;

    /// <summary>Whether anyone may call it.</summary>
    public static bool IsOpen(string path) => path == PlaneMethods.Join.Path || path.StartsWith("/grpc.health.v1.", StringComparison.Ordinal);

    /// <summary>The gate; a call that passes it has its <see cref="PlaneIdentity"/> in <see cref="GrpcServerContext.Identity"/>.</summary>
    public static GrpcGate Of(EdgeState state, JoinService join) => context =>
    {
        if (context.Path == PlaneMethods.Join.Path)
            return new(join.Judge(context));
        if (IsOpen(context.Path))
            return new(GrpcStatus.Ok);
        if (!BearerToken.TryGet(context.Metadata, out var token) || state.Authenticate(token) is not { } plane)
            return new(Refusal);
        context.Identity = plane;
        return new(GrpcStatus.Ok);
    };
}
