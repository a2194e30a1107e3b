using System.Globalization;
using System.Text;
using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>As long as nothing of an answer has gone to the client, a provider's failure is made good by another target.</summary>
public sealed class AttemptTests
{
    [Theory]
    [InlineData("status=408")]
    [InlineData("status=429")]
    [InlineData("status=500")]
    [InlineData("status=502; error=html")]
    [InlineData("status=503; error=empty")]
    [InlineData("status=529")]
    [InlineData("status=401")]
    [InlineData("status=404")]
    [InlineData("status=429; error=quota")]
    [InlineData("status=301")]
    [InlineData("noanswer=fin")]
    [InlineData("noanswer=rst")]
    [InlineData("badhead=garbage")]
    [InlineData("length=long; close")]
    [InlineData("cut=20")]
    public async Task A_whole_answer_comes_from_the_next_target(string script)
    {
        await using var edge = await Ways.StartAsync([script, "n=3"]);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        Assert.True(answer.IsWhole);
        Assert.Equal(["way-0", "way-1"], Ways.Asked(edge));
        await edge.SeeMetricAsync("""aiedge_retries_total{gen_ai_request_model="way",gen_ai_provider_name="fake"} 1""");
    }

    [Theory]
    [InlineData("noanswer=hang")]
    [InlineData("stall=0")]
    public async Task A_whole_answer_that_takes_longer_than_it_may_comes_from_the_next_target(string script)
    {
        await using var edge = await Ways.StartAsync([script, "n=3"], timeouts: ["whole: 500ms"]);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
    }

    [Fact]
    public async Task A_stream_may_take_longer_than_a_whole_answer()
    {
        await using var edge = await Ways.StartAsync(["f=1000000; n=3", "n=3"], "timeouts: { whole: 100ms }");
        var answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "1", true), (answer.Status, answer.Field("x-aiedge-attempts"), answer.IsWhole));
    }

    [Fact]
    public async Task Where_nobody_else_is_left_a_whole_answer_that_is_late_is_504()
    {
        await using var edge = await Ways.StartAsync(["noanswer=hang"], "timeouts: { whole: 500ms }");
        Assert.Equal(504, (await edge.AskAsync(Ways.Chat())).Status);
    }

    /// <summary>Groq's words for a request that has more tokens than its account may send in a minute.</summary>
    [Fact]
    public async Task A_limit_that_is_told_as_413_is_one_that_another_may_not_have()
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
        const string Told = """{"error":{"message":"Request too large for model: Limit 6000, Requested 7000.","type":"tokens","code":"rate_limit_exceeded"}}""";
        edge.Fake.EnqueueRaw(Ask.Refusal(413, Told), close: false);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
    }

    [Theory]
    [InlineData("status=500")]
    [InlineData("noanswer=rst")]
    [InlineData("cut=0")]
    [InlineData("cut=0; how=rst")]
    [InlineData("cut=0; how=size")]
    [InlineData("fail=0")]
    public async Task A_stream_comes_from_the_next_target(string script)
    {
        await using var edge = await Ways.StartAsync([script, "n=3"]);
        var answer = await edge.AskAsync(Ways.Stream());

        Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.True(answer.IsWhole);
        Assert.DoesNotContain("error", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_that_cannot_be_reached_is_followed_by_the_next(bool isStream)
    {
        await using var edge = await Ways.StartAsync([null, "n=3"]);
        var answer = await edge.AskAsync(isStream ? Ways.Stream() : Ways.Chat());

        Assert.Equal((200, "2", "fake"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-provider")));
    }

    [Theory]
    [InlineData("noanswer=hang")]
    [InlineData("stall=0")]
    public async Task A_stream_that_does_not_begin_in_time_comes_from_the_next_target(string script)
    {
        await using var edge = await Ways.StartAsync([script, "n=3"], timeouts: ["firstByte: 500ms, idle: 500ms"]);
        var answer = await edge.AskAsync(Ways.Stream());

        Assert.Equal((200, "way-1"), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal("[DONE]", answer.Events[^1]);
    }

    [Theory]
    [InlineData("status=400")]
    [InlineData("status=413")]
    [InlineData("status=422")]
    [InlineData("status=501")]
    public async Task What_the_request_is_to_blame_for_is_passed_on(string script)
    {
        await using var edge = await Ways.StartAsync([script, "n=3"]);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((int.Parse(script[7..], CultureInfo.InvariantCulture), "1"), (answer.Status, answer.Field("x-aiedge-attempts")));
        Assert.Equal(["way-0"], Ways.Asked(edge));
    }

    [Theory]
    [InlineData("n=9; b=0; cut=4")]
    [InlineData("n=9; b=0; cut=4; how=rst")]
    [InlineData("n=9; b=0; fail=3")]
    public async Task A_stream_that_breaks_after_its_first_event_is_told_and_never_sent_again(string script)
    {
        await using var edge = await Ways.StartAsync([script + "; d=20000", "n=3"]);
        var answer = await edge.AskAsync(Ways.Stream());

        Assert.Equal((200, "1"), (answer.Status, answer.Field("x-aiedge-attempts")));
        Assert.Contains("\"error\"", answer.Events[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", answer.Text, StringComparison.Ordinal);
        Assert.Equal(["way-0"], Ways.Asked(edge));
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    private const string Comments = ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n";

    /// <summary>Of an answer that goes on as long as the test: what is behind it never comes.</summary>
    public static byte[] Unended(string events) => System.Text.Encoding.UTF8.GetBytes(
        $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\n{events}");

    [Fact]
    public async Task Comments_are_no_answer_and_the_next_target_is_asked()
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"], timeouts: ["firstByte: 400ms"]);
        edge.Fake.EnqueueRaw(Unended(Comments), close: false);
        var answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "[DONE]", "way-1"), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-model")));
        Assert.DoesNotContain("OPENROUTER", answer.Text, StringComparison.Ordinal);

        // Nor is an error behind them, as the first event.
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Comments + "data: {\"error\":{\"message\":\"x\",\"code\":502}}\n\n"));
        answer = await edge.AskAsync(Ways.Stream());
        Assert.Equal((200, "[DONE]", "way-1"), (answer.Status, answer.Events[^1], answer.Field("x-aiedge-model")));
    }

    [Fact]
    public async Task Comments_before_the_first_event_pass_with_it()
    {
        await using var edge = await Ways.StartAsync(["n=3"]);
        var events = Comments + "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n: more\n\ndata: [DONE]\n\n";
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(events));
        Assert.Equal(events, (await edge.AskAsync(Ways.Stream())).Text);

        // Of very many of them only the first.
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(string.Concat(Enumerable.Repeat(Comments, 100)) + events));
        var text = (await edge.AskAsync(Ways.Stream())).Text;
        Assert.EndsWith(events[Comments.Length..], text, StringComparison.Ordinal);
        Assert.InRange(text.Length - events.Length, 500, 1024);
    }

    [Fact]
    public async Task If_all_is_in_vain_the_client_gets_the_last_error_as_it_was()
    {
        await using var edge = await Ways.StartAsync(["status=500", null, "status=503; retryafter=7", "n=3"]);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((503, "3", "7"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("retry-after")));
        Assert.Contains("\"error\"", answer.Text, StringComparison.Ordinal);
        Assert.True(answer.IsWhole);
        Assert.Equal(["way-0", "way-2"], Ways.Asked(edge));
    }

    [Theory]
    [InlineData("status=502")]
    [InlineData("status=504")]
    [InlineData("noanswer=fin")]
    public async Task After_several_attempts_a_bad_gateway_is_not_asked_again(string script)
    {
        await using var edge = await Ways.StartAsync([script, script]);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Contains(answer.Status, (int[])[502, 504]);
        Assert.Equal("false", answer.Field("x-should-retry"));
    }

    [Fact]
    public async Task Other_models_come_last()
    {
        await using var edge = await Ways.StartAsync(["status=500", "status=500"], "fallback: [ other ]", setup => setup with { Journal = "mode: group" });
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((200, "3", Ways.Good), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        Assert.Equal(["way-0", "way-1", Ways.Good], Ways.Asked(edge));
        await edge.Host.DisposeAsync();
        var lines = JournalTests.Dump(edge);
        Assert.Equal(["attempt first upstream_fault 500", "attempt retry upstream_fault 500", "attempt fallback done 200", "exchange fallback done 200"],
            lines.Select(line => $"{Text(line, "kind")} {Text(line, "purpose")} {Text(line, "end")} {line.GetProperty("status").GetInt32()}"));
        Assert.Equal(["way-0", "way-1", Ways.Good, Ways.Good], lines.Select(line => Text(line, "target")));
        Assert.Equal(["0", "0"], lines.Take(2).Select(line => Text(line, "costNanodollars") ?? "0"));
    }

    [Fact]
    public async Task The_same_target_is_asked_again_where_there_is_no_other_and_only_if_wanted()
    {
        await using var edge = await Ways.StartAsync([""], "retry: { sameTarget: true }");
        edge.Fake.Enqueue("status=503; retryafterms=30");

        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((200, "2"), (answer.Status, answer.Field("x-aiedge-attempts")));
        Assert.Equal(["way-0", "way-0"], Ways.Asked(edge));
    }

    [Fact]
    public async Task A_provider_that_asks_for_more_time_than_there_is_is_not_asked_again()
    {
        await using var edge = await Ways.StartAsync(["status=429; retryafter=20"], "retry: { sameTarget: true }");
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((429, "1", "20"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("retry-after")));
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_wait()
    {
        await using var edge = await Ways.StartAsync(["status=503; retryafter=50"], "retry: { sameTarget: true, waitMax: 60s }");
        using (var client = await edge.ConnectAsync())
        {
            await client.SendAsync(Ways.Chat());
            await edge.SeeMetricAsync("""aiedge_retries_total{gen_ai_request_model="way",gen_ai_provider_name="fake"} 1""");
            client.LeaveWithReset();
        }

        Assert.Equal("client_closed", (await edge.RecordAsync()).GetProperty("end").GetString());
        Assert.Equal(["way-0"], Ways.Asked(edge));
    }

    [Fact]
    public async Task Without_a_budget_nothing_is_sent_again()
    {
        await using var edge = await Ways.StartAsync(["status=500", "n=3"], "retry: { budget: 0% }");
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((500, "1"), (answer.Status, answer.Field("x-aiedge-attempts")));
        await edge.SeeMetricAsync("""aiedge_retry_budget_total{gen_ai_request_model="way",outcome="refused"} 1""");
    }

    [Fact]
    public async Task A_target_whose_limit_is_full_is_passed_over()
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"], change: setup => setup with
        {
            Models = "  way: { targets: [ { provider: tight, model: way-0 }, { provider: fake, model: way-1, priority: 1 } ] }",
            Providers = $"  tight: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}",
            Limits = ["name: tight, match: { provider: tight }, requests: 1/min, burst: 1, queue: { max: 10, wait: 30s }"],
        });
        var first = await edge.AskAsync(Ways.Chat());
        var second = await edge.AskAsync(Ways.Chat());

        Assert.Equal(("tight", "1"), (first.Field("x-aiedge-provider"), first.Field("x-aiedge-attempts")));
        Assert.Equal((200, "fake", "1"), (second.Status, second.Field("x-aiedge-provider"), second.Field("x-aiedge-attempts")));

        // Who was passed over has refused nothing.
        await edge.RecordAsync();
        var record = await edge.RecordAsync();
        Assert.Equal(("done", false), (Text(record, "end"), record.TryGetProperty("limit", out _)));
        await edge.SeeMetricAsync("aiedge_limit_refusals_total{limit=\"tight\"} 0");
    }

    [Fact]
    public async Task Where_all_targets_refuse_the_one_that_can_be_asked_soonest_is_told()
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"], change: setup => setup with
        {
            Time = new StillTime(),
            Models = "  way: { targets: [ { provider: tight, model: way-0 }, { provider: fake, model: way-1, priority: 1 } ] }",
            Providers = $"  tight: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}",
            Limits = ["name: soon, match: { provider: tight }, requests: 2/min, burst: 1", "name: late, match: { provider: fake }, requests: 1/day"],
        });
        await edge.AskAsync(Ways.Chat());
        await edge.AskAsync(Ways.Chat());
        var refused = await edge.AskAsync(Ways.Chat());

        Assert.Equal((429, "soon;scope=global", "30"), (refused.Status, refused.Field("x-aiedge-limit"), refused.Field("retry-after")));
        Assert.Contains("'soon'", refused.Text, StringComparison.Ordinal);
        await edge.SeeMetricAsync("aiedge_limit_refusals_total{limit=\"soon\"} 1");
        await edge.SeeMetricAsync("aiedge_limit_refusals_total{limit=\"late\"} 0");
    }

    [Fact]
    public async Task A_large_request_is_sent_again_whole()
    {
        await using var edge = await Ways.StartAsync(["status=500", "n=3"]);
        var answer = await edge.AskAsync(Ways.Chat($$""","user":"{{new string('x', 300_000)}}" """));

        Assert.Equal(200, answer.Status);
        var bodies = edge.Fake.Requests.Select(request => request.BodyText.Replace(request.Model!, "way", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, bodies.Count);
        Assert.Equal(bodies[0], bodies[1]);
        Assert.True(Encoding.UTF8.GetByteCount(bodies[1]) > 300_000);
    }

    private static string? Text(JsonElement line, string name) => line.GetProperty(name).GetString();
}
