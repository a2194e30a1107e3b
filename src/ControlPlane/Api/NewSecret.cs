using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace AiEdge.ControlPlane.Api;

/// <summary>Secrets that are made here and shown once.</summary>
internal static class NewSecret
{
    public static string Of(string word) => word + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string Sha256(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
