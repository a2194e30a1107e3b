using AiEdge.FakeUpstream;

namespace AiEdge.Sdk.Tests;

/// <summary>One run of node/ai.mjs, before a provider of one dialect.</summary>
public abstract class AiRun : NodeRun
{
    protected override string Script => "ai.mjs";
}

/// <summary>The npm client <c>ai</c> and its providers through the data plane: each scenario of node/ai.mjs is a row.</summary>
public abstract class AiNodeTests(AiRun run, int endpoints)
{
    private static readonly string[] Kinds =
        ["text", "stream", "tools loop", "turns", "tools, streamed input", "a picture", "abort", "errors", "a broken stream", "an object"];

    protected static string[] Every { get; } = ["chat", "responses", "messages", "generateContent"];

    protected static TheoryData<string> Of(params string[] endpoints) =>
        [.. endpoints.SelectMany(endpoint => Kinds.Select(kind => $"{endpoint}: {kind}"))];

    [NodeFact]
    public void Every_scenario_of_the_script_is_a_row() => Assert.Equal(endpoints * Kinds.Length, run.Names.Count());

    [NodeFact]
    public void Pictures_reach_the_provider() =>
        Assert.Equal(endpoints, run.Requests.Count(request => request.BodyText.Contains("iVBORw0KGgo", StringComparison.Ordinal)));

    [NodeFact]
    public async Task What_the_client_aborted_ended_at_the_provider()
    {
        var aborted = run.Requests.Where(request => request.Model == "fake-n100000-d10000").ToArray();
        Assert.Equal(endpoints, aborted.Length);
        foreach (var request in aborted)
            Assert.Equal(RequestEnd.ClientLeft, await request.End.WaitAsync(TimeSpan.FromSeconds(20)));
    }
}

/// <summary>Before a provider of OpenAI's dialect.</summary>
public sealed class AiOpenAiRun : AiRun
{
    protected override string Provider => "fake";
}

/// <summary>Every endpoint, as it is or translated.</summary>
public sealed class AiOpenAiTests(AiOpenAiRun run) : AiNodeTests(run, 4), IClassFixture<AiOpenAiRun>
{
    public static TheoryData<string> Scenarios => Of(Every);

    [NodeTheory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_passes(string name) => run.AssertPassed(name);
}

/// <summary>Before a provider of Anthropic's dialect.</summary>
public sealed class AiAnthropicRun : AiRun
{
    protected override string Provider => "claude";
}

/// <summary>Every endpoint, as it is or translated.</summary>
public sealed class AiAnthropicTests(AiAnthropicRun run) : AiNodeTests(run, 4), IClassFixture<AiAnthropicRun>
{
    public static TheoryData<string> Scenarios => Of(Every);

    [NodeTheory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_passes(string name) => run.AssertPassed(name);
}

/// <summary>Before a provider of Gemini's dialect.</summary>
public sealed class AiGeminiRun : AiRun
{
    protected override string Provider => "google";
}

/// <summary>Every endpoint, as it is or translated.</summary>
public sealed class AiGeminiTests(AiGeminiRun run) : AiNodeTests(run, 4), IClassFixture<AiGeminiRun>
{
    public static TheoryData<string> Scenarios => Of(Every);

    [NodeTheory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_passes(string name) => run.AssertPassed(name);
}

/// <summary>Before a provider that answers by responses alone.</summary>
public sealed class AiAnswersRun : AiRun
{
    protected override string Provider => "answers";
}

/// <summary>Every endpoint, as it is or translated.</summary>
public sealed class AiAnswersTests(AiAnswersRun run) : AiNodeTests(run, 4), IClassFixture<AiAnswersRun>
{
    public static TheoryData<string> Scenarios => Of(Every);

    [NodeTheory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_passes(string name) => run.AssertPassed(name);
}

/// <summary>Before a provider that has chat completions alone.</summary>
public sealed class AiPlainRun : AiRun
{
    protected override string Provider => "plain";
}

/// <summary>Responses, translated.</summary>
public sealed class AiPlainTests(AiPlainRun run) : AiNodeTests(run, 1), IClassFixture<AiPlainRun>
{
    public static TheoryData<string> Scenarios => Of("responses");

    [NodeTheory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_passes(string name) => run.AssertPassed(name);
}
