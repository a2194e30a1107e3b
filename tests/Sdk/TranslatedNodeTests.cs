using AiEdge.FakeUpstream;

namespace AiEdge.Sdk.Tests;

/// <summary>One run of node/translated.mjs.</summary>
public sealed class TranslatedRun : NodeRun
{
    protected override string Script => "translated.mjs";
}

/// <summary>The npm clients of OpenAI, Anthropic and Google before providers of other dialects: each scenario of node/translated.mjs is a row.</summary>
public sealed class TranslatedNodeTests(TranslatedRun run) : IClassFixture<TranslatedRun>
{
    private static readonly string[] Names =
    [
        "openai: chat",
        "openai: stream",
        "openai: tools loop",
        "openai: thought",
        "openai: a picture",
        "openai: structured output",
        "openai: errors",
        "openai: a stream that a limit of tokens ends",
        "openai: a stream that a limit ends",
        "openai: abort",
        "responses: whole",
        "responses: stream",
        "responses: tools loop",
        "responses: a picture",
        "responses: structured output",
        "responses: thought",
        "responses: errors",
        "responses: a stream that a limit ends",
        "responses: abort",
        "anthropic: message",
        "anthropic: stream",
        "anthropic: tools loop",
        "anthropic: a picture and a document",
        "anthropic: structured output",
        "anthropic: thought",
        "anthropic: errors",
        "anthropic: abort",
        "google: contents",
        "google: stream",
        "google: tools loop",
        "google: a picture",
        "google: structured output",
        "google: errors",
        "google: abort",
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
        var requests = run.Requests.Where(request => request.Model == "fake-n100000-d10000").ToArray();
        Assert.Equal(12, requests.Length);
        foreach (var request in requests)
            Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
    }
}
