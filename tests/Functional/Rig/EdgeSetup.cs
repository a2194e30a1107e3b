using System.Security.Cryptography;
using System.Text;
using AiEdge.FakeUpstream;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>What a test wants different from a plain data plane before a plain provider. The texts are YAML in flow style.</summary>
internal sealed record EdgeSetup
{
    public const string Key = "sk-client-canary-2f6b8c";
    public const string NarrowKey = "sk-narrow-canary-77d1e0";
    public const string ExpiredKey = "sk-expired-canary-0c4a91";
    public const string ProviderKey = "sk-provider-canary-e5b3a7";
    public const string Prompt = "prompt-canary-91c2";

    private static readonly string[] Patient = ["connect: 20s", "firstByte: 30s", "idle: 30s", "total: 60s"];

    /// <summary>Fields of the provider besides dialect, baseUrl and key.</summary>
    public string Provider { get; init; } = "";

    public string ProviderUrl { get; init; } = "";

    /// <summary>The name by which the provider is reached; empty for its own choice.</summary>
    public string ProviderHost { get; init; } = "";

    /// <summary>Fields of <c>timeouts</c>; those that are not among them are such as no busy machine runs into.</summary>
    public string Timeouts { get; init; } = "";

    /// <summary>Fields of <c>server</c> besides <c>drainDelay</c>.</summary>
    public string Server { get; init; } = "";

    public string DrainDelay { get; init; } = "0";

    /// <summary>More entries of <c>providers</c>, each a line indented by two; <c>ROOT</c> in them is where the provider is, without a path.</summary>
    public string Providers { get; init; } = "";

    /// <summary>More entries of <c>models</c>, each a line indented by two.</summary>
    public string Models { get; init; } = "";

    /// <summary>Entries of <c>limits</c>, each in flow style without its braces.</summary>
    public string[] Limits { get; init; } = [];

    /// <summary>More fields of the key <see cref="Key"/>.</summary>
    public string KeyFields { get; init; } = "";

    /// <summary>More entries of <c>keys</c>, each a line indented by two.</summary>
    public string Keys { get; init; } = "";

    /// <summary>The time that limits live by.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Fields of <c>journal</c>; with any there is a journal.</summary>
    public string Journal { get; init; } = "";

    /// <summary>Fields of the <c>runaway</c> of every model.</summary>
    public string Runaway { get; init; } = "";

    public FakeUpstreamOptions Fake { get; init; } = new() { JudgesAll = true };

    public bool UseProbe { get; init; }

    public static string Sha256(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public string Yaml(string baseUrl, int closedPort) => $$"""
        providers:
          fake: { dialect: openai, baseUrl: "{{Url(baseUrl)}}", key: "{{ProviderKey}}"{{After(Provider)}} }
          closed: { dialect: openai, baseUrl: "http://127.0.0.1:{{closedPort}}/v1", key: "{{ProviderKey}}" }
        {{Providers.Replace("ROOT", baseUrl[..baseUrl.LastIndexOf('/')], StringComparison.Ordinal)}}
        models:
          gpt-4o: { targets: [ { provider: fake, model: fake-n3 } ] }
          unreachable: { targets: [ { provider: closed, model: fake-n3 } ] }
          "fake-*": { targets: [ { provider: fake } ] }
        {{Models}}
        teams: { blue: { tags: { env: prod } } }
        keys:
          - { name: full, sha256: "{{Sha256(Key)}}", team: blue, tags: { feature: chat }{{After(KeyFields)}} }
          - { name: narrow, sha256: "{{Sha256(NarrowKey)}}", models: [ gpt-4o, "fake-n1*" ] }
          - { name: expired, sha256: "{{Sha256(ExpiredKey)}}", expires: 2020-01-01 }
        {{Keys}}
        timeouts: { {{AllTimeouts}} }
        server: { drainDelay: {{DrainDelay}}{{After(Server)}} }
        {{(Runaway.Length > 0 ? $"runaway: {{ {Runaway} }}" : "")}}
        {{(Limits.Length > 0 ? "limits:" + string.Concat(Limits.Select(limit => $"\n  - {{ {limit} }}")) : "")}}
        {{(Journal.Length > 0 ? $"journal: {{ {Journal} }}" : "")}}

        """;

    private string AllTimeouts => string.Join(", ", Patient.Where(time => !Timeouts.Contains(time.Split(' ')[0], StringComparison.Ordinal)).Concat(Timeouts.Length > 0 ? [Timeouts] : []));

    private string Url(string baseUrl)
    {
        if (ProviderUrl.Length > 0)
            return ProviderUrl;
        return ProviderHost.Length > 0 ? new UriBuilder(baseUrl) { Host = ProviderHost }.Uri.ToString() : baseUrl;
    }

    private static string After(string fields) => fields.Length > 0 ? ", " + fields : "";
}
