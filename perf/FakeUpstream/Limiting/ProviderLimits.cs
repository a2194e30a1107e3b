namespace AiEdge.FakeUpstream;

/// <summary>Limits that a <see cref="FakeUpstreamServer"/> keeps for each credential by itself, and tells as its dialect's provider does.</summary>
public sealed class ProviderLimits
{
    /// <summary>Requests in a period; 0 for any number.</summary>
    public long Requests { get; init; }

    /// <summary>Tokens in a period: a fifth of a body's bytes and, as OpenAI counts, the cap on its answer; 0 for any number.</summary>
    public long Tokens { get; init; }

    public TimeSpan Period { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>All of it comes back at a period's end; else evenly.</summary>
    public bool IsWindow { get; init; }

    /// <summary>What part of it is there at a credential's first request.</summary>
    public double Begin { get; init; } = 1;
}
