using AiEdge.Functional.Tests.Rig;

namespace AiEdge.Functional.Tests.Routing;

/// <summary>From target to target, and to other models: who rests is left alone, whose limit is used up is passed over, who comes back is found at once.</summary>
public sealed class FailoverTests
{
    private const string Limited = "{ provider: fake, model: fake-n3-first }";

    [Theory]
    [InlineData("status=429; retryafter=50", false)]
    [InlineData("status=429; retryafter=50", true)]
    [InlineData("status=503; retryafter=50", false)]
    [InlineData("status=529; retryafter=50", true)]
    public async Task A_target_that_rests_is_left_alone_for_a_fallback_and_that_is_no_attempt(string script, bool isStream)
    {
        await using var edge = await Ways.StartAsync([script], "fallback: [ other ]", Elsewhere);
        for (var i = 0; i < 30; i++)
        {
            var answer = await edge.AskAsync(isStream ? Ways.Stream() : Ways.Chat());
            Assert.Equal((200, i == 0 ? "2" : "1", Ways.Good), (answer.Status, answer.Field("x-aiedge-attempts"), answer.Field("x-aiedge-model")));
        }

        Assert.Equal("way-0", Assert.Single(Ways.Asked(edge), model => model != Ways.Good));
        await edge.SeeMetricAsync("""aiedge_retry_budget_total{gen_ai_request_model="way",outcome="granted"} 1""");
    }

    [Fact]
    public async Task Of_several_that_rest_or_are_ejected_none_is_asked_before_a_fallback()
    {
        await using var edge = await Ways.StartAsync(["status=500", "status=429; retryafter=50"], "fallback: [ other ]", Elsewhere);
        for (var i = 0; i < 20; i++)
            Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        Assert.Single(Ways.Asked(edge), model => model == "way-1");
    }

    [Fact]
    public async Task A_fallback_that_rests_is_passed_over_for_the_next()
    {
        await using var edge = await Ways.StartAsync(["status=500", "status=429; retryafter=50"], change: setup => setup with
        {
            Models = $$"""
                  way: { targets: [ { provider: fake, model: way-0 } ], fallback: [ first, other ] }
                  first: { targets: [ { provider: first, model: way-1 } ] }
                  other: { targets: [ { provider: fake, model: {{Ways.Good}} } ] }
                """,
            Providers = First,
        });
        for (var i = 0; i < 8; i++)
            Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        Assert.Single(Ways.Asked(edge), model => model == "way-1");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_nobody_is_left_a_provider_s_word_is_told_and_nobody_asked(bool isStream)
    {
        await using var edge = await Ways.StartAsync(["status=429; retryafter=50"]);
        Assert.Equal("50", (await edge.AskAsync(Ways.Chat())).Field("retry-after"));
        var answer = await edge.AskAsync(isStream ? Ways.Stream() : Ways.Chat());

        Assert.Equal((429, "provider", null), (answer.Status, answer.Field("x-aiedge-limit"), answer.Field("x-aiedge-attempts")));
        Assert.InRange(int.Parse(answer.Field("retry-after")!), 1, 50);
        Assert.Single(Ways.Asked(edge));
        await edge.SeeMetricAsync("""aiedge_account_paced_total{gen_ai_provider_name="fake",account=""} 1""");
    }

    [Fact]
    public async Task Of_several_the_shortest_rest_is_told()
    {
        await using var edge = await Ways.StartAsync(["status=429; retryafter=50", "status=429; retryafter=30"], change: setup => setup with
        {
            Models = "  way: { targets: [ { provider: fake, model: way-0 }, { provider: first, model: way-1, priority: 1 } ] }",
            Providers = First,
        });
        await edge.AskAsync(Ways.Chat());
        Assert.InRange(int.Parse((await edge.AskAsync(Ways.Chat())).Field("retry-after")!), 1, 30);
        Assert.Equal(2, Ways.Asked(edge).Length);
    }

    [Fact]
    public async Task A_long_rest_is_told_as_a_moment()
    {
        await using var edge = await Ways.StartAsync(["status=429; retryafter=3600"]);
        await edge.AskAsync(Ways.Chat());
        var answer = await edge.AskAsync(Ways.Chat());
        Assert.Equal((429, "provider", null, "false"), (answer.Status, answer.Field("x-aiedge-limit"), answer.Field("retry-after"), answer.Field("x-should-retry")));
        Assert.NotNull(answer.Field("x-aiedge-reset"));
        Assert.Single(Ways.Asked(edge));
    }

    [Theory]
    [InlineData("status=503; retryafter=50")]
    [InlineData("status=529; retryafter=50")]
    [InlineData("status=429; retryafter=none")]
    public async Task Where_nobody_is_left_one_is_asked_that_said_so_of_its_health_or_did_not_say_when(string script)
    {
        await using var edge = await Ways.StartAsync([script]);
        for (var i = 0; i < 3; i++)
            await edge.AskAsync(Ways.Chat());
        Assert.Equal(3, Ways.Asked(edge).Length);
    }

    [Fact]
    public async Task What_was_said_of_one_model_keeps_no_other_from_being_asked_that_has_nobody_else()
    {
        await using var edge = await Ways.StartAsync(["status=429; retryafter=50"]);
        await edge.AskAsync(Ways.Chat());
        Assert.Equal(200, (await edge.AskAsync(Ask.Chat(model: "other"))).Status);
        Assert.Equal("provider", (await edge.AskAsync(Ways.Chat())).Field("x-aiedge-limit"));
    }

    [Theory]
    [InlineData("match: { model: first }, requests: 1/day")]
    [InlineData("match: { model: first }, tokens: 64/day")]
    [InlineData("match: { model: first }, cost: $1/day, unpriced: refuse")]
    [InlineData("match: { provider: first }, requests: 1/day")]
    public async Task A_fallback_whose_limit_is_used_up_is_passed_over_for_the_next(string limit)
    {
        await using var edge = await Ways.StartAsync(["status=500"], change: setup => WithLimit(setup, limit, "fallback: [ first, other ]"));
        for (var i = 0; i < 4; i++)
            Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        Assert.Equal(Ways.Good, Ways.Asked(edge)[^1]);
        await edge.SeeMetricAsync("aiedge_limit_refusals_total{limit=\"spent\"} 0");
    }

    [Theory]
    [InlineData("match: { model: first }, requests: 1/day")]
    [InlineData("match: { provider: first }, requests: 1/day")]
    public async Task Where_no_fallback_is_left_the_failure_is_told_and_who_has_failed(string limit)
    {
        await using var edge = await Ways.StartAsync(["status=503; retryafter=none"], change: setup => WithLimit(setup, limit, "fallback: [ first ]"));
        Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        var answer = await edge.AskAsync(Ways.Chat());

        Assert.Equal((503, null, "1"), (answer.Status, answer.Field("x-aiedge-limit"), answer.Field("x-aiedge-attempts")));
        Assert.Equal(("fake", "way-0"), (answer.Field("x-aiedge-provider"), answer.Field("x-aiedge-model")));
        await edge.RecordAsync();
        var record = await edge.RecordAsync();
        Assert.Equal(("upstream_fault", "fake"), (record.GetProperty("end").GetString(), record.GetProperty("provider").GetString()));
        await edge.SeeMetricAsync("aiedge_limit_refusals_total{limit=\"spent\"} 0");
    }

    [Fact]
    public async Task Who_rests_is_told_of_where_the_fallback_s_limit_is_used_up()
    {
        await using var edge = await Ways.StartAsync(
            ["status=429; retryafter=50"], change: setup => WithLimit(setup, "match: { model: first }, requests: 1/day", "fallback: [ first ]"));
        Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        var answer = await edge.AskAsync(Ways.Chat());
        Assert.Equal((429, "provider", 2), (answer.Status, answer.Field("x-aiedge-limit"), edge.Fake.RequestCount));
    }

    private const string First = $"  first: {{ dialect: openai, baseUrl: \"ROOT/v1\", key: \"{EdgeSetup.ProviderKey}\" }}";

    /// <summary>Whom the models fall back to is asked by another account.</summary>
    private static EdgeSetup Elsewhere(EdgeSetup setup) => setup with
    {
        Models = setup.Models.Replace($"provider: fake, model: {Ways.Good}", $"provider: first, model: {Ways.Good}", StringComparison.Ordinal),
        Providers = First,
    };

    private static EdgeSetup WithLimit(EdgeSetup setup, string limit, string more) => setup with
    {
        Models = $$"""
              way: { targets: [ { provider: fake, model: way-0 } ], {{more}}, health: { keep: 0% } }
              first: { targets: [ {{Limited.Replace("fake,", "first,", StringComparison.Ordinal)}} ] }
              other: { targets: [ { provider: fake, model: {{Ways.Good}} } ] }
            """,
        Providers = First,
        Limits = ["name: spent, " + limit],
    };

    [Theory]
    [InlineData("simple: { model: small, promptTokensMax: 1k }", "x-aiedge-simple")]
    [InlineData("degrade: [ { at: 0%, model: small } ]", "x-aiedge-degraded")]
    public async Task A_model_that_is_enough_and_fails_gives_a_request_back(string more, string field)
    {
        await using var edge = await Ways.StartAsync(["status=500"], change: setup => Small(setup, "way-0", more));
        for (var i = 0; i < 12; i++)
        {
            var answer = await edge.AskAsync(Ways.Chat());
            Assert.Equal((200, Ways.Good, null), (answer.Status, answer.Field("x-aiedge-model"), answer.Field(field)));
        }

        // Once it is ejected the request stays with its own from the start.
        Assert.Equal(5, Ways.Asked(edge).Count(model => model == "way-0"));
    }

    [Theory]
    [InlineData("simple: { model: small, promptTokensMax: 1k }", "x-aiedge-simple")]
    [InlineData("degrade: [ { at: 0%, model: small } ]", "x-aiedge-degraded")]
    public async Task A_model_that_is_enough_and_whose_limit_is_used_up_leaves_a_request_with_its_own(string more, string field)
    {
        await using var edge = await Ways.StartAsync(
            [], change: setup => Small(setup, "fake-n3-small", more) with { Limits = ["name: spent, match: { model: small }, requests: 1/day"] });
        for (var i = 0; i < 3; i++)
        {
            var answer = await edge.AskAsync(Ways.Chat());
            Assert.Equal((200, i == 0 ? "fake-n3-small" : Ways.Good, i == 0), (answer.Status, answer.Field("x-aiedge-model"), answer.Field(field) is not null));
        }

        // Nothing of the refusal is left on an exchange that was served.
        for (var i = 0; i < 3; i++)
            Assert.False((await edge.RecordAsync()).TryGetProperty("limit", out _));
        await edge.SeeMetricAsync("aiedge_limit_refusals_total{limit=\"spent\"} 0");
        if (field == "x-aiedge-degraded")
            await edge.SeeMetricAsync("""aiedge_model_degraded_total{gen_ai_request_model="way"} 1""");
    }

    /// <summary>Where the other falls back to the client's own by its name, too, that is asked once.</summary>
    [Fact]
    public async Task A_model_that_is_come_back_to_is_come_back_to_once()
    {
        await using var edge = await Ways.StartAsync(["status=500", "status=503"], change: setup => setup with
        {
            Models = """
                  way: { targets: [ { provider: fake, model: way-1 } ], simple: { model: small, promptTokensMax: 1k } }
                  small: { targets: [ { provider: fake, model: way-0 } ], fallback: [ way ] }
                """,
        });
        Assert.Equal(503, (await edge.AskAsync(Ways.Chat())).Status);
        Assert.Equal(["way-0", "way-1"], Ways.Asked(edge));
    }

    private static EdgeSetup Small(EdgeSetup setup, string model, string more) => setup with
    {
        Models = $$"""
              way: { targets: [ { provider: fake, model: {{Ways.Good}}, concurrent: 100 } ], {{more}} }
              small: { targets: [ { provider: fake, model: {{model}} } ] }
            """,
    };

    [Theory]
    [InlineData("retry: { sameTarget: true }", "way-0 way-0 fake-n3")]
    [InlineData("retry: { sameTarget: true, attempts: 2 }", "way-0 fake-n3")]
    [InlineData("retry: { sameTarget: true, attempts: 9 }", "way-0 way-0 fake-n3")]
    public async Task The_same_target_is_asked_again_before_another_model_and_never_in_its_place(string retry, string asked)
    {
        await using var edge = await Ways.StartAsync(["status=500"], "fallback: [ other ], " + retry);
        Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        Assert.Equal(asked, string.Join(' ', Ways.Asked(edge)));
    }

    [Fact]
    public async Task Who_wants_to_be_left_alone_is_not_asked_again_where_a_fallback_can_be()
    {
        await using var edge = await Ways.StartAsync(["status=503; retryafter=1"], "fallback: [ other ], retry: { sameTarget: true }", Elsewhere);
        Assert.Equal(200, (await edge.AskAsync(Ways.Chat())).Status);
        Assert.Equal(["way-0", Ways.Good], Ways.Asked(edge));
    }

    /// <summary>Slow failures come all at once: many more than the share of requests that may be sent again.</summary>
    [Fact]
    public async Task No_budget_keeps_requests_from_whoever_answers()
    {
        const int Clients = 60;
        var arrived = 0;
        var all = new TaskCompletionSource();
        await using var edge = await Ways.StartAsync(["status=500"], "fallback: [ other ]", wait: request =>
        {
            if (request.Model != "way-0")
                return Task.CompletedTask;
            if (Interlocked.Increment(ref arrived) == Clients)
                all.TrySetResult();
            return all.Task.WaitAsync(TimeSpan.FromSeconds(30));
        });
        var answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => edge.AskAsync(Ways.Chat())));

        Assert.All(answers, answer => Assert.Equal((200, "2"), (answer.Status, answer.Field("x-aiedge-attempts"))));
        await edge.SeeMetricAsync($$"""aiedge_retry_budget_total{gen_ai_request_model="way",outcome="granted"} {{Clients}}""");
    }

    [Fact]
    public async Task After_an_outage_of_all_who_answers_first_is_asked_from_then_on()
    {
        string?[] scripts = ["status=500", "status=500"];
        await using var edge = await Ways.StartAsync(scripts, "retry: { budget: 100% }");
        for (var i = 0; i < 10; i++)
            Assert.Equal(500, (await edge.AskAsync(Ways.Chat())).Status);
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="fake",target="way-1"} 1""");

        scripts[1] = "n=3";
        Assert.Equal((200, "2"), (await edge.AskAsync(Ways.Chat())) is var found ? (found.Status, found.Field("x-aiedge-attempts")) : default);
        await edge.SeeMetricAsync("""aiedge_target_ejected{gen_ai_provider_name="fake",target="way-1"} 0""");
        var last = await edge.AskAsync(Ways.Chat());
        Assert.Equal((200, "way-1"), (last.Status, last.Field("x-aiedge-model")));
    }
}
