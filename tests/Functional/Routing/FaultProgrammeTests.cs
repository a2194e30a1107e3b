using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using AiEdge.DataPlane.Core;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;
using Xunit.Abstractions;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>
/// One target of three is bad. What has not begun is answered by another, what has begun and breaks is told, nobody is billed twice, and the
/// bad one is soon left alone. <c>AIEDGE_FAULT_REQUESTS</c> makes it a load test.
/// </summary>
public sealed class FaultProgrammeTests(ITestOutputHelper output)
{
    private const int Clients = 8;

    private static readonly int Requests = int.TryParse(Environment.GetEnvironmentVariable("AIEDGE_FAULT_REQUESTS"), CultureInfo.InvariantCulture, out var count) ? count : 160;

    [Theory]
    [InlineData("dead", false)]
    [InlineData("status=429", false)]
    [InlineData("status=429; retryafter=none", false)]
    [InlineData("status=500", false)]
    [InlineData("noanswer=rst", false)]
    [InlineData("noanswer=hang", false)]
    [InlineData("stall=0", false)]
    [InlineData("n=9; b=0; d=5000; cut=4", true)]
    [InlineData("n=9; b=0; d=5000; cut=4; how=rst", true)]
    [InlineData("n=9; b=0; d=5000; fail=4", true)]
    [InlineData("n=9; b=0; stall=4", true)]
    public async Task A_bad_target_of_three(string script, bool breaks)
    {
        await using var edge = await Edge.StartAsync(Setup(script));
        var (whole, broken, began) = (new ConcurrentBag<long>(), new ConcurrentBag<string>(), Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (var i = 0; i < Requests / Clients; i++)
            {
                var at = Stopwatch.GetTimestamp();
                var answer = await edge.AskAsync(Ask.Stream(model: "three"));
                Assert.Equal(200, answer.Status);
                if (answer.Events[^1] == "[DONE]")
                    whole.Add((long)Stopwatch.GetElapsedTime(at).TotalMilliseconds);
                else
                    broken.Add(answer.Events[^1]);
            }
        }));

        // Five failures, what was under way by then, and a probe each time that an ejection was over; one that only has no more for now is asked anew
        // each second.
        var asked = edge.Fake.Requests.Count(request => request.Model == "bad");
        var most = TargetHealth.RowMax + Clients + ((int)began.Elapsed.TotalSeconds * (script.StartsWith("status=429", StringComparison.Ordinal) ? Clients : 1)) + 1;
        Assert.InRange(asked, script == "dead" ? 0 : 1, most);
        Assert.Equal(Requests / Clients * Clients, whole.Count + broken.Count);
        Assert.All(broken, data => Assert.Contains("\"error\"", data, StringComparison.Ordinal));
        Assert.InRange(broken.Count, 0, breaks ? asked : 0);
        await edge.Host.DisposeAsync();
        var retries = AssertBilledOnce(edge);
        Assert.InRange(retries, 0, (Requests * 20 / 100) + RetryBudget.Floor);
        var times = whole.Order().ToArray();
        output.WriteLine($"{script}: {whole.Count} whole, {broken.Count} broken and told, bad asked {asked} times, {retries} retries, "
            + $"p50 {times[times.Length / 2]} ms, p99 {times[times.Length * 99 / 100]} ms, {began.Elapsed.TotalSeconds:0.0} s");
    }

    /// <summary>Each exchange has one attempt that brought tokens, and those are the exchange's; the others cost nothing. Returns the number of the others.</summary>
    private static int AssertBilledOnce(Edge edge)
    {
        var retries = 0;
        foreach (var exchange in JournalTests.Dump(edge).GroupBy(line => line.GetProperty("edgeRequestId").GetString()))
        {
            var bill = Assert.Single(exchange, line => line.GetProperty("kind").GetString() == "exchange");
            var attempts = exchange.Where(line => line.GetProperty("kind").GetString() == "attempt").ToList();
            Assert.Equal(bill.GetProperty("attempts").GetInt32(), attempts.Count);
            Assert.Equal(Tokens(bill), attempts.Sum(Tokens));
            Assert.All(attempts.SkipLast(1), attempt => Assert.Equal(0, Tokens(attempt)));
            retries += attempts.Count - 1;
        }

        return retries;

        static long Tokens(System.Text.Json.JsonElement line) => line.GetProperty("outputTokens").GetInt64();
    }

    private static EdgeSetup Setup(string script)
    {
        var providers = string.Concat(((string[])["bad", "one", "two"]).Select(name =>
            $"  {name}: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}\n"));
        var bad = script == "dead" ? "closed" : "bad";

        // It runs out where it is to run out, however busy the machine.
        var patience = script.Contains("hang", StringComparison.Ordinal) || script.Contains("stall", StringComparison.Ordinal) ? "timeouts: { firstByte: 5s, idle: 5s }" : "";
        return new EdgeSetup
        {
            Providers = providers.TrimEnd('\n'),
            Models = $"  three: {{ targets: [ {{ provider: {bad}, model: bad, {patience} }}, {{ provider: one, model: fake-n5 }}, {{ provider: two, model: fake-n5 }} ] }}",
            Timeouts = "total: 90s",
            Journal = "mode: group",
            Fake = new FakeUpstreamOptions { ScriptFor = request => request.Model == "bad" && script != "dead" ? script : null, RequestLogMax = 1_000_000 },
        };
    }
}
