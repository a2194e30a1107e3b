using AiEdge.FakeUpstream;

namespace AiEdge.Sdk.Tests;

/// <summary>The npm client through the data plane: each scenario of node/scenarios.mjs is a row.</summary>
public sealed class NodeTests(NodeRun run) : IClassFixture<NodeRun>
{
    private static readonly string[] Names =
    [
        "chat",
        "chat, another name at the provider",
        "stream",
        "stream with usage",
        "stream, chunk by chunk without traces of usage",
        "stream, two choices",
        "stream, snapshot of the streaming runner",
        "stream, cut inside characters",
        "stream, other line ends and comments",
        "stream, slow tokens",
        "stream, fifty at once",
        "prompt of 100 KB",
        "completions, whole and streamed",
        "tools loop",
        "tools, streamed arguments",
        "structured output",
        "a picture",
        "embeddings",
        "responses",
        "responses, streamed",
        "responses, turn by turn",
        "responses, function call and structured output",
        "moderations",
        "images, made, streamed and edited",
        "audio, speech",
        "audio, transcription and translation",
        "models",
        "abort of a stream",
        "abort of a whole answer",
        "retry on 429",
        "errors",
        "a broken stream",
        "a broken stream of responses",
        "a stream that a limit ends",
        "a stream that a limit of tokens ends",
        "a stream of responses that a limit of tokens ends",
        "a stream of responses that a limit ends",
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
    public void The_provider_is_told_its_own_ids_of_what_a_turn_goes_on_from()
    {
        var before = run.Requests.Where(request => request.BodyText.Contains("previous_response_id", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, before.Length);
        Assert.All(before, request => Assert.Matches("\"previous_response_id\":\"resp_(?!aiedge)", request.BodyText));
    }

    [NodeFact]
    public void No_request_that_reached_the_provider_carries_the_clients_key() =>
        Assert.DoesNotContain(run.Requests, request => System.Text.Encoding.UTF8.GetString(request.RawHead.Span).Contains(Plane.Key, StringComparison.Ordinal));
}
