using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Functional.Tests.Routing;

namespace AiEdge.Functional.Tests.Translate;

/// <summary>An answer that its provider broke off by itself, and says so by the reason it ends with, is no whole one.</summary>
public sealed class EndReasonTests
{
    [Theory]
    [InlineData("abort")]
    [InlineData("insufficient_system_resource")]
    [InlineData("error")]
    public async Task A_stream_of_chunks_passes_as_it_is_and_its_target_has_failed(string reason)
    {
        await using var edge = await Edge.StartAsync();
        var answer = await edge.AskAsync(Ask.Stream("n=3; reason=" + reason));

        Assert.Contains($"\"finish_reason\":\"{reason}\"", answer.Text, StringComparison.Ordinal);
        Assert.Equal("[DONE]", answer.Events[^1]);
        Assert.True(answer.IsWhole);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task An_end_by_any_other_word_is_whole()
    {
        await using var edge = await Edge.StartAsync();
        await edge.AskAsync(Ask.Stream("n=3; reason=weird"));

        Assert.Equal("done", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_client_of_another_dialect_sees_an_error_and_no_end()
    {
        await using var edge = await Edge.StartAsync();
        var answer = await edge.AskAsync(Claude.Stream("n=3; reason=abort", "gpt-4o"));

        Assert.Equal("error", Claude.Names(answer)[^1]);
        Assert.DoesNotContain("end_turn", answer.Text, StringComparison.Ordinal);
        Assert.Equal("upstream_fault", (await edge.RecordAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_whole_answer_to_a_client_of_another_dialect_comes_from_the_next_target()
    {
        await using var edge = await Ways.StartAsync(["reason=abort", "n=3"]);
        var answer = await edge.AskAsync(Claude.Ask("", "way"));

        Assert.Equal((200, "2", "end_turn"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Json.GetProperty("stop_reason").GetString()));
    }

    [Theory]
    [InlineData("model_length", "max_tokens", null)]
    [InlineData("weird", "end_turn", "answer.finish_reason.weird")]
    [InlineData("eos_token", "end_turn", null)]
    public async Task Words_of_other_servers_are_told_by_what_they_mean(string reason, string told, string? loss)
    {
        await using var edge = await Edge.StartAsync();
        var answer = await edge.AskAsync(Claude.Ask("n=3; reason=" + reason, "gpt-4o"));

        Assert.Equal((told, loss), (answer.Json.GetProperty("stop_reason").GetString(), answer.Field("x-aiedge-translation-loss")));
    }
}
