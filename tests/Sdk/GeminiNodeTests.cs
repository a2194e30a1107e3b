using AiEdge.FakeUpstream;

namespace AiEdge.Sdk.Tests;

/// <summary>One run of node/gemini.mjs.</summary>
public sealed class GeminiRun : NodeRun
{
    protected override string Script => "gemini.mjs";

    protected override string Provider => "google";
}

/// <summary>Google's npm client through the data plane: each scenario of node/gemini.mjs is a row.</summary>
public sealed class GeminiNodeTests(GeminiRun run) : IClassFixture<GeminiRun>
{
    private static readonly string[] Names =
    [
        "contents",
        "contents, cut at their length",
        "stream",
        "thinking",
        "tools loop",
        "a picture",
        "structured output",
        "tokens of a prompt",
        "abort of a stream",
        "retry on 429",
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
        var request = Assert.Single(run.Requests, request => request.Model == "fake-n100000-d10000");
        Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [NodeFact]
    public void No_request_that_reached_the_provider_carries_the_clients_key() =>
        Assert.DoesNotContain(run.Requests, request => System.Text.Encoding.UTF8.GetString(request.RawHead.Span).Contains(Plane.Key, StringComparison.Ordinal));
}
