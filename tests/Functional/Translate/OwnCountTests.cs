using System.Text.Json;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>Where a provider tells no usage the client of another dialect is told what the record says: our own count.</summary>
public sealed class OwnCountTests
{
    private const string Chunk = "\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\"";

    private static readonly string Thought = $"data: {{{Chunk},\"choices\":[{{\"index\":0,\"delta\":{{\"role\":\"assistant\",\"reasoning_content\":\"Let me think.\"}}}}]}}\n\n";

    private static readonly string Text = $"data: {{{Chunk},\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"Hello to you all.\"}}}}]}}\n\n";

    private static readonly string Finish = $"data: {{{Chunk},\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\n";

    public static TheoryData<string> Forms => ["messages", "responses", "events"];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_stream_tells_it_at_its_end(string form)
    {
        await using var edge = await Edge.StartAsync(Setup with { Journal = "mode: group" });
        foreach (var (events, isThought) in (IEnumerable<(string, bool)>)[(Text + Finish + "data: [DONE]\n\n", false), (Text + Finish, false), (Thought + Text + Finish + "data: [DONE]\n\n", true)])
        {
            edge.Fake.EnqueueRaw(Ask.StreamAnswer(events));
            var answer = await edge.AskAsync(Request(form, isStream: true));
            Assert.Equal((200, true), (answer.Status, answer.IsWhole));
            var told = answer.Events.Select(data => JsonElement.Parse(data)).Last(data => UsageOf(data, form).ValueKind == JsonValueKind.Object);
            See(UsageOf(told, form), await edge.RecordAsync(), form, isThought);
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task So_does_a_whole_answer(string form)
    {
        await using var edge = await Edge.StartAsync(Setup with { Journal = "mode: group" });
        edge.Fake.EnqueueRaw(Ask.Answer(
            """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello to you all."},"finish_reason":"stop"}]}"""));
        var answer = await edge.AskAsync(Request(form, isStream: false));
        Assert.Equal(200, answer.Status);
        See(UsageOf(answer.Json, form), await edge.RecordAsync(), form, isThought: false);
    }

    /// <summary>The message's beginning tells the count of the prompt, and its end does not take that back.</summary>
    [Fact]
    public async Task A_message_tells_one_count_of_its_prompt()
    {
        await using var edge = await Edge.StartAsync(Setup with { Journal = "mode: group" });
        edge.Fake.EnqueueRaw(Ask.StreamAnswer(Text + Finish + "data: [DONE]\n\n"));
        var events = (await edge.AskAsync(Request("messages", isStream: true))).Events.Select(data => JsonElement.Parse(data)).ToArray();
        var begun = events[0].GetProperty("message").GetProperty("usage").GetProperty("input_tokens").GetInt64();
        Assert.True(begun > 0);
        Assert.Equal(begun, events[^2].GetProperty("usage").GetProperty("input_tokens").GetInt64());
    }

    private static EdgeSetup Setup => new()
    {
        Providers = $"  local: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\", responses: translated }}",
        Models = "  local: { targets: [ { provider: local, model: fake-n3 } ], tokenizer: o200k_base }",
    };

    private static string Request(string form, bool isStream) => form switch
    {
        "messages" => isStream ? Claude.Stream(model: "local") : Claude.Ask(model: "local"),
        "responses" => Ask.Post("/v1/responses", $$"""{"model":"local","input":"{{EdgeSetup.Prompt}}","stream":{{(isStream ? "true" : "false")}}}"""),
        _ => isStream ? Gem.Stream(model: "local") : Gem.Ask(model: "local"),
    };

    private static JsonElement UsageOf(JsonElement told, string form)
    {
        var at = form == "responses" && told.TryGetProperty("response", out var response) ? response : told;
        return at.TryGetProperty(form == "events" ? "usageMetadata" : "usage", out var usage) ? usage : default;
    }

    private static void See(JsonElement usage, JsonElement record, string form, bool isThought)
    {
        var (input, output) = form == "events" ? ("promptTokenCount", "candidatesTokenCount") : ("input_tokens", "output_tokens");
        var (recordInput, recordOutput) = (record.GetProperty("inputTokens").GetInt64(), record.GetProperty("outputTokens").GetInt64());
        var thought = form == "events"
            ? usage.TryGetProperty("thoughtsTokenCount", out var count) ? count.GetInt64() : 0
            : usage.TryGetProperty("output_tokens_details", out var details) ? details.EnumerateObject().Single().Value.GetInt64() : 0;
        Assert.True(recordInput > 0 && recordOutput > 0);
        Assert.Equal(isThought, thought > 0);
        Assert.Equal((recordInput, recordOutput), (usage.GetProperty(input).GetInt64(), usage.GetProperty(output).GetInt64() + (form == "events" ? thought : 0)));
    }
}
