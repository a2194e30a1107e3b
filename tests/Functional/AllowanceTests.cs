using System.Text;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Functional.Tests;

/// <summary>
/// Many clients that never rest, under several limits at once, in a time that passes by steps: what the provider sees is exactly what the
/// limits allow by then, no request more and none less.
/// </summary>
public sealed class AllowanceTests
{
    private const int Clients = 64;
    private const int Steps = 12;
    private const int OutputTokens = 30;

    private static readonly long Prompt = 3 + 3 + 1 + new Tokenizer(Vocabulary.O200kBase).Count(Encoding.UTF8.GetBytes(EdgeSetup.Prompt));

    /// <summary>Requests that a limit lets through in a time, where each costs the same.</summary>
    private delegate long Allowance(TimeSpan passed, long tokens);

    private static readonly (string Limit, Allowance Allows)[] Limits =
    [
        ("name: rate, requests: 400/s, burst: 60", static (passed, _) => 60 + Earned(400, 1, passed)),
        ("name: odd, per: key, requests: 7001/min, burst: 90", static (passed, _) => 90 + Earned(7001, 60, passed)),
        ("name: tokens, per: team, tokens: 400k/min, burst: 3000", static (passed, tokens) => (3000 + Earned(400_000, 60, passed)) / tokens),
        ("name: input, per: model, inputTokens: 2500/s", static (passed, _) => (2500 + Earned(2500, 1, passed)) / Prompt),
        ("name: daily, requests: 200/day", static (_, _) => 200),
        ("name: budget, per: provider, match: { provider: fake }, cost: $0.05/day, unpriced: zero", static (_, _) => 50_000_000 / Cost),
        ("name: many, per: key, concurrent: 24", static (_, _) => long.MaxValue),
    ];

    private static long Cost => (Prompt * 2500) + (OutputTokens * 10_000);

    [Theory]
    [InlineData("rate")]
    [InlineData("rate odd many")]
    [InlineData("tokens input many")]
    [InlineData("rate daily many")]
    [InlineData("budget odd tokens many")]
    [InlineData("rate odd tokens input daily budget many")]
    public async Task What_is_admitted_is_what_all_limits_allow_and_no_request_more_or_less(string names)
    {
        var limits = Limits.Where(limit => names.Split(' ').Contains(limit.Limit[6..limit.Limit.IndexOf(',', StringComparison.Ordinal)])).ToList();
        var time = new StillTime();
        await using var edge = await Edge.StartAsync(new EdgeSetup { Time = time, Limits = [.. limits.Select(limit => limit.Limit)] });
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => edge.ConnectAsync()));
        var request = Ask.Chat($"n={OutputTokens}; in={Prompt}", more: $",\"max_tokens\":{OutputTokens}");
        var (random, passed) = (new Random(7), TimeSpan.Zero);
        var admitted = 0L;
        for (var step = 0; step < Steps; step++)
        {
            admitted += (await Task.WhenAll(clients.Select(client => AskUntilRefusedAsync(client, request)))).Sum();

            // While others draw and give back a request may be refused that fits afterwards: the last word has one alone.
            admitted += await AskUntilRefusedAsync(clients[0], request);
            Assert.Equal(limits.Min(limit => limit.Allows(passed, Prompt + OutputTokens)), admitted);
            Assert.Equal(admitted, edge.Fake.RequestCount);

            // Whole milliseconds: what was promised to one who was refused is kept for a part of one.
            var more = TimeSpan.FromMilliseconds(random.Next(1, 120));
            time.Pass(more);
            passed += more;
        }

        foreach (var client in clients)
            client.Dispose();
    }

    /// <summary>How many were admitted before something else than a place was missing.</summary>
    private static async Task<long> AskUntilRefusedAsync(RawClient client, string request)
    {
        for (var admitted = 0L; ;)
        {
            var answer = await client.AskAsync(request);
            if (answer.Status == 200)
                admitted++;
            else if (answer.Field("x-aiedge-limit")!.StartsWith("many;", StringComparison.Ordinal))
                continue;
            else
                return admitted;
        }
    }

    private static long Earned(long units, long seconds, TimeSpan passed) => (long)((Int128)units * passed.Ticks / (seconds * TimeSpan.TicksPerSecond));
}
