using AiEdge.DataPlane.Core;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;
using static AiEdge.Functional.Tests.JournalTests;
using static AiEdge.Functional.Tests.Routing.EnsembleTests;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>What one of several that are asked at once has failed in is read, and told, as that of who is asked alone.</summary>
public sealed class EnsembleErrorTests
{
    [Fact]
    public async Task A_model_that_its_provider_does_not_know_is_its_failure_as_ever()
    {
        await using var edge = await StartAsync("size: 2, pick: longest", ["status=404", "Paris"]);
        for (var i = 0; i < TargetHealth.RowMax + 2; i++)
            Assert.Equal(200, (await edge.AskAsync(Chat())).Status);
        await edge.SeeMetricAsync($$"""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} {{TargetHealth.RowMax}}""");
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="fake",target="way-0"} 1""");
    }

    /// <summary>What a status says of the target, or an error in the place of an answer.</summary>
    [Theory]
    [InlineData("status=402", 1)]
    [InlineData("status=302", 1)]
    [InlineData("status=500", 1)]
    [InlineData("status=502; inside", 1)]
    [InlineData("status=401; inside; encoding=gzip", 1)]
    [InlineData("status=429", 0)]
    [InlineData("status=429; inside", 0)]
    [InlineData("status=400; inside", 0)]
    [InlineData("status=501", 0)]
    [InlineData("status=409", 0)]
    [InlineData("status=403; error=empty; framing=chunked", 1)]
    public async Task An_error_is_read_as_that_of_who_is_asked_alone(string said, int failures)
    {
        await using var alone = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  way: { targets: [ { provider: fake, model: way-0 } ] }",
            Fake = new FakeUpstreamOptions { ScriptFor = _ => said },
        });
        await alone.AskAsync(Chat());
        await using var edge = await StartAsync("size: 2, pick: longest", [said, "Paris"]);
        Assert.Equal((200, "way-1"), await edge.AskAsync(Chat()) is var answer ? (answer.Status, answer.Field("x-aiedge-model")) : default);
        await edge.SeeNothingLeftAsync();
        foreach (var its in (Edge[])[alone, edge])
            await its.SeeMetricAsync($$"""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} {{failures}}""");
        await edge.Host.DisposeAsync();
        Assert.Equal(0, Cost(Dump(edge).Single(line => Line(line).EndsWith("way-0", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("status=429; inside", 429, "rate_limit_exceeded")]
    [InlineData("status=402; inside", 502, "upstream_auth")]
    [InlineData("status=503; inside; encoding=gzip", 503, "overloaded")]
    [InlineData("status=401", 502, "upstream_auth")]
    [InlineData("status=302", 502, "upstream_error")]
    public async Task Where_all_say_it_it_is_told_as_that_of_who_is_asked_alone(string said, int status, string code)
    {
        await using var edge = await StartAsync("size: 2", [said, said]);
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((status, code, "way-0"), (answer.Status, answer.Json.GetProperty("error").GetProperty("code").GetString(), answer.Field("x-aiedge-model")));
        await edge.SeeNothingLeftAsync();
    }

    [Fact]
    public async Task The_connection_of_an_error_that_was_read_is_used_again()
    {
        await using var edge = await StartAsync("size: 2, pick: longest", ["status=400", "Paris"]);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(200, (await edge.AskAsync(Chat())).Status);
            await edge.SeeMetricAsync("aiedge_upstream_connections{provider=\"other\",state=\"idle\"} 2");
        }

        Assert.Equal(2, edge.Fake.Requests.Select(request => request.ConnectionId).Distinct().Count());
    }

    /// <summary>Whatever comes of it has been read once when it goes to the client.</summary>
    [Theory]
    [InlineData("status=500; error=empty; framing=chunked", 502)]
    [InlineData("status=400; framing=chunked; chunk=7; encoding=gzip", 400)]
    [InlineData("status=500; error=html", 502)]
    [InlineData("long", 500)]
    public async Task The_error_that_stands_for_all_goes_out_whole(string said, int status)
    {
        await using var edge = await Edge.StartAsync(new EdgeSetup
        {
            Models = "  way: { targets: [ { provider: fake, model: way-0 } ], ensemble: { size: 2 } }",
            Fake = new FakeUpstreamOptions
            {
                ScriptFor = _ => said == "long" ? null : said,
                RawFor = _ => said == "long" ? Ask.Refusal(500, $$$"""{"error":{"message":"{{{new string('x', 100_000)}}}"}}""") : null,
            },
        });
        var answer = await edge.AskAsync(Chat());
        Assert.Equal((status, true, "2"), (answer.Status, answer.IsWhole, answer.Field("x-aiedge-attempts")));
        Assert.False(string.IsNullOrEmpty(answer.Json.GetProperty("error").GetProperty("message").GetString()));
        await edge.SeeNothingLeftAsync();
    }
}
