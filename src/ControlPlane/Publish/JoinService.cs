using System.Security.Cryptography;
using System.Text;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Rest;
using AiEdge.Grpc;
using AiEdge.Grpc.Server;

namespace AiEdge.ControlPlane.Publish;

/// <summary><c>Enrolment.Join</c>: a join token for a credential. Asked again with the same hash it has the same outcome and spends nothing.</summary>
internal sealed class JoinService(EdgeState state, LoginLimit limit)
{
    private static readonly GrpcStatus Spent = new(GrpcCode.Unauthenticated, "the join token has been spent");
    private static readonly GrpcStatus Unknown = new(GrpcCode.Unauthenticated, "a valid join token is needed");

    public void AddTo(GrpcServer server) => server.AddUnary(PlaneMethods.Join, JoinAsync);

    /// <summary>
    /// Whether a call may go on: one with a wrong token is read no further, does not come to where writers stand in line, and counts for the address
    /// that it came from. A good token is not held by that.
    /// </summary>
    public GrpcStatus Judge(GrpcServerContext context)
    {
        if (!BearerToken.TryGet(context.Metadata, out var token))
            return Unknown;
        var good = Good(state.Current, Hash(token));
        if (good is { UsesLeft: > 0 })
            return GrpcStatus.Ok;
        var from = context.Peer?.Address;
        if (good is not null && !limit.Holds(from, out _))
            return GrpcStatus.Ok;
        if (limit.Holds(from, out _))
            return new(GrpcCode.ResourceExhausted, "too many wrong join tokens from this address");
        limit.Failed(from);
        return Unknown;
    }

    private async ValueTask<GrpcResult<JoinResponse>> JoinAsync(JoinRequest request, GrpcServerContext context)
    {
        if (!BearerToken.TryGet(context.Metadata, out var token))
            return Unknown;
        if (request.CredentialSha256.Length != SHA256.HashSizeInBytes)
            return new GrpcStatus(GrpcCode.InvalidArgument, "credential_sha256 has 32 bytes");
        if (request.PlaneId.Length > 0 && !PlaneIdentity.IsId(request.PlaneId))
            return new GrpcStatus(GrpcCode.InvalidArgument, "plane_id is of [a-z0-9-], 63 characters at most");
        if (request.Host.Length > 255 || request.Version.Length > 255)
            return new GrpcStatus(GrpcCode.InvalidArgument, "host and version have 255 characters at most");

        // Who has joined by a token that is spent since may ask again; for all others it is as good as a wrong one.
        if (Good(state.Current, Hash(token)) is { UsesLeft: <= 0 } && Joined(state.Current, request.CredentialSha256.ToByteArray()) is null)
        {
            limit.Failed(context.Peer?.Address);
            return Spent;
        }

        GrpcResult<JoinResponse> result = Unknown;
        var outcome = await state.WriteAsync(document =>
        {
            (result, var decision) = Decide(document, request, Hash(token), context.Peer?.Address.ToString() ?? "");
            return decision;
        });
        return outcome.Refusal is { Kind: RefusalKind.Unavailable } refusal ? new GrpcStatus(GrpcCode.Unavailable, refusal.Detail) : result;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private JoinToken? Good(EdgeDocument document, byte[] sha256) =>
        JoinToken.Find(document, sha256) is { IsDisabled: false } token && !token.HasExpired(state.NowUnixMs()) ? token : null;

    private (GrpcResult<JoinResponse> Result, WriteDecision Decision) Decide(EdgeDocument document, JoinRequest request, byte[] tokenSha256, string from)
    {
        var nothing = WriteDecision.Change(new AuditRecord(0, "", "", "", ""));
        var hash = request.CredentialSha256.ToByteArray();
        if (Good(document, tokenSha256) is not { } token)
            return (Unknown, nothing);
        if (Joined(document, hash) is { } known)
            return request.PlaneId.Length > 0 && request.PlaneId != known
                ? (new GrpcStatus(GrpcCode.AlreadyExists, "the credential belongs to another id"), nothing)
                : (new JoinResponse { PlaneId = known }, nothing);
        if (token.UsesLeft <= 0)
            return (Spent, nothing);
        var id = request.PlaneId.Length > 0 ? request.PlaneId : "plane-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        if (document.Find(Sections.DataPlanes, id) is not null)
            return (new GrpcStatus(GrpcCode.AlreadyExists, "the id belongs to another credential"), nothing);
        var credential = new PlaneCredential(hash, token.Name, request.Host, state.NowUnixMs(), 0);
        var value = new EntryValue(credential.ToJson(), EntryOwner.Api, document.NextPosition(Sections.DataPlanes), default);
        return (new JoinResponse { PlaneId = id }, WriteDecision.Change(
            new AuditRecord(state.NowUnixMs(), "plane:" + id, from, "join", "dataplanes/" + id),
            new EntryChange(Sections.DataPlanes, id, value), token.Spent()));
    }

    /// <summary>The id of the plane that has the credential already.</summary>
    private static string? Joined(EdgeDocument document, byte[] hash)
    {
        foreach (var entry in document.Section(Sections.DataPlanes).Values)
        {
            if (PlaneCredential.Read(entry) is { } credential && CryptographicOperations.FixedTimeEquals(credential.Sha256, hash))
                return entry.Name;
        }

        return null;
    }
}
