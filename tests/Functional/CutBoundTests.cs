using System.Globalization;
using System.Text;
using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;
using AiEdge.Tokenization;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Functional.Tests;

/// <summary>
/// Streams that run into limits, with a provider that overlooks the cap and sends events of any size: what a client sees never costs more
/// than the limit has, and is ended in its dialect's own way.
/// </summary>
public sealed class CutBoundTests
{
    private const int Runs = 1000;
    private const int Lanes = 12;

    /// <summary>Output tokens that each limit leaves beside the prompt, or 0 where it counts the prompt too.</summary>
    private static readonly (string Model, long Output, long Total)[] Limits =
        [("m-small", 90, 0), ("m-wide", 1300, 0), ("m-rate", 300, 0), ("m-total", 0, 400), ("m-money", 0, 420)];

    private static readonly Tokenizer Tokens = new(Vocabulary.O200kBase);

    [Fact]
    public async Task No_stream_shows_more_than_its_limit_has()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Time = new StillTime(),
            KeyFields = "clientTags: [ run ]",
            Models = string.Concat(Limits.Select(limit =>
                $"  {limit.Model}: {{ targets: [ {{ provider: fake, model: gpt-4o }} ], price: {{ input: 10, output: 10 }} }}\n")),
            Limits =
            [
                "name: small, match: { model: m-small }, per: tag:run, outputTokens: 90/day",
                "name: wide, match: { model: m-wide }, per: tag:run, outputTokens: 1300/day",
                "name: rate, match: { model: m-rate }, per: tag:run, outputTokens: 300/min",
                "name: total, match: { model: m-total }, per: tag:run, tokens: 400/day",
                "name: money, match: { model: m-money }, per: tag:run, cost: $0.0042/day",
            ],
        });
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(async _ =>
        {
            using var client = await edge.ConnectAsync();
            for (int run; (run = Interlocked.Increment(ref next)) < Runs;)
                await RunAsync(edge, client, run);
        }));
        Assert.Equal(Runs, edge.Fake.RequestCount);
        foreach (var (_, counters) in edge.Host.Services.Limits.Counters)
            Assert.True(counters.Cut > Runs / 20, counters.Name);
    }

    private static async Task RunAsync(Edge edge, RawClient client, int run)
    {
        var random = new Random(run);
        var isResponses = random.Next(3) == 0;
        var (model, output, total) = Limits[random.Next(isResponses ? 3 : Limits.Length)];
        var (vary, choices) = (random.Next(1, 60), isResponses || output == 90 ? 1 : random.Next(1, 4));
        var wantsUsage = random.Next(2) == 0;
        var script = $"n=1500; vary={vary}; cap=off; b={random.Next(4)}";
        var body = isResponses
            ? $$"""{"model":"{{model}}","input":"{{EdgeSetup.Prompt}}","stream":true}"""
            : Ask.ChatBody(model, $",\"stream\":true,\"n\":{choices}" + (wantsUsage ? ",\"stream_options\":{\"include_usage\":true}" : ""));

        var answer = await client.AskAsync(Ask.Post(
            isResponses ? "/v1/responses" : "/v1/chat/completions", body, $"x-aiedge-tags: run={run}\r\n{Ask.Script(script)}"));

        Assert.True(answer.Status == 200 && answer.IsWhole, answer.Text);
        var told = $"run {run}: {model}, {script}";
        var prompt = 3 + 3 + 1 + Count(EdgeSetup.Prompt);
        var credit = output > 0 ? output : total - prompt;
        if (output > 0)
            Assert.Equal(output / choices, long.Parse(answer.Field("x-aiedge-max-tokens")!, CultureInfo.InvariantCulture));
        var texts = isResponses ? SeeResponse(answer, told) : SeeChat(answer, choices, wantsUsage, prompt, told);
        var visible = texts.Sum(Count);
        Assert.True(visible <= credit, $"{told}: {visible} of {credit}");
        Assert.All(texts, text => Assert.StartsWith(text, FakeText.All(3 * 1500), StringComparison.Ordinal));

        // It is not cut before its time: one event more would have been too much, and of the prompt a bound may have been drawn.
        Assert.True(visible > credit - 4 * vary - 30, $"{told}: only {visible} of {credit}");
        await edge.RecordAsync();
    }

    private static string[] SeeChat(RawAnswer answer, int choices, bool wantsUsage, long prompt, string told)
    {
        var texts = Enumerable.Range(0, choices).Select(_ => new StringBuilder()).ToArray();
        var finished = new string?[choices];
        JsonElement? usage = null;
        Assert.Equal("[DONE]", answer.Events[^1]);
        foreach (var data in answer.Events[..^1])
        {
            var json = JsonElement.Parse(data);
            foreach (var choice in json.GetProperty("choices").EnumerateArray())
            {
                var index = choice.GetProperty("index").GetInt32();
                if (choice.GetProperty("delta").TryGetProperty("content", out var content))
                    texts[index].Append(content.GetString());
                finished[index] = choice.GetProperty("finish_reason").GetString() ?? finished[index];
            }

            if (json.TryGetProperty("usage", out var found) && found.ValueKind == JsonValueKind.Object)
                usage = found;
        }

        Assert.All(finished, finish => Assert.Equal("length", finish));
        Assert.Equal((told, wantsUsage), (told, usage is not null));
        var shown = texts.Select(text => text.ToString()).ToArray();
        if (usage is { } report)
            Assert.Equal((prompt, shown.Sum(Count)), (report.GetProperty("prompt_tokens").GetInt64(), report.GetProperty("completion_tokens").GetInt64()));
        return shown;
    }

    private static string[] SeeResponse(RawAnswer answer, string told)
    {
        var text = new StringBuilder();
        foreach (var data in answer.Events)
        {
            var json = JsonElement.Parse(data);
            if (json.GetProperty("type").GetString() == "response.output_text.delta")
                text.Append(json.GetProperty("delta").GetString());
        }

        var last = JsonElement.Parse(answer.Events[^1]);
        Assert.Equal((told, "response.incomplete"), (told, last.GetProperty("type").GetString()));
        var response = last.GetProperty("response");
        Assert.Equal("max_output_tokens", response.GetProperty("incomplete_details").GetProperty("reason").GetString());
        Assert.Equal(Count(text.ToString()), response.GetProperty("usage").GetProperty("output_tokens").GetInt64());
        Assert.Equal(text.ToString(), response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
        return [text.ToString()];
    }

    private static long Count(string text) => Tokens.Count(Encoding.UTF8.GetBytes(text));
}
