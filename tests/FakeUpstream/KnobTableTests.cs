namespace AiEdge.FakeUpstream.Tests;

public sealed class KnobTableTests
{
    /// <summary>The README's table is generated from the knobs; this tells which line is missing or outdated.</summary>
    [Fact]
    public void The_readme_lists_every_knob_as_it_is()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Directory.Packages.props")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("The repository's root was not found.");
        var readme = File.ReadAllLines(Path.Combine(root, "perf", "FakeUpstream", "README.md"));
        var rows = readme.Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToArray();
        Assert.Equal(KnobTable.All.Select(knob => $"| `{knob.Name}` | {knob.Values} | {knob.Meaning} |"), rows);
    }

    [Fact]
    public void Every_knob_refuses_a_value_that_it_does_not_know()
    {
        var texts = KnobTable.All.Where(knob => knob.TrySet(new FakeScript(), "no such value")).Select(knob => knob.Name);
        Assert.Equal(["retryafter", "tier", "reason", "encoding", "served"], texts);
    }
}
