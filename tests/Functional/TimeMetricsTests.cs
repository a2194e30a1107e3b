using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Functional.Tests.Routing;

namespace AiEdge.Functional.Tests;

/// <summary>What the metrics say of time agrees with the records and with a client's own clock.</summary>
public sealed class TimeMetricsTests
{
    private const string PerToken = "gen_ai_server_time_per_output_token_seconds";
    private const string Labels = "{gen_ai_request_model=\"gpt-4o\",gen_ai_provider_name=\"fake\"";

    private static readonly string[] Stages = ["read", "route", "admit", "send", "wait", "answer", "end"];

    [Fact]
    public async Task The_time_from_token_to_token_is_that_of_the_stream_for_each_token_behind_the_first()
    {
        await using var edge = await Edge.StartAsync();
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Stream("n=9; b=0; stall=4"));
        await client.SeeAsync("\" runs\"");
        var seen = Stopwatch.GetTimestamp();
        var request = await edge.Fake.NextRequestAsync();
        await edge.SeeMetricAsync("aiedge_streams_open 1");
        var between = Stopwatch.GetElapsedTime(seen);
        request.Resume();
        await client.SeeAsync("[DONE]");
        var record = await edge.RecordAsync();

        var text = (await edge.AdminAsync("/metrics")).Text;

        Assert.Equal(9, record.GetProperty("outputTokens").GetInt64());
        Assert.Equal(1, Value(text, $"{PerToken}_count{Labels}}}"));
        Assert.InRange(
            Value(text, $"{PerToken}_sum{Labels}}}") * 8,
            between.TotalSeconds - 0.00001,
            (Number(record, "totalUs") - Number(record, "firstTokenUs")) / 1_000_000d);
    }

    [Theory]
    [InlineData("n=4", "", 1)]
    [InlineData("n=4; usage=off", "", 0)]
    [InlineData("n=4; usage=off", "mode: group", 1)]
    [InlineData("n=40", "", 1)]
    [InlineData("n=1", "", 0)]
    [InlineData("n=9; b=0; cut=4", "mode: group", 0)]
    public async Task It_is_told_of_streams_that_were_whole_or_cut_and_whose_tokens_are_known(string script, string journal, int count)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Runaway = journal.Length > 0 || script == "n=40" ? "outputTokens: 5" : "", Journal = journal });
        await edge.AskAsync(Ask.Stream(script));
        await edge.AskAsync(Ask.Chat("n=4"));
        await edge.SeeMetricAsync($"{PerToken}_count{Labels}}} {count}");
        Assert.Equal(script == "n=40" ? "cut" : script.Contains("cut", StringComparison.Ordinal) ? "upstream_fault" : "done", (await edge.RecordAsync()).GetProperty("end").GetString());
        foreach (var bound in (string[])["0.01", "0.025", "0.05", "0.075", "0.1", "0.15", "0.2", "0.3", "0.4", "0.5", "0.75", "1", "2.5", "+Inf"])
            Assert.Contains($"\n{PerToken}_bucket{Labels},le=\"{bound}\"}} ", (await edge.AdminAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stages_of_what_was_answered_are_all_of_its_time()
    {
        await using var edge = await Ways.StartAsync(["status=500", "n=3"], "retry: { attempts: 4 }", static setup => setup with { Journal = "mode: sync" });
        var total = 0L;
        string[] requests = [Ask.Chat(), Ask.Stream("n=4"), Ways.Chat(), Ways.Stream(), Ask.Chat(model: "unreachable"), Ask.Chat(model: "nobody"), Ask.Chat(key: "sk-no")];
        foreach (var request in requests)
        {
            await edge.AskAsync(request);
            var record = await edge.RecordAsync();
            total += Number(record, "status") == 200 ? Number(record, "totalUs") : 0;
        }

        var text = (await edge.AdminAsync("/metrics")).Text;

        // The last three ended before they were sent, before they were routed, and before they were read.
        Assert.Equal([6, 5, 5, 4, 4, 4, 4], Stages.Select(stage => Value(text, $"aiedge_stage_us_count{{stage=\"{stage}\"}}")));
        var times = Stages.Select(stage => (long)Value(text, $"aiedge_stage_us_sum{{stage=\"{stage}\"}}")).ToArray();
        Assert.All(times[3..5], static us => Assert.True(us > 0));
        Assert.True(times[3..].Sum() <= total, $"{string.Join(' ', times)} of {total}");
        Assert.True(times.Sum() >= total - 4 * Stages.Length, $"{string.Join(' ', times)} of {total}");
    }

    private static long Number(JsonElement record, string name) => record.GetProperty(name).GetInt64();

    private static double Value(string text, string sample)
    {
        var at = text.IndexOf($"\n{sample} ", StringComparison.Ordinal);
        Assert.True(at >= 0, $"no '{sample}' in {text}");
        var value = text.AsSpan(at + sample.Length + 2);
        return double.Parse(value[..value.IndexOf('\n')], CultureInfo.InvariantCulture);
    }
}
