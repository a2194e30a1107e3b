using System.Text;

namespace AiEdge.Load.Tests;

public sealed class LoadCommandTests
{
    [Fact]
    public void Arguments_become_a_target_a_plan_and_an_expectation()
    {
        Assert.True(LoadCommand.TryParse(["--url", "http://127.0.0.1:8080/v1/chat/completions?x=1", "--key", "k", "--model", "fake-n7-d5", "--rate", "500", "--duration", "1500ms",
            "--stream", "--no-usage", "--connections", "9", "--header", "a: b", "--header", "c: d", "--check", "nodone,events=8"], out var command, out _));
        Assert.Equal((500.0, 9, 1.5), (command!.Plan.Rate, command.Plan.Workers, command.Plan.Duration.TotalSeconds));
        Assert.Equal(new Expectation { Chunks = 8, Text = true, Usage = false, Done = false }, command.Expected);
        var request = Encoding.ASCII.GetString(ChatScenario.MakeRequest(command.Target));
        Assert.StartsWith("POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer k\r\n", request);
        Assert.Contains("\r\na: b\r\nc: d\r\nContent-Length: 1024\r\n\r\n{", request);
        Assert.Equal(1024, request.Length - request.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4);
        using var body = System.Text.Json.JsonDocument.Parse(request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.False(body.RootElement.TryGetProperty("stream_options", out _));
    }

    [Theory]
    [InlineData("--hold", 1)]
    [InlineData("--stall", 2)]
    [InlineData("--stream", 0)]
    public void Connections_can_be_held_instead(string flag, int kind)
    {
        Assert.True(LoadCommand.TryParse(["--url", "http://127.0.0.1:1/", flag, "--connections", "5"], out var command, out _));
        Assert.Equal((HoldKind)kind, command!.Hold);
    }

    [Theory]
    [InlineData("--url http://192.0.2.1/ --rate 5", "not this machine")]
    [InlineData("--url ftp://127.0.0.1/", "--url needs")]
    [InlineData("--rate 5", "--url needs")]
    [InlineData("--url http://127.0.0.1/ --rate five", "--rate needs a number")]
    [InlineData("--url http://127.0.0.1/ --duration 2h", "no time")]
    [InlineData("--url http://127.0.0.1/ --check nope", "'nope' is no check")]
    [InlineData("--url http://127.0.0.1/ --nope 5", "Unknown or incomplete argument --nope")]
    [InlineData("--url", "Unknown or incomplete argument --url")]
    public void Bad_arguments_are_named(string line, string part)
    {
        Assert.False(LoadCommand.TryParse(line.Split(' '), out _, out var fault));
        Assert.Contains(part, fault);
    }

    [Fact]
    public void A_host_of_ones_own_may_be_loaded() =>
        Assert.True(LoadCommand.TryParse(["--url", "http://192.0.2.1/", "--i-own-this-host"], out _, out _));

    [Fact]
    public void The_meter_reads_this_process()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var meter = new ProcessMeter(Environment.ProcessId);
        Assert.True(meter.PssKib() > 1000);
        Assert.True(meter.CpuSeconds() > 0);
        Assert.Equal(0, new ProcessMeter(int.MaxValue).CpuSeconds());
    }
}
