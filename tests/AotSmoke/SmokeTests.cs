using System.Net;
using System.Text.Json;

namespace AiEdge.AotSmoke.Tests;

/// <summary>The binary that ships, from the outside: what trimming or native compilation could have broken shows here.</summary>
public sealed class SmokeTests
{
    /// <summary>All parts carry the one version of Directory.Build.props.</summary>
    private static readonly string Version = typeof(SmokeTests).Assembly.GetName().Version!.ToString(3);

    [NativeFact]
    public async Task It_streams_a_chat_completion_and_answers_an_unstreamed_one()
    {
        await using var plane = await NativePlane.StartAsync();
        var events = await ReadEventsAsync(await SendAsync(plane, "fake-n5", stream: true));
        Assert.Equal("[DONE]", events[^1]);
        Assert.Equal(5, events.Count(e => Delta(e) is { Length: > 0 }));

        using var whole = await plane.Client.PostAsync("/v1/chat/completions", NativePlane.Chat("fake-n5", stream: false));
        using var document = JsonDocument.Parse(await whole.Content.ReadAsStringAsync());
        var text = document.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        Assert.Equal(string.Concat(events.Select(Delta)), text);
    }

    [NativeFact]
    public async Task It_shows_the_provider_its_own_key_and_logs_no_secret_and_no_prompt()
    {
        await using var plane = await NativePlane.StartAsync();

        // The provider refuses every other key.
        using var answer = await plane.Client.PostAsync("/v1/chat/completions", NativePlane.Chat("fake-n2", stream: false));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var config = await plane.Admin.GetStringAsync("/config");
        Assert.True(await plane.BecomesAsync(() => Task.FromResult(plane.Output.Contains("\"kind\":\"exchange\"", StringComparison.Ordinal))));
        foreach (var text in (string[])[plane.Output, config])
        {
            Assert.DoesNotContain(NativePlane.Key, text, StringComparison.Ordinal);
            Assert.DoesNotContain(NativePlane.ProviderKey, text, StringComparison.Ordinal);
            Assert.DoesNotContain("PROMPT-TEXT", text, StringComparison.Ordinal);
        }
    }

    [NativeFact]
    public async Task It_refuses_a_wrong_key_with_the_documented_body()
    {
        await using var plane = await NativePlane.StartAsync();
        plane.Client.DefaultRequestHeaders.Authorization = new("Bearer", "sk-wrong");
        using var answer = await plane.Client.PostAsync("/v1/chat/completions", NativePlane.Chat("fake-n2", stream: false));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal("invalid_api_key", document.RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(0, plane.Provider.RequestCount);
    }

    [NativeFact]
    public async Task On_SIGTERM_it_fails_readiness_finishes_the_stream_and_ends_well()
    {
        await using var plane = await NativePlane.StartAsync(drainDelay: "1s");
        var answer = await SendAsync(plane, "fake-n40-d50000", stream: true);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: ", await reader.ReadLineAsync(), StringComparison.Ordinal);

        plane.SignalStop();
        Assert.True(await plane.BecomesAsync(async () =>
            (await plane.Admin.GetAsync("/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable));
        var rest = await reader.ReadToEndAsync();
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
        await plane.EndsWellAsync();
    }

    [NativeFact]
    public async Task On_SIGHUP_it_loads_a_good_file_and_keeps_the_old_one_for_a_bad_one()
    {
        await using var plane = await NativePlane.StartAsync();
        var text = await File.ReadAllTextAsync(plane.ConfigFile);
        text = text.Replace("models:\n", "models:\n  added: { targets: [ { provider: fake } ] }\n", StringComparison.Ordinal);
        await File.WriteAllTextAsync(plane.ConfigFile, text);
        plane.SignalReload();
        Assert.True(await plane.BecomesAsync(async () =>
            (await plane.Client.GetAsync("/v1/models/added")).StatusCode == HttpStatusCode.OK));

        await File.WriteAllTextAsync(plane.ConfigFile, "models: [ nonsense");
        plane.SignalReload();
        Assert.True(await plane.BecomesAsync(async () => await MetricAsync(plane, "aiedge_config_rejected_total") > 0));
        using var still = await plane.Client.GetAsync("/v1/models/added");
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    [NativeFact]
    public async Task The_usage_journal_survives_a_kill()
    {
        await using var plane = await NativePlane.StartAsync(journal: "mode: sync");
        for (var i = 0; i < 3; i++)
            await (await SendAsync(plane, "fake-n3", stream: i > 0)).Content.ReadAsStringAsync();
        plane.KillHard();
        await plane.RestartAsync();
        await (await SendAsync(plane, "fake-n3", stream: false)).Content.ReadAsStringAsync();

        var records = (await plane.DumpAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l)).ToList();
        Assert.Equal(8, records.Count);
        records.RemoveAll(static r => r.GetProperty("kind").GetString() == "attempt");
        Assert.Equal(4, records.Count);
        Assert.All(records, r => Assert.Equal("done", r.GetProperty("end").GetString()));
        Assert.All(records, r => Assert.Equal("smoke", r.GetProperty("key").GetString()));
        Assert.All(records, r => Assert.Equal("fake-n3", r.GetProperty("model").GetString()));
        Assert.Equal([1, 1, 1, 2], records.Select(r => r.GetProperty("epoch").GetInt32()));
        Assert.True(await MetricAsync(plane, "aiedge_journal_records_total") >= 1);

        plane.SignalStop();
        await plane.EndsWellAsync();
        var (code, text) = await plane.JournalAsync("verify");
        Assert.True(code == 0, text);
    }

    [NativeFact]
    public async Task Check_says_yes_by_zero_and_names_the_line_of_a_fault_by_one()
    {
        var good = NativePlane.Config(9, 10, 11, "0s");
        Assert.Equal(0, (await NativePlane.RunAsync(good, "--config", "aiedge.yaml", "--check")).Code);
        var (code, text) = await NativePlane.RunAsync(good + "nonsense: 1\n", "--config", "aiedge.yaml", "--check");
        Assert.Equal(1, code);
        Assert.Contains($"{good.Count(c => c == '\n') + 1}", text, StringComparison.Ordinal);
        Assert.Contains("nonsense", text, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Version_and_help_are_told_and_an_unknown_flag_is_refused()
    {
        var (code, text) = await NativePlane.RunAsync(null, "--version");
        Assert.Equal(0, code);
        Assert.Contains(Version, text, StringComparison.Ordinal);
        (code, text) = await NativePlane.RunAsync(null, "--help");
        Assert.Equal(0, code);
        Assert.Contains("--config", text, StringComparison.Ordinal);
        Assert.NotEqual(0, (await NativePlane.RunAsync(null, "--no-such-flag")).Code);
    }

    [NativeFact]
    public async Task It_counts_the_tokens_of_a_file()
    {
        var text = string.Concat(Enumerable.Range(0, 5000).Select(i => $"line {i}: it's 日本 \U0001D400's\r\n"));
        Assert.Equal((0, "59000\n"), await NativePlane.RunAsync(text, "count", "aiedge.yaml"));
        Assert.Equal((0, "59000\n"), await NativePlane.RunAsync(text, "count", "--encoding", "o200k_harmony", "--append", "1", "aiedge.yaml"));
        Assert.Equal((0, "13225\n11\n2375\n0\n"), await NativePlane.RunAsync("Hello, world!", "count", "--ids", "aiedge.yaml"));
        Assert.Equal((0, "4\n"), await NativePlane.RunAsync("Hello, world!", "count", "--encoding", "cl100k_base", "aiedge.yaml"));
        Assert.Equal(1, (await NativePlane.RunAsync(null, "count", "gone.txt")).Code);
        Assert.Equal(2, (await NativePlane.RunAsync(null, "count", "--encoding", "none")).Code);
    }

    [NativeFact]
    public async Task Health_is_zero_for_a_ready_data_plane_and_not_for_one_that_is_gone()
    {
        await using var plane = await NativePlane.StartAsync();
        var admin = plane.Admin.BaseAddress!.ToString().TrimEnd('/');
        Assert.Equal(0, (await NativePlane.RunAsync(null, "health", "--admin", admin)).Code);
        plane.SignalStop();
        await plane.EndsWellAsync();
        Assert.NotEqual(0, (await NativePlane.RunAsync(null, "health", "--admin", admin)).Code);
    }

    private static async Task<HttpResponseMessage> SendAsync(NativePlane plane, string model, bool stream)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = NativePlane.Chat(model, stream) };
        var answer = await plane.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer;
    }

    private static async Task<List<string>> ReadEventsAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return [.. text.Split("\n\n").Where(e => e.StartsWith("data: ", StringComparison.Ordinal)).Select(e => e["data: ".Length..])];
    }

    private static string? Delta(string data)
    {
        if (data == "[DONE]")
            return null;
        using var document = JsonDocument.Parse(data);
        var choices = document.RootElement.GetProperty("choices");
        if (choices.GetArrayLength() == 0)
            return null;
        return choices[0].GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() : null;
    }

    internal static async Task<double> MetricAsync(NativePlane plane, string name)
    {
        var lines = (await plane.Admin.GetStringAsync("/metrics")).Split('\n');
        var line = lines.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
