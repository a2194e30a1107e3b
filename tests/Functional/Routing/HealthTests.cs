using System.Diagnostics;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A target that fails is not asked for a while; a model is never without any.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_target_that_fails_is_left_out_also_after_a_reload()
    {
        await using var edge = await Ways.StartAsync(["status=500", "n=3"]);
        var began = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++)
            Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        edge.Replace(edge.Config + "# again\n");
        await edge.SeeMetricAsync("aiedge_config_generation 2");
        for (var i = 0; i < 20; i++)
            Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);

        // Five failures, and a probe each time that an ejection is over.
        var asked = Ways.Asked(edge).Count(model => model == "way-0");
        Assert.InRange(asked, 5, 6 + (int)began.Elapsed.TotalSeconds / 5);
        await edge.SeeMetricAsync($$"""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} {{asked}}""");
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="fake",target="way-0"} 1""");
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="fake",target="way-1"} 0""");
        await edge.SeeMetricAsync("""aiedge_target_pending{gen_ai_provider_name="fake",target="way-1"} 0""");
    }

    [Fact]
    public async Task The_last_target_is_asked_however_often_it_fails()
    {
        await using var edge = await Ways.StartAsync(["status=500"]);
        for (var i = 0; i < 12; i++)
            Assert.Equal((500, "1"), (await edge.AskAsync(Ways.Chat())) is var answer ? (answer.Status, answer.Field("x-aiedge-attempts")) : default);
        Assert.Equal(12, Ways.Asked(edge).Length);
    }

    [Fact]
    public async Task What_a_request_or_its_client_is_to_blame_for_ejects_nobody()
    {
        await using var edge = await Ways.StartAsync(["status=400", "n=3"]);
        for (var i = 0; i < 12; i++)
            await edge.AskAsync(Ways.Chat());
        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} 0""");
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="fake",target="way-0"} 0""");
    }

    [Fact]
    public async Task Names_that_a_provider_does_not_know_say_nothing_of_the_provider()
    {
        await using var edge = await Edge.StartAsync();
        for (var i = 0; i < 6; i++)
            await edge.AskAsync(Ask.Chat("status=404", model: "fake-unheard"));
        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target=""} 0""");
    }

    [Fact]
    public async Task A_provider_that_says_when_to_come_again_is_left_alone_until_then()
    {
        await using var edge = await Ways.StartAsync(["status=429; retryafter=50", "n=3"], change: setup => setup with
        {
            Models = "  way: { targets: [ { provider: full, model: way-0 }, { provider: fake, model: way-1, priority: 1 } ] }\n"
                + "  too: { targets: [ { provider: full, model: way-0x }, { provider: fake, model: way-1, priority: 1 } ] }",
            Providers = $"  full: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}",
        });
        Assert.Equal("2", (await edge.AskAsync(Ways.Chat())).Field("x-aiedge-attempts"));
        Assert.Equal("1", (await edge.AskAsync(Ways.Chat())).Field("x-aiedge-attempts"));
        Assert.Equal("1", (await edge.AskAsync(Ask.Chat(model: "too"))).Field("x-aiedge-attempts"));
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="full",target="way-0"} 0""");
    }
}
