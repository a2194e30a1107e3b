namespace AiEdge.Sdk.Tests;

/// <summary>One run of node/hosted.mjs.</summary>
public sealed class HostedRun : NodeRun
{
    protected override string Script => "hosted.mjs";
}

/// <summary>The npm clients before providers that Azure and Vertex host: each scenario of node/hosted.mjs is a row, and what arrives is judged.</summary>
public sealed class HostedNodeTests(HostedRun run) : IClassFixture<HostedRun>
{
    private const string Azure = "/azure/openai/";
    private const string Vertex = "/vertex/v1/projects/p/locations/l/publishers/";

    private static readonly string[] Names =
    [
        "openai: chat",
        "openai: stream",
        "openai: tools",
        "openai: responses",
        "openai: embeddings",
        "openai: several answers",
        "anthropic: message",
        "anthropic: stream",
        "anthropic: tools",
        "google: contents",
        "google: stream",
        "google: embeddings",
    ];

    private static readonly string[] AzurePaths = ["deployments/fake-n40/chat/completions", "deployments/fake-n40/embeddings", "responses"];

    private static readonly string[] VertexPaths =
    [
        "google/models/fake-n40:generateContent", "google/models/fake-n40:streamGenerateContent", "anthropic/models/fake-n40:rawPredict",
        "anthropic/models/fake-n40:streamRawPredict",
    ];

    public static TheoryData<string> Scenarios => [.. Names];

    [NodeTheory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_passes(string name) => run.AssertPassed(name);

    [NodeFact]
    public void Every_scenario_of_the_script_is_a_row() => Assert.Equal(Names, run.Names);

    [NodeFact]
    public void Azure_is_asked_by_its_paths_its_version_and_its_key()
    {
        var asked = run.Requests.Where(request => request.Path.StartsWith(Azure, StringComparison.Ordinal)).ToArray();
        Assert.Equal(AzurePaths.Order(StringComparer.Ordinal), asked.Select(request => request.Path[Azure.Length..]).Distinct().Order(StringComparer.Ordinal));
        foreach (var request in asked)
        {
            Assert.Equal("api-version=2024-10-21", request.Query);
            Assert.NotNull(request.Header("api-key"));
            Assert.Null(request.Header("authorization"));
            Assert.Null(request.Header("x-api-key"));
            Assert.Null(request.Header("x-goog-api-key"));
        }
    }

    [NodeFact]
    public void Vertex_is_asked_by_its_publishers_paths_and_a_token()
    {
        var asked = run.Requests.Where(request => request.Path.StartsWith(Vertex, StringComparison.Ordinal)).ToArray();
        Assert.Equal(VertexPaths.Order(StringComparer.Ordinal), asked.Select(request => request.Path[Vertex.Length..]).Distinct().Order(StringComparer.Ordinal));
        foreach (var request in asked)
        {
            Assert.StartsWith("Bearer ", request.Header("authorization"), StringComparison.Ordinal);
            Assert.Null(request.Header("api-key"));
            Assert.Null(request.Header("x-api-key"));
            Assert.Null(request.Header("x-goog-api-key"));
            var isOfClaude = request.Path.Contains("/anthropic/", StringComparison.Ordinal);
            Assert.Equal(isOfClaude, request.BodyText.Contains("\"anthropic_version\":\"vertex-2023-10-16\"", StringComparison.Ordinal));
            Assert.DoesNotContain("\"model\":", request.BodyText, StringComparison.Ordinal);
        }
    }

    [NodeFact]
    public void No_request_that_reached_a_provider_carries_the_clients_key() =>
        Assert.DoesNotContain(run.Requests, request => System.Text.Encoding.UTF8.GetString(request.RawHead.Span).Contains(Plane.Key, StringComparison.Ordinal));
}
