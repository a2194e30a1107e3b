using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using AiEdge.FakeUpstream;

namespace AiEdge.Load.Tests;

/// <summary>Whole runs, against a fake upstream in this process or against a scenario made for the test.</summary>
public sealed class LoadRunTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Right_answers_are_counted_and_nothing_fails(bool stream)
    {
        await using var fake = await FakeUpstreamServer.StartAsync();
        var summary = await RunAsync(fake, "fake-n12", stream, new LoadPlan { Rate = 100, Workers = 4, Duration = Short, Warmup = TimeSpan.Zero });
        Assert.Empty(summary.Errors);
        Assert.Equal(30, summary.Latency.Count);
        Assert.Equal(30, fake.RequestCount);
        Assert.Equal(0, fake.MalformedCount);
        Assert.Equal(stream, summary.EventGap.Count > 0);
        Assert.True(summary.FirstEvent.P50 <= summary.Latency.Max);
    }

    [Theory]
    [InlineData(true, "fake-n5", "20 idle connections for 0.1 s: 0 failed", 40)]
    [InlineData(false, "fake-n5000", "20 stalled connections for 0.1 s: 0 failed", 20)]
    [InlineData(false, "fake-n5-status=503", "20 stalled connections for 0.1 s: 20 failed (no answer of status 200 began)", 20)]
    [InlineData(true, "fake-n5-close=on", "20 idle connections for 0.1 s: 20 failed (closed while it was idle)", 40)]
    public async Task Connections_are_held_or_their_failure_told(bool idle, string model, string told, int requests)
    {
        await using var fake = await FakeUpstreamServer.StartAsync();
        var hold = new HoldRun(Target(fake, model, stream: false), new LoadPlan { Workers = 20, Duration = TimeSpan.FromMilliseconds(100) }, Expectation.Of(model, stream: false), idle ? HoldKind.Idle : HoldKind.Stalled, null);
        var output = new StringWriter();
        await hold.RunAsync(output);
        Assert.Equal(told, output.ToString().TrimEnd());
        Assert.Equal(requests, fake.RequestCount);
    }

    [Theory]
    [InlineData("fake-n5-cut=3", true, "closed inside the answer")]
    [InlineData("fake-n5-cut=3-how=rst", true, "reset")]
    [InlineData("fake-n5-noanswer=fin", true, "closed before the answer")]
    [InlineData("fake-n5-done=off", true, "no [DONE]")]
    [InlineData("fake-n5-fail=3", true, "error event")]
    [InlineData("fake-n5-usage=off", false, "no usage")]
    [InlineData("fake-n5-length=long", false, "closed inside the answer")]
    [InlineData("fake-n5-badhead=clte", false, "both Content-Length and Transfer-Encoding")]
    [InlineData("fake-n5-noanswer=hang", false, "timeout")]
    public async Task Each_way_to_fail_has_its_class(string model, bool stream, string error)
    {
        await using var fake = await FakeUpstreamServer.StartAsync();
        var plan = new LoadPlan
        {
            Rate = 20,
            Workers = 8,
            Duration = Short,
            Warmup = TimeSpan.Zero,
            CallTimeout = TimeSpan.FromMilliseconds(1),
        };
        if (error != "timeout")
            plan = plan with { CallTimeout = TimeSpan.FromSeconds(60) };
        var summary = await RunAsync(fake, model, stream, plan);
        Assert.Equal([error], summary.Errors.Select(entry => entry.Class));
        Assert.Equal(6, summary.ErrorsInAll);
        Assert.Equal(0, summary.Calls);
    }

    [Fact]
    public async Task An_unexpected_status_fails_and_an_expected_one_does_not()
    {
        await using var fake = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions { Script = "status=503" });
        var plan = new LoadPlan { Rate = 20, Workers = 2, Duration = Short, Warmup = TimeSpan.Zero };
        Assert.Equal("status 503", Assert.Single((await RunAsync(fake, "any", false, plan)).Errors).Class);
        Assert.Empty((await RunAsync(fake, "fake-e503", false, plan)).Errors);
    }

    /// <summary>One worker stalls for the first tenth of a second; every call that was due meanwhile must show that in its latency.</summary>
    [Fact]
    public async Task A_stall_shows_in_the_latency_of_every_call_that_was_due()
    {
        var stall = TimeSpan.FromMilliseconds(100);
        var runner = new LoadRunner(new StallingScenario(stall), new LoadPlan { Rate = 1000, Workers = 1, Duration = Short, Warmup = TimeSpan.Zero, Drain = TimeSpan.FromSeconds(30) });
        await runner.RunAsync(CancellationToken.None);
        Assert.Equal(300, runner.Measures.Latency.Count);
        // The call due after k ms began at 100 ms at the earliest, so at least 50 of the 300 waited 50 ms or more.
        Assert.True(runner.Measures.Latency.Percentile(1 - (49.0 / 300)) >= 50_000_000);
        Assert.True(runner.Measures.Service.Percentile(0.5) < runner.Measures.Latency.Max);
        Assert.True(runner.Measures.LatestStart >= 90_000_000);
    }

    [Fact]
    public async Task Stopping_ends_the_run_early_and_keeps_its_figures()
    {
        await using var fake = await FakeUpstreamServer.StartAsync();
        using var stop = new CancellationTokenSource();
        var target = Target(fake, "fake-n2", false);
        var runner = new LoadRunner(new ChatScenario(target, Expectation.Of(target.Model, false)), new LoadPlan { Workers = 2, Duration = TimeSpan.FromMinutes(10), Warmup = TimeSpan.Zero });
        var running = runner.RunAsync(stop.Token);
        await fake.NextRequestAsync();
        await fake.NextRequestAsync();
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.DoesNotContain(runner.Measures.Errors, error => error.Class != "unfinished");
    }

    [Fact]
    public async Task Tls_targets_are_measured_with_their_certificate_trusted()
    {
        await using var fake = await FakeUpstreamServer.StartAsync(new FakeUpstreamOptions { UseTls = true });
        var plan = new LoadPlan { Rate = 20, Workers = 2, Duration = Short, Warmup = TimeSpan.Zero };
        Assert.Empty((await RunAsync(fake, "fake-n2", true, plan)).Errors);
    }

    [Fact]
    public async Task Reports_parse_and_hold_the_figures()
    {
        await using var fake = await FakeUpstreamServer.StartAsync();
        var summary = await RunAsync(fake, "fake-n3", true, new LoadPlan { Rate = 50, Workers = 4, Duration = Short, Warmup = TimeSpan.Zero });
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(summary, JsonReport.Default.LoadSummary));
        Assert.Equal(summary.Latency.P99, json.RootElement.GetProperty("latency").GetProperty("p99").GetDouble());
        Assert.Contains("latency (scheduled)", TextReport.Write(summary), StringComparison.Ordinal);
        var html = HtmlReport.Write(summary);
        var charts = html.Split("<svg")[1..].Select(part => "<svg" + part[..(part.IndexOf("</svg>", StringComparison.Ordinal) + 6)])
            .Select(svg => XElement.Parse(svg)).ToArray();
        Assert.Equal(4, charts.Length);
        Assert.DoesNotContain("http", html.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal).Replace(summary.Url, "", StringComparison.Ordinal));
        var points = charts[0].Descendants().Where(element => element.Name.LocalName == "polyline").SelectMany(line => line.Attribute("points")!.Value.Split(' '));
        Assert.All(points, point => Assert.InRange(double.Parse(point.Split(',')[1], CultureInfo.InvariantCulture), 0, 260));
    }

    private static async Task<LoadSummary> RunAsync(FakeUpstreamServer fake, string model, bool stream, LoadPlan plan)
    {
        var target = Target(fake, model, stream);

        // What is slow is no failure.
        var runner = new LoadRunner(new ChatScenario(target, Expectation.Of(model, stream)), plan with { Drain = TimeSpan.FromSeconds(60) });
        await runner.RunAsync(CancellationToken.None);
        return LoadSummary.Of(target, plan, runner.Measures);
    }

    private static LoadTarget Target(FakeUpstreamServer fake, string model, bool stream) =>
        new(new Uri(fake.BaseUrl + "/chat/completions"), new IPEndPoint(IPAddress.Loopback, fake.Port), "sk-test", model, stream) { TrustedPem = fake.CertificatePem };

    private sealed class StallingScenario(TimeSpan stall) : IScenario, IScenarioWorker
    {
        private bool _stalled;

        public IScenarioWorker Open(Measures measures) => this;

        public async ValueTask<CallResult> CallAsync()
        {
            var sent = Stopwatch.GetTimestamp();
            if (!_stalled)
            {
                _stalled = true;
                while (Stopwatch.GetElapsedTime(sent) < stall)
                    await Task.Yield();
            }

            return new CallResult(null, "", sent, 0, Stopwatch.GetTimestamp());
        }

        public void AbortIfOlder(long deadline)
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
