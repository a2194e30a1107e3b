using AiEdge.DataPlane.Snapshot;

namespace AiEdge.DataPlane.Tests.Snapshot;

public sealed class SampleTests
{
    [Fact]
    public void The_sample_configuration_loads_without_faults_or_warnings()
    {
        var load = ConfigFile.Load(Repository.PathOf("deploy/samples/aiedge.yaml"), 1, ConfigOverrides.None, name => name == "OPENAI_API_KEY" ? "sk-1" : null);

        Assert.Empty(load.Faults);
        Assert.Empty(load.Warnings);
        Assert.Equal(["gpt-4o-mini", "gpt-*"], load.Snapshot!.Models.All.Select(m => m.Name));
        Assert.Equal("Authorization: Bearer sk-1\r\n", System.Text.Encoding.ASCII.GetString(load.Snapshot.Providers[0].FixedHeaders));
        Assert.Equal("each-key", Assert.Single(load.Snapshot.Limits).Name);
    }

    [Fact]
    public void The_sample_of_limits_loads_without_faults_or_warnings_and_fits_the_schema()
    {
        var path = Repository.PathOf("deploy/samples/team-budgets.yaml");
        var load = ConfigFile.Load(path, 1, ConfigOverrides.None, Environment);

        Assert.Empty(Doc.Lines(load.Faults));
        Assert.Empty(Doc.Lines(load.Warnings));
        Assert.Empty(SchemaTests.Errors(File.ReadAllText(path)));
        Assert.Equal(
            ["pro-per-key", "free-per-key", "team-budget", "azure-account", "azure-places", "tighter"], load.Snapshot!.Limits.Select(limit => limit.Name));
        Assert.All(load.Snapshot.Models.All, model => Assert.NotNull(model.Targets[0].PriceOf("gpt-4o-mini"u8)));

        static string? Environment(string name) => name switch
        {
            "CHECKOUT_KEY_SHA256" => new string('a', 64),
            "NIGHTLY_KEY_SHA256" => new string('b', 64),
            _ => "sk-1",
        };
    }
}
