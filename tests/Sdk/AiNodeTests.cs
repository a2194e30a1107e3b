using AiEdge.FakeUpstream;

namespace AiEdge.Sdk.Tests;

/// <summary>One run of node/ai.mjs.</summary>
public sealed class AiRun : NodeRun
{
    protected override string Script => "ai.mjs";
}

/// <summary>The npm client <c>ai</c> and its providers through the data plane: each scenario of node/ai.mjs is a row.</summary>
public sealed class AiNodeTests(AiRun run) : IClassFixture<AiRun>
{
    private static readonly string[] Endpoints = ["chat", "responses", "messages", "generateContent"];

    private static readonly string[] Kinds =
        ["text", "stream", "tools loop", "tools, streamed input", "abort", "errors", "a broken stream", "an object"];

    private static readonly string[] Names = [.. Endpoints.SelectMany(endpoint => Kinds.Select(kind => $"{endpoint}: {kind}"))];

    public static TheoryData<string> Scenarios => [.. Names];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_passes(string name) => run.AssertPassed(name);

    [Fact]
    public void Every_scenario_of_the_script_is_a_row() => Assert.Equal(Names, run.Names);

    [Fact]
    public async Task What_the_client_aborted_ended_at_the_provider()
    {
        var aborted = run.Requests.Where(request => request.Model == "fake-n100000-d10000").ToArray();
        Assert.Equal(Endpoints.Length, aborted.Length);
        foreach (var request in aborted)
            Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
    }
}
