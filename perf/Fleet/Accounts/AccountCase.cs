using System.Globalization;
using AiEdge.FakeUpstream;

namespace AiEdge.FleetTest.Accounts;

/// <summary>One account with one limit, and what planes are asked for.</summary>
internal sealed class AccountCase
{
    private const int PromptCharsMin = 200;
    private const int PromptCharsMax = 3000;

    public static readonly AccountCase[] All =
    [
        new() { Name = "requests", Limits = new ProviderLimits { Requests = 3000, Begin = 0.1 }, Rate = 100 },
        new() { Name = "tokens", Limits = new ProviderLimits { Tokens = 1_200_000, Begin = 0.1 }, Rate = 90, IsVaried = true },
        new() { Name = "anthropic", Limits = new ProviderLimits { Requests = 9000, Tokens = 1_200_000, Begin = 0.1 }, Rate = 90, IsVaried = true, IsAnthropic = true },
        new() { Name = "shifting", Limits = new ProviderLimits { Requests = 3000, Begin = 0.1 }, Rate = 100, IsSkewed = true },
        new() { Name = "window", Limits = new ProviderLimits { Requests = 1500, Period = TimeSpan.FromSeconds(30), IsWindow = true, Begin = 0.1 }, Rate = 100 },
    ];

    public required string Name { get; init; }

    public required ProviderLimits Limits { get; init; }

    /// <summary>Requests a second, of all planes together: twice what the limit allows.</summary>
    public required double Rate { get; init; }

    /// <summary>Prompts and caps of many sizes.</summary>
    public bool IsVaried { get; init; }

    public bool IsAnthropic { get; init; }

    /// <summary>One plane is asked for ten times as much as each other, another each 5 s.</summary>
    public bool IsSkewed { get; init; }

    public string Dialect => IsAnthropic ? "anthropic" : "openai";

    public string Path => IsAnthropic ? "/v1/messages" : "/v1/chat/completions";

    /// <summary>What of all requests a plane is asked for at a time.</summary>
    public double PartOf(int plane, int planes, double at) =>
        IsSkewed ? ((int)(at / 5) % planes == plane ? 10.0 : 1.0) / (planes + 9) : 1.0 / planes;

    public string Body(Random random, string model)
    {
        var prompt = new string('x', IsVaried ? random.Next(PromptCharsMin, PromptCharsMax) : 20);
        var cap = IsVaried ? random.Next(20, 200) : 20;
        return string.Create(CultureInfo.InvariantCulture, $$"""{"model":"{{model}}","max_tokens":{{cap}},"messages":[{"role":"user","content":"{{prompt}}"}]}""");
    }

    /// <summary>What of a limit there was to be had from a begin to an end, in seconds since the provider began.</summary>
    public double There(long size, double from, double to)
    {
        var period = Limits.Period.TotalSeconds;
        return size * (Limits.Begin + (Limits.IsWindow ? (int)(to / period) - (int)(from / period) : (to - from) / period));
    }
}
