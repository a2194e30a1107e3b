using System.Diagnostics;
using System.Text;
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

    /// <summary>Of one client it would be enough to name five times what is not there, and the target were left alone by all.</summary>
    [Theory]
    [InlineData(404, "Item with id 'rs_028eb363e402' not found.", "rs_028eb363e402")]
    [InlineData(403, "You do not have permission to access the File q8mgw4ao67pk or it may not exist.", "files/q8mgw4ao67pk")]
    [InlineData(403, "CachedContent not found (or permission denied)", "\",\"cachedContent\":\"gone")]
    public async Task What_a_client_names_that_is_not_there_passes_and_ejects_nobody(int status, string message, string named)
    {
        await using var edge = await Ways.StartAsync(["n=3", "n=3"]);
        var body = Error(message);
        for (var i = 0; i < 6; i++)
        {
            edge.Fake.EnqueueRaw(Status(Ask.Answer(body), status));
            var answer = await edge.AskAsync(Ways.Chat(more: $",\"metadata\":{{\"of\":\"{named}\"}}"));
            Assert.Equal((status, body), (answer.Status, answer.Text));
        }

        Assert.All(Ways.Asked(edge), way => Assert.Equal("way-0", way));

        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} 0""");
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="fake",target="way-0"} 0""");
    }

    /// <summary>An error that names the model, or what the client has not named, is of our credential or deployment.</summary>
    [Theory]
    [InlineData(404, "The model `way-0` does not exist", "way-0 and more")]
    [InlineData(403, "Project proj_12345678 has no access", "else-12345678")]
    public async Task What_only_we_have_named_is_our_fault(int status, string message, string named)
    {
        await using var edge = await Ways.StartAsync(["n=3"]);
        edge.Fake.EnqueueRaw(Status(Ask.Answer(Error(message)), status));
        var answer = await edge.AskAsync(Ways.Chat(more: $",\"metadata\":{{\"of\":\"{named}\"}}"));
        Assert.Equal(502, answer.Status);
        Assert.DoesNotContain("proj_", answer.Text, StringComparison.Ordinal);
        await edge.SeeMetricAsync("""aiedge_target_failures_total{gen_ai_provider_name="fake",target="way-0"} 1""");
    }

    private static string Error(string message) => $$$"""{"error":{"message":"{{{message}}}"}}""";

    private static byte[] Status(byte[] answer, int status) =>
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(answer).Replace("HTTP/1.1 200 OK", $"HTTP/1.1 {status} X", StringComparison.Ordinal));

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
