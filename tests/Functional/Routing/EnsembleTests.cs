using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;
using static AiEdge.Functional.Tests.JournalTests;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A request is sent to several targets at once; of their whole answers one goes to the client, all are paid, and nothing of any is left.</summary>
public sealed class EnsembleTests
{
    private const string Hang = "noanswer=hang";
    private const string WantsJson = ",\"response_format\":{\"type\":\"json_object\"}";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("majority", "way-1", "Rome", "Paris", "paris.")]
    [InlineData("majority", "way-0", "Paris", "Rome", "paris.")]
    [InlineData("majority", "way-0", "Rome", "Paris", "Lyon")]
    [InlineData("majority", "way-1", "{\\\"a\\\":1}", "{\\\"a\\\":2,\\\"b\\\":3}", "{ \\\"b\\\":3.0, \\\"a\\\":2 }")]
    [InlineData("shortest", "way-2", "Paris", "Lyon", "Rom")]
    [InlineData("longest", "way-0", "Paris", "Lyon", "Rom")]
    [InlineData("most-probable", "way-1", "x|-1.5", "x|-0.5", "x|-1.0")]
    [InlineData("most-probable", "way-2", "x", "x", "x|-9.0")]
    [InlineData("most-probable", "way-0", "x", "y", "z")]
    public async Task The_answer_is_taken_that_the_rule_says(string pick, string expected, params string[] said)
    {
        await using var edge = await StartAsync($"size: 3, pick: {pick}", said);
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((200, "3", expected), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        Assert.Equal(Said(said[expected[4] - '0']), answer.Text);
        await edge.SeeNothingLeftAsync();
        await SeeOutcomeAsync(edge, "picked", 1);

        // Two that agree decide for three: the third may have been cancelled before anybody heard of it.
        if (said.Select(text => text.ToUpperInvariant().Trim('.')).Distinct().Count() < 3 && pick == "majority" || said[0][0] == '{')
            return;
        Assert.Equal(["way-0", "way-1", "way-2"], Ways.Asked(edge).Order(StringComparer.Ordinal));
        await SeeOutcomeAsync(edge, "unpicked", 2);
        await edge.Host.DisposeAsync();
        Assert.Equal(
            Enumerable.Range(0, 3).Select(i => $"way-{i}").Where(way => way != expected).Select(way => $"attempt ensemble unpicked {way}")
                .Append($"attempt ensemble done {expected}").Append($"exchange ensemble done {expected}"),
            Dump(edge).Select(Line).Order(EndOrder));
        Assert.All(Dump(edge), line => Assert.Equal((11, 7), (line.GetProperty("inputTokens").GetInt64(), line.GetProperty("outputTokens").GetInt64())));
    }

    [Theory]
    [InlineData("", "", "!refusal", "Paris", "Berlin")]
    [InlineData("", "", "!cut", "Paris", "Berlin")]
    [InlineData("", WantsJson, "Paris", "{}", "Rome")]
    [InlineData("unless: [ json ], ", "", "Paris", "!cut", "Rome")]
    public async Task What_breaks_a_rule_is_not_taken_as_long_as_there_is_another(string unless, string more, params string[] said)
    {
        await using var edge = await StartAsync($"size: 3, {unless}pick: shortest", said);
        Assert.Equal("way-1", (await edge.AskAsync(Chat(more))).Field("x-aiedge-model"));
    }

    [Fact]
    public async Task Where_none_is_good_the_first_targets_is_better_than_none()
    {
        await using var edge = await StartAsync("size: 2", ["!cut", "!refusal"]);
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((200, "way-0", Said("!cut")), (answer.Status, answer.Field("x-aiedge-model"), answer.Text));
        await SeeOutcomeAsync(edge, "invalid", 1);
    }

    [Fact]
    public async Task The_first_good_answer_ends_the_others()
    {
        await using var edge = await StartAsync("size: 3, pick: first-valid", ["!refusal", Hang, "Paris"]);
        Assert.Equal("way-2", (await edge.AskAsync(Chat())).Field("x-aiedge-model"));
        await SeeEndedAsync(edge, "way-1");
        await edge.SeeNothingLeftAsync();

        // The refusal may have been read by then, or not.
        Assert.Contains(await OutcomeAsync(edge, "cancelled"), (string[])["1", "2"]);
        await edge.Host.DisposeAsync();
        var lost = Dump(edge).Single(line => Line(line) == "attempt ensemble cancelled way-1");
        Assert.True(lost.GetProperty("inputTokens").GetInt64() > 0 && Cost(lost) > 0);
        Assert.Equal(0, lost.GetProperty("outputTokens").GetInt64());
    }

    [Theory]
    [InlineData("size: 3, within: off", "Paris", Hang, "Paris")]
    [InlineData("size: 3, within: off, answersMin: 2, pick: longest", "Paris", Hang, "Rome")]
    [InlineData("size: 3, within: 3s, pick: longest", "Paris", Hang, ">Rome")]
    [InlineData("size: 3, within: 100ms, pick: longest", "head=700000", Hang, Hang)]
    public async Task Nobody_is_waited_for_who_could_not_change_it_or_is_not_needed_or_is_late(string ensemble, params string[] said)
    {
        await using var edge = await StartAsync(ensemble, said);
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((200, "way-0"), (answer.Status, answer.Field("x-aiedge-model")));
        await SeeEndedAsync(edge, "way-1");
        await edge.SeeNothingLeftAsync();
    }

    [Fact]
    public async Task One_target_is_asked_so_many_times()
    {
        await using var edge = await StartAsync("size: 3, pick: longest", ["Paris"]);
        for (var i = 1; i <= 2; i++)
        {
            Assert.Equal((200, "3"), (await edge.AskAsync(Chat())) is var answer ? (answer.Status, answer.Field("x-aiedge-attempts")) : default);
            Assert.Equal(3 * i, edge.Fake.Requests.Count);

            // Whoever is answered may ask again before all connections lie in the pool, which is one for both providers of the address.
            await edge.SeeNothingLeftAsync();
            await edge.SeeMetricAsync("aiedge_upstream_connections{provider=\"other\",state=\"idle\"} 3");
        }

        Assert.Equal(3, edge.Fake.Requests.Select(request => request.ConnectionId).Distinct().Count());
    }

    [Theory]
    [InlineData("status=500", "upstream_fault")]
    [InlineData("status=401", "upstream_fault")]
    [InlineData("noanswer=fin", "upstream_fault")]
    [InlineData("n=3; cut=40", "upstream_fault")]
    [InlineData("badhead=garbage", "upstream_fault")]
    [InlineData("closed", "upstream_fault")]
    public async Task Who_fails_is_no_failure_of_the_request(string dead, string end)
    {
        await using var edge = await StartAsync("size: 3, pick: longest", [dead, "Paris", "Paris"]);
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((200, "3", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        await edge.SeeNothingLeftAsync();
        await edge.Host.DisposeAsync();
        var failed = Dump(edge).Where(line => Line(line) == $"attempt ensemble {end} way-0").ToList();

        // What has begun is paid for, as of who is asked alone.
        Assert.Equal(dead.Contains("cut=", StringComparison.Ordinal), Cost(Assert.Single(failed)) > 0);
    }

    [Fact]
    public async Task Who_has_no_more_and_does_not_say_for_how_long_is_left_alone_for_a_moment()
    {
        await using var edge = await StartAsync("size: 3, pick: longest", ["status=429; retryafter=none", "Paris", "Paris"]);
        var began = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++)
            Assert.Equal(200, (await edge.AskAsync(Chat())).Status);
        Assert.InRange(edge.Fake.Requests.Count(request => request.Model == "way-0"), 1, 2 + (int)began.Elapsed.TotalSeconds);
    }

    [Fact]
    public async Task Where_all_fail_the_error_is_the_first_targets_and_a_fallback_is_asked_as_ever()
    {
        await using var edge = await StartAsync("size: 2", ["status=500", "status=503"]);
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((500, "2", "way-0"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        await edge.SeeNothingLeftAsync();

        await using var other = await StartAsync("size: 2", ["status=500", "closed"], ", fallback: [ gpt-4o ], retry: { attempts: 2 }");
        answer = await other.AskAsync(Chat());
        Assert.Equal((200, "3", "fake-n3"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        await other.SeeNothingLeftAsync();
        await other.Host.DisposeAsync();
        Assert.Equal(
            ["attempt ensemble upstream_fault way-0", "attempt ensemble upstream_fault way-1", "attempt fallback done fake-n3", "exchange fallback done fake-n3"],
            Dump(other).Select(Line).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_clients_own_mistake_is_told_as_its_provider_does()
    {
        await using var edge = await StartAsync("size: 2", ["status=400", "status=400"]);
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((400, "2"), (answer.Status, answer.Field("x-aiedge-attempts")));
        Assert.Contains("error", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Hang, Hang, Hang)]
    [InlineData("Paris", Hang, "n=3; stall=40")]
    public async Task A_client_that_leaves_ends_all_and_each_is_billed(params string[] said)
    {
        await using var edge = await StartAsync("size: 3, within: off, pick: longest", said);
        using (var client = await edge.ConnectAsync())
        {
            await client.SendAsync(Chat());
            for (var i = 0; i < 3; i++)
                await edge.Fake.NextRequestAsync(Patience);
            client.LeaveWithReset();
        }

        foreach (var request in edge.Fake.Requests.Where(request => said[request.Model![4] - '0'] != "Paris"))
            Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(Patience));
        await edge.SeeNothingLeftAsync();
        await edge.Host.DisposeAsync();
        var lines = Dump(edge).ToList();
        Assert.Equal(3, lines.Count(line => Line(line).StartsWith("attempt ensemble", StringComparison.Ordinal)));
        Assert.Equal(1, lines.Count(line => Line(line).StartsWith("exchange ensemble client_closed", StringComparison.Ordinal)));
        Assert.All(lines, line => Assert.True(Cost(line) > 0, line.ToString()));
    }

    [Fact]
    public async Task Money_pays_for_all_and_tokens_and_requests_count_once()
    {
        await using var edge = await StartAsync("size: 3, pick: longest", ["Rome", "Paris", "Oslo"], limits:
            ["name: money, cost: $100/day, unpriced: zero", "name: tokens, tokens: 100000/day", "name: requests, requests: 100/day", "name: places, concurrent: 1",
                "name: fakes, match: { provider: fake }, requests: 100/day"]);
        Assert.Equal("way-1", (await edge.AskAsync(Chat())).Field("x-aiedge-model"));
        await edge.SeeNothingLeftAsync();
        var used = (await edge.AdminAsync("/limits")).Json.GetProperty("buckets").EnumerateArray()
            .ToDictionary(bucket => bucket.GetProperty("name").GetString()!, bucket => bucket.TryGetProperty("used", out var its) ? long.Parse(its.ToString(), CultureInfo.InvariantCulture) : 0);
        await edge.Host.DisposeAsync();
        var attempts = Dump(edge).Where(line => line.GetProperty("kind").GetString() == "attempt").ToList();
        Assert.Equal(3, attempts.Count);
        Assert.Equal((attempts.Sum(Cost), 18, 1, 1), (used["money"], used["tokens"], used["requests"], used["fakes"]));
        Assert.Equal(3 * 18_000, used["money"]);
    }

    [Theory]
    [InlineData("name: few, match: { provider: other }, requests: 1/day", 3, 2)]
    [InlineData("name: few, match: { model: way }, cost: $0.00003/day", 2, 1)]
    [InlineData("name: few, match: { provider: other }, concurrent: 1", 3, 3)]
    public async Task Who_a_limit_has_nothing_left_for_is_not_asked(string limit, int asked, int then)
    {
        await using var edge = await StartAsync("size: 3, pick: longest", ["Paris", "Paris", "Paris"], ", outputTokensMax: 1, tokenizer: o200k_base", limits: [limit], other: 0);
        await edge.AskAsync(Ask.Chat());
        var first = await edge.AskAsync(Chat());
        await edge.SeeNothingLeftAsync();
        var second = await edge.AskAsync(Chat());
        Assert.Equal(200, first.Status);
        if (!limit.Contains("cost", StringComparison.Ordinal))
            Assert.Equal((asked, then), (int.Parse(first.Field("x-aiedge-attempts")!, CultureInfo.InvariantCulture), int.Parse(second.Field("x-aiedge-attempts")!, CultureInfo.InvariantCulture)));
        else
            Assert.True(int.Parse(first.Field("x-aiedge-attempts")!, CultureInfo.InvariantCulture) < 3);
        if (asked != then)
            Assert.NotEqual("0", await OutcomeAsync(edge, "limited"));
        await edge.SeeNothingLeftAsync();
    }

    [Fact]
    public async Task A_full_target_is_not_asked_and_others_are_in_its_place()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  way: { targets: [ { provider: fake, model: way-0, concurrent: 1 }, { provider: fake, model: way-1 } ], ensemble: { size: 4, pick: longest } }",
            Fake = new FakeUpstreamOptions { RawFor = static request => Ask.Answer(Said("Paris")) },
        });
        Assert.Equal(200, (await edge.AskAsync(Chat())).Status);
        Assert.Equal(["way-0", "way-1", "way-1", "way-1"], Ways.Asked(edge).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Those_of_a_higher_priority_wait_for_the_others_failing()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  way: { targets: [ { provider: fake, model: way-0 }, { provider: fake, model: way-1, priority: 1 } ], ensemble: { size: 2 } }",
            Fake = new FakeUpstreamOptions { ScriptFor = static request => request.Model == "way-0" ? "status=500" : "n=3" },
        });
        Assert.Equal((200, "3", "way-1"), await edge.AskAsync(Chat()) is var answer ? (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")) : default);
        Assert.Equal(["way-0", "way-0", "way-1"], Ways.Asked(edge));
    }

    /// <summary>The client speaks OpenAI's dialect, two of three providers others.</summary>
    [Fact]
    public async Task Translated_answers_are_compared_as_the_client_would_see_them()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Providers = Claude.Setup.Providers + "\n" + Gem.Setup.Providers,
            Models = "  way: { targets: [ { provider: fake, model: way-0 }, { provider: claude, model: way-1 }, { provider: google, model: way-2 } ], ensemble: { size: 3 } }",
            Fake = new FakeUpstreamOptions
            {
                RawFor = static request => Ask.Answer(request.Path.Contains("/messages", StringComparison.Ordinal)
                    ? """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Paris"}],"stop_reason":"end_turn","usage":{"input_tokens":11,"output_tokens":7} }"""
                    : request.Path.Contains(":generateContent", StringComparison.Ordinal)
                    ? """{"candidates":[{"content":{"parts":[{"text":"paris."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":11,"candidatesTokenCount":7,"totalTokenCount":18}}"""
                    : Said("Rome")),
            },
        });
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((200, "way-1"), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal("Paris", answer.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        await edge.SeeNothingLeftAsync();
    }

    [Fact]
    public async Task Messages_go_the_same_way()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Providers = Claude.Setup.Providers,
            Models = "  way: { targets: [ { provider: claude, model: fake-n3 }, { provider: claude, model: fake-n9 } ], ensemble: { size: 2, pick: longest } }",
        });
        Assert.Equal((200, "fake-n9"), await edge.AskAsync(Claude.Ask(model: "way")) is var answer ? (answer.Status, answer.Field("x-aiedge-model")) : default);
    }

    [Theory]
    [InlineData("encoding=gzip")]
    [InlineData("encoding=br")]
    [InlineData("framing=chunked; chunk=7")]
    [InlineData("framing=eof")]
    public async Task However_an_answer_comes_it_is_read_and_goes_out_whole(string form)
    {
        await using var edge = await StartAsync("size: 2, pick: longest", [$"n=3; {form}", $"n=9; {form}"]);
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((200, "way-1"), (answer.Status, answer.Field("x-aiedge-model")));
        Assert.Equal(9, answer.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        await edge.SeeNothingLeftAsync();
    }

    [Fact]
    public async Task An_answer_that_is_too_long_to_be_held_goes_out_where_there_is_no_other()
    {
        var text = new string('x', 700_000);
        await using var edge = await StartAsync("size: 2", [text, "status=500"]);
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((200, Said(text)), (answer.Status, answer.Text));
        await edge.SeeNothingLeftAsync();
        await using var other = await StartAsync("size: 2", [text, "Paris"]);
        Assert.Equal("way-1", (await other.AskAsync(Chat())).Field("x-aiedge-model"));
        await other.SeeNothingLeftAsync();
    }

    [Fact]
    public async Task A_connection_that_had_gone_stale_costs_nobody_its_answer()
    {
        await using var edge = await StartAsync("size: 2", ["n=3; stale=fin", "n=3; stale=fin"]);
        for (var i = 0; i < 3; i++)
        {
            var before = edge.Fake.RequestCount;
            var answer = await edge.AskAsync(Chat());
            var sent = edge.Fake.RequestCount - before;
            Assert.Equal((200, sent.ToString(CultureInfo.InvariantCulture)), (answer.Status, answer.Field("x-aiedge-attempts")));
            Assert.InRange(sent, i == 0 ? 2 : 3, 4);
        }

        await SeeOutcomeAsync(edge, "unpicked", 3);
        await SeeOutcomeAsync(edge, "failed", 0);
        await edge.SeeMetricAsync("aiedge_exchanges_open 0");
        var asked = edge.Fake.RequestCount;
        await edge.Host.DisposeAsync();
        Assert.Equal(asked, JournalTests.Dump(edge).Count(line => line.GetProperty("kind").GetString() == "attempt"));
    }

    [Fact]
    public async Task Streams_and_what_the_provider_keeps_or_does_itself_are_asked_for_once()
    {
        await using var edge = await StartAsync("size: 3", ["n=3", "n=3", "n=3"]);
        Assert.Equal("1", (await edge.AskAsync(Ask.Stream(model: "way"))).Field("x-aiedge-attempts"));
        await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"way","input":"x","previous_response_id":"resp_1"}"""));
        await edge.AskAsync(Ask.Post("/v1/embeddings", """{"model":"way","input":"x"}"""));
        await edge.AskAsync(Ask.Post("/v1/completions", """{"model":"way","prompt":"x"}"""));
        Assert.Equal(4, edge.Fake.Requests.Count);
    }

    private static IComparer<string> EndOrder => Comparer<string>.Create(static (one, other) =>
        (one.Contains(" done ", StringComparison.Ordinal) ? 1 : 0, one).CompareTo((other.Contains(" done ", StringComparison.Ordinal) ? 1 : 0, other)));

    internal static string Chat(string more = "") => Ask.Chat(model: "way", more: more);

    private static bool IsScript(string said) => said == "closed" || (said.Contains('=', StringComparison.Ordinal) && said[0] != '{');

    /// <summary>A whole chat that says a text, with a log-probability behind a bar; a text that begins with a mark is refused or cut.</summary>
    private static string Said(string text)
    {
        var parts = text.Split('|');
        var message = text == "!refusal" ? "\"content\":null,\"refusal\":\"no\"" : $"\"content\":\"{parts[0]}\"";
        var logprobs = parts.Length > 1 ? $",\"logprobs\":{{\"content\":[{{\"token\":\"x\",\"logprob\":{parts[1]}}}]}}" : "";
        var choice = $$$"""{"index":0,"message":{"role":"assistant",{{{message}}}}{{{logprobs}}},"finish_reason":"{{{(text == "!cut" ? "length" : "stop")}}}"}""";
        return "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[" + choice
            + "],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}}";
    }

    private static async Task SeeEndedAsync(Edge edge, string model) =>
        Assert.Equal(RequestEnd.ClientLeft, await edge.Fake.Requests.Single(request => request.Model == model).End.WaitAsync(Patience));

    private static Task SeeOutcomeAsync(Edge edge, string outcome, int times) =>
        edge.SeeMetricAsync($"aiedge_ensemble_total{{gen_ai_request_model=\"way\",outcome=\"{outcome}\"}} {times}");

    private static async Task<string> OutcomeAsync(Edge edge, string outcome) =>
        (await edge.AdminAsync("/metrics")).Text.Split('\n').Single(line => line.StartsWith($"aiedge_ensemble_total{{gen_ai_request_model=\"way\",outcome=\"{outcome}\"", StringComparison.Ordinal)).Split(' ')[^1];

    /// <param name="ensemble">Fields of <c>ensemble</c>.</param>
    /// <param name="said">What each target says, behind > when the first has said its own, or is told to do; <c>closed</c> for one that nobody listens for.</param>
    /// <param name="more">More fields of the model.</param>
    /// <param name="limits">Limits.</param>
    /// <param name="other">Which target lies at another provider of the same address.</param>
    internal static Task<Edge> StartAsync(string ensemble, string[] said, string more = "", string[]? limits = null, int other = -1)
    {
        // Nobody answers before all who never will have been asked: else they could be called off before anybody heard of them.
        var (hanging, heard) = (said.Count(static its => its == Hang), new StrongBox<int>());
        var allAreHeard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = new TaskCompletionSource<ReceivedRequest>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (hanging == 0)
            allAreHeard.SetResult();
        string? Script(string its)
        {
            if (its == Hang && Interlocked.Increment(ref heard.Value) == hanging)
                allAreHeard.SetResult();
            return IsScript(its) ? its : null;
        }

        async Task WaitAsync(ReceivedRequest request)
        {
            if (request.Model is not ['w', 'a', 'y', '-', var i] || IsScript(said[i - '0']))
                return;
            if (i == '0')
                first.TrySetResult(request);
            await allAreHeard.Task.WaitAsync(Patience);
            if (said[i - '0'][0] == '>')
                await (await first.Task.WaitAsync(Patience)).End.WaitAsync(Patience);
        }

        var targets = said.Select((its, i) => $"{{ provider: {(its == "closed" ? "closed" : i == other ? "other" : "fake")}, model: way-{i} }}");
        return Edge.StartAsync(new EdgeSetup
        {
            Providers = $"  other: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}",
            Models = $"  way: {{ targets: [ {string.Join(", ", targets)} ], price: {{ input: 1, output: 1 }}, ensemble: {{ {ensemble} }}{more} }}",
            Limits = limits ?? [],
            Journal = "mode: group",
            Fake = new FakeUpstreamOptions
            {
                AfterFor = WaitAsync,
                RawFor = request => request.Model is ['w', 'a', 'y', '-', var i] && !IsScript(said[i - '0']) ? Ask.Answer(Said(said[i - '0'].TrimStart('>'))) : null,
                ScriptFor = request => request.Model is ['w', 'a', 'y', '-', var i] ? Script(said[i - '0']) : null,
            },
        });
    }
}
