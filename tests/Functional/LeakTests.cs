using System.Globalization;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>However exchanges end, limits hold afterwards what was billed, and nothing else: no credit is lost, none is counted twice.</summary>
public sealed class LeakTests
{
    private const int Exchanges = 1000;
    private const int Clients = 24;
    private const string Draining = "sk-draining-canary-1a2b3c";
    private const string Bounded = "sk-bounded-canary-4d5e6f";

    private static readonly string[] Keys = [EdgeSetup.Key, EdgeSetup.Key, Draining, Bounded];

    /// <summary>What a stream can be told to do, besides the knobs that are chosen by chance.</summary>
    private static readonly string[] StreamFaults =
    [
        "", "", "", "usage=off", "done=off; finish=off", "cut=4; how=fin", "cut=3; how=rst", "cut=5; how=frame", "cut=2; how=size", "fail=3", "stall=3",
        "noanswer=hang", "noanswer=fin", "noanswer=rst", "stale=fin", "stale=rst", "status=500", "status=429", "badhead=garbage", "badhead=clte", "azure",
    ];

    /// <summary>What an unstreamed answer can be told to do.</summary>
    private static readonly string[] AnswerFaults =
    [
        "", "", "", "usage=off", "length=short", "length=long", "cut=90; how=fin", "cut=60; how=rst", "status=400", "status=503", "noanswer=fin", "noanswer=rst",
        "stale=fin", "stale=rst", "badhead=status", "badhead=cut", "framing=eof", "cached=100", "interim=103",
    ];

    [Fact]
    public async Task After_a_thousand_exchanges_of_every_ending_limits_hold_what_was_billed()
    {
        await using var edge = await Edge.StartAsync(Setup());
        var begun = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            var random = new Random(client);
            while (Interlocked.Increment(ref begun) <= Exchanges)
                await OneAsync(edge, random);
        }));
        await edge.Host.DisposeAsync();

        var records = JournalTests.Exchanges(edge);
        var ends = records.Select(record => Text(record, "end")).ToHashSet();
        string[] wanted =
            ["done", "cut", "client_closed", "upstream_fault", "timeout", "refused:tight", "refused:single", "refused:queued", "refused:short"];
        Assert.Empty(wanted.Except(ends));
        Assert.Contains(records, record => Number(record, "attempts") == 2);
        Assert.InRange(records.Count, Exchanges / 2, Exchanges);
        var limits = edge.Host.Services.Limits;
        Assert.Equal((0, 0), (limits.Reservations.Count, limits.Reservations.Expired));
        var nowNs = limits.Clock.NowNs;
        foreach (var part in limits.Parts)
        {
            foreach (var (value, scope) in part.Scopes)
            {
                var name = $"{part.Part.Limit.Name} of {value}";
                if (scope.Gate is { } gate)
                {
                    Assert.Equal((name, 0), (name, gate.Count));
                    continue;
                }

                var unit = part.Part.Quantity!.Unit;
                var billed = records.Where(record => Binds(part.Part.Limit, value, record)).Sum(record => Charge(unit, record));
                Assert.True(billed > 0, name);
                Assert.Equal((name, unit, billed), (name, unit, scope.Bucket.Used(nowNs)));
            }
        }
    }

    private static EdgeSetup Setup() => new()
    {
        Journal = "mode: group",
        Timeouts = "connect: 20s, firstByte: 700ms, idle: 700ms, total: 60s",
        Models = """
              short: { targets: [ { provider: fake } ], price: { input: 1, output: 10 } }
              endless: { targets: [ { provider: fake } ], price: { input: 1, output: 10 }, runaway: { outputTokens: 40 } }
              tight: { targets: [ { provider: fake } ], price: { input: 1, output: 10 } }
              single: { targets: [ { provider: fake } ], price: { input: 1, output: 10 } }
              queued: { targets: [ { provider: fake } ], price: { input: 1, output: 10 } }
            """,
        Keys = $$"""
              - { name: draining, sha256: "{{EdgeSetup.Sha256(Draining)}}", team: blue, onDisconnect: drain }
              - { name: bounded, sha256: "{{EdgeSetup.Sha256(Bounded)}}", onDisconnect: "drain:100ms" }
            """,
        Limits =
        [
            "name: key, per: key, requests: 1m/month, tokens: 100m/month, concurrent: 500",
            "name: all, tokens: 100m/month, outputTokens: 50m/month, inputTokens: 90m/month, concurrent: 900, onStream: overdraw",
            "name: money, per: team, cost: $1000/month, unpriced: zero",
            "name: answers, per: provider, match: { provider: [ fake, closed ] }, requests: 1m/month, concurrent: 700",
            "name: short, match: { model: short }, outputTokens: 12000/month",
            "name: tight, match: { model: tight }, requests: 20/month",
            "name: single, match: { model: single }, requests: 1m/month, concurrent: 1",
            "name: queued, match: { model: queued }, requests: 1m/month, concurrent: 1, queue: { max: 2, wait: 2s }",
        ],
    };

    private static Task OneAsync(Edge edge, Random random)
    {
        var key = Keys[random.Next(Keys.Length)];
        var n = random.Next(1, 90);
        var fault = StreamFaults[random.Next(StreamFaults.Length)];
        return random.Next(16) switch
        {
            0 or 1 or 2 => StayAsync(edge, Ask.Stream($"n={n}; {fault}", key: key)),
            3 or 4 or 5 => StayAsync(edge, Ask.Chat($"n={n}; {AnswerFaults[random.Next(AnswerFaults.Length)]}", key: key)),
            6 or 7 => LeaveAsync(edge, random, Ask.Stream($"n={n}; d=1500; {fault}", key: key)),
            8 => LeaveAsync(edge, random, Ask.Chat($"n={n}; f=30000", key: key)),
            9 => LeaveAsync(edge, random, Ask.Chat(key: key)[..^random.Next(1, 60)], isWhole: false),
            10 => StayAsync(edge, Ask.Stream("n=900; cap=off; b=0", "short", key: key)),
            11 => StayAsync(edge, Ask.Stream("n=300", "endless", key: key)),
            12 => StayAsync(edge, Ask.Chat($"n={n}", "tight", key: key)),
            13 => StayAsync(edge, Ask.Stream("n=12; d=5000", "single", key: key)),
            14 => random.Next(3) > 0
                ? StayAsync(edge, Ask.Stream("n=12; d=10000", "queued", key: key))
                : LeaveAsync(edge, random, Ask.Stream("n=12; d=10000", "queued", key: key)),
            _ => StayAsync(edge, random.Next(2) > 0 ? Ask.Chat(model: "unreachable", key: key) : Ask.Responses($"n={n}; {fault}", more: ",\"previous_response_id\":\"r\"")),
        };
    }

    private static async Task StayAsync(Edge edge, string request)
    {
        using var client = await edge.ConnectAsync();
        await client.AskAsync(request);
    }

    /// <summary>Leaves at any moment: before a byte has come, or after some.</summary>
    private static async Task LeaveAsync(Edge edge, Random random, string request, bool isWhole = true)
    {
        using var client = await edge.ConnectAsync();
        await client.SendAsync(request.Replace("Content-Type", "Connection: close\r\nContent-Type", StringComparison.Ordinal));
        for (var receives = isWhole ? random.Next(7) : 0; receives > 0 && await client.TryReceiveAsync(); receives--)
        {
            // What it says is of no matter.
        }

        if (random.Next(2) > 0)
            client.LeaveWithReset();
    }

    private static bool Binds(LimitModel limit, string value, JsonElement record) => limit.Name switch
    {
        "key" => Text(record, "key") == value,
        "money" => (Text(record, "team") ?? "__none__") == value,

        // What is sent once more on a fresh connection may find that the provider has no more for now: then it is refused, and counts for nobody who answers.
        "answers" => Text(record, "provider") == value && Text(record, "end") != "refused",
        "all" => true,
        var rule => Text(record, "rule") == rule,
    };

    private static long Charge(LimitUnit unit, JsonElement record)
    {
        if (Number(record, "attempts") == 0)
            return 0;
        return unit switch
        {
            LimitUnit.Requests => 1,
            LimitUnit.Tokens => Number(record, "inputTokens") + Number(record, "outputTokens"),
            LimitUnit.InputTokens => Number(record, "inputTokens"),
            LimitUnit.OutputTokens => Number(record, "outputTokens"),
            _ => long.Parse(Text(record, "costNanodollars") ?? "0", CultureInfo.InvariantCulture),
        };
    }

    private static string? Text(JsonElement record, string name) => record.GetProperty(name).GetString();

    private static long Number(JsonElement record, string name) =>
        record.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : 0;
}
