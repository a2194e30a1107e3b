using System.Text;
using AiEdge.DataPlane.Hosting;
using AiEdge.DataPlane.Tests.Snapshot;

namespace AiEdge.DataPlane.Tests.Hosting;

/// <summary>The <c>count</c> command, from its arguments to what it prints.</summary>
public sealed class CountCommandTests
{
    private static readonly string Ranks = string.Concat(Enumerable.Range(0, 256).Select(b => $"{Convert.ToBase64String([(byte)b])} {b}\n")) + "YWI= 300\n";

    private static (int Code, string Output, string Errors) Run(string text, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        var line = CommandLine.Parse(["count", .. arguments], _ => null);
        Assert.Equal(Command.Count, line.Command);
        var code = CountCommand.Run(line.CountArguments, () => new MemoryStream(Encoding.UTF8.GetBytes(text)), output, errors);
        return (code, output.ToString(), errors.ToString());
    }

    [Theory]
    [InlineData("", "0\n")]
    [InlineData("Hello, world!", "4\n", "--encoding", "o200k_base")]
    [InlineData("Hello, world!", "4\n", "--encoding=cl100k_base", "-")]
    [InlineData("\U0001D400's", "3\n", "--encoding", "o200k_harmony")]
    [InlineData("\U0001D400's", "4\n", "--encoding", "cl100k_base")]
    public void The_number_of_tokens_is_printed(string text, string printed, params string[] arguments) => Assert.Equal((0, printed, ""), Run(text, arguments));

    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    [InlineData("64")]
    [InlineData("100000")]
    public void However_many_bytes_are_fed_at_a_time_the_number_is_the_same(string bytes)
    {
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i} tokens, 日本{i}\r\n"));
        Assert.Equal((0, "158000\n", ""), Run(text));
        Assert.Equal((0, "158000\n", ""), Run(text, "--append", bytes));
    }

    [Fact]
    public void A_file_is_read_where_one_is_named()
    {
        using var folder = new TempFolder();
        Assert.Equal((0, "4\n", ""), Run("not this", folder.Write("t.txt", "Hello, world!")));
    }

    [Fact]
    public void The_tokens_themselves_can_be_printed() => Assert.Equal((0, "13225\n11\n2375\n0\n", ""), Run("Hello, world!", "--ids"));

    [Fact]
    public void A_vocabulary_of_one_s_own_is_counted_with()
    {
        using var folder = new TempFolder();
        var ranks = folder.Write("own.tiktoken", Ranks);
        Assert.Equal((0, "4\n", ""), Run("ab cab", "--vocabulary", ranks, "--split", "qwen2"));
        Assert.Equal((0, "300\n32\n99\n300\n", ""), Run("ab cab", "--vocabulary", ranks, "--split", "qwen2", "--ids"));
        Assert.Equal((0, "3\n", ""), Run("abc\n", "--vocabulary=" + folder.Write("own.bin", Ranks), "--format=tiktoken", "--split=llama3"));
    }

    [Fact]
    public void A_file_that_cannot_be_used_is_named()
    {
        using var folder = new TempFolder();
        var broken = folder.Write("broken.json", "{}");
        Assert.Equal((1, "", $"{broken}: model is missing\n"), Run("", "--vocabulary", broken));
        var gone = folder.PathOf("gone.json");
        Assert.Equal((1, "", $"{gone}: does not exist\n"), Run("", "--vocabulary", gone));
        var (code, output, errors) = Run("", gone);
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith(gone + ": ", errors, StringComparison.Ordinal);
        Assert.Equal(1, Run("", folder.Root).Code);
    }

    [Theory]
    [InlineData("no built-in vocabulary is named gpt2: there are o200k_base, o200k_harmony, cl100k_base", "--encoding", "gpt2")]
    [InlineData("--encoding wants a value", "--encoding")]
    [InlineData("--encoding is given twice", "--encoding", "a", "--encoding", "b")]
    [InlineData("--append wants a number of bytes from 1, not 0", "--append", "0")]
    [InlineData("--append wants a number of bytes from 1, not -1", "--append", "-1")]
    [InlineData("--append wants a number of bytes from 1, not 99999999999", "--append=99999999999")]
    [InlineData("--append and --ids do not go together", "--append", "1", "--ids")]
    [InlineData("unknown argument: --verbose", "--verbose")]
    [InlineData("unknown argument: b", "a", "b")]
    [InlineData("--split and --format go with --vocabulary", "--split", "llama3")]
    [InlineData("--encoding and --vocabulary do not go together", "--encoding", "o200k_base", "--vocabulary", "a.json")]
    [InlineData("--format is missing: the file's name ends neither in .tiktoken nor in .json", "--vocabulary", "a")]
    [InlineData("--format wants one of tiktoken, tekken, huggingface, not spm", "--vocabulary", "a", "--format", "spm")]
    [InlineData("--split is missing: a file of ranks does not say how text is cut into pieces", "--vocabulary", "a.tiktoken")]
    [InlineData("--split has no meaning for the format huggingface, whose file says how text is cut", "--vocabulary", "a.json", "--split", "llama3")]
    [InlineData("--split wants one of o200k, cl100k, llama3, qwen2, deepseek-v3, tekken, not gpt2", "--vocabulary", "a.tiktoken", "--split", "gpt2")]
    public void Arguments_that_make_no_sense_are_named(string complaint, params string[] arguments) =>
        Assert.Equal((2, "", complaint + "\nTry --help.\n"), Run("", arguments));

    [Fact]
    public void Help_within_count_is_help() => Assert.Equal(Command.Help, CommandLine.Parse(["count", "--help"], _ => null).Command);
}
