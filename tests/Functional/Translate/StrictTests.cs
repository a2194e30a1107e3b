using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>A provider that is told to be strict is asked, and heard, only as far as nothing is lost.</summary>
public sealed class StrictTests
{
    private const string Lossy = ",\"seed\":7";

    private static EdgeSetup With(string targets, string more = "") => new()
    {
        Providers = Claude.Setup.Providers.Replace(" }", ", translation: strict }", StringComparison.Ordinal),
        Models = $"  split: {{ targets: [ {targets} ]{more} }}\n  other: {{ targets: [ {{ provider: fake, model: fake-n1 }} ] }}",
    };

    [Theory]
    [InlineData("{ provider: claude, model: fake-n1, weight: 9 }, { provider: fake, model: fake-n1, weight: 1 }", "")]
    [InlineData("{ provider: claude, model: fake-n1 }, { provider: fake, model: fake-n1, priority: 1 }", "")]
    [InlineData("{ provider: claude, model: fake-n1 }", ", fallback: [ other ]")]
    public async Task What_it_cannot_be_asked_another_is_asked(string targets, string more)
    {
        await using var edge = await Edge.StartAsync(With(targets, more));
        using var client = await edge.ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            var answer = await client.AskAsync(Ask.Chat("", "split", Lossy));
            Assert.Equal((200, "fake", null), (answer.Status, answer.Field("x-aiedge-provider"), answer.Field("x-aiedge-translation-loss")));
        }

        Assert.Equal(20, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task Who_failed_is_told_of_where_only_one_is_left_that_cannot_be_asked()
    {
        await using var edge = await Edge.StartAsync(With("{ provider: fake, model: fake-n1 }, { provider: claude, model: fake-n1, priority: 1 }"));
        edge.Fake.Enqueue("status=503");

        var failed = await edge.AskAsync(Ask.Chat("", "split", Lossy));

        Assert.Equal(503, failed.Status);
        Assert.Equal(1, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task When_who_failed_wants_to_be_asked_again_is_told_with_it()
    {
        await using var edge = await Edge.StartAsync(With("{ provider: fake, model: fake-n1 }, { provider: claude, model: fake-n1, priority: 1 }"));
        edge.Fake.Enqueue("status=429; retryafter=5");

        var failed = await edge.AskAsync(Ask.Chat("", "split", Lossy));

        Assert.Equal((429, "5"), (failed.Status, failed.Field("retry-after")));
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task What_nobody_can_be_asked_is_refused()
    {
        await using var edge = await Edge.StartAsync(With("{ provider: claude, model: fake-n1 }, { provider: claude, model: fake-n2 }"));

        var refused = await edge.AskAsync(Ask.Chat("", "split", Lossy));

        Assert.Equal(400, refused.Status);
        Assert.EndsWith("seed", refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task What_lies_at_one_provider_is_asked_of_that_one()
    {
        await using var edge = await Edge.StartAsync(With("{ provider: claude, model: fake-n1 }, { provider: fake, model: fake-n1, priority: 1 }"));

        var answer = await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"split","input":"Q","previous_response_id":"resp_1"}"""));

        Assert.Equal((200, "fake"), (answer.Status, answer.Field("x-aiedge-provider")));
    }

    [Fact]
    public async Task What_a_server_adds_unasked_refuses_no_answer()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Provider = "translation: strict" });
        edge.Fake.EnqueueRaw(Ask.Answer("""
            {"id":"c","object":"chat.completion","model":"m","provider":"Groq","x_groq":{"id":"r"},"choices":[{"index":0,"message":{"role":"assistant","content":"a"},
            "native_finish_reason":"stop","finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1}}
            """));

        var answer = await edge.AskAsync(Ask.Post("/v1/messages", """{"model":"fake-n1","max_tokens":9,"messages":[{"role":"user","content":"Q"}]}"""));

        Assert.Equal((200, "answer.provider,answer.x_groq,answer.native_finish_reason"), (answer.Status, answer.Field("x-aiedge-translation-loss")));
    }

    [Fact]
    public async Task An_answer_that_would_lose_something_is_named_in_its_place_and_paid_for()
    {
        await using var edge = await Edge.StartAsync(With("{ provider: claude, model: fake-n1 }"));
        edge.Fake.EnqueueRaw(Ask.Answer("""{"id":"m","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"a","citations":[{"x":1}]}],"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":1}}"""));

        var refused = await edge.AskAsync(Ask.Chat("", "split"));

        Assert.Equal(502, refused.Status);
        Assert.EndsWith("answer.citations", refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, edge.Fake.RequestCount);
        var record = await edge.RecordAsync();
        Assert.Equal(5, record.GetProperty("inputTokens").GetInt64());

        // It is no fault of the provider's.
        for (var i = 0; i < 6; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat("", "split"))).Status);
    }
}
