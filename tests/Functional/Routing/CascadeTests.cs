using System.Globalization;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;
using static AiEdge.Functional.Tests.JournalTests;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A cheaper model is asked first; its whole answer is judged before any of it goes out, and a better model is asked where it is not good enough.</summary>
public sealed class CascadeTests
{
    private const string Usage = "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}";
    private const string Schema = Pairs.Schema;
    private const string WantsLogprobs = ",\"logprobs\":true";
    private const string WantsJson = ",\"response_format\":{\"type\":\"json_object\"}";
    private const string WantsSchema = ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":" + Schema + "}}";
    private const string WantsNested = ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":"
        + "{\"$defs\":{\"Inner\":" + Schema + "},\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/Inner\"}}}}}";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("\"content\":\"yes\"", "stop", "", null)]
    [InlineData("\"content\":null,\"refusal\":\"no\"", "stop", "", "refusal")]
    [InlineData("\"content\":\"\"", "content_filter", "", "refusal")]
    [InlineData("\"content\":\"and then\"", "length", "", "length")]
    [InlineData("\"content\":\"yes\"", "stop", WantsJson, "json")]
    [InlineData("\"content\":\"{}\"", "stop", WantsJson, null)]
    [InlineData("\"content\":\"{}\"", "stop", WantsSchema, "json")]
    [InlineData("\"content\":\"{\\\"a\\\":\\\"1\\\"}\"", "stop", WantsSchema, "json")]
    [InlineData("\"content\":\"{\\\"a\\\":1}\"", "stop", WantsSchema, null)]
    [InlineData("\"content\":\"{\\\"a\\\":1,\\\"b\\\":2}\"", "stop", WantsSchema, "json")]
    [InlineData("\"content\":\"{\\\"a\\\":{\\\"a\\\":\\\"1\\\"}}\"", "stop", WantsNested, "json")]
    [InlineData("\"content\":\"{\\\"a\\\":{\\\"a\\\":1}}\"", "stop", WantsNested, null)]
    [InlineData("\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]", "tool_calls", WantsJson, null)]
    [InlineData("\"content\":\"x\"},\"logprobs\":{\"content\":[{\"token\":\"x\",\"logprob\":-1.0},{\"token\":\"y\",\"logprob\":-2.5}]", "stop", WantsLogprobs, "probability")]
    [InlineData("\"content\":\"x\"},\"logprobs\":{\"content\":[{\"token\":\"x\",\"logprob\":-1.0},{\"token\":\"y\",\"logprob\":-1.4}]", "stop", WantsLogprobs, null)]
    public async Task A_chat_escalates_by_rule_and_stays_where_none_holds(string message, string reason, string more, string? rule)
    {
        await using var edge = await StartAsync("[ { model: small, probabilityMin: 0.25 } ]");
        var said = Said(message, reason);
        Answer(edge, said);
        await SeeAsync(edge, Ask.Chat(model: "large", more: more), said, rule);
    }

    [Theory]
    [InlineData("end_turn", "yes", "", null)]
    [InlineData("refusal", "", "", "refusal")]
    [InlineData("max_tokens", "and", "", "length")]
    [InlineData("end_turn", "yes", ",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":" + Schema + "}}", "json")]
    public async Task A_message_does_so(string reason, string text, string more, string? rule)
    {
        await using var edge = await StartAsync("[ { model: small } ]", "claude");
        var said = $$$"""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"{{{text}}}"}],"stop_reason":"{{{reason}}}","stop_sequence":null,"usage":{"input_tokens":11,"output_tokens":7}}""";
        Answer(edge, said);
        await SeeAsync(edge, Claude.Ask(model: "large", more: more), said, rule);
    }

    [Theory]
    [InlineData("\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"yes\"}]},\"finishReason\":\"STOP\"}]", "", null)]
    [InlineData("\"candidates\":[{\"finishReason\":\"SAFETY\"}]", "", "refusal")]
    [InlineData("\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"}", "", "refusal")]
    [InlineData("\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"and\"}]},\"finishReason\":\"MAX_TOKENS\"}]", "", "length")]
    [InlineData("\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"yes\"}]},\"finishReason\":\"STOP\"}]", ",\"generationConfig\":{\"responseMimeType\":\"application/json\"}", "json")]
    [InlineData("\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"yes\"}]},\"finishReason\":\"STOP\",\"avgLogprobs\":-1.6}]", "", "probability")]
    public async Task Contents_do_so(string answer, string more, string? rule)
    {
        await using var edge = await StartAsync("[ { model: small, probabilityMin: 0.25 } ]", "google");
        var said = $$$"""{{{{answer}}},"usageMetadata":{"promptTokenCount":11,"candidatesTokenCount":7,"totalTokenCount":18}}""";
        Answer(edge, said);
        await SeeAsync(edge, Gem.Ask(model: "large", more: more), said, rule);
    }

    [Theory]
    [InlineData("completed", "null", "{\"type\":\"output_text\",\"text\":\"yes\",\"annotations\":[]}", "", null)]
    [InlineData("completed", "null", "{\"type\":\"refusal\",\"refusal\":\"no\"}", "", "refusal")]
    [InlineData("incomplete", "{\"reason\":\"max_output_tokens\"}", "{\"type\":\"output_text\",\"text\":\"and\",\"annotations\":[]}", "", "length")]
    [InlineData("completed", "null", "{\"type\":\"output_text\",\"text\":\"yes\",\"annotations\":[]}", ",\"text\":{\"format\":{\"type\":\"json_object\"}}", "json")]
    public async Task A_response_does_so(string status, string details, string part, string more, string? rule)
    {
        await using var edge = await StartAsync("[ { model: small } ]");
        var output = $$$"""[{"type":"message","role":"assistant","content":[{{{part}}}]}]""";
        var said = $$$"""{"id":"resp_1","object":"response","status":"{{{status}}}","incomplete_details":{{{details}}},"output":{{{output}}},"usage":{"input_tokens":11,"output_tokens":7,"total_tokens":18}}""";
        Answer(edge, said);
        await SeeAsync(edge, Ask.Post("/v1/responses", $$"""{"model":"large","input":"x","store":false{{more}}}"""), said, rule);
    }

    /// <summary>The client speaks OpenAI's dialect, the cheaper model's provider Anthropic's.</summary>
    [Theory]
    [InlineData("max_tokens", "length")]
    [InlineData("end_turn", null)]
    public async Task A_translated_answer_is_judged_as_the_client_would_see_it(string reason, string? rule)
    {
        await using var edge = await StartAsync("[ { model: small } ]", small: "claude");
        Answer(edge, $$"""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"and"}],"stop_reason":"{{reason}}","usage":{"input_tokens":11,"output_tokens":7} }""");
        await SeeAsync(edge, Ask.Chat(model: "large"), null, rule);
    }

    [Theory]
    [InlineData("unless: [ refusal, json ]", "length")]
    [InlineData("unless: [ length ]", "content_filter")]
    public async Task What_is_not_named_is_no_reason(string rules, string reason)
    {
        await using var edge = await StartAsync($"[ {{ model: small, {rules} }} ]");
        var said = Said("\"content\":\"x\"", reason);
        Answer(edge, said);
        await SeeAsync(edge, Ask.Chat(model: "large"), said, null);
    }

    [Fact]
    public async Task Each_step_is_asked_once_and_money_pays_for_all_and_tokens_and_requests_count_once()
    {
        await using var edge = await StartAsync(
            "[ { model: small }, { model: middle } ]",
            limits: ["name: money, cost: $100/day, unpriced: zero", "name: tokens, tokens: 100000/day", "name: requests, requests: 100/day"]);
        Answer(edge, Said("\"content\":\"and\"", "length"));
        Answer(edge, Said("\"content\":\"\"", "content_filter"));
        var answer = await edge.AskAsync(Ask.Chat(model: "large"));
        Assert.Equal((200, "3", "refusal", "fake-n3-large"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-cascade"), answer.Field("x-aiedge-model")));
        Assert.Equal(["fake-n3-small", "fake-n3-middle", "fake-n3-large"], Ways.Asked(edge));
        await SeeOutcomeAsync(edge, "length", 1);
        await SeeOutcomeAsync(edge, "refusal", 1);
        await SeeOutcomeAsync(edge, "kept", 0);
        await edge.SeeMetricAsync("aiedge_exchanges_open 0");
        await edge.SeeMetricAsync("aiedge_retry_budget_total{gen_ai_request_model=\"large\",outcome=\"granted\"} 0");
        await edge.SeeMetricAsync("aiedge_target_failures_total{gen_ai_provider_name=\"fake\",target=\"fake-n3-small\"} 0");
        var used = (await edge.AdminAsync("/limits")).Json.GetProperty("buckets").EnumerateArray()
            .ToDictionary(bucket => bucket.GetProperty("name").GetString()!, bucket => long.Parse(bucket.GetProperty("used").ToString(), CultureInfo.InvariantCulture));
        await edge.Host.DisposeAsync();

        var lines = Dump(edge).ToList();
        Assert.Equal(
            ["attempt cascade escalated fake-n3-small", "attempt cascade escalated fake-n3-middle", "attempt first done fake-n3-large", "exchange first done fake-n3-large"],
            lines.Select(Line));
        Assert.Equal([18_000, 36_000], lines.Take(2).Select(Cost));
        Assert.Equal(lines.Take(3).Sum(Cost), used["money"]);
        Assert.Equal(lines[3].GetProperty("inputTokens").GetInt64() + lines[3].GetProperty("outputTokens").GetInt64(), used["tokens"]);
        Assert.Equal(1, used["requests"]);
    }

    [Theory]
    [InlineData("status=500", "failed")]
    [InlineData("status=400", "failed")]
    [InlineData("status=401", "failed")]
    [InlineData("noanswer=hang", "failed")]
    [InlineData("noanswer=fin", "failed")]
    public async Task A_cheaper_model_that_fails_costs_no_retry(string script, string outcome)
    {
        await using var edge = await StartAsync("[ { model: small, within: 200ms } ]", script: script, more: ", retry: { attempts: 1 }");
        var answer = await edge.AskAsync(Ask.Chat(model: "large"));
        Assert.Equal((200, "2", outcome, "fake-n3-large"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-cascade"), answer.Field("x-aiedge-model")));
        await SeeOutcomeAsync(edge, outcome, 1);
        await edge.SeeMetricAsync("aiedge_retry_budget_total{gen_ai_request_model=\"large\",outcome=\"granted\"} 0");
    }

    /// <summary>The model's own retries are as many as without a cascade.</summary>
    [Fact]
    public async Task After_it_the_model_is_retried_as_ever()
    {
        await using var edge = await StartAsync("[ { model: small } ]", more: ", retry: { attempts: 2, sameTarget: true }", failing: "fake-n3-large");
        Answer(edge, Said("\"content\":\"and\"", "length"));
        var answer = await edge.AskAsync(Ask.Chat(model: "large"));
        Assert.Equal((500, "3"), (answer.Status, answer.Field("x-aiedge-attempts")));
        Assert.Equal(["fake-n3-small", "fake-n3-large", "fake-n3-large"], Ways.Asked(edge));
    }

    [Theory]
    [InlineData("name: few, match: { model: small }, requests: 1/day")]
    [InlineData("name: few, match: { model: small, provider: fake }, requests: 1/day")]
    public async Task A_limit_of_the_cheaper_model_sends_to_the_next(string limit)
    {
        await using var edge = await StartAsync("[ { model: small } ]", limits: [limit]);
        Assert.Null((await edge.AskAsync(Ask.Chat(model: "large"))).Field("x-aiedge-cascade"));
        var answer = await edge.AskAsync(Ask.Chat(model: "large"));
        Assert.Equal((200, "1", "limited"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-cascade")));
        Assert.Equal(["fake-n3-small", "fake-n3-large"], Ways.Asked(edge));
        await SeeOutcomeAsync(edge, "limited", 1);
        await edge.RecordAsync();
        Assert.False((await edge.RecordAsync()).TryGetProperty("limit", out _));
    }

    [Fact]
    public async Task A_client_that_leaves_while_the_second_is_asked_ends_it_and_both_are_billed()
    {
        await using var edge = await StartAsync("[ { model: small } ]", failing: "fake-n3-large", failure: "noanswer=hang");
        Answer(edge, Said("\"content\":\"and\"", "length"));
        using (var client = await edge.ConnectAsync())
        {
            await client.SendAsync(Ask.Chat(model: "large"));
            await edge.Fake.NextRequestAsync(Patience);
            await edge.Fake.NextRequestAsync(Patience);
            client.LeaveWithReset();
        }

        Assert.Equal(RequestEnd.ClientLeft, await edge.Fake.Requests[1].End.WaitAsync(Patience));
        await edge.SeeMetricAsync("aiedge_exchanges_open 0");
        await edge.Host.DisposeAsync();
        var lines = Dump(edge).ToList();
        Assert.Equal(
            ["attempt cascade escalated fake-n3-small", "attempt first client_closed fake-n3-large", "exchange first client_closed fake-n3-large"], lines.Select(Line));
        Assert.Equal(18_000, Cost(lines[0]));
        Assert.True(Cost(lines[1]) > 0);
    }

    [Fact]
    public async Task Streams_and_what_the_provider_keeps_or_does_itself_go_to_the_model_at_once()
    {
        await using var edge = await StartAsync("[ { model: small } ]");
        Assert.Null((await edge.AskAsync(Ask.Stream(model: "large"))).Field("x-aiedge-cascade"));
        await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"large","input":"x","previous_response_id":"resp_1"}"""));
        await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"large","input":"x","tools":[{"type":"mcp","server_label":"s","server_url":"https://s"}]}"""));
        await edge.AskAsync(Ask.Post("/v1/embeddings", """{"model":"large","input":"x"}"""));
        await edge.AskAsync(Ask.Post("/v1/completions", """{"model":"large","prompt":"x"}"""));
        Assert.Equal(Enumerable.Repeat("fake-n3-large", 5), Ways.Asked(edge));
    }

    [Fact]
    public async Task An_answer_that_is_too_long_to_be_held_goes_out_as_it_is()
    {
        await using var edge = await StartAsync("[ { model: small } ]");
        var said = Said($"\"content\":\"{new string('x', 300_000)}\"", "length");
        Answer(edge, said);
        await SeeAsync(edge, Ask.Chat(model: "large"), said, null);
    }

    [Fact]
    public async Task An_answer_of_many_receives_is_judged_too()
    {
        await using var edge = await StartAsync("[ { model: small } ]");
        Answer(edge, Said($"\"content\":\"{new string('x', 200_000)}\"", "length"));
        await SeeAsync(edge, Ask.Chat(model: "large"), null, "length");
    }

    [Theory]
    [InlineData("targets: [ { provider: fake, model: fake-n3-large, region: us } ]", "fake-n3-small", "length")]
    [InlineData("targets: [ { provider: fake, model: fake-n3-large, region: eu } ], disabled: false", "fake-n3-large", "length")]
    public async Task Where_the_model_cannot_be_asked_the_cheaper_answer_is_better_than_none(string large, string answered, string reason)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = $"  large: {{ {large}, cascade: [ {{ model: small }} ] }}\n  small: {{ targets: [ {{ provider: fake, model: fake-n3-small, region: eu }} ] }}",
            KeyFields = "regions: [ eu ]",
        });
        Answer(edge, Said("\"content\":\"and\"", reason));
        var answer = await edge.AskAsync(Ask.Chat(model: "large"));
        Assert.Equal((200, answered), (answer.Status, answer.Field("x-aiedge-model")));
    }

    [Theory]
    [InlineData("blind", WantsJson)]
    [InlineData("far", "")]
    [InlineData("\"off\"", "")]
    public async Task Who_cannot_take_the_request_or_may_not_have_it_is_not_asked(string cheaper, string more)
    {
        await using var edge = await StartAsync($"[ {{ model: {cheaper} }} ]");
        var answer = await edge.AskAsync(Ask.Chat(model: "large", more: more));
        Assert.Equal((200, "1", null), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-cascade")));
        Assert.Equal(["fake-n3-large"], Ways.Asked(edge));
    }

    private static async Task SeeAsync(Edge edge, string request, string? said, string? rule)
    {
        var answer = await edge.AskAsync(request);
        Assert.Equal((200, rule), (answer.Status, answer.Field("x-aiedge-cascade")));
        Assert.Equal((rule is null ? "1" : "2", rule is null ? "fake-n3-small" : "fake-n3-large"), (answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        if (rule is null && said is not null)
            Assert.Equal(said, answer.Text);
        await SeeOutcomeAsync(edge, rule ?? "kept", 1);
        Assert.Equal(rule is null ? "small" : "large", (await edge.RecordAsync()).GetProperty("model").GetString());
    }

    private static void Answer(Edge edge, string said) => edge.Fake.EnqueueRaw(Ask.Answer(said), close: false);

    private static Task SeeOutcomeAsync(Edge edge, string outcome, int times) =>
        edge.SeeMetricAsync($"aiedge_cascade_total{{gen_ai_request_model=\"large\",outcome=\"{outcome}\"}} {times}");

    private static string Said(string message, string reason) =>
        "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
        + message + "},\"finish_reason\":\"" + reason + "\"}]," + Usage + "}";

    private static Task<Edge> StartAsync(
        string cascade, string provider = "fake", string? small = null, string more = "", string script = "", string? failing = null, string failure = "status=500", string[]? limits = null) =>
        Edge.StartAsync(new EdgeSetup
        {
            Providers = Claude.Setup.Providers + "\n" + Gem.Setup.Providers,
            Models = $$"""
                  large: { targets: [ { provider: {{provider}}, model: fake-n3-large, region: eu } ], price: { input: 9, output: 9 }, cascade: {{cascade}}{{more}} }
                  small: { targets: [ { provider: {{small ?? provider}}, model: fake-n3-small, region: eu } ], price: { input: 1, output: 1 } }
                  middle: { targets: [ { provider: {{provider}}, model: fake-n3-middle, region: eu } ], price: { input: 2, output: 2 } }
                  blind: { targets: [ { provider: fake, model: fake-n3-blind, region: eu } ], capabilities: [ text ] }
                  far: { targets: [ { provider: fake, model: fake-n3-far, region: us } ] }
                  "off": { targets: [ { provider: fake, model: fake-n3-off, region: eu } ], disabled: true }
                """,
            KeyFields = "regions: [ eu ]",
            Limits = limits ?? [],
            Journal = "mode: group",
            Fake = new FakeUpstreamOptions
            {
                ScriptFor = request => request.Model == failing ? failure : request.Model == "fake-n3-small" && script.Length > 0 ? script : null,
            },
        });
}
