using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>What only says that a stream begins is no beginning: until the first event with content somebody else may still be asked.</summary>
public sealed class PreludeTests
{
    private const string Role = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What each provider says before anything: the request's form, and its provider.</summary>
    private static readonly Dictionary<string, string> Preludes = new()
    {
        ["fake"] = Role,
        ["claude"] = Event("message_start", """ "message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":9,"output_tokens":1}}""")
            + Event("ping", "")
            + Event("content_block_start", """ "index":0,"content_block":{"type":"text","text":""}""")
            + Event("ping", ""),
        ["gem"] = "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"\"}]},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":9}}\r\n\r\n",
        ["responses"] = Event("response.created", """ "sequence_number":0,"response":{"id":"resp_1","created_at":1,"status":"in_progress"}""")
            + Event("response.in_progress", """ "sequence_number":1,"response":{"id":"resp_1","created_at":1,"status":"in_progress"}""")
            + Event("response.output_item.added", """ "sequence_number":2,"output_index":0,"item":{"id":"msg_1","type":"message","content":[]}""")
            + Event("response.content_part.added", """ "sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":""}"""),
    };

    private static readonly Dictionary<string, string> Faults = new()
    {
        ["fake"] = "data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n",
        ["claude"] = Event("error", """ "error":{"type":"overloaded_error","message":"Overloaded"}"""),
        ["gem"] = "data: {\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n",
        ["responses"] = Event("error", """ "sequence_number":4,"error":{"type":"server_error","message":"overloaded"}"""),
    };

    /// <summary>Each dialect as it is, and some of them translated.</summary>
    public static TheoryData<string, string> Rows => new()
    {
        { "chat", "fake" }, { "responses", "responses" }, { "messages", "claude" }, { "events", "gem" },
        { "chat", "claude" }, { "messages", "fake" }, { "events", "claude" }, { "responses", "gem" }, { "chat", "responses" }, { "array", "fake" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_stream_that_begins_and_hangs_comes_from_the_next_target(string form, string provider)
    {
        await using var edge = await StartAsync(provider, first: "firstByte: 500ms");
        edge.Fake.EnqueueRaw(AttemptTests.Unended(Preludes[provider]), close: false);
        await SeeAnswerOfTheNextAsync(edge, form);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_stream_that_begins_and_breaks_comes_from_the_next_target(string form, string provider)
    {
        await using var edge = await StartAsync(provider);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Preludes[provider]));
        await SeeAnswerOfTheNextAsync(edge, form);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_stream_that_begins_and_tells_an_error_comes_from_the_next_target(string form, string provider)
    {
        await using var edge = await StartAsync(provider);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Preludes[provider] + Faults[provider]));
        await SeeAnswerOfTheNextAsync(edge, form);
    }

    [Theory]
    [InlineData("responses", """ "sequence_number":4,"response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"m"}}""")]
    [InlineData("responses", """ "sequence_number":4,"response":{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"m"}}""")]
    [InlineData("chat", """ "sequence_number":4,"response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"m"}}""")]
    public async Task A_response_that_fails_before_its_content_comes_from_the_next_target(string form, string failed)
    {
        await using var edge = await StartAsync("responses");
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Preludes["responses"] + Event("response.failed", failed)));
        await SeeAnswerOfTheNextAsync(edge, form);
    }

    /// <summary>It says nothing against the provider, and nobody else would answer it.</summary>
    [Theory]
    [InlineData("chat", "fake", "data: {\"error\":{\"message\":\"Its own words.\",\"code\":400}}\n\n")]
    [InlineData("messages", "claude", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Its own words.\"}}\n\n")]
    [InlineData("messages", "fake", "data: {\"error\":{\"message\":\"Its own words.\",\"code\":400}}\n\n")]
    [InlineData("responses", "responses", "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"invalid_prompt\",\"message\":\"Its own words.\"}}}\n\n")]
    public async Task An_error_of_the_request_is_told_and_nobody_else_asked(string form, string provider, string error)
    {
        await using var edge = await StartAsync(provider);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Preludes[provider] + error));
        var answer = await edge.AskAsync(Request(form));
        Assert.Equal((400, "application/json"), (answer.Status, answer.Field("content-type")?.Split(';')[0]));
        Assert.Equal("Its own words.", answer.Json.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(1, edge.Fake.RequestCount);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task So_does_one_whose_error_is_closed_by_no_empty_line(string form, string provider)
    {
        await using var edge = await StartAsync(provider);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Preludes[provider] + Faults[provider].TrimEnd()));
        await SeeAnswerOfTheNextAsync(edge, form);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_stream_that_begins_and_hangs_is_an_honest_error_where_nobody_else_is_there(string form, string provider)
    {
        await using var edge = await StartAsync(provider, first: "firstByte: 500ms", attempts: 1);
        edge.Fake.EnqueueRaw(AttemptTests.Unended(Preludes[provider]), close: false);
        var answer = await edge.AskAsync(Request(form));
        Assert.Equal((504, "application/json"), (answer.Status, answer.Field("content-type")?.Split(';')[0]));
        Assert.Contains("too long", answer.Text, StringComparison.Ordinal);
    }

    /// <summary>Clients send such an answer again by themselves, as they do not with an error in a stream.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public async Task An_error_where_nobody_else_is_there_is_an_answer_with_its_status(string form, string provider)
    {
        await using var edge = await StartAsync(provider, attempts: 1);
        var status = provider == "responses" ? 502 : form == "messages" ? 529 : 503;
        foreach (var stream in (string[])[Preludes[provider] + Faults[provider], Faults[provider], Preludes[provider] + Faults[provider].TrimEnd()])
        {
            edge.Fake.EnqueueRaw(Ask.StreamAnswer(stream));
            var answer = await edge.AskAsync(Request(form));
            Assert.Equal((status, "application/json"), (answer.Status, answer.Field("content-type")?.Split(';')[0]));
            Assert.Equal("overloaded", answer.Json.GetProperty("error").GetProperty("message").GetString(), ignoreCase: true);
            var record = await edge.RecordAsync();
            Assert.Equal(("upstream_fault", status), (record.GetProperty("end").GetString(), record.GetProperty("status").GetInt32()));
            Assert.Equal(0, JournalTests.Cost(record));
        }
    }

    [Theory]
    [InlineData("{\"error\":{\"code\":429,\"message\":\"m\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}", 429, "m")]
    [InlineData("{\"error\":{\"code\":\"429\",\"message\":\"m\"}}", 429, "m")]
    [InlineData("{\"error\":{\"type\":\"rate_limit_error\",\"message\":\"m\"}}", 429, "m")]
    [InlineData("{\"error\":{\"code\":504,\"message\":\"m\"}}", 504, "m")]
    [InlineData("{\"error\":\"model runner has unexpectedly stopped\"}", 502, "model runner has unexpectedly stopped")]
    [InlineData("{\"object\":\"error\",\"message\":\"m\",\"type\":\"error\",\"code\":40303}", 502, "m")]
    public async Task The_status_is_what_the_error_s_code_means(string error, int status, string words)
    {
        foreach (var form in (string[])["chat", "messages", "events", "array"])
        {
            await using var edge = await StartAsync("fake", attempts: 1);
            edge.Fake.EnqueueRaw(Ask.StreamAnswer(": PROCESSING\n\n" + Role + $"data: {error}\n\n"));
            var answer = await edge.AskAsync(Request(form));
            Assert.Equal((status, words), (answer.Status, answer.Json.GetProperty("error").GetProperty("message").GetString()));
        }
    }

    [Theory]
    [InlineData("chat", "fake", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n")]
    [InlineData("chat", "fake", "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"a\"}}]}\n\n")]
    [InlineData("chat", "fake", "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\"}}]}}]}\n\n")]
    [InlineData("messages", "claude", "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n")]
    [InlineData("messages", "claude", "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n")]
    [InlineData("messages", "claude", "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}\n\n")]
    [InlineData("events", "gem", "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\r\n\r\n")]
    [InlineData("events", "gem", "data: {\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{\"data\":\"QQ==\"}}]}}]}\r\n\r\n")]
    [InlineData("responses", "responses", "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":4,\"delta\":\"a\"}\n\n")]
    [InlineData("responses", "responses", "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"sequence_number\":4,\"item\":{\"type\":\"reasoning\"}}\n\n")]
    public async Task All_of_it_goes_out_with_the_first_event_that_has_content_and_nobody_else_is_asked(string form, string provider, string content)
    {
        await using var edge = await StartAsync(provider);
        edge.Fake.EnqueueRaw(AttemptTests.Unended(": hello\n\n" + Preludes[provider] + content), close: false);
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Request(form));

        // One receive is one chunk or two: what is held, and what it waited for.
        await client.SeeAsync(": hello\n\n" + Preludes[provider]);
        await client.SeeAsync(content);
        Assert.Equal(["way-0"], Ways.Asked(edge));
    }

    [Theory]
    [InlineData(65, 0)]
    [InlineData(1, 70_000)]
    public async Task More_than_a_bound_of_it_is_a_beginning(int events, int padding)
    {
        await using var edge = await StartAsync("fake");
        var prelude = string.Concat(Enumerable.Repeat(Role.Replace("\"c\"", "\"c" + new string('c', padding) + "\"", StringComparison.Ordinal), events));
        edge.Fake.EnqueueRaw(AttemptTests.Unended(prelude), close: false);
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Request("chat"));
        await client.SeeAsync(Role[^40..]);
        Assert.Equal(["way-0"], Ways.Asked(edge));
    }

    [Fact]
    public async Task Behind_what_it_has_said_a_stream_is_waited_for_no_longer_than_by_idle()
    {
        await using var edge = await StartAsync("claude", first: "firstByte: 50s, idle: 500ms");
        edge.Fake.EnqueueRaw(AttemptTests.Unended(Preludes["claude"]), close: false);
        await SeeAnswerOfTheNextAsync(edge, "messages");
    }

    [Theory]
    [InlineData("chat", "fake", "")]
    [InlineData("chat", "fake", "prelude")]
    [InlineData("messages", "claude", "prelude")]
    [InlineData("chat", "claude", "prelude")]
    [InlineData("events", "claude", "prelude")]
    [InlineData("responses", "responses", "prelude")]
    public async Task Signs_of_life_do_not_end_that_somebody_else_may_be_asked(string form, string provider, string what)
    {
        await using var edge = await StartAsync(provider, server: "heartbeat: 200ms");
        edge.Fake.EnqueueRaw(AttemptTests.Unended(what.Length > 0 ? Preludes[provider] : ": wait\n\n"), close: false);
        SeeAnswerBehindSigns(edge, await AskAndBreakOffAsync(edge, form), form);
        var record = await edge.RecordAsync();
        Assert.Equal(("done", 200, 2), (record.GetProperty("end").GetString(), record.GetProperty("status").GetInt32(), record.GetProperty("attempts").GetInt32()));
    }

    /// <summary>The time is as long as makes it sure that there was a sign of life.</summary>
    [Fact]
    public async Task Nor_where_the_first_hangs()
    {
        await using var edge = await StartAsync("fake", first: "firstByte: 6s", server: "heartbeat: 200ms");
        edge.Fake.EnqueueRaw(AttemptTests.Unended(Role), close: false);
        SeeAnswerBehindSigns(edge, await edge.AskAsync(Request("chat")), "chat");
    }

    private static void SeeAnswerBehindSigns(Edge edge, RawAnswer answer, string form)
    {
        // The head has named who was asked when it went out.
        Assert.Equal((200, "way-0", "1"), (answer.Status, answer.Field("x-aiedge-model"), answer.Field("x-aiedge-attempts")));
        Assert.True(answer.IsWhole);
        Assert.Contains(form == "messages" ? "ping" : ": ping\n\n", answer.Frames[0], StringComparison.Ordinal);
        Assert.Equal(["way-0", "way-1"], Ways.Asked(edge));
        SeeEnd(answer, form);
        Assert.DoesNotContain("resp_1\"", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("msg_1\"", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chat", "fake", "noanswer=hang", "too long")]
    [InlineData("chat", "fake", "noanswer=rst", "The provider")]
    [InlineData("chat", "fake", "status=503", "overloaded")]
    [InlineData("chat", "fake", "status=400", "Invalid value.")]
    [InlineData("chat", "fake", "json", "no stream")]
    [InlineData("messages", "claude", "noanswer=hang", "too long")]
    [InlineData("messages", "claude", "status=400", "messages: at least one message is required")]
    [InlineData("events", "gem", "noanswer=hang", "too long")]
    [InlineData("responses", "responses", "noanswer=hang", "too long")]
    [InlineData("responses", "gem", "noanswer=hang", "too long")]
    public async Task Where_all_is_in_vain_behind_them_that_is_told_in_the_stream(string form, string provider, string next, string words)
    {
        await using var edge = await StartAsync(provider, server: "heartbeat: 200ms", next: next == "json" ? "n=3" : next, nextTimeouts: next == "noanswer=hang" ? "firstByte: 500ms" : "");
        edge.Fake.EnqueueRaw(AttemptTests.Unended(Preludes[provider]), close: false);
        if (next == "json")
            edge.Fake.EnqueueRaw(Ask.Answer("""{"choices":[{}]}"""));
        var answer = await AskAndBreakOffAsync(edge, form);

        Assert.Equal(200, answer.Status);
        Assert.True(answer.IsWhole);
        Assert.Contains(form == "messages" ? "ping" : ": ping\n\n", answer.Frames[0], StringComparison.Ordinal);
        var last = answer.Frames[^1];
        Assert.Contains("error", last, StringComparison.Ordinal);
        Assert.Contains(words, last, StringComparison.Ordinal);
        if (form == "responses")
            Assert.Equal(0, JsonElement.Parse(answer.Events[^1]).GetProperty("sequence_number").GetInt32());

        // But for signs of life that is all there is.
        Assert.Single(answer.Frames, frame => !frame.Contains("ping", StringComparison.Ordinal));
        Assert.Equal(["way-0", "way-1"], Ways.Asked(edge));
        var record = await edge.RecordAsync();
        Assert.NotEqual("done", record.GetProperty("end").GetString());
        Assert.Equal(200, record.GetProperty("status").GetInt32());

        // Who has refused or broken off without an answer is not paid, whatever status the client has seen.
        Assert.True(!(next.StartsWith("status", StringComparison.Ordinal) || next == "noanswer=rst") || JournalTests.Cost(record) == 0);
        await edge.SeeMetricAsync("aiedge_exchanges_open 0");
        await edge.SeeMetricAsync("aiedge_buffered_bytes 0");
    }

    [Theory]
    [InlineData("chat", "fake")]
    [InlineData("messages", "claude")]
    [InlineData("chat", "claude")]
    [InlineData("events", "gem")]
    public async Task A_stream_that_only_begins_is_late_and_another_is_asked_besides(string form, string provider)
    {
        await using var edge = await StartAsync(provider, hedge: "50ms", raw: AttemptTests.Unended(Preludes[provider]));
        await SeeAnswerOfTheNextAsync(edge, form);
        await edge.SeeMetricAsync("aiedge_hedge_total{gen_ai_request_model=\"way\",outcome=\"won\"} 1");
    }

    [Fact]
    public async Task One_that_begins_and_breaks_is_no_reason_to_stop_the_other()
    {
        // Each waits for the other: the first breaks off when the second has been asked, the second begins behind that.
        var requests = new Dictionary<string, TaskCompletionSource<ReceivedRequest>> { ["way-0"] = new(), ["way-1"] = new() };
        await using var edge = await StartAsync("claude", hedge: "50ms", next: "n=3; f=300000", script: "n=3; b=0; cut=1", after: async request =>
        {
            requests[request.Model!].TrySetResult(request);
            if (request.Model == "way-0")
                await requests["way-1"].Task.WaitAsync(Patience);
            else
                await (await requests["way-0"].Task).End.WaitAsync(Patience);
        });
        var answer = await edge.AskAsync(Request("messages"));
        Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
    }

    [Fact]
    public async Task Where_nobody_is_asked_besides_a_client_hears_signs_of_life()
    {
        await using var edge = await StartAsync("fake", hedge: "50ms", budget: "0%", server: "heartbeat: 200ms");
        edge.Fake.EnqueueRaw(AttemptTests.Unended(Role), close: false);
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Request("chat"));
        await client.SeeAsync(": ping\n\n");
        Assert.Equal(["way-0"], Ways.Asked(edge));
    }

    /// <summary>What a client is answered whose first provider breaks off as soon as he has seen a sign of life.</summary>
    private static async Task<RawAnswer> AskAndBreakOffAsync(Edge edge, string form)
    {
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Request(form));
        await client.SeeAsync("ping");
        edge.Fake.CloseConnections();
        return await client.ReadAnswerAsync();
    }

    private static async Task SeeAnswerOfTheNextAsync(Edge edge, string form)
    {
        var answer = await edge.AskAsync(Request(form));
        Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        Assert.True(answer.IsWhole);
        Assert.DoesNotContain("error\":{", answer.Text, StringComparison.Ordinal);
        SeeEnd(answer, form);
    }

    private static void SeeEnd(RawAnswer answer, string form)
    {
        var end = form switch { "messages" => "message_stop", "responses" => "response.completed", "events" or "array" => "finishReason", _ => "[DONE]" };
        Assert.Contains(end, form == "array" ? answer.Text : answer.Events[^1], StringComparison.Ordinal);
        if (form == "messages")
            Assert.Single(answer.Events, data => data.Contains("message_start", StringComparison.Ordinal));
        if (form == "responses")
        {
            Assert.Equal(
                Enumerable.Range(0, answer.Events.Length), answer.Events.Select(data => JsonElement.Parse(data).GetProperty("sequence_number").GetInt32()));
        }
    }

    private static string Event(string type, string members) =>
        $"event: {type}\ndata: {{\"type\":\"{type}\"{(members.Length > 0 ? "," : "")}{members}}}\n\n";

    private static string Request(string form) => form switch
    {
        "chat" => Ask.Stream(model: "way"),
        "responses" => Ask.Post("/v1/responses", $$"""{"model":"way","input":"{{EdgeSetup.Prompt}}","store":false,"stream":true}"""),
        "messages" => Claude.Stream(model: "way"),
        "events" => Gemini.Gem.Stream(model: "way"),
        _ => Gemini.Gem.Ask(model: "way", method: "streamGenerateContent"),
    };

    /// <summary>A model whose first target is of one provider; the second one is of the same, and answers.</summary>
    /// <param name="provider">Of both.</param>
    /// <param name="first">Timeouts of the first target alone.</param>
    /// <param name="attempts">At most.</param>
    /// <param name="server">Fields of <c>server</c>.</param>
    /// <param name="next">What the second target does.</param>
    /// <param name="nextTimeouts">Its timeouts.</param>
    /// <param name="hedge">When it is asked besides the first.</param>
    /// <param name="budget">Of that.</param>
    /// <param name="after">What an answer waits for.</param>
    /// <param name="script">What the first does.</param>
    /// <param name="raw">The first's answer as it is.</param>
    private static Task<Edge> StartAsync(
        string provider, string first = "", int attempts = 3, string server = "", string next = "n=3", string nextTimeouts = "", string? hedge = null, string budget = "100%",
        Func<ReceivedRequest, Task>? after = null, string? script = null, byte[]? raw = null)
    {
        var key = EdgeSetup.ProviderKey;
        var besides = hedge is null ? "" : $", hedge: {{ after: {hedge}, budget: {budget} }}";
        return Edge.StartAsync(new EdgeSetup
        {
            Providers = $"  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: \"{key}\" }}\n  gem: {{ dialect: gemini, baseUrl: \"ROOT\", key: \"{key}\" }}\n"
                + $"  responses: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{key}\", responses: only }}",
            Models = $"  way: {{ targets: [ {{ provider: {provider}, model: way-0, timeouts: {{ {first} }} }}, {{ provider: {provider}, model: way-1, priority: 1, timeouts: {{ {nextTimeouts} }} }} ], "
                + $"retry: {{ attempts: {attempts} }}, price: {{ input: 1000, output: 1000 }}{besides} }}",
            Journal = "mode: group",
            Server = server,
            Fake = new FakeUpstreamOptions
            {
                ScriptFor = request => request.Model == "way-1" ? next : script,
                RawFor = request => request.Model == "way-0" ? raw : null,
                AfterFor = after ?? (hedge is null ? null : Ways.AfterTheFirst()),
            },
        });
    }
}
