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
    }
}
