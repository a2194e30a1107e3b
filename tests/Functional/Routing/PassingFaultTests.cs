using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>Faults of a provider's that pass, told by a status of 4xx: the next target is asked.</summary>
public sealed class PassingFaultTests
{
    [Theory]
    [InlineData(409)]
    [InlineData(424)]
    [InlineData(425)]
    [InlineData(498)]
    [InlineData(499)]
    public async Task The_next_target_is_asked(int status)
    {
        foreach (var request in (string[])[Ways.Chat(), Ways.Stream(), Claude.Ask(model: "way"), Gem.Ask(model: "way")])
        {
            foreach (var inside in (string[])["", "; inside"])
            {
                await using var edge = await Ways.StartAsync([$"status={status}{inside}", "n=3"]);
                var answer = await edge.AskAsync(request);
                Assert.Equal((200, "2", "way-1"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
            }
        }
    }

    [Theory]
    [InlineData(409, 503, 529)]
    [InlineData(424, 502, 502)]
    [InlineData(425, 503, 529)]
    [InlineData(498, 503, 529)]
    [InlineData(499, 503, 529)]
    public async Task Where_nobody_else_is_there_it_passes_and_is_no_bad_request_in_another_dialect(int status, int gemini, int anthropic)
    {
        await using var edge = await Ways.StartAsync([$"status={status}"], "retry: { sameTarget: false }");
        var answer = await edge.AskAsync(Ways.Chat());
        Assert.Equal((status, "1"), (answer.Status, answer.Field("x-aiedge-attempts")));
        Assert.Equal(gemini, (await edge.AskAsync(Gem.Ask(model: "way"))).Status);
        Assert.Equal(anthropic, (await edge.AskAsync(Claude.Ask(model: "way"))).Status);
    }

    /// <summary>A tier that the client has chosen, a server of tools that it has named and what others change beside it are nothing against the target.</summary>
    [Theory]
    [InlineData(409, 0)]
    [InlineData(424, 0)]
    [InlineData(425, 6)]
    [InlineData(498, 0)]
    [InlineData(499, 6)]
    public async Task What_the_request_may_be_to_blame_for_ejects_nobody(int status, int failures)
    {
        await using var edge = await Ways.StartAsync([$"status={status}"], "retry: { sameTarget: false }");
        for (var i = 0; i < 6; i++)
            Assert.Equal(status, (await edge.AskAsync(Ways.Chat())).Status);
        await edge.SeeMetricAsync($$"""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} {{failures}}""");
    }

    /// <summary>Nobody else has the conversation that is locked, and clients ask again by themselves.</summary>
    [Fact]
    public async Task A_conflict_over_what_the_request_names_passes()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  kept: { targets: [ { provider: fake, model: fake-n3 } ], fallback: [ gpt-4o ], retry: { sameTarget: true, waitMax: 1s } }",
        });
        edge.Fake.EnqueueRaw(Ask.Refusal(409, """{"error":{"message":"Another process is currently operating on this conversation.","code":"conversation_locked"}}"""), close: false);
        var answer = await edge.AskAsync(Ask.Post("/v1/responses", """{"model":"kept","input":"hi","conversation":"conv_1"}"""));
        Assert.Equal((409, 1), (answer.Status, edge.Fake.RequestCount));
    }
}
