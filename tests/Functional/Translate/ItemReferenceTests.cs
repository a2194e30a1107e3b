using System.Text;
using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>
/// Clients that leave <c>store</c> as it is send what was said earlier by the ids of its items alone: those of answers that were translated are put into their
/// place, whoever is asked then.
/// </summary>
public sealed class ItemReferenceTests
{
    private const string OtherKey = "sk-other-canary-3b1f55";
    private const string Tools = ",\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"strict\":null,\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}]";
    private const string Thinks = ",\"reasoning\":{\"effort\":\"low\"},\"max_output_tokens\":4000";

    // A thought, a text and a call.
    private static readonly string[] Said =
    [
        """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":7,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm \"so\"."}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"SIG="}}""",
        """{"type":"content_block_stop","index":0}""",
        """{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""",
        """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"I look it up: caf\u00e9 日本."}}""",
        """{"type":"content_block_stop","index":1}""",
        """{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}}""",
        """{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\":\"Paris\"}"}}""",
        """{"type":"content_block_stop","index":2}""",
        """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}""",
        """{"type":"message_stop"}""",
    ];

    private static EdgeSetup All => Claude.Setup with
    {
        Providers = string.Join('\n', Claude.Setup.Providers, Gem.Setup.Providers,
            $"  plain: {{ dialect: openai, responses: translated, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}"),
        Models = string.Join('\n', Claude.Setup.Models, Gem.Setup.Models,
            "  plain: { targets: [ { provider: plain, model: fake-n3 } ] }",
            "  large: { targets: [ { provider: claude, model: fake-n3 } ], cascade: [ { model: claude-small } ] }",
            "  claude-cut: { targets: [ { provider: claude } ], tokenizer: o200k_base, runaway: { outputTokens: 2 } }"),
        Keys = $"  - {{ name: other, sha256: \"{EdgeSetup.Sha256(OtherKey)}\", team: blue }}",
    };

    public static TheoryData<string, bool> Ways
    {
        get
        {
            var rows = new TheoryData<string, bool>();
            foreach (var model in (string[])["claude-sonnet-4-5", "gemini-2.5-flash", "plain"])
            {
                rows.Add(model, true);
                rows.Add(model, false);
            }

            return rows;
        }
    }

    [Fact]
    public async Task Who_knows_the_id_of_an_answer_cannot_name_its_items()
    {
        await using var edge = await Edge.StartAsync(All);
        var random = new HashSet<string>();
        foreach (var isStream in (bool[])[false, true, false])
        {
            var answer = await edge.AskAsync(First("claude-sonnet-4-5", isStream));
            var id = Output(answer, isStream)[0].GetProperty("id").GetString()!;
            var own = "msg_" + answer.Field("x-aiedge-request-id") + "_";
            Assert.StartsWith(own, id, StringComparison.Ordinal);
            Assert.Matches("^[0-9A-Za-z_-]{22}_0$", id[own.Length..]);
            Assert.True(random.Add(id[own.Length..]));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_was_said_and_called_goes_back_as_if_it_were_sent_itself(string model, bool isStream)
    {
        await using var edge = await Edge.StartAsync(All);

        var said = Output(await edge.AskAsync(First(model, isStream)), isStream);
        var called = Output(await edge.AskAsync(First(model, isStream, Tools)), isStream);
        Assert.Equal("function_call", called[0].GetProperty("type").GetString());
        var result = $$"""{"type":"function_call_output","call_id":{{called[0].GetProperty("call_id").GetRawText()}},"output":"fine"}""";
        await edge.Fake.NextRequestAsync();
        await edge.Fake.NextRequestAsync();

        JsonElement[] items = [.. said, .. called];
        var answer = await edge.AskAsync(Next(model, items.Select(Reference), result));
        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        Assert.Equal(200, (await edge.AskAsync(Next(model, items.Select(item => item.GetRawText()), result))).Status);
        var (referred, sent) = (await edge.Fake.NextRequestAsync(), await edge.Fake.NextRequestAsync());
        Assert.Equal(sent.BodyText, referred.BodyText);
        Assert.Contains(said[0].GetProperty("content")[0].GetProperty("text").GetString()!, referred.BodyText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(13, "response.completed", 3)]
    [InlineData(9, "response.failed", 2)]
    [InlineData(7, "response.failed", 1)]
    public async Task Thought_with_what_proves_it_goes_back_also_of_a_stream_that_broke_off(int events, string last, int items)
    {
        await using var edge = await Edge.StartAsync(All);
        edge.Fake.EnqueueRaw(Stream(Said[..events]));

        var answer = await edge.AskAsync(First("claude-sonnet-4-5", isStream: true, Thinks + Tools));

        Assert.Equal(last, JsonElement.Parse(answer.Events[^1]).GetProperty("type").GetString());
        var done = Done(answer);
        Assert.Equal(items, done.Length);
        await edge.Fake.NextRequestAsync();
        var next = items == 3 ? """{"type":"function_call_output","call_id":"toolu_1","output":"fine"}""" : Question;
        Assert.Equal(200, (await edge.AskAsync(Next("claude-sonnet-4-5", done.Select(Reference), next, Thinks))).Status);
        Assert.Equal(200, (await edge.AskAsync(Next("claude-sonnet-4-5", done.Select(item => item.GetRawText()), next, Thinks))).Status);
        var (referred, sent) = (await edge.Fake.NextRequestAsync(), await edge.Fake.NextRequestAsync());
        Assert.Equal(sent.BodyText, referred.BodyText);
        Assert.Contains("\"signature\":\"SIG=\"", referred.BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task So_does_what_a_limit_has_cut()
    {
        await using var edge = await Edge.StartAsync(All);
        string[] words = [.. ((string[])[" one", " two", " three"]).Select(word => $$$"""{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"{{{word}}}"}}""")];
        edge.Fake.EnqueueRaw(Stream([.. Said[..1], Said[5], .. words]));

        var answer = await edge.AskAsync(First("claude-cut", isStream: true));

        Assert.Equal("response.incomplete", JsonElement.Parse(answer.Events[^1]).GetProperty("type").GetString());
        var done = Done(answer);
        Assert.Equal("incomplete", Assert.Single(done).GetProperty("status").GetString());
        await edge.Fake.NextRequestAsync();
        Assert.Equal(200, (await edge.AskAsync(Next("claude-sonnet-4-5", done.Select(Reference), Question))).Status);
        Assert.Contains(done[0].GetProperty("content")[0].GetProperty("text").GetString()!, Plain(await edge.Fake.NextRequestAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_speaks_responses_gets_the_items_in_their_place_without_what_only_another_can_read()
    {
        await using var edge = await Edge.StartAsync(All);
        edge.Fake.EnqueueRaw(Stream(Said));
        var done = Done(await edge.AskAsync(First("claude-sonnet-4-5", isStream: true, Thinks + Tools)));
        await edge.Fake.NextRequestAsync();

        var result = """{"type":"function_call_output","call_id":"toolu_1","output":"fine"}""";
        var answer = await edge.AskAsync(Next("gpt-4o", done.Select(Reference).Append(Reference("msg_fake_theirs")), result));

        Assert.Equal((200, "input.reasoning"), (answer.Status, answer.Field("x-aiedge-translation-loss")));
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal("/v1/responses", request.Target);
        var input = JsonElement.Parse(request.BodyText).GetProperty("input").EnumerateArray().Select(item => item.GetRawText()).ToArray();
        Assert.Equal([Question, WithoutId(done[1]), WithoutId(done[2]), Reference("msg_fake_theirs"), result], input);
    }

    /// <summary>OpenAI takes ids that it does not know, as long as they look like its own: of 64 characters at most, and of the item's kind.</summary>
    [Theory]
    [InlineData("", true)]
    [InlineData("", false)]
    [InlineData(",\"store\":false", true)]
    public async Task A_provider_that_speaks_responses_takes_the_items_with_the_ids_that_they_have(string more, bool isStream)
    {
        await using var edge = await Edge.StartAsync(All);
        edge.Fake.EnqueueRaw(isStream ? Stream(Said) : Whole("I look it up.", "end_turn"));
        var output = Output(await edge.AskAsync(First("claude-sonnet-4-5", isStream, Thinks + Tools + more)), isStream);
        await edge.Fake.NextRequestAsync();

        var last = isStream ? """{"type":"function_call_output","call_id":"toolu_1","output":"fine"}""" : Question;
        Assert.Equal(200, (await edge.AskAsync(Next("gpt-4o", output.Select(item => item.GetRawText()), last, more))).Status);

        var input = JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText).GetProperty("input").EnumerateArray().Select(item => item.GetRawText());
        Assert.Equal([Question, .. output.Where(item => item.GetProperty("type").GetString() != "reasoning").Select(item => item.GetRawText()), last], input);
    }

    [Theory]
    [InlineData("store")]
    [InlineData("key")]
    [InlineData("time")]
    [InlineData("unknown")]
    public async Task What_is_not_known_is_refused_with_what_to_do(string why)
    {
        var time = new StillTime();
        await using var edge = await Edge.StartAsync(All with { Time = time });
        var item = Output(await edge.AskAsync(First("plain", isStream: false, why == "store" ? ",\"store\":false" : "")), isStream: false)[0];
        if (why == "time")
            time.Pass(TimeSpan.FromHours(1));
        var reference = why == "unknown" ? Reference(item.GetProperty("id").GetString() + "0") : Reference(item);

        var answer = await edge.AskAsync(Next("plain", [reference], Question, key: why == "key" ? OtherKey : EdgeSetup.Key));

        Assert.Equal(400, answer.Status);
        var error = answer.Json.GetProperty("error");
        Assert.Equal("input.item_reference", error.GetProperty("param").GetString());
        Assert.Contains("'store': false", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, edge.Fake.RequestCount);
        await edge.SeeMetricAsync($"aiedge_kept_items {(why is "store" or "time" ? 0 : 1)}");
    }

    [Fact]
    public async Task Of_an_answer_that_was_given_up_nothing_is_kept()
    {
        await using var edge = await Edge.StartAsync(All);
        edge.Fake.EnqueueRaw(Whole("Given up", "max_tokens"));
        edge.Fake.EnqueueRaw(Whole("Told", "end_turn"));

        var item = Output(await edge.AskAsync(First("large", isStream: false)), isStream: false)[0];
        await edge.Fake.NextRequestAsync();
        await edge.Fake.NextRequestAsync();

        Assert.Equal("Told", item.GetProperty("content")[0].GetProperty("text").GetString());
        await edge.SeeMetricAsync("aiedge_kept_items 1");
        Assert.Equal(200, (await edge.AskAsync(Next("plain", [Reference(item)], Question))).Status);
        Assert.Contains("Told", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_was_given_up_before_it_began_leaves_nothing()
    {
        await using var edge = await Edge.StartAsync(All with
        {
            Models = All.Models + "\n  two: { targets: [ { provider: claude, model: fake-n3 }, { provider: plain, model: fake-n2, weight: 0 } ], fallback: [ plain ] }",
        });
        edge.Fake.EnqueueRaw(Stream([.. Said[..1], """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""]));

        var done = Done(await edge.AskAsync(First("two", isStream: true)));

        Assert.Single(done);
        await edge.SeeMetricAsync("aiedge_kept_items 1");
    }

    [Fact]
    public async Task Of_several_answers_the_one_is_kept_that_was_told()
    {
        await using var edge = await Edge.StartAsync(All with
        {
            Models = All.Models + "\n  many: { targets: [ { provider: claude, model: fake-n3 }, { provider: claude, model: fake-n4 } ], ensemble: { size: 2, pick: shortest } }",
        });
        edge.Fake.EnqueueRaw(Whole("The longer one", "end_turn"));
        edge.Fake.EnqueueRaw(Whole("Short", "end_turn"));

        var item = Output(await edge.AskAsync(First("many", isStream: false)), isStream: false)[0];
        await edge.Fake.NextRequestAsync();
        await edge.Fake.NextRequestAsync();

        Assert.Equal("Short", item.GetProperty("content")[0].GetProperty("text").GetString());
        await edge.SeeMetricAsync("aiedge_kept_items 1");
        Assert.Equal(200, (await edge.AskAsync(Next("plain", [Reference(item)], Question))).Status);
        Assert.Contains("Short", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_has_the_last_event_may_refer_to_what_it_ends()
    {
        await using var edge = await Edge.StartAsync(All);
        var events = Encoding.UTF8.GetString(Stream(Said));
        edge.Fake.EnqueueRaw(Encoding.UTF8.GetBytes(events[..events.LastIndexOf("0\r\n\r\n", StringComparison.Ordinal)]), close: false);
        using var client = await edge.ConnectAsync();
        await client.SendAsync(First("claude-sonnet-4-5", isStream: true, Tools));
        await client.SeeAsync("response.completed");

        // The provider has not ended its answer's body yet.
        await edge.SeeMetricAsync("aiedge_kept_items 3");
        await edge.SeeMetricAsync("aiedge_streams_open 1");
    }

    [Fact]
    public async Task A_body_is_as_long_as_it_is_with_its_items()
    {
        await using var edge = await Edge.StartAsync(All with { Server = "bodyBytesMax: 100KB" });
        edge.Fake.EnqueueRaw(Whole(new string('x', 9000), "end_turn"));
        var item = Output(await edge.AskAsync(First("claude-sonnet-4-5", isStream: false)), isStream: false)[0];
        await edge.Fake.NextRequestAsync();
        await edge.RecordAsync();

        Assert.Equal(200, (await edge.AskAsync(Next("plain", Enumerable.Repeat(Reference(item), 10), Question))).Status);
        Assert.InRange((await edge.RecordAsync()).GetProperty("bytesIn").GetInt64(), 90_000, 95_000);
        Assert.Equal(413, (await edge.AskAsync(Next("plain", Enumerable.Repeat(Reference(item), 12), Question))).Status);
        Assert.Equal(2, edge.Fake.RequestCount);
        await edge.SeeMetricAsync("aiedge_buffered_bytes 0");
    }

    [Fact]
    public async Task Long_items_and_bodies_in_chunks_are_put_together_and_counted_while_they_are_held()
    {
        await using var edge = await Edge.StartAsync(All);
        edge.Fake.EnqueueRaw(Whole(new string('x', 200_000), "end_turn"));
        var item = Output(await edge.AskAsync(First("claude-sonnet-4-5", isStream: false)), isStream: false)[0];
        await edge.Fake.NextRequestAsync();
        using var client = await edge.ConnectAsync();
        var body = Body("plain", Enumerable.Repeat(Reference(item), 3), Question);
        var chunks = string.Concat(body.Chunk(50).Select(part => $"{Encoding.UTF8.GetByteCount(part):x}\r\n{new string(part)}\r\n"));

        var answer = await client.AskAsync(
            $"POST /v1/responses HTTP/1.1\r\nHost: edge.test\r\nAuthorization: Bearer {EdgeSetup.Key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal(3, (await edge.Fake.NextRequestAsync()).BodyText.Split(new string('x', 200_000)).Length - 1);
        Assert.Equal(200, (await client.AskAsync(First("plain", isStream: false))).Status);
        await edge.SeeMetricAsync("aiedge_buffered_bytes 0");
    }

    private const string Question = """{"role":"user","content":"And?"}""";

    private static string First(string model, bool isStream, string more = "") =>
        Ask.Post("/v1/responses", $$"""{"model":"{{model}}","input":[{"role":"user","content":"Q"}],"stream":{{(isStream ? "true" : "false")}}{{more}}}""");

    private static string Next(string model, IEnumerable<string> items, string last, string more = "", string key = EdgeSetup.Key) =>
        Ask.Post("/v1/responses", Body(model, items, last, more), key: key);

    private static string Body(string model, IEnumerable<string> items, string last, string more = "") =>
        $$"""{"model":"{{model}}","input":[{{Question}},{{string.Join(", ", items)}},{{last}}]{{more}}{{Tools}}}""";

    private static string Reference(JsonElement item) => Reference(item.GetProperty("id").GetString()!);

    private static string Reference(string id) => $$"""{"type":"item_reference","id":"{{id}}"}""";

    private static string WithoutId(JsonElement item) => item.GetRawText().Replace($"\"id\":{item.GetProperty("id").GetRawText()},", "", StringComparison.Ordinal);

    private static JsonElement[] Output(RawAnswer answer, bool isStream)
    {
        Assert.Equal(200, answer.Status);
        var response = isStream ? JsonElement.Parse(answer.Events[^1]).GetProperty("response") : answer.Json;
        return [.. response.GetProperty("output").EnumerateArray()];
    }

    private static JsonElement[] Done(RawAnswer answer) =>
    [
        .. answer.Events.Select(data => JsonElement.Parse(data))
            .Where(data => data.GetProperty("type").GetString() == "response.output_item.done").Select(data => data.GetProperty("item")),
    ];

    private static string Plain(AiEdge.FakeUpstream.ReceivedRequest request) => JsonElement.Parse(request.BodyText).GetProperty("messages")[1].ToString();

    private static byte[] Stream(string[] events) =>
        Ask.StreamAnswer(string.Concat(events.Select(data => $"event: {JsonElement.Parse(data).GetProperty("type").GetString()}\ndata: {data}\n\n")));

    private static byte[] Whole(string text, string reason) => Ask.Answer(
        $$$"""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"{{{text}}}"}],"stop_reason":"{{{reason}}}","stop_sequence":null,"usage":{"input_tokens":11,"output_tokens":7}}""");
}
