using System.Globalization;
using System.Text;
using AiEdge.FakeUpstream;
using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>A provider with several accounts: each is asked in its turn, and none beyond what its provider has said to be left.</summary>
public sealed class AccountTests
{
    private const string One = "sk-one-canary-b81d77";
    private const string Two = "sk-two-canary-4c02ea";

    private static readonly EdgeSetup Setup = new()
    {
        Providers = $"  pool: {{ dialect: openai, baseUrl: \"ROOT/v1\", accounts: {{ one: {{ key: {One} }}, two: {{ key: {Two} }} }} }}\n"
            + $"  single: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: {One} }}",
        Models = """
              pool: { targets: [ { provider: pool, model: fake-n3 } ], retry: { waitMax: 1ms, budget: 100% } }
              patient: { targets: [ { provider: single, model: fake-n3 } ], retry: { waitMax: 60s } }
              scarce: { targets: [ { provider: single } ], retry: { waitMax: 1ms } }
              plenty: { targets: [ { provider: single } ], retry: { waitMax: 1ms } }
              "any-*": { targets: [ { provider: single } ], retry: { waitMax: 1ms } }
              "pool-*": { targets: [ { provider: pool } ], retry: { waitMax: 1ms, budget: 100% } }
              both: { targets: [ { provider: pool, model: fake-n3 }, { provider: fake, model: other, priority: 1 } ], retry: { waitMax: 60s } }
            """,
    };

    private static byte[] Answer(string fields) => Ask.Answer("""{"choices":[{}]}""", fields);

    /// <summary>What comes back within a day comes back too late for any test.</summary>
    private static string Left(long left, string reset = "24h0m0s") =>
        $"x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: {left}\r\nx-ratelimit-reset-requests: {reset}\r\n";

    [Fact]
    public async Task Each_is_asked_in_its_turn()
    {
        await using var edge = await Edge.StartAsync(Setup);
        for (var i = 0; i < 6; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool"))).Status);
        Assert.Equal(["Bearer " + One, "Bearer " + Two], edge.Fake.Requests.Select(Key).Distinct().Order());
        Assert.Equal(3, edge.Fake.Requests.Count(request => Key(request) == "Bearer " + One));
    }

    /// <summary>Each attempt says whom its provider was asked as, the exchange of whom it was asked as last; one account alone has no name.</summary>
    [Fact]
    public async Task Which_account_was_asked_is_in_the_records()
    {
        await using var edge = await Edge.StartAsync(Setup with { Journal = "mode: group" });
        edge.Fake.Enqueue("status=401");
        Assert.Equal((200, "2"), await edge.AskAsync(Ask.Chat(model: "pool")) is var answer ? (answer.Status, answer.Field("x-aiedge-attempts")) : default);
        var names = edge.Fake.Requests.Select(request => Key(request) == "Bearer " + One ? "one" : "two").ToArray();
        Assert.Equal(names[1], (await edge.RecordAsync()).GetProperty("account").GetString());
        await edge.AskAsync(Ask.Chat(model: "patient"));
        Assert.False((await edge.RecordAsync()).TryGetProperty("account", out _));
        await edge.SeeMetricAsync("aiedge_exchanges_open 0");
        await edge.Host.DisposeAsync();
        Assert.Equal(
            [$"attempt {names[0]}", $"attempt {names[1]}", $"exchange {names[1]}", "attempt ", "exchange "],
            JournalTests.Dump(edge).Select(line => $"{line.GetProperty("kind").GetString()} {line.GetProperty("account").GetString()}"));
    }

    [Fact]
    public async Task One_with_nothing_left_is_not_asked_and_nobody_is_when_none_has()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Answer(Left(0)));
        await edge.AskAsync(Ask.Chat(model: "pool"));
        var first = Key(edge.Fake.Requests[0]);
        for (var i = 0; i < 5; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool"))).Status);
        Assert.DoesNotContain(edge.Fake.Requests.Skip(1), request => Key(request) == first);

        edge.Fake.EnqueueRaw(Answer("x-ratelimit-limit-tokens: 1000\r\nx-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 24h0m0s\r\n"));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool"))).Status);
        var asked = edge.Fake.RequestCount;
        var refused = await edge.AskAsync(Ask.Chat(model: "pool"));
        Assert.Equal((429, "provider", asked), (refused.Status, refused.Field("x-aiedge-limit"), edge.Fake.RequestCount));
        Assert.Equal(("false", null, null), (refused.Field("x-should-retry"), refused.Field("retry-after"), refused.Field("retry-after-ms")));
        Assert.True(DateTimeOffset.Parse(refused.Field("x-aiedge-reset")!, CultureInfo.InvariantCulture) > DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.Contains("rate_limit_exceeded", refused.Text, StringComparison.Ordinal);
        var metrics = (await edge.AdminAsync("/metrics")).Text;
        Assert.Contains("aiedge_account_remaining{gen_ai_provider_name=\"pool\",account=\"one\",target=\"fake-n3\",unit=", metrics, StringComparison.Ordinal);
        Assert.Contains("aiedge_account_remaining{gen_ai_provider_name=\"pool\",account=\"two\",target=\"fake-n3\",unit=", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_short_wait_for_the_provider_is_told_as_it_is()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Answer(Left(0, "3000s")));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "scarce"))).Status);
        var refused = await edge.AskAsync(Ask.Chat(model: "scarce"));
        Assert.Equal((429, "provider", null), (refused.Status, refused.Field("x-aiedge-limit"), refused.Field("x-aiedge-reset")));
        Assert.InRange(int.Parse(refused.Field("retry-after")!, CultureInfo.InvariantCulture), 1, 30);
    }

    [Fact]
    public async Task What_is_left_of_one_model_says_nothing_of_another()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Answer(Left(0)));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "scarce"))).Status);
        Assert.Equal(429, (await edge.AskAsync(Ask.Chat(model: "scarce"))).Status);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "plenty"))).Status);

        // Whatever name is passed on, the provider's limit of another is not known to be the same.
        edge.Fake.EnqueueRaw(Answer(Left(0)));
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: $"any-{i}"))).Status);
    }

    [Fact]
    public async Task What_is_left_of_a_name_that_was_passed_on_is_known_by_the_second_time()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Answer(Left(0)));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool-5"))).Status);
        var first = Key(edge.Fake.Requests[0]);
        for (var i = 0; i < 5; i++)
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool-5"))).Status);
        Assert.DoesNotContain(edge.Fake.Requests.Skip(1), request => Key(request) == first);

        // Where no account has any left nobody is asked, and other names go on as before.
        edge.Fake.EnqueueRaw(Answer(Left(0)));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool-5"))).Status);
        var asked = edge.Fake.RequestCount;
        var refused = await edge.AskAsync(Ask.Chat(model: "pool-5"));
        Assert.Equal((429, "provider", asked), (refused.Status, refused.Field("x-aiedge-limit"), edge.Fake.RequestCount));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool-4"))).Status);
        Assert.Contains(
            "aiedge_account_remaining{gen_ai_provider_name=\"pool\",account=\"one\",target=\"pool-5\",unit=\"requests\"} 0\n",
            (await edge.AdminAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_the_provider_does_not_know_take_no_place()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Encoding.ASCII.GetBytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n" + Left(0) + "\r\n"));
        Assert.NotEqual(200, (await edge.AskAsync(Ask.Chat(model: "any-nonsense"))).Status);
        Assert.DoesNotContain("target=\"any-nonsense\"", (await edge.AdminAsync("/metrics")).Text, StringComparison.Ordinal);
        edge.Fake.EnqueueRaw(Answer(Left(50)));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "any-sense"))).Status);
        Assert.Contains("target=\"any-sense\"", (await edge.AdminAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_bytes_of_an_image_are_not_taken_for_its_tokens()
    {
        await using var edge = await Edge.StartAsync(Setup);
        var image = $",\"image\":\"data:image/png;base64,{new string('A', 400_000)}\"";
        for (var i = 0; i < 3; i++)
        {
            edge.Fake.EnqueueRaw(Answer("x-ratelimit-limit-tokens: 30000\r\nx-ratelimit-remaining-tokens: 29000\r\nx-ratelimit-reset-tokens: 24h0m0s\r\n"));
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "scarce", more: image))).Status);
        }
    }

    [Fact]
    public async Task Another_target_is_asked_where_no_account_has_anything_left()
    {
        await using var edge = await Edge.StartAsync(Setup);
        for (var i = 0; i < 2; i++)
        {
            edge.Fake.EnqueueRaw(Answer(Left(0)));
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "both"))).Status);
        }

        for (var i = 0; i < 4; i++)
            Assert.Equal((200, "other"), (await edge.AskAsync(Ask.Chat(model: "both"))) is var answer ? (answer.Status, answer.Field("x-aiedge-model")) : default);
    }

    [Fact]
    public async Task A_moment_is_waited_for_where_nobody_else_could_be_asked()
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Answer(Left(0, "100s")));
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "patient"))).Status);
        var answer = await edge.AskAsync(Ask.Chat(model: "patient"));
        Assert.Equal((200, "1"), (answer.Status, answer.Field("x-aiedge-attempts")));
    }

    [Theory]
    [InlineData("status=429")]
    [InlineData("status=429; retryafter=50")]
    [InlineData("status=401")]
    [InlineData("status=403")]
    [InlineData("status=429; error=quota")]
    public async Task What_one_is_refused_another_is_asked_for_at_once_and_first(string script)
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.Enqueue(script);
        var answer = await edge.AskAsync(Ask.Chat(model: "both"));
        Assert.Equal((200, "2", "pool"), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-provider")));
        Assert.NotEqual(Key(edge.Fake.Requests[0]), Key(edge.Fake.Requests[1]));
    }

    [Theory]
    [InlineData("stale=fin")]
    [InlineData("stale=rst")]
    public async Task What_went_to_a_connection_that_was_closed_by_then_took_nothing_of_the_account(string script)
    {
        await using var edge = await Edge.StartAsync(Setup);
        edge.Fake.EnqueueRaw(Answer(Left(1)), close: false);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "scarce"))).Status);
        edge.Fake.Enqueue(script);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "scarce"))).Status);
        Assert.Equal(3, edge.Fake.RequestCount);
    }

    [Fact]
    public async Task Numbers_below_nought_say_nothing()
    {
        await using var edge = await Edge.StartAsync(Setup);
        for (var i = 0; i < 4; i++)
        {
            edge.Fake.EnqueueRaw(Answer("x-ratelimit-remaining-requests: -1\r\nx-ratelimit-remaining-tokens: -1\r\n"));
            Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool"))).Status);
        }
    }

    [Fact]
    public async Task Their_keys_are_told_to_nobody()
    {
        await using var edge = await Edge.StartAsync(Setup);
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "pool"))).Status);
        foreach (var text in (string[])[(await edge.AdminAsync("/config")).Text, (await edge.AdminAsync("/metrics")).Text])
        {
            Assert.DoesNotContain(One, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Two, text, StringComparison.Ordinal);
        }

        // Whichever of them is asked as, what repeats the other's key is not passed on; the other one is asked where it may be.
        foreach (var key in (string[])[One, Two, One])
        {
            for (var i = 0; i < 2; i++)
                edge.Fake.EnqueueRaw(Ask.Refusal(400, $$$"""{"error":{"message":"bad {{{key}}}"}}"""));
            var told = await edge.AskAsync(Ask.Chat(model: "pool"));
            Assert.Equal(502, told.Status);
            Assert.DoesNotContain("canary", told.Text, StringComparison.Ordinal);
        }
    }

    private static string? Key(ReceivedRequest request) => request.Header("authorization");
}
