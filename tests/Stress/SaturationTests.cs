using System.Collections.Concurrent;
using System.Diagnostics;
using AiEdge.Functional.Tests.Rig;
using Xunit.Abstractions;

namespace AiEdge.Stress.Tests;

/// <summary>
/// A data plane under clients that never rest, on real sockets and in real time: never more than the limits allow, to the request, and hardly
/// less. Takes <c>AIEDGE_STRESS_SECONDS</c> for each mixture.
/// </summary>
public sealed class SaturationTests(ITestOutputHelper output)
{
    private const int Clients = 64;

    // A prompt that nobody counts: tokens are those of the answer alone, reserved and reported alike.
    private const int OutputTokens = 20;

    private static readonly (string Name, string Limit, double Burst, double PerSecond)[] Limits =
    [
        ("rate", "name: rate, requests: 300/s, burst: 600", 600, 300),
        ("odd", "name: odd, per: key, requests: 7001/min, burst: 500", 500, 7001 / 60.0),
        ("tokens", "name: tokens, per: team, outputTokens: 240k/min, burst: 16k", 16_000 / OutputTokens, 4000.0 / OutputTokens),
        ("window", "name: window, per: model, requests: 100k/day", 100_000, 0),
        ("many", "name: many, per: key, concurrent: 24", double.PositiveInfinity, 0),
    ];

    [Theory]
    [InlineData("rate")]
    [InlineData("odd tokens many")]
    [InlineData("rate odd tokens window many")]
    public async Task The_allowance_is_kept_to_the_request_and_used(string names)
    {
        var limits = Limits.Where(limit => names.Split(' ').Contains(limit.Name)).ToList();
        await using var edge = await Edge.StartAsync(new EdgeSetup { Limits = [.. limits.Select(limit => limit.Limit)] });
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => edge.ConnectAsync()));
        var request = Ask.Chat($"n={OutputTokens}; in=1", more: $",\"max_tokens\":{OutputTokens}");
        var asked = 1L;
        var answered = new ConcurrentQueue<double>();
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(200, (await clients[0].AskAsync(request)).Status);

        var opened = Stopwatch.GetElapsedTime(began);
        await Task.WhenAll(clients.Select(client => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(began) < Race.Time)
            {
                var status = (await client.AskAsync(request)).Status;
                Assert.Contains(status, (int[])[200, 429]);
                if (status == 200)
                    answered.Enqueue(Stopwatch.GetElapsedTime(began).TotalSeconds);
                Interlocked.Increment(ref asked);
            }
        })));

        // A machine that is slow at first is behind what it may: what is left is asked for until everybody is refused. What is earned while
        // they fall silent is nobody's.
        var saturated = Stopwatch.GetElapsedTime(began);
        await Task.WhenAll(clients.Select(client => Task.Run(async () =>
        {
            while ((await client.AskAsync(request)).Status == 200)
                Interlocked.Increment(ref asked);
        })));
        var ended = Stopwatch.GetElapsedTime(began);
        var admitted = edge.Fake.RequestCount;
        foreach (var (name, _, burst, perSecond) in limits)
            Assert.True(admitted <= burst + perSecond * ended.TotalSeconds, $"{admitted} were admitted by {name}");
        var times = answered.Order().ToList();
        var allowance = limits.Min(limit =>
            limit.Burst + limit.PerSecond * (saturated - opened).TotalSeconds - Overflow(times, opened.TotalSeconds, limit.Burst, limit.PerSecond));
        output.WriteLine($"{names}: {admitted} of {allowance:F0} ({100 * admitted / allowance:F2} %) in {ended.TotalSeconds:F1} s, {asked} asked");
        Assert.True(admitted >= 0.995 * Math.Floor(allowance), $"only {admitted} of {allowance} were admitted, {asked} asked");
        foreach (var client in clients)
            client.Dispose();
    }

    /// <summary>What a bucket earns while it is full is nobody's: it is, where the machine lets nobody ask for a while at the beginning.</summary>
    private static double Overflow(List<double> admitted, double began, double burst, double perSecond)
    {
        if (perSecond == 0)
            return 0;
        var (level, last, overflow) = (burst - 1, began, 0.0);
        foreach (var at in admitted)
        {
            level += Math.Max(0, at - last) * perSecond;
            overflow += Math.Max(0, level - burst);
            level = Math.Min(level, burst) - 1;
            last = at;
        }

        return overflow;
    }
}
