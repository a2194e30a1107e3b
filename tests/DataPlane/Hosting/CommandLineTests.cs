using AiEdge.DataPlane.Hosting;

namespace AiEdge.DataPlane.Tests.Hosting;

/// <summary>Flags and their twins, where a control plane is named.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public void A_file_and_a_control_plane_exclude_each_other_and_a_flag_wins_over_a_variable()
    {
        Assert.Equal("--config and --control-plane exclude each other", Parse("--config a.yaml --control-plane http://localhost:1").Complaint);
        Assert.Equal("--config and --control-plane exclude each other", Parse("", ("CONFIG", "a.yaml"), ("CONTROL_PLANE", "http://localhost:1")).Complaint);
        var byFlag = Parse("--control-plane http://localhost:1", ("CONFIG", "a.yaml"));
        Assert.Equal((null, "http://localhost:1", "aiedge-data"), (byFlag.Config, byFlag.ControlPlane, byFlag.DataDir));
        Assert.Equal(("a.yaml", null), Pair(Parse("--config a.yaml", ("CONTROL_PLANE", "http://localhost:1"))));
        Assert.Equal("--config FILE or --control-plane URL is missing", Parse("").Complaint);
        Assert.Equal("--config FILE is missing", Parse("--check --control-plane http://localhost:1").Complaint);

        static (string? Config, string? ControlPlane) Pair(CommandLine line) => (line.Config, line.ControlPlane);
    }

    [Theory]
    [InlineData("--control-plane http://10.0.0.1:7071", "--control-plane: clear text to another machine needs --insecure; https:// does not")]
    [InlineData("--control-plane tcp://localhost:7071", "--control-plane: expected http://host:port or https://host:port")]
    [InlineData("--control-plane http://localhost:7071/path", "--control-plane: expected http://host:port or https://host:port")]
    [InlineData("--control-plane https://a:1 --control-plane-cert c.pem", "--control-plane-cert and --control-plane-key go together")]
    [InlineData("--control-plane https://a:1 --plane-id Blue", "--plane-id: expected 1 to 63 of [a-z0-9-]")]
    [InlineData("--control-plane https://a:1 --join-token t --join-token-file f", "--join-token and --join-token-file exclude each other")]
    public void Flags_that_make_no_sense_are_said(string flags, string complaint)
    {
        Assert.Null(LinkSetup.Read(Parse(flags), out var said));
        Assert.Equal(complaint, said);
    }

    [Fact]
    public void Leave_is_given_by_flag_or_variable_and_a_token_may_come_from_a_file()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "secret-token\n");
        var options = LinkSetup.Read(Parse("--control-plane http://10.0.0.1:7071 --insecure", ("JOIN_TOKEN_FILE", file)), out _);
        File.Delete(file);
        Assert.Equal(("secret-token", true), (options!.JoinToken, options.Insecure));
        Assert.NotNull(LinkSetup.Read(Parse("--control-plane=http://10.0.0.1:7071", ("INSECURE", "true")), out _));
    }

    private static CommandLine Parse(string flags, params (string Name, string Value)[] env) =>
        CommandLine.Parse(flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), name => env.FirstOrDefault(e => "AIEDGE_" + e.Name == name).Value);
}
