using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace AiEdge.FakeUpstream;

/// <summary>How a <see cref="FakeUpstreamServer"/> listens, what it demands, and what it remembers.</summary>
public sealed class FakeUpstreamOptions
{
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0 takes a free port.</summary>
    public int Port { get; init; }

    /// <summary>Serves TLS. Without <see cref="Certificate"/>, one is made for localhost and 127.0.0.1.</summary>
    public bool UseTls { get; init; }

    public X509Certificate2? Certificate { get; init; }

    /// <summary>Demands a certificate from the client; whichever it is, it is recorded and not verified.</summary>
    public bool RequireClientCertificate { get; init; }

    /// <summary>If set, requests whose credential differs are answered 401, as a provider does.</summary>
    public string? RequiredKey { get; init; }

    /// <summary>Knobs that hold for every request unless its model's name or its x-fake header says otherwise, in the header's notation.</summary>
    public string Script { get; init; } = "";

    /// <summary>Kept for each credential, and told in every answer in the place of the fields that stand for a provider's; null keeps none.</summary>
    public ProviderLimits? Limits { get; init; }

    /// <summary>Decides per request; a null or empty string leaves the other sources alone. Runs after the body has been read.</summary>
    public Func<ReceivedRequest, string?>? ScriptFor { get; init; }

    /// <summary>What a request's answer waits for, before anything else of it is looked at; a callback that blocks would hold up others, this does not.</summary>
    public Func<ReceivedRequest, Task>? AfterFor { get; init; }

    /// <summary>Answers a request with bytes as they are, where it returns some. Runs after the body has been read; the connection stays open.</summary>
    public Func<ReceivedRequest, byte[]?>? RawFor { get; init; }

    /// <summary>Received requests remembered; the oldest go first. 0 remembers none and spares their cost.</summary>
    public int RequestLogMax { get; init; } = 4096;

    /// <summary>Bytes of a body kept in the log; the rest is counted and dropped.</summary>
    public int BodyLogBytesMax { get; init; } = 64 << 20;

    /// <summary>
    /// Judges chats, responses and contents, too, as their providers would (<c>ChatRules</c>, <c>ResponsesRules</c>, <c>ContentsRules</c>), and answers 400 to what
    /// they would refuse. Messages are judged anyway.
    /// </summary>
    public bool JudgesAll { get; init; }

    /// <summary>With <see cref="JudgesAll"/>, refuses fields that the provider does not know, too.</summary>
    public bool RefusesUnknownFields { get; init; }

    /// <summary>Looks for model and stream only in the first and last 4 KiB of a body: for load tests with large bodies.</summary>
    public bool QuickScan { get; init; }

    /// <summary>Connections beyond it are closed as soon as they are accepted.</summary>
    public int ConnectionsMax { get; init; } = 20_000;
}
