using AiEdge.Compare;

namespace AiEdge.Load.Tests;

/// <summary>How a comparison's rounds become figures.</summary>
public sealed class CompareTableTests
{
    [Fact]
    public void Ratios_are_taken_within_a_round_and_their_median_is_told()
    {
        // Each round is noisier than the one before by as much for both, so the ratios are 2, 3 and 4 while the medians would say 5.
        Measurement[] all = [One("nginx", 1, 10), One("nginx", 2, 20), One("nginx", 3, 2), One("x", 1, 20), One("x", 2, 60), One("x", 3, 8)];
        Assert.Equal(3, CompareTable.Ratio(all, "x", "nginx"));
        Assert.Equal(1, CompareTable.Ratio(all, "nginx", "nginx"));
        Assert.True(double.IsNaN(CompareTable.Ratio(all, "x", "haproxy")));
    }

    [Theory]
    [InlineData(new[] { 3.0, 1, 2 }, 2)]
    [InlineData(new[] { 4.0, 1, 2, 3 }, 2.5)]
    public void A_median_of_an_even_count_lies_between_the_middle_two(double[] values, double median) => Assert.Equal(median, CompareTable.Median(values));

    [Fact]
    public void The_table_tells_errors_skipped_peers_and_missing_pinning()
    {
        var result = new CompareResult("machine", false, [new Readiness("x", 12, 2048)], [One("x", 1, 20) with { Errors = 3, FirstError = "reset" }], ["yarp: no"]);
        var text = CompareTable.Write(result, CompareTest.All);
        Assert.Contains("Not pinned", text);
        Assert.Contains("skipped yarp: no", text);
        Assert.Contains("| x | 12 | 2.0 |", text);
        Assert.Contains("| x | 20.0 · 20.0 | - | 100 |", text);
        Assert.Contains("x failed: reset", text);
    }

    [Theory]
    [InlineData("--tests a,z")]
    [InlineData("--rounds 0")]
    [InlineData("--rounds")]
    [InlineData("--nope 3")]
    public void Bad_arguments_are_named(string line)
    {
        Assert.False(CompareCommand.TryParse(line.Split(' '), out _, out var fault));
        Assert.Contains(line.Split(' ')[0], fault);
    }

    [Fact]
    public void Arguments_choose_rounds_peers_and_tests()
    {
        Assert.True(CompareCommand.TryParse(["--rounds", "5", "--peers", "nginx, aiedge", "--tests", "a,d", "--quick", "--json", "x"], out var command, out _));
        Assert.Equal((5, true, "x"), (command.Rounds, command.Quick, command.JsonFile));
        Assert.Equal(["nginx", "aiedge"], command.Peers);
        Assert.Equal(["a", "d"], command.Tests);
    }

    private static Measurement One(string peer, int round, double cpuUs) => new(peer, "a", round, cpuUs, 1, 100, 0, 10, 20, 0, 0, "", 2048);
}
