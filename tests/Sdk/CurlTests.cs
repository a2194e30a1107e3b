using System.Text.Json;
using AiEdge.FakeUpstream;

namespace AiEdge.Sdk.Tests;

/// <summary>The line that <c>./build.sh run</c> and the README print, and its neighbours, typed into curl.</summary>
public sealed class CurlTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [CurlFact]
    public async Task The_printed_line_streams_a_completion()
    {
        await using var plane = await Plane.StartAsync("n=24");
        var output = await CurlAsync(plane, "-N", "-d", """{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Hello"}]}""");
        var events = output.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, text => Assert.StartsWith("data: ", text, StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", events[^1]);
        var texts = events[..^1].Select(text => JsonElement.Parse(text["data: ".Length..]))
            .Select(chunk => chunk.GetProperty("choices")[0].GetProperty("delta"))
            .Select(delta => delta.TryGetProperty("content", out var content) ? content.GetString() : null);
        Assert.Equal(FakeText.All(9), string.Concat(texts));
    }

    [CurlFact]
    public async Task The_line_of_the_README_does_what_it_says()
    {
        await using var plane = await Plane.StartAsync();
        var line = ReadmeLine()
            .Replace("127.0.0.1:8080", $"127.0.0.1:{plane.Port}", StringComparison.Ordinal)
            .Replace("sk-aiedge-…", Plane.Key, StringComparison.Ordinal);
        var (code, output) = await Command.RunAsync("sh", ["-c", line + " -sS"], Path.GetTempPath(), Patience);
        Assert.True(code == 0, output);
        Assert.EndsWith("data: [DONE]\n\n", output, StringComparison.Ordinal);
    }

    [CurlFact]
    public async Task A_large_body_for_which_curl_expects_100_continue_is_taken()
    {
        await using var plane = await Plane.StartAsync();
        var body = $$"""{"model":"fake-n3","messages":[{"role":"user","content":"{{new string('x', 2_000_000)}}"}]}""";
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, body);
            var output = await CurlAsync(plane, "-H", "Expect: 100-continue", "--data-binary", "@" + file);
            Assert.Equal(FakeText.All(3), JsonElement.Parse(output).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
            Assert.Equal(body, (await plane.Provider.NextRequestAsync()).BodyText);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [CurlFact]
    public async Task A_chunked_upload_reaches_the_provider_with_its_length()
    {
        await using var plane = await Plane.StartAsync();
        const string body = """{"model":"fake-n3","messages":[{"role":"user","content":"Q"}]}""";
        var output = await CurlAsync(plane, "-H", "Transfer-Encoding: chunked", "-d", body);
        Assert.Contains("\"object\":\"chat.completion\"", output, StringComparison.Ordinal);
        var seen = await plane.Provider.NextRequestAsync();
        Assert.False(seen.Chunked);
        Assert.Equal(body, seen.BodyText);
    }

    [CurlFact]
    public async Task An_error_is_JSON_with_its_status()
    {
        await using var plane = await Plane.StartAsync();
        var output = await CurlAsync(plane, "-w", "%{http_code}", "-d", """{"model":"gpt-99","messages":[]}""");
        Assert.EndsWith("404", output, StringComparison.Ordinal);
        Assert.Equal("model_not_found", JsonElement.Parse(output[..^3]).GetProperty("error").GetProperty("code").GetString());
    }

    /// <summary>The first curl command of README.md, its continued lines joined.</summary>
    private static string ReadmeLine()
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, "README.md"));
        var at = Array.FindIndex(lines, line => line.TrimStart().StartsWith("curl -N ", StringComparison.Ordinal));
        Assert.True(at >= 0, "README.md shows no curl command");
        var command = lines[at].Trim();
        while (command.EndsWith('\\'))
            command = command[..^1] + lines[++at].Trim();
        return command;
    }

    private static async Task<string> CurlAsync(Plane plane, params string[] arguments)
    {
        var (code, output) = await Command.RunAsync("curl", ["-sS", plane.Endpoint + "/chat/completions",
            "-H", "Authorization: Bearer " + Plane.Key, "-H", "Content-Type: application/json", .. arguments], Path.GetTempPath(), Patience);
        Assert.True(code == 0, output);
        return output;
    }
}
