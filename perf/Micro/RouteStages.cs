using System.Buffers;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Dialects;
using AiEdge.DataPlane.Forward;
using AiEdge.DataPlane.Parse;
using AiEdge.DataPlane.Route;
using AiEdge.DataPlane.Snapshot;
using AiEdge.Http;

namespace AiEdge.Micro;

/// <summary>Choosing a target, and an attempt at it that fails and is followed by another.</summary>
internal static class RouteStages
{
    public static Action Weighted() => Choose("weighted");

    public static Action Latency() => Choose("latency");

    /// <summary>Two attempts that fail and a third that does not; the clock stands still, so none of them uses up the budget of another round.</summary>
    public static Action Retried()
    {
        var (exchange, plan, snapshot) = Begin("weighted");
        return () =>
        {
            exchange.Reset(snapshot);
            exchange.Key = Key;
            exchange.Endpoint = DialectTable.Find("/v1/chat/completions"u8);
            exchange.Model = snapshot.Models.All[0];
            HttpStages.Expect(plan.TryBegin(exchange));
            for (var i = 0; i < 3; i++)
            {
                exchange.Model.Retries.OnRequest(0);
                exchange.Model.Retries.OnRequest(0);
                plan.TryEnter();
                exchange.Attempts++;
                plan.Leave(AttemptOutcome.Unknown);
                if (plan.TryNext(TimeSpan.Zero, out _))
                    plan.Turn();
            }
        };
    }

    /// <summary>Of eight targets, four in regions that the key is bound to and two of these with room for the request.</summary>
    public static Action Fitted()
    {
        var fields = Enumerable.Range(0, 8).Select(i => $"region: {(i % 2 == 0 ? "eu-west" : "us")}, contextWindow: {(i % 4 == 0 ? 1000 : 100_000)}, capabilities: [ tools ]").ToArray();
        return Choose("weighted", fields, exchange =>
        {
            exchange.Key = new KeyModel { Name = "bound", Sha256 = new byte[32], ExpiresUnixMs = long.MaxValue, Regions = ["us-*"u8.ToArray(), "eu-*"u8.ToArray()] };
            exchange.Needs = new RequestNeeds(Capability.Tools, 5000, 100, IsEstimate: true);
        });
    }

    /// <summary>An account with room is taken of, and the answer's head says what is left of it.</summary>
    public static Action Account()
    {
        var (exchange, plan, snapshot) = Begin("weighted");
        var head = new ResponseHeadReader(4096);
        var text = "HTTP/1.1 200 OK\r\nx-ratelimit-limit-requests: 5000\r\nx-ratelimit-remaining-requests: 4999\r\nx-ratelimit-reset-requests: 1m12ms\r\n"
            + "anthropic-ratelimit-tokens-remaining: 900\r\nanthropic-ratelimit-tokens-reset: 2026-01-02T03:04:05Z\r\nContent-Length: 0\r\n\r\n";
        HttpStages.Expect(head.Read(new ReadOnlySequence<byte>(System.Text.Encoding.ASCII.GetBytes(text)), requestWasHead: false) == HeadStatus.Complete);
        return () =>
        {
            exchange.Model = snapshot.Models.All[0];
            HttpStages.Expect(plan.TryBegin(exchange));
            plan.TryEnter();
            HttpStages.Expect(plan.TryTakeAccount(mayWait: true, out _));
            plan.OnHead(ProviderRateReader.Of(head.Head, DateTimeOffset.UnixEpoch), isServed: true, TimeSpan.Zero);
            plan.Leave(AttemptOutcome.Answered);
        };
    }

    public static Action Sticky() => Choose("weighted, sticky: tag:t");

    /// <summary>A prompt of two thousand bytes in three pieces, and the target that it stays with.</summary>
    public static Action Prefix()
    {
        var (exchange, plan, snapshot) = Begin("cache-affinity");
        var texts = string.Concat(Enumerable.Range(0, 40).Select(i => $"{{\"role\":\"user\",\"content\":\"{new string((char)('a' + (i % 26)), 50)}\"}},"));
        var body = System.Text.Encoding.ASCII.GetBytes($"{{\"model\":\"m\",\"messages\":[{texts.TrimEnd(',')}]}}");
        var scan = new BodyScan();
        return () =>
        {
            exchange.Model = snapshot.Models.All[0];
            scan.BeginJson(RequestShape.Chat, wantsPrompt: true, Dialect.OpenAi, DialectTable.Of(Dialect.OpenAi).PromptReader);
            HttpStages.Expect(!scan.Feed(body).IsError);
            exchange.PrefixHash = PromptPrefix.Of(scan.Prompt!, new ReadOnlySequence<byte>(body), exchange.Model.PrefixBytes, attribution: default);
            HttpStages.Expect(exchange.PrefixHash != 0 && plan.TryBegin(exchange));
            plan.TryEnter();
            plan.Leave(AttemptOutcome.Answered);
        };
    }

    private static KeyModel Key { get; } = new() { Name = "key", Sha256 = new byte[32], ExpiresUnixMs = long.MaxValue };

    private static Action Choose(string balance, string[]? fields = null, Action<Exchange>? change = null)
    {
        var (exchange, plan, snapshot) = Begin(balance, fields);
        change?.Invoke(exchange);
        return () =>
        {
            exchange.Model = snapshot.Models.All[0];
            HttpStages.Expect(plan.TryBegin(exchange));
            exchange.Model.Retries.OnRequest(0);
            plan.TryEnter();
            plan.Leave(AttemptOutcome.Answered);
        };
    }

    private static (Exchange Exchange, TargetPlan Plan, ConfigSnapshot Snapshot) Begin(string balance, string[]? fields = null)
    {
        var providers = string.Concat(Enumerable.Range(0, 8).Select(i => $"  p{i}: {{ dialect: openai, baseUrl: \"http://h{i}/v1\" }}\n"));
        var targets = string.Join(", ", Enumerable.Range(0, 8).Select(i => $"{{ provider: p{i}, weight: {i + 1}{(fields is null ? "" : ", " + fields[i])} }}"));
        var path = Path.GetTempFileName();
        File.WriteAllText(path, $"providers:\n{providers}models:\n  m: {{ targets: [ {targets} ], balance: {balance}, retry: {{ budget: 100% }} }}\n");
        var load = ConfigFile.Load(path, 1, ConfigOverrides.None, static _ => null);
        var snapshot = load.Snapshot ?? throw new InvalidOperationException(load.Faults[0].Format(path));
        var exchange = new Exchange();
        exchange.Reset(snapshot);
        exchange.Key = Key;
        exchange.TrySetTag("t", "value");
        exchange.Endpoint = DialectTable.Find("/v1/chat/completions"u8);
        new RouteStates().Use(snapshot);
        return (exchange, new TargetPlan(new EdgeClock(), static (_, _) => false), snapshot);
    }
}
