using AiEdge.FakeUpstream;

namespace AiEdge.Sdk.Tests;

/// <summary>One run of node/anthropic.mjs.</summary>
public sealed class AnthropicRun : NodeRun
{
    protected override string Script => "anthropic.mjs";

    protected override string Provider => "claude";
}

/// <summary>Anthropic's npm client through the data plane: each scenario of node/anthropic.mjs is a row.</summary>
public sealed class AnthropicNodeTests(AnthropicRun run) : IClassFixture<AnthropicRun>
{
    private static readonly string[] Names =
    [
        "message",
        "message, cut at its length",
        "stream",
        "stream, its message",
        "stream, fifty at once",
        "thinking",
        "tools loop",
        "a picture",
        "structured output",
        "tools, streamed input",
        "tokens of a prompt",
        "models",
        "abort of a stream",
        "abort of a whole answer",
        "retry on 429 and 529",
        "errors",
        "a broken stream",
        "a stream that a limit of tokens ends",
        "a stream that a limit ends",
    ];

    public static TheoryData<string> Scenarios => [.. Names];

    [NodeTheory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_passes(string name) => run.AssertPassed(name);

    [NodeFact]
    public void Every_scenario_of_the_script_is_a_row() => Assert.Equal(Names, run.Names);

    [NodeFact]
    public async Task What_the_client_aborted_ended_at_the_provider()
    {
        foreach (var model in (string[])["fake-n100000-d10000", "fake-n5-f900000000"])
        {
            var request = Assert.Single(run.Requests, request => request.Model == model);
            Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
        }
    }

    [NodeFact]
    public void No_request_that_reached_the_provider_carries_the_clients_key() =>
        Assert.DoesNotContain(run.Requests, request => System.Text.Encoding.UTF8.GetString(request.RawHead.Span).Contains(Plane.Key, StringComparison.Ordinal));
}
