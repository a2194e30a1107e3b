using AiEdge.Contracts.Wire;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Fleet;

/// <summary>Where a control plane cannot send a data plane, though its configuration says so.</summary>
public sealed class ConfinedTests
{
    /// <summary>On Linux this address leads to the machine itself: what is refused here would have been answered.</summary>
    private const string Nowhere = "0.0.0.0";

    [LinuxFact]
    public async Task An_address_that_no_provider_may_have_is_not_connected_to()
    {
        await using var control = await ScriptedControl.StartAsync();
        var (edge, watch) = await LinkedEdge.ServeAsync(control);
        await using var _ = edge;
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
        var url = new UriBuilder(edge.Fake.BaseUrl) { Host = Nowhere }.Uri;
        await watch.ApplyAsync(new ConfigChange
        {
            Generation = 8,
            BaseGeneration = 7,
            Entries = { LinkedEdge.Entry("providers", "fake", $$"""{"dialect":"openai","baseUrl":"{{url}}","key":"${env:AIEDGE_SECRET_FAKE}"}""") },
        });
        var answer = await edge.AskAsync(Ask.Chat());
        Assert.Equal((502, RawAnswer.Error("The provider could not be reached.", "server_error", "upstream_error")), (answer.Status, answer.Text));
        Assert.Equal(1, edge.Fake.RequestCount);
    }

    [LinuxFact]
    public async Task A_file_of_the_operators_own_may_name_any_address()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { ProviderHost = Nowhere });
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat())).Status);
    }
}
