using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace AiEdge.Grpc.Server;

/// <summary>Credentials in the metadata <c>authorization</c>: <c>Bearer TOKEN</c> (RFC 6750, section 2.1).</summary>
public static class BearerToken
{
    /// <summary>Characters of a token that are looked at.</summary>
    public const int CharsMax = 4096;

    private const string Scheme = "Bearer ";

    /// <summary>The one token of a call. False where there is none, more than one, or another scheme.</summary>
    public static bool TryGet(GrpcMetadata metadata, [NotNullWhen(true)] out string? token)
    {
        token = null;
        if (!metadata.TryGet("authorization", out var text) || metadata.CountOf("authorization") != 1
            || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        var value = text.AsSpan(Scheme.Length).TrimStart(' ');
        if (value.Length is 0 or > CharsMax || value.Contains(' '))
            return false;
        token = value.ToString();
        return true;
    }

    /// <summary>
    /// A gate for one token that is known by its SHA-256. It compares hashes in a time that does not depend on them, and tells a
    /// caller without the token no more than that.
    /// </summary>
    public static GrpcGate Gate(ReadOnlySpan<byte> sha256)
    {
        if (sha256.Length != SHA256.HashSizeInBytes)
            throw new ArgumentException("a SHA-256 has 32 bytes", nameof(sha256));
        var expected = sha256.ToArray();
        return context =>
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            var isIn = TryGet(context.Metadata, out var token)
                && SHA256.HashData(Encoding.UTF8.GetBytes(token), hash) == hash.Length
                && CryptographicOperations.FixedTimeEquals(hash, expected);
            return new(isIn ? GrpcStatus.Ok : new(GrpcCode.Unauthenticated, "a valid token is needed"));
        };
    }
}
