using System.Runtime.CompilerServices;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>Pages of docs: their requests are made in their order, and are answered as they say.</summary>
public sealed class DocumentationTests
{
    [Theory]
    [InlineData("docs/api.md", 15)]
    [InlineData("docs/quick-start.md", 9)]
    public async Task The_examples_are_answered_as_they_say(string page, int least)
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        var made = 0;
        foreach (var block in (await File.ReadAllTextAsync(Path.Combine(Root(), page))).Split("```http\n")[1..])
        {
            var lines = block[..block.IndexOf("```", StringComparison.Ordinal)].TrimEnd().Split('\n');
            var request = lines[0].Split(' ');
            var body = string.Join('\n', lines[1..^1]);
            var answer = await rest.SendAsync(request[0], request[1]["/api/v1/".Length..], body.Length > 0 ? body : null);
            Assert.True(lines[^1] == $"--> {(int)answer.Status}", $"{lines[0]}: {answer.Status} {answer.Text}");
            made++;
        }

        Assert.True(made >= least);
    }

    public static string PathOf(string file) => Path.Combine(Root(), file);

    private static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../.."));
}
