using System.Text;
using System.Text.Json;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>
/// A step that judges by how probable the tokens are asks for that itself, wherever the provider's dialect can tell, and a client that has not asked sees
/// nothing of it.
/// </summary>
public sealed class CascadeLogprobsTests
{
    private const string Rule = ", probabilityMin: 0.25";
    private const string Sure = "-0.1", Unsure = "-1.6";

    public static TheoryData<Spoken, Spoken> Telling => Pairs.Where((_, upstream) => upstream != Spoken.Messages);

    [Theory]
    [MemberData(nameof(Telling))]
    public async Task An_unsure_answer_is_given_up_whoever_asks(Spoken client, Spoken upstream)
    {
        await using var edge = await Pairs.StartAsync(client, upstream, Rule);
        Enqueue(edge, Pairs.Answer(upstream, logprob: Unsure));

        var answer = await edge.AskAsync(Pairs.Request(client));

        Assert.Equal((200, "2", "probability"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-cascade")));
        Assert.Equal("fake-n3-large", answer.Field("x-aiedge-model"));
        Assert.Contains(Pairs.Asking(upstream), (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
        Assert.DoesNotContain("ogprobs", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    /// <summary>What a client gets is what it gets where there is no such rule and nobody has asked, to the byte where it is the provider's.</summary>
    [Theory]
    [MemberData(nameof(Telling))]
    public async Task A_sure_answer_is_told_as_if_nobody_had_asked(Spoken client, Spoken upstream)
    {
        await using var edge = await Pairs.StartAsync(client, upstream, Rule);
        var unasked = Pairs.Answer(upstream, mean: true);
        Enqueue(edge, unasked);
        var expected = await edge.AskAsync(Pairs.Request(client, model: "small"));
        Enqueue(edge, Pairs.Answer(upstream, logprob: Sure, mean: true));

        var answer = await edge.AskAsync(Pairs.Request(client));

        Assert.Equal((200, "1", null), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-cascade")));
        Assert.Equal(Pairs.Lasting(expected.Text), Pairs.Lasting(answer.Text));
        Assert.Equal(expected.Field("x-aiedge-translation-loss"), answer.Field("x-aiedge-translation-loss"));
        if (client == upstream)
            Assert.Equal(unasked, answer.Text);
        await edge.RecordAsync();
        var record = await edge.RecordAsync();
        Assert.Equal((11, 7), (record.GetProperty("inputTokens").GetInt64(), record.GetProperty("outputTokens").GetInt64()));
        Assert.Equal(18_000, JournalTests.Cost(record));
    }

    [Theory]
    [InlineData(Spoken.Chat, Spoken.Chat)]
    [InlineData(Spoken.Chat, Spoken.Responses)]
    [InlineData(Spoken.Chat, Spoken.Contents)]
    [InlineData(Spoken.Responses, Spoken.Chat)]
    [InlineData(Spoken.Responses, Spoken.Responses)]
    [InlineData(Spoken.Responses, Spoken.Contents)]
    [InlineData(Spoken.Contents, Spoken.Chat)]
    [InlineData(Spoken.Contents, Spoken.Responses)]
    [InlineData(Spoken.Contents, Spoken.Contents)]
    public async Task Who_asks_itself_is_told_and_judged_all_the_same(Spoken client, Spoken upstream)
    {
        await using var edge = await Pairs.StartAsync(client, upstream, Rule);
        var more = client switch
        {
            Spoken.Chat => ",\"logprobs\":true,\"top_logprobs\":2",
            Spoken.Responses => ",\"include\":[\"message.output_text.logprobs\"],\"top_logprobs\":2",
            _ => ",\"generationConfig\":{\"responseLogprobs\":true,\"logprobs\":2}",
        };
        var said = Pairs.Answer(upstream, logprob: Sure, mean: true);
        Enqueue(edge, said);
        var kept = await edge.AskAsync(Pairs.Request(client, more));
        Enqueue(edge, Pairs.Answer(upstream, logprob: Unsure));
        var givenUp = await edge.AskAsync(Pairs.Request(client, more));

        Assert.Equal((200, null), (kept.Status, kept.Field("x-aiedge-cascade")));
        Assert.Contains(client == Spoken.Contents ? "\"logProbability\":-0.1" : "\"logprob\":-0.1", kept.Text, StringComparison.Ordinal);
        if (client == upstream)
            Assert.Equal(said, kept.Text);
        Assert.Equal("probability", givenUp.Field("x-aiedge-cascade"));
        var asked = (await edge.Fake.NextRequestAsync()).BodyText;
        Assert.Contains(Pairs.Asking(upstream), asked, StringComparison.Ordinal);
        Assert.Equal(1, asked.Split(Pairs.Asking(upstream)).Length - 1);
        Assert.Contains(upstream == Spoken.Contents ? "\"logprobs\":2" : "\"top_logprobs\":2", asked, StringComparison.Ordinal);
    }

    /// <summary>Anthropic's dialect has no way to ask: the other rules hold, this one does not.</summary>
    [Theory]
    [InlineData(Spoken.Chat)]
    [InlineData(Spoken.Responses)]
    [InlineData(Spoken.Messages)]
    [InlineData(Spoken.Contents)]
    public async Task Whose_dialect_cannot_tell_is_not_asked_nor_judged_by_it(Spoken client)
    {
        await using var edge = await Pairs.StartAsync(client, Spoken.Messages, Rule);
        Enqueue(edge, Pairs.Answer(Spoken.Messages));
        var answer = await edge.AskAsync(Pairs.Request(client));
        Assert.Equal((200, "1", null, null), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-cascade"), answer.Field("x-aiedge-translation-loss")));
        Assert.DoesNotContain("logprobs", (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>What it takes to ask may be what a provider refuses: the client has not asked for that, and is not told of it.</summary>
    [Theory]
    [InlineData(Spoken.Chat, Spoken.Chat, 400)]
    [InlineData(Spoken.Chat, Spoken.Chat, 422)]
    [InlineData(Spoken.Responses, Spoken.Responses, 400)]
    [InlineData(Spoken.Contents, Spoken.Contents, 400)]
    [InlineData(Spoken.Messages, Spoken.Chat, 400)]
    [InlineData(Spoken.Chat, Spoken.Contents, 400)]
    public async Task Who_refuses_to_tell_is_asked_once_more_without_and_no_more_for_a_while(Spoken client, Spoken upstream, int status)
    {
        await using var edge = await Pairs.StartAsync(client, upstream, Rule, script: request => Asks(upstream, request.BodyText) ? $"status={status}" : null);

        var first = await edge.AskAsync(Pairs.Request(client));
        var second = await edge.AskAsync(Pairs.Request(client));

        Assert.Equal((200, "2", null, Pairs.Small), (first.Status, first.Field("x-aiedge-attempts"), first.Field("x-aiedge-cascade"), first.Field("x-aiedge-model")));
        Assert.Equal((200, "1", null, Pairs.Small), (second.Status, second.Field("x-aiedge-attempts"), second.Field("x-aiedge-cascade"), second.Field("x-aiedge-model")));
        Assert.Equal([true, false, false], edge.Fake.Requests.Select(request => Asks(upstream, request.BodyText)));
        await edge.SeeMetricAsync("aiedge_cascade_total{gen_ai_request_model=\"large\",outcome=\"kept\"} 2");
        await edge.SeeMetricAsync("aiedge_cascade_total{gen_ai_request_model=\"large\",outcome=\"failed\"} 0");
        await edge.SeeMetricAsync("aiedge_retry_budget_total{gen_ai_request_model=\"large\",outcome=\"granted\"} 0");
    }

    /// <summary>What is refused with and without has another reason: the next model is asked, and the next request asks for probabilities again.</summary>
    [Fact]
    public async Task A_request_that_is_refused_all_the_same_goes_to_the_next_and_nothing_is_learnt_by_it()
    {
        await using var edge = await Pairs.StartAsync(Spoken.Chat, Spoken.Chat, Rule, script: request => request.Model == Pairs.Small ? "status=400" : null);
        for (var i = 0; i < 2; i++)
        {
            var answer = await edge.AskAsync(Pairs.Request(Spoken.Chat));
            Assert.Equal((200, "3", "failed"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-cascade")));
        }

        Assert.Equal([true, false, false, true, false, false], edge.Fake.Requests.Select(request => Asks(Spoken.Chat, request.BodyText)));
    }

    [Theory]
    [InlineData("", "status=400")]
    [InlineData(Rule, "status=404")]
    [InlineData(Rule, "status=500")]
    public async Task A_failure_that_is_not_of_that_costs_one_attempt(string step, string script)
    {
        await using var edge = await Pairs.StartAsync(Spoken.Chat, Spoken.Chat, step, script: request => request.Model == Pairs.Small ? script : null);
        var answer = await edge.AskAsync(Pairs.Request(Spoken.Chat));
        Assert.Equal((200, "2", "failed"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-cascade")));
    }

    [Theory]
    [InlineData(Spoken.Chat, Spoken.Chat)]
    [InlineData(Spoken.Responses, Spoken.Responses)]
    [InlineData(Spoken.Messages, Spoken.Chat)]
    [InlineData(Spoken.Contents, Spoken.Responses)]
    public async Task A_model_that_is_known_to_refuse_it_is_not_asked(Spoken client, Spoken upstream)
    {
        await using var edge = await Pairs.StartAsync(client, upstream, Rule, small: "gpt-5-mini");
        Enqueue(edge, Pairs.Answer(upstream));
        var answer = await edge.AskAsync(Pairs.Request(client));
        Assert.Equal((200, "1", null), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-cascade")));
        Assert.False(Asks(upstream, (await edge.Fake.NextRequestAsync()).BodyText));
    }

    [Theory]
    [InlineData(Spoken.Chat, ",\"logprobs\":false", "\"logprobs\":true")]
    [InlineData(Spoken.Chat, ",\"logprobs\":null", "\"logprobs\":true")]
    [InlineData(Spoken.Responses, ",\"include\":[]", "\"include\":[\"message.output_text.logprobs\"]")]
    [InlineData(Spoken.Responses, ",\"include\":null", "\"include\":[\"message.output_text.logprobs\"]")]
    [InlineData(Spoken.Responses, ",\"include\":[\"a\"]", "\"include\":[\"message.output_text.logprobs\",\"a\"]")]
    [InlineData(Spoken.Contents, ",\"generationConfig\":{}", "\"generationConfig\":{\"responseLogprobs\":true}")]
    [InlineData(Spoken.Contents, ",\"generation_config\":{\"response_logprobs\":false}", "\"generation_config\":{\"response_logprobs\":true}")]
    public async Task A_client_that_says_no_is_not_told_either(Spoken spoken, string more, string asked)
    {
        await using var edge = await Pairs.StartAsync(spoken, spoken, Rule);
        Enqueue(edge, Pairs.Answer(spoken, logprob: Sure));
        var kept = await edge.AskAsync(Pairs.Request(spoken, more));
        Enqueue(edge, Pairs.Answer(spoken, logprob: Unsure));
        var givenUp = await edge.AskAsync(Pairs.Request(spoken, more));

        Assert.Equal(Pairs.Answer(spoken), kept.Text);
        Assert.Equal("probability", givenUp.Field("x-aiedge-cascade"));
        Assert.Contains(asked, (await edge.Fake.NextRequestAsync()).BodyText, StringComparison.Ordinal);
    }

    /// <summary>A limit's cap and our asking may have to stand in one object.</summary>
    [Theory]
    [InlineData(Spoken.Chat, "")]
    [InlineData(Spoken.Responses, "")]
    [InlineData(Spoken.Contents, "")]
    [InlineData(Spoken.Contents, ",\"generationConfig\":null")]
    [InlineData(Spoken.Contents, ",\"generationConfig\":{}")]
    [InlineData(Spoken.Contents, ",\"generationConfig\":{\"topP\":1}")]
    [InlineData(Spoken.Contents, ",\"generationConfig\":{\"maxOutputTokens\":null}")]
    [InlineData(Spoken.Contents, ",\"generationConfig\":{\"responseLogprobs\":null}")]
    public async Task It_goes_with_a_cap_of_ours(Spoken spoken, string more)
    {
        await using var edge = await Pairs.StartAsync(spoken, spoken, Rule, limits: ["name: few, tokens: 5000/day"]);
        Enqueue(edge, Pairs.Answer(spoken, logprob: Unsure));
        var answer = await edge.AskAsync(Pairs.Request(spoken, more));
        Assert.Equal("probability", answer.Field("x-aiedge-cascade"));
        var asked = JsonElement.Parse((await edge.Fake.NextRequestAsync()).BodyText);
        if (spoken == Spoken.Contents)
            asked = asked.GetProperty("generationConfig");
        Assert.True(asked.TryGetProperty(spoken switch { Spoken.Chat => "logprobs", Spoken.Responses => "include", _ => "responseLogprobs" }, out _));
        Assert.True(asked.TryGetProperty(spoken switch { Spoken.Chat => "max_tokens", Spoken.Responses => "max_output_tokens", _ => "maxOutputTokens" }, out var cap));
        Assert.True(cap.GetInt64() > 0);
    }

    /// <summary>Log-probabilities are far longer than their text: they do not count by how much of an answer is judged, and come in many receives.</summary>
    [Theory]
    [InlineData("-1.6", "probability")]
    [InlineData("-0.1", null)]
    public async Task A_long_answer_is_judged_by_its_text_s_length(string logprob, string? rule)
    {
        await using var edge = await Pairs.StartAsync(Spoken.Chat, Spoken.Chat, Rule);
        var token = $$"""{"token":"an","logprob":{{logprob}},"bytes":[97,110],"top_logprobs":[]}""";
        var said = Pairs.Answer(Spoken.Chat, logprob: logprob).Replace(token, string.Join(',', Enumerable.Repeat(token, 20_000)), StringComparison.Ordinal);
        Enqueue(edge, said);
        var answer = await edge.AskAsync(Pairs.Request(Spoken.Chat));
        Assert.Equal(rule, answer.Field("x-aiedge-cascade"));
        if (rule is null)
            Assert.Equal(Pairs.Answer(Spoken.Chat), answer.Text);
    }

    /// <summary>An answer that is too long to be judged goes out as it comes, without what the client has not asked for.</summary>
    [Fact]
    public async Task An_answer_that_is_too_long_to_be_judged_has_none_either()
    {
        await using var edge = await Pairs.StartAsync(Spoken.Chat, Spoken.Chat, Rule);
        var text = new string('x', 300_000);
        Enqueue(edge, Pairs.Answer(Spoken.Chat, text, logprob: Unsure));
        var answer = await edge.AskAsync(Pairs.Request(Spoken.Chat));
        Assert.Equal((200, null), (answer.Status, answer.Field("x-aiedge-cascade")));
        Assert.Equal(Pairs.Answer(Spoken.Chat, text), answer.Text);
    }

    [Fact]
    public async Task A_client_of_http_1_0_and_a_coded_answer_are_served_alike()
    {
        await using var edge = await Pairs.StartAsync(Spoken.Chat, Spoken.Chat, Rule);
        var body = Encoding.UTF8.GetBytes(Pairs.Answer(Spoken.Chat, logprob: Sure));
        using var packed = new MemoryStream();
        using (var zip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            zip.Write(body);
        edge.Fake.EnqueueRaw(
            [.. Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {packed.Length}\r\n\r\n"), .. packed.ToArray()],
            close: false);
        Assert.Equal(Pairs.Answer(Spoken.Chat), (await edge.AskAsync(Pairs.Request(Spoken.Chat))).Text);
        Enqueue(edge, Pairs.Answer(Spoken.Chat, logprob: Sure));
        Assert.Equal(Pairs.Answer(Spoken.Chat), (await edge.AskAsync(Pairs.Request(Spoken.Chat).Replace("HTTP/1.1", "HTTP/1.0", StringComparison.Ordinal))).Text);
    }

    private static bool Asks(Spoken upstream, string body) => body.Contains(Pairs.Asking(upstream), StringComparison.Ordinal);

    private static void Enqueue(Edge edge, string said) => edge.Fake.EnqueueRaw(Ask.Answer(said), close: false);
}
