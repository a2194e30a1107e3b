using System.Text;
using System.Text.Json;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Several answers to one chat: where the provider gives candidates they are choices, and elsewhere they are reported as lost.</summary>
public sealed class ChoicesTests
{
    private const string Model = "gemini-2.5-flash";

    [Fact]
    public async Task Candidates_of_a_whole_answer_are_choices()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);
        edge.Fake.EnqueueRaw(Ask.Answer($$"""{"candidates":[{{Candidate(0, "one", "STOP")}},{{Candidate(1, "two", "MAX_TOKENS")}}],{{Usage}},"modelVersion":"m"}"""));

        var answer = await edge.AskAsync(Ask.Chat(model: Model, more: ",\"n\":2"));

        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Field("x-aiedge-translation-loss"));
        var choices = answer.Json.GetProperty("choices");
        Assert.Equal(["0 one stop", "1 two length"], choices.EnumerateArray().Select(
            choice => $"{choice.GetProperty("index")} {choice.GetProperty("message").GetProperty("content")} {choice.GetProperty("finish_reason")}"));
        Assert.Contains("\"generationConfig\":{\"candidateCount\":2}", (await edge.Fake.NextRequestAsync()).BodyText);
        Assert.Equal(9, (await edge.RecordAsync()).GetProperty("outputTokens").GetInt64());
    }

    [Fact]
    public async Task Candidates_of_a_stream_are_choices_as_they_come()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(
            Event(Candidate(1, "b1")) + Event(Candidate(0, "a1"), Candidate(1, "b2", "STOP")) + Event(Candidate(0, "a2", "MAX_TOKENS"))));

        var answer = await edge.AskAsync(Ask.Stream(model: Model, more: ",\"n\":2"));

        Assert.True(answer.IsWhole);
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.Equal(("a1a2", "length"), Told(answer, 0));
        Assert.Equal(("b1b2", "stop"), Told(answer, 1));
        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_stream_of_which_one_candidate_has_not_ended_is_not_dressed_as_whole()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup);
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Event(Candidate(1, "b1")) + Event(Candidate(0, "a1", "STOP"))));

        var answer = await edge.AskAsync(Ask.Stream(model: Model, more: ",\"n\":2"));

        Assert.DoesNotContain("[DONE]", answer.Text);
        Assert.Contains("\"code\":\"upstream_error\"", answer.Text);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_limit_that_cuts_ends_each_choice()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup with { Limits = ["name: cut, per: key, outputTokens: 200/hour, onStream: cut"] });
        var events = new StringBuilder();
        for (var i = 0; i < 200; i++)
            events.Append(Event(Candidate(i % 2, " word")));
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(events + Event(Candidate(0, "", "STOP"), Candidate(1, "", "STOP"))));

        var answer = await edge.AskAsync(Ask.Stream(model: Model, more: ",\"n\":2"));

        Assert.True(answer.IsWhole);
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.Equal("length", Told(answer, 0).Finish);
        Assert.Equal("length", Told(answer, 1).Finish);
        var record = await edge.RecordAsync();
        Assert.Equal("cut", record.GetProperty("end").GetString());
        Assert.InRange(record.GetProperty("countedOutputTokens").GetInt64(), 20, 200);
    }

    [Fact]
    public async Task More_than_gemini_gives_and_what_other_providers_do_not_is_lost_and_reported()
    {
        await using var edge = await Edge.StartAsync(Gem.Setup with
        {
            Providers = Gem.Setup.Providers + $"\n  claude: {{ dialect: anthropic, baseUrl: \"ROOT\", key: \"{EdgeSetup.ProviderKey}\" }}",
            Models = Gem.Setup.Models + "\n  claudes: { targets: [ { provider: claude, model: fake-n3 } ] }",
        });

        Assert.Equal("n", (await edge.AskAsync(Ask.Chat(model: Model, more: ",\"n\":9"))).Field("x-aiedge-translation-loss"));
        Assert.Contains("\"candidateCount\":8", (await edge.Fake.NextRequestAsync()).BodyText);
        Assert.Equal("n", (await edge.AskAsync(Ask.Chat(model: "claudes", more: ",\"n\":2"))).Field("x-aiedge-translation-loss"));
    }

    [Fact]
    public async Task Choices_of_a_chat_are_the_candidates_that_a_client_of_gemini_asks_for()
    {
        await using var edge = await Edge.StartAsync();
        edge.Fake.EnqueueRaw(Ask.Answer("""
            {"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"content":"one"},"finish_reason":"stop"},{"index":1,"message":{"content":"two"},"finish_reason":"length"}],
            "usage":{"prompt_tokens":5,"completion_tokens":9,"total_tokens":14}}
            """));

        var answer = await edge.AskAsync(Gem.Ask(model: "gpt-4o", more: ",\"generationConfig\":{\"candidateCount\":2}"));

        Assert.Equal((200, null), (answer.Status, answer.Field("x-aiedge-translation-loss")));
        Assert.Equal(["0 one STOP", "1 two MAX_TOKENS"], answer.Json.GetProperty("candidates").EnumerateArray().Select(
            candidate => $"{candidate.GetProperty("index")} {candidate.GetProperty("content").GetProperty("parts")[0].GetProperty("text")} {candidate.GetProperty("finishReason")}"));
        Assert.Contains("\"n\":2", (await edge.Fake.NextRequestAsync()).BodyText);
        Assert.Equal(9, (await edge.RecordAsync()).GetProperty("outputTokens").GetInt64());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Choices_of_a_stream_are_candidates_as_they_come_and_whole_when_all_have_ended(bool isWhole)
    {
        await using var edge = await Edge.StartAsync();
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Chunk(1, "b1") + Chunk(0, "a1") + Chunk(1, "b2", "length") + (isWhole ? Chunk(0, "a2", "stop") + "data: [DONE]\n\n" : "")));

        var answer = await edge.AskAsync(Gem.Stream(model: "gpt-4o", more: ",\"generationConfig\":{\"candidateCount\":2}"));

        Assert.Equal(isWhole ? ("a1a2", "STOP") : ("a1", null), Heard(answer, 0));
        Assert.Equal(("b1b2", isWhole ? "MAX_TOKENS" : null), Heard(answer, 1));
        Assert.Equal(isWhole ? "done" : "upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_limit_that_cuts_ends_each_candidate()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Runaway = "outputTokens: 30" });
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(string.Concat(Enumerable.Range(0, 200).Select(i => Chunk(i % 2, " word")))));

        var answer = await edge.AskAsync(Gem.Stream(model: "gpt-4o", more: ",\"generationConfig\":{\"candidateCount\":2}"));

        Assert.Equal(("MAX_TOKENS", "MAX_TOKENS"), (Heard(answer, 0).Finish, Heard(answer, 1).Finish));
        Assert.Equal("cut", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    private static string Chunk(int index, string text, string? finish = null) =>
        $$$"""data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":{{{index}}},"delta":{"content":"{{{text}}}"},"finish_reason":{{{(finish is null ? "null" : $"\"{finish}\"")}}}}]}""" + "\n\n";

    private static (string Text, string? Finish) Heard(RawAnswer answer, int index)
    {
        var text = "";
        string? finish = null;
        foreach (var data in answer.Events.Select(data => JsonElement.Parse(data)).Where(data => data.TryGetProperty("candidates", out _)))
        {
            foreach (var candidate in data.GetProperty("candidates").EnumerateArray().Where(candidate => candidate.GetProperty("index").GetInt32() == index))
            {
                if (candidate.TryGetProperty("content", out var content))
                    text += string.Concat(content.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("text").GetString()));
                finish = candidate.TryGetProperty("finishReason", out var reason) ? reason.GetString() : finish;
            }
        }

        return (text, finish);
    }

    private static string Usage => "\"usageMetadata\":{\"promptTokenCount\":5,\"candidatesTokenCount\":9,\"totalTokenCount\":14}";

    private static string Candidate(int index, string text, string? finish = null) =>
        $$$"""{"content":{"parts":[{"text":"{{{text}}}"}],"role":"model"}{{{(finish is null ? "" : $",\"finishReason\":\"{finish}\"")}}},"index":{{{index}}}}""";

    private static string Event(params string[] candidates) => $"data: {{\"candidates\":[{string.Join(',', candidates)}],{Usage},\"modelVersion\":\"m\"}}\n\n";

    private static (string Text, string? Finish) Told(RawAnswer answer, int index)
    {
        var text = "";
        string? finish = null;
        foreach (var data in answer.Events.Where(data => data.StartsWith('{')))
        {
            foreach (var choice in JsonElement.Parse(data).GetProperty("choices").EnumerateArray().Where(choice => choice.GetProperty("index").GetInt32() == index))
            {
                text += choice.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : "";
                finish = choice.GetProperty("finish_reason").GetString() ?? finish;
            }
        }

        return (text, finish);
    }
}
