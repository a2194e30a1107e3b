using AiEdge.Fuzz;

namespace AiEdge.Tokenization.Tests.Golden;

/// <summary>A short run of the fuzzers; `./build.sh fuzz` goes on for as long as one likes.</summary>
public sealed class FuzzTests
{
    private const int Executions = 1500;

    [Theory]
    [InlineData("tokens")]
    [InlineData("token-json")]
    public void Hostile_texts_find_nothing(string name)
    {
        var fuzzer = new Fuzzer(FuzzTargets.All.Single(t => t.Name == name), seed: 1);
        Assert.True(fuzzer.Run(Executions, TimeSpan.MaxValue), fuzzer.Failure?.Reason);
        Assert.Equal(Executions, fuzzer.Executions);
    }
}
