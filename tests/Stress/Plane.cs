using System.Security.Cryptography;
using System.Text;

namespace AiEdge.Stress.Tests;

/// <summary>The configuration that the tests run with.</summary>
internal static class Plane
{
    public const string Key = "sk-stress-0123456789";

    /// <param name="providerPort">Where the provider listens.</param>
    /// <param name="serverMore">More fields of <c>server</c>, beginning with a comma.</param>
    public static string Config(int providerPort, string serverMore) => $$"""
        providers:
          fake: { dialect: openai, baseUrl: "http://127.0.0.1:{{providerPort}}/v1", key: sk-provider }
        models:
          "fake-*": { targets: [ { provider: fake } ] }
        keys:
          - { name: stress, sha256: "{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}}" }
        server: { listen: "127.0.0.1:8080", admin: "127.0.0.1:8081", drainDelay: 0s{{serverMore}} }

        """;
}
