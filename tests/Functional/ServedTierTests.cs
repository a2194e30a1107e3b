using System.Globalization;
using AiEdge.Functional.Tests.Anthropic;
using AiEdge.Functional.Tests.Gemini;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests;

/// <summary>The bill is of the tier of service that served, as the answer says, in the record and in the limit alike.</summary>
public sealed class ServedTierTests
{
    private const string Price = "price: { input: 1, output: 10, factors: { flex: 0.5, priority: 2 } }";

    /// <summary>What 200 tokens in and 10 out cost without a factor, in nanodollars.</summary>
    private const long Plain = (200 * 1_000) + (10 * 10_000);

    [Theory]
    [InlineData("chat", "flex", "priority", 2.0)]
    [InlineData("chat", "flex", "default", 1.0)]
    [InlineData("chat", "auto", "flex", 0.5)]
    [InlineData("chat", "priority", "auto", 2.0)]
    [InlineData("responses", "auto", "priority", 2.0)]
    [InlineData("responses", "priority", "flex", 0.5)]
    [InlineData("messages", "auto", "priority", 2.0)]
    [InlineData("contents", "", "ON_DEMAND_FLEX", 0.5)]
    [InlineData("contents", "", "ON_DEMAND", 1.0)]
    public async Task Whichever_was_asked_for(string shape, string asked, string served, double factor)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Time = new StillTime(),
            Limits = ["name: budget, cost: $1/day, unpriced: zero"],
            Providers = Claude.Setup.Providers + "\n" + Gem.Setup.Providers,
            Models = $$"""
                  tiered: { targets: [ { provider: fake, model: fake-n3 } ], {{Price}} }
                  tiered-claude: { targets: [ { provider: claude, model: fake-n3 } ], {{Price}} }
                  tiered-gem: { targets: [ { provider: google, model: fake-n3 } ], {{Price}} }
                """,
        });
        var expected = (long)(Plain * factor);
        var script = $"n=10; in=200; usage=always; tier={served}";
        var tier = asked.Length > 0 ? $",\"service_tier\":\"{asked}\"" : "";
        foreach (var streams in (bool[])[false, true])
        {
            var more = (streams ? ",\"stream\":true" : "") + tier;
            var answer = await edge.AskAsync(shape switch
            {
                "chat" => Ask.Chat(script, "tiered", more),
                "responses" => Ask.Responses(script, streams, tier).Replace("gpt-4o", "tiered", StringComparison.Ordinal),
                "messages" => Claude.Ask(script, "tiered-claude", more),
                _ => streams ? Gem.Stream(script, "tiered-gem") : Gem.Ask(script, "tiered-gem"),
            });
            Assert.Equal(200, answer.Status);
            var record = await edge.RecordAsync();
            Assert.Equal(expected, long.Parse(record.GetProperty("costNanodollars").GetString()!, CultureInfo.InvariantCulture));
            var bucket = Assert.Single((await edge.AdminAsync("/limits")).Json.GetProperty("buckets").EnumerateArray());
            Assert.Equal($"{expected * (streams ? 2 : 1)}", bucket.GetProperty("used").GetString());
        }
    }
}
