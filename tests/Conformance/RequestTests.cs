namespace AiEdge.Conformance.Tests;

/// <summary>Client bytes into the gateway: what is refused never reaches the provider, and nothing malformed does.</summary>
public sealed class RequestTests(RequestTests.Run run) : IClassFixture<RequestTests.Run>
{
    /// <summary>Cases of level <c>hard</c> that are known not to hold, each with the reason.</summary>
    private static readonly Dictionary<string, string> Missed = [];

    public static TheoryData<string, string> Rows(string level)
    {
        var rows = new TheoryData<string, string>();
        foreach (var c in Cases.Requests.Values.Where(c => c.Level == level))
            rows.Add(c.Id, $"{c.Group}: {c.Name} ({c.Section})");
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows), "must")]
    public async Task What_the_standard_demands_holds(string id, string what) => Hold(what, await run.VerdictAsync(id));

    [Theory]
    [MemberData(nameof(Rows), "hard")]
    public async Task What_a_careful_gateway_does_holds(string id, string what)
    {
        var fault = await run.VerdictAsync(id);
        if (Missed.TryGetValue(id, out var reason))
            Assert.True(fault is not null, $"{what} holds now: strike it from the list ({reason})");
        else
            Hold(what, fault);
    }

    [Fact]
    public void At_most_one_in_twenty_hard_cases_is_on_the_list_of_missed_ones() =>
        Assert.InRange(Missed.Count * 20, 0, Cases.Requests.Values.Count(c => c.Level == "hard"));

    private static void Hold(string what, string? fault) => Assert.True(fault is null, $"{what}: {fault}");

    /// <summary>The whole corpus, once.</summary>
    public sealed class Run : CaseRun<RequestCase>
    {
        protected override IReadOnlyDictionary<string, RequestCase> Corpus => Cases.Requests;

        protected override Task<string?> RunAsync(Lane lane, RequestCase c) => lane.RunAsync(c);
    }
}
