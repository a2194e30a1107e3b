using AiEdge.Fuzz;

namespace AiEdge.Http.Tests;

public sealed class FuzzTests
{
    private const int Executions = 3000;

    [Theory]
    [InlineData("request-head")]
    [InlineData("response-head")]
    [InlineData("chunked")]
    [InlineData("sse")]
    [InlineData("grpc-frame")]
    public void Hostile_bytes_find_nothing(string name)
    {
        var fuzzer = new Fuzzer(FuzzTargets.All.Single(t => t.Name == name), seed: 1);
        Assert.True(fuzzer.Run(Executions, TimeSpan.MaxValue), fuzzer.Failure?.Reason);
        Assert.Equal(Executions, fuzzer.Executions);
    }

    [Fact]
    public void A_target_that_breaks_is_found_and_its_input_kept()
    {
        var fuzzer = new Fuzzer(new Breaking(), seed: 1);
        Assert.False(fuzzer.Run(100_000, TimeSpan.MaxValue));
        Assert.Contains((byte)'!', fuzzer.Failure!.Value.Input);
        Assert.Contains("InvalidOperationException", fuzzer.Failure.Value.Reason, StringComparison.Ordinal);
    }

    private sealed class Breaking : FuzzTarget
    {
        public override string Name => "sse";

        public override string? Check(byte[] input, Random random) =>
            input.Contains((byte)'!') ? throw new InvalidOperationException("An exclamation mark.") : null;
    }
}
