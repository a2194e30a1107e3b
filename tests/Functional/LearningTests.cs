using System.Text;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Functional.Tests;

/// <summary>What is learnt of answers and prompts, as the next request's reservation shows it; and what metrics say of our own counts.</summary>
public sealed class LearningTests
{
    private const long Prompt = 25;
    private static readonly Tokenizer Tokens = new(Vocabulary.O200kBase);

    [Fact]
    public async Task An_answer_without_a_cap_reserves_what_its_like_stay_under()
    {
        await using var edge = await StartAsync();
        Assert.Equal(0, await UsedAsync(edge));
        using (var early = await edge.ConnectAsync())
        {
            await early.SendAsync(Ask.Chat("noanswer=hang"));
            await edge.Fake.NextRequestAsync();
            Assert.Equal(Prompt + 1024, await UsedAsync(edge));
        }

        await edge.RecordAsync();
        var before = await UsedAsync(edge);
        await edge.AskAsync(Ask.Chat("n=100"));
        await edge.RecordAsync();
        await edge.Fake.NextRequestAsync();
        Assert.Equal(before + 312, await UsedAsync(edge));

        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Chat("noanswer=hang"));
        await edge.Fake.NextRequestAsync();
        Assert.Equal(before + 312 + Prompt + 201, await UsedAsync(edge));
    }

    [Fact]
    public async Task A_request_that_names_what_lies_at_the_provider_reserves_what_prompts_stay_under()
    {
        await using var edge = await StartAsync();
        await edge.AskAsync(Ask.Chat("n=30; in=4000"));
        await edge.RecordAsync();
        await edge.Fake.NextRequestAsync();

        // What was learnt outlives the configuration that it was learnt under.
        edge.Replace(edge.Config.Replace("1m/day", "2m/day", StringComparison.Ordinal));
        await edge.SeeMetricAsync("aiedge_config_generation 2");
        using var client = await edge.ConnectAsync();
        await client.SendAsync(Ask.Responses("noanswer=hang", more: ",\"previous_response_id\":\"resp_1\""));
        await edge.Fake.NextRequestAsync();
        Assert.Equal(4030 + 8001 + 64, await UsedAsync(edge));

        using var other = await edge.ConnectAsync();
        await other.SendAsync(Ask.Responses("noanswer=hang", more: ",\"previous_response_id\":null"));
        await edge.Fake.NextRequestAsync();
        Assert.InRange(await UsedAsync(edge), 4030 + 8001 + 64 + 64, 4030 + 8001 + 64 + 64 + 40);
    }

    [Fact]
    public async Task Metrics_say_how_far_our_counts_are_from_what_providers_report()
    {
        const string Labels = "{gen_ai_request_model=\"gpt-4o\",gen_ai_provider_name=\"fake\"";
        await using var edge = await StartAsync("name: t, tokens: 700/day", "outputTokens: 100, action: shadow");
        await edge.AskAsync(Ask.Stream("n=20"));
        await edge.RecordAsync();
        await edge.SeeMetricAsync($"aiedge_counted_tokens_total{Labels}}} {Tokens.Count(Encoding.UTF8.GetBytes(FakeText.All(20)))}");
        await edge.SeeMetricAsync($"aiedge_counted_tokens_reported_total{Labels}}} 20");
        await edge.SeeMetricAsync($"aiedge_hidden_tokens_total{Labels}}} 0");
        await edge.SeeMetricAsync($"aiedge_bills_estimated_total{Labels}}} 0");
        await edge.SeeMetricAsync($"aiedge_runaways_total{Labels},action=\"shadow\"}} 0");

        // Of 700 are 232 used; 14 are the prompt's count.
        var answer = await edge.AskAsync(Ask.Chat("n=500; in=0; cap=off"));
        var cap = long.Parse(answer.Field("x-aiedge-max-tokens")!, System.Globalization.CultureInfo.InvariantCulture);
        await edge.RecordAsync();
        await edge.SeeMetricAsync($"aiedge_hidden_tokens_total{Labels}}} {500 - cap}");
    }

    [Fact]
    public async Task Metrics_count_estimates_and_runaways()
    {
        const string Labels = "{gen_ai_request_model=\"fake-*\",gen_ai_provider_name=\"fake\"";
        await using var edge = await StartAsync(runaway: "outputTokens: 10, action: shadow");
        await edge.AskAsync(Ask.Stream("usage=off", model: "fake-n40"));
        await edge.RecordAsync();
        await edge.SeeMetricAsync($"aiedge_bills_estimated_total{Labels}}} 1");
        await edge.SeeMetricAsync($"aiedge_runaways_total{Labels},action=\"shadow\"}} 1");
        await edge.SeeMetricAsync($"aiedge_runaways_total{Labels},action=\"cut\"}} 0");
    }

    private static Task<Edge> StartAsync(string limit = "name: t, tokens: 1m/day", string runaway = "") =>
        Edge.StartAsync(new EdgeSetup { Limits = [limit], Runaway = runaway });

    private static async Task<long> UsedAsync(Edge edge) =>
        Assert.Single((await edge.AdminAsync("/limits?limit=t")).Json.GetProperty("buckets").EnumerateArray()).GetProperty("used").GetInt64();
}
