using System.Text;
using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Functional.Tests;

/// <summary>A stream that is ended in the provider's stead ends as one that reached its length, and says who ended it.</summary>
public sealed class CutTests
{
    private const string Events = """
        data: {"id":"c1","object":"chat.completion.chunk","created":5,"model":"m-1","system_fingerprint":"f","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

        data: {"id":"c1","object":"chat.completion.chunk","created":5,"model":"m-1","system_fingerprint":"f","choices":[{"index":0,"delta":{"content":" one"},"finish_reason":null}]}

        data: {"id":"c1","object":"chat.completion.chunk","created":5,"model":"m-1","system_fingerprint":"f","choices":[{"index":0,"delta":{"content":" two"},"finish_reason":null}]}

        data: {"id":"c1","object":"chat.completion.chunk","created":5,"model":"m-1","system_fingerprint":"f","choices":[{"index":0,"delta":{"content":" three"},"finish_reason":null}]}


        """;

    private const string Common = "\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"m-1\",\"system_fingerprint\":\"f\"";
    private const string Said = "\"aiedge\":{\"end\":\"limit\",\"limit\":\"runaway\"}";

    private static readonly Tokenizer Tokens = new(Vocabulary.O200kBase);

    [Fact]
    public async Task A_chat_ends_byte_for_byte_as_documented()
    {
        await using var edge = await StartAsync(2);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Events.ReplaceLineEndings("\n")));
        using var client = await edge.ConnectAsync();

        var answer = await client.AskAsync(Ask.Stream());

        Assert.True(answer.IsWhole);
        Assert.Equal(" one two", answer.Content);
        Assert.Equal(
            [$"data: {{{Common},\"choices\":[{{\"index\":0,\"delta\":{{}},\"logprobs\":null,\"finish_reason\":\"length\"}}],{Said}}}\n\n", "data: [DONE]\n\n"],
            answer.Frames[3..]);

        // The connection was kept: what ended was the provider's stream and not the client's.
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
        var record = await edge.RecordAsync();
        Assert.Equal(("cut", 200), (record.GetProperty("end").GetString(), record.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task A_choice_that_has_not_begun_ends_as_well()
    {
        await using var edge = await StartAsync(2);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Events.ReplaceLineEndings("\n")));

        var answer = await edge.AskAsync(Ask.Stream(more: ",\"n\":3"));

        Assert.Equal(" one two", answer.Content);
        Assert.Equal(
            [0, 1, 2],
            answer.Events[3..^1].Select(data => JsonElement.Parse(data).GetProperty("choices")[0]).Where(choice => choice.GetProperty("finish_reason").GetString() == "length")
                .Select(choice => choice.GetProperty("index").GetInt32()));
    }

    [Theory]
    [InlineData("mode: group")]
    [InlineData("")]
    public async Task A_client_that_asked_for_usage_has_it_on_the_last_event(string journal)
    {
        await using var edge = await StartAsync(2, journal);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Events.ReplaceLineEndings("\n")));

        var answer = await edge.AskAsync(Ask.Stream(more: ",\"stream_options\":{\"include_usage\":true}"));

        var prompt = 3 + 3 + 1 + Tokens.Count(Encoding.UTF8.GetBytes(EdgeSetup.Prompt));
        Assert.Equal(
            [
                $"data: {{{Common},\"choices\":[{{\"index\":0,\"delta\":{{}},\"logprobs\":null,\"finish_reason\":\"length\"}}],\"usage\":null}}\n\n",
                $"data: {{{Common},\"choices\":[],\"usage\":{{\"prompt_tokens\":{prompt},\"completion_tokens\":2,\"total_tokens\":{prompt + 2}}},{Said}}}\n\n",
                "data: [DONE]\n\n",
            ],
            answer.Frames[3..]);
        Assert.Equal("cut", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task Classes_of_the_input_that_were_told_by_then_are_told_again()
    {
        await using var edge = await StartAsync(2);
        const string Told = ",\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":1,\"prompt_tokens_details\":{\"cached_tokens\":30,\"audio_tokens\":6}}}\n";
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Events.ReplaceLineEndings("\n").Replace("}]}\n", "}]" + Told, StringComparison.Ordinal)));

        var answer = await edge.AskAsync(Ask.Stream(more: ",\"stream_options\":{\"include_usage\":true}"));

        Assert.EndsWith(
            "\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":2,\"total_tokens\":52,\"prompt_tokens_details\":{\"cached_tokens\":30,\"audio_tokens\":6}}," + Said + "}",
            answer.Events[^2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_usage_that_a_cut_tells_is_the_bill_thought_that_was_not_seen_with_it()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  o3: { targets: [ { provider: fake, model: o3 } ] }",
            Runaway = "outputTokens: 20",
        });
        var answer = await edge.AskAsync(Ask.Stream("f=2100000; n=400; cap=off", model: "o3", more: ",\"stream_options\":{\"include_usage\":true}"));
        var usage = JsonElement.Parse(answer.Events[^2]).GetProperty("usage");
        var record = await edge.RecordAsync();
        Assert.Equal("cut", record.GetProperty("end").GetString());
        var billed = record.GetProperty("outputTokens").GetInt64();
        Assert.InRange(billed, 100, 1000);
        Assert.Equal(
            (record.GetProperty("inputTokens").GetInt64(), billed, true),
            (usage.GetProperty("prompt_tokens").GetInt64(), usage.GetProperty("completion_tokens").GetInt64(), record.GetProperty("estimate").GetBoolean()));
        Assert.InRange(usage.GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt64(), billed - 20, billed);
    }

    [Theory]
    [InlineData("n=400; cap=off", 1)]
    [InlineData("n=400; cap=off; vary=20", 3)]
    [InlineData("n=400; cap=off; b=50; vary=3", 1)]
    [InlineData("n=400; cap=off; azure=on; split=utf8; gap=0", 1)]
    [InlineData("n=400; cap=off; encoding=gzip", 1)]
    public async Task Nothing_beyond_the_bound_goes_out_whatever_events_look_like(string script, int choices)
    {
        await using var edge = await StartAsync(100);
        var answer = await edge.AskAsync(Ask.Stream(script, more: $",\"n\":{choices}"));

        Assert.True(answer.IsWhole);
        Assert.Equal("[DONE]", answer.Events[^1]);
        var texts = new string[choices];
        var ended = new List<int>();
        foreach (var data in answer.Events[..^1])
        {
            foreach (var choice in JsonElement.Parse(data).GetProperty("choices").EnumerateArray())
            {
                var index = choice.GetProperty("index").GetInt32();
                Assert.DoesNotContain(index, ended);
                if (choice.GetProperty("delta").TryGetProperty("content", out var content))
                    texts[index] += content.GetString();
                if (choice.GetProperty("finish_reason").GetString() is { } finish)
                {
                    Assert.Equal("length", finish);
                    ended.Add(index);
                }
            }
        }

        Assert.Equal(Enumerable.Range(0, choices), ended.Order());
        Assert.InRange(texts.Sum(text => Tokens.Count(Encoding.UTF8.GetBytes(text))), 60, 100);
        Assert.Contains(Said, answer.Events[^2], StringComparison.Ordinal);
        Assert.Equal("cut", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task The_provider_is_told_at_once()
    {
        await using var edge = await StartAsync(5);
        using var client = await edge.ConnectAsync();
        var answer = await client.AskAsync(Ask.Stream("n=9; b=0; stall=9; cap=off"));
        Assert.Equal("[DONE]", answer.Events[^1]);
        var request = await edge.Fake.NextRequestAsync();
        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(200, (await client.AskAsync(Ask.Chat())).Status);
    }

    [Fact]
    public async Task A_completion_ends_with_a_choice_that_has_text()
    {
        await using var edge = await StartAsync(10);
        var answer = await edge.AskAsync(Ask.Post("/v1/completions", """{"model":"gpt-4o","prompt":"x","stream":true}""", "x-fake: n=50; cap=off\r\n"));
        var last = JsonElement.Parse(answer.Events[^2]);
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.Equal("text_completion", last.GetProperty("object").GetString());
        Assert.Equal("""{"index":0,"text":"","logprobs":null,"finish_reason":"length"}""", last.GetProperty("choices")[0].GetRawText());
        Assert.Equal("runaway", last.GetProperty("aiedge").GetProperty("limit").GetString());
    }

    [Fact]
    public async Task A_response_ends_incomplete_with_all_that_was_said()
    {
        await using var edge = await StartAsync(20, journal: "mode: group");
        var answer = await edge.AskAsync(Ask.Responses("n=300; cap=off"));

        Assert.True(answer.IsWhole);
        var events = answer.Events.Select(data => JsonElement.Parse(data)).ToArray();
        Assert.Equal(Enumerable.Range(0, events.Length), events.Select(e => e.GetProperty("sequence_number").GetInt32()));
        Assert.Equal(
            ["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.incomplete"],
            events[^4..].Select(e => e.GetProperty("type").GetString()));
        Assert.Equal(answer.Frames[^4..].Select(f => f[7..f.IndexOf('\n', StringComparison.Ordinal)]), events[^4..].Select(e => e.GetProperty("type").GetString()!));
        var said = string.Concat(events.Where(e => e.GetProperty("type").GetString() == "response.output_text.delta").Select(e => e.GetProperty("delta").GetString()));
        Assert.InRange(Tokens.Count(Encoding.UTF8.GetBytes(said)), 15, 20);
        Assert.Equal(said, events[^4].GetProperty("text").GetString());
        Assert.Equal(said, events[^3].GetProperty("part").GetProperty("text").GetString());
        Assert.Equal("incomplete", events[^2].GetProperty("item").GetProperty("status").GetString());
        var response = events[^1].GetProperty("response");
        Assert.Equal("incomplete", response.GetProperty("status").GetString());
        Assert.Equal("max_output_tokens", response.GetProperty("incomplete_details").GetProperty("reason").GetString());
        Assert.Equal(events[0].GetProperty("response").GetProperty("id").GetString(), response.GetProperty("id").GetString());
        Assert.Equal(JsonValueKind.Array, response.GetProperty("tools").ValueKind);
        Assert.Equal(said, response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(Tokens.Count(Encoding.UTF8.GetBytes(said)), response.GetProperty("usage").GetProperty("output_tokens").GetInt64());
        Assert.Equal("runaway", events[^1].GetProperty("aiedge").GetProperty("limit").GetString());
    }

    [Fact]
    public async Task A_call_of_a_tool_ends_with_the_arguments_so_far()
    {
        await using var edge = await StartAsync(12);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(
            Event(0, "response.created", ",\"response\":{\"id\":\"r1\",\"object\":\"response\",\"status\":\"in_progress\",\"output\":[],\"usage\":null}")
            + Event(1, "response.output_item.added", ",\"output_index\":0,\"item\":{\"id\":\"f1\",\"type\":\"function_call\",\"status\":\"in_progress\",\"call_id\":\"k\",\"name\":\"f\",\"arguments\":\"\"}")
            + Event(2, "response.function_call_arguments.delta", ",\"item_id\":\"f1\",\"output_index\":0,\"delta\":\"{\\\"a\\\":\"")
            + Event(3, "response.function_call_arguments.delta", ",\"item_id\":\"f1\",\"output_index\":0,\"delta\":\"[1, 2, 3, 4, 5, 6, 7, 8, 9]\"")));

        var answer = await edge.AskAsync(Ask.Responses(more: ",\"store\":false"));

        Assert.Equal(
            [
                Event(3, "response.function_call_arguments.done", ",\"item_id\":\"f1\",\"output_index\":0,\"arguments\":\"{\\\"a\\\":\""),
                Event(4, "response.output_item.done", ",\"output_index\":0,\"item\":{\"id\":\"f1\",\"type\":\"function_call\",\"status\":\"incomplete\",\"call_id\":\"k\",\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\"}"),
            ],
            answer.Frames[3..5]);
        Assert.StartsWith("event: response.incomplete\ndata: {\"type\":\"response.incomplete\",\"sequence_number\":5,\"response\":{\"id\":\"r1\"", answer.Frames[5], StringComparison.Ordinal);
        Assert.Equal(6, answer.Frames.Length);
    }

    [Fact]
    public async Task A_stream_that_repeats_itself_is_ended_and_one_that_is_only_watched_is_not()
    {
        const string Same = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" I am sorry, I cannot do that today.\"},\"finish_reason\":null}]}\n\n";
        var events = string.Concat(Enumerable.Repeat(Same, 200)) + "data: [DONE]\n\n";
        foreach (var action in (string[])["cut", "shadow"])
        {
            await using var edge = await Edge.StartAsync(new EdgeSetup { Models = $"  looping: {{ targets: [ {{ provider: fake, model: gpt-4o }} ], runaway: {{ repeat: 5, action: {action} }} }}" });
            edge.Fake.EnqueueRaw(Ask.StreamAnswer(events));
            var answer = await edge.AskAsync(Ask.Stream(model: "looping"));
            Assert.Equal(action == "cut", answer.Frames.Length is > 8 and < 25);
            Assert.Equal(action == "cut" ? "cut" : "done", (await edge.RecordAsync()).GetProperty("end").GetString());
            Assert.Equal(action == "shadow", answer.Frames.Length == 201);
        }
    }

    private static string Event(int sequence, string type, string rest) =>
        $"event: {type}\ndata: {{\"type\":\"{type}\",\"sequence_number\":{sequence}{rest}}}\n\n";

    /// <summary>The guard against streams without end stands for any limit: it ends a stream in the same way.</summary>
    private static Task<Edge> StartAsync(int tokens, string journal = "") =>
        Edge.StartAsync(new EdgeSetup { Runaway = $"outputTokens: {tokens}", Journal = journal });
}
