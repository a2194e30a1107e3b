using System.Text.Json;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A target that has as many requests under way as it may is passed over, and where all are full nothing is sent.</summary>
public sealed class ConcurrentTests
{
    private const string Models = """
          way: { targets: [ { provider: fake, model: fake-n3-a, concurrent: 1 }, { provider: fake, model: fake-n3-b, concurrent: 1, priority: 1 } ] }
          same: { targets: [ { provider: fake, model: fake-n3-a, concurrent: 1 } ], fallback: [ gpt-4o ] }
          alone: { targets: [ { provider: fake, model: fake-n3-a, concurrent: 1 } ] }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_stream_takes_its_place_to_its_end()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup { Models = Models, Limits = ["name: all, requests: 9/day, per: key"] });
        using var first = await edge.ConnectAsync();
        using var second = await edge.ConnectAsync();
        await first.SendAsync(Ask.Stream("n=4; b=0; stall=2", "way"));
        var one = await edge.Fake.NextRequestAsync(Patience);
        await second.SendAsync(Ask.Stream("n=4; b=0; stall=2", "way"));
        var two = await edge.Fake.NextRequestAsync(Patience);
        Assert.Equal(("fake-n3-a", "fake-n3-b"), (one.Model, two.Model));

        var full = await edge.AskAsync(Ask.Chat(model: "way"));
        Assert.Equal((503, "1"), (full.Status, full.Field("retry-after")));
        Assert.Equal("overloaded", JsonElement.Parse(full.Text).GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(503, (await edge.AskAsync(Ask.Chat(model: "alone"))).Status);
        Assert.Equal("fake-n3", (await edge.AskAsync(Ask.Chat(model: "same"))).Field("x-aiedge-model"));

        one.Resume();
        Assert.True((await first.ReadAnswerAsync()).IsWhole);
        await edge.SeeMetricAsync("aiedge_target_pending{gen_ai_provider_name=\"fake\",target=\"fake-n3-a\"} 0");
        var after = await edge.AskAsync(Ask.Chat(model: "way"));
        Assert.Equal((200, "fake-n3-a"), (after.Status, after.Field("x-aiedge-model")));

        // What was refused has drawn nothing.
        Assert.Equal("5", after.Field("x-ratelimit-remaining-requests"));
        two.Resume();
        Assert.True((await second.ReadAnswerAsync()).IsWhole);
        Assert.Equal(4, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task No_more_are_under_way_than_may_be_whoever_comes_together()
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  way: { targets: [ { provider: fake, model: fake-n3-a, concurrent: 3 } ] }",
            Fake = new FakeUpstreamOptions { ScriptFor = static _ => "n=4; b=0; stall=2" },
        });
        var answers = new List<Task<RawAnswer>>();
        for (var i = 0; i < 24; i++)
            answers.Add(edge.AskAsync(Ask.Stream(model: "way")));

        // All who are refused are answered before any of those who are not.
        while (answers.Count(static answer => answer.IsCompleted) < 21)
            await Task.WhenAny(answers.Where(static answer => !answer.IsCompleted));
        for (var i = 0; i < 3; i++)
            (await edge.Fake.NextRequestAsync(Patience)).Resume();
        var all = await Task.WhenAll(answers);
        Assert.Equal(3, edge.Fake.RequestCount);
        Assert.Equal((3, 21), (all.Count(answer => answer.Status == 200), all.Count(answer => answer.Status == 503)));
    }
}
