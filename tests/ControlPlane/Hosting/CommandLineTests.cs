using AiEdge.ControlPlane.Hosting;

namespace AiEdge.ControlPlane.Tests.Hosting;

public sealed class CommandLineTests
{
    [Fact]
    public void Without_arguments_it_runs_on_loopback()
    {
        var line = Parse("");
        Assert.Equal(Command.Run, line.Command);
        Assert.Equal("127.0.0.1:7070", line.Http);
        Assert.Equal("127.0.0.1:7071", line.Grpc);
        Assert.Equal(CommandLine.DefaultDataDir, line.DataDir);
        Assert.False(line.IsInsecure);
    }

    [Fact]
    public void A_flag_wins_over_its_twin()
    {
        var line = CommandLine.Parse(["--http", "127.0.0.1:1"], name => name == "AIEDGE_HTTP" ? "127.0.0.1:2" : name == "AIEDGE_GRPC" ? "127.0.0.1:3" : null);
        Assert.Equal("127.0.0.1:1", line.Http);
        Assert.Equal("127.0.0.1:3", line.Grpc);
    }

    [Theory]
    [InlineData("--bogus", "unknown argument: --bogus")]
    [InlineData("config", "unknown argument: config")]
    [InlineData("--http", "--http needs a value")]
    [InlineData("--store postgres://db", "--store postgres:// is not supported yet")]
    [InlineData("--store redis", "--store is faster")]
    [InlineData("--tls-cert a.pem", "--tls-cert and --tls-key belong together")]
    [InlineData("--client-ca a.pem", "--client-ca needs --tls-cert")]
    [InlineData("--role admin", "--role, --team and --name belong to token create")]
    [InlineData("token create", "token create needs --role admin|editor|viewer|owner")]
    public void What_makes_no_sense_is_said(string arguments, string complaint)
    {
        var line = Parse(arguments);
        Assert.Equal(Command.Wrong, line.Command);
        Assert.Equal(complaint, line.Complaint);
    }

    [Theory]
    [InlineData("--webhook-hosts", "")]
    [InlineData("--webhook-hosts", ",")]
    [InlineData("--webhook-hosts=")]
    public void A_list_of_hosts_that_names_none_is_not_taken_for_all(params string[] arguments)
    {
        Assert.Null(ControlOptions.Of(CommandLine.Parse(arguments, _ => null), _ => null, out var complaint));
        Assert.StartsWith("--webhook-hosts", complaint, StringComparison.Ordinal);
        Assert.NotNull(ControlOptions.Of(Parse(""), _ => null, out complaint));
        Assert.Null(complaint);
    }

    [Fact]
    public void The_commands_are_told_apart()
    {
        Assert.Equal(Command.Help, Parse("--help").Command);
        Assert.Equal(Command.Version, Parse("--version").Command);
        Assert.Equal(Command.TokenCreate, Parse("token create --role=viewer --name eve").Command);
        var store = Parse("store backup --data-dir a --to b");
        Assert.Equal(Command.Store, store.Command);
        Assert.Equal(["backup", "--data-dir", "a", "--to", "b"], store.StoreArguments);
    }

    [Fact]
    public void Every_flag_stands_in_the_help()
    {
        foreach (var flag in (string[])["--http", "--grpc", "--data-dir", "--store", "--join-token", "--seal-key", "--tls-cert", "--tls-key", "--client-ca", "--webhook-hosts", "--insecure"])
            Assert.Contains(flag + " ", CommandLine.Usage, StringComparison.Ordinal);
    }

    private static CommandLine Parse(string arguments) => CommandLine.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), _ => null);
}
