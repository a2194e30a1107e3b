using System.Net;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>What would become of a request.</summary>
public sealed class ExplainTests
{
    private static async Task<(ControlRig Rig, RestClient Client)> StartAsync()
    {
        var rig = await ControlRig.WithModelAsync();
        var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "providers/second", Domain.World.Provider);
        await rest.DoAsync("PUT", "models/gpt-*", """{"targets":[{"provider":"openai"}]}""");
        await rest.DoAsync("PUT", "models/o1", """{"targets":[{"provider":"second","model":"o1-mini"}]}""");
        await rest.DoAsync("PUT", "models/off", """{"targets":[{"provider":"openai"}],"disabled":true}""");
        await rest.DoAsync("PUT", "teams/blue", """{"tags":{"env":"prod"}}""");
        await rest.DoAsync("PUT", "teams/red", """{"disabled":true}""");
        foreach (var (name, more) in new[]
        {
            ("a", "\"team\":\"blue\",\"models\":[\"gpt-*\",\"o1\",\"off\",\"zz\"],\"tier\":\"pro\",\"clientTags\":[\"feature\"]"), ("red", "\"team\":\"red\""),
            ("off", "\"disabled\":true"), ("late", "\"expires\":\"2020-01-01\""),
        })
        {
            // A name that stands nowhere is a fault, so the last one is listed for a while.
            await rest.DoAsync("PUT", "models/zz", Domain.World.Model);
            await rest.DoAsync("POST", "keys", $$"""{"name":"{{name}}",{{more}}}""");
        }

        return (rig, rest);
    }

    private static async Task<JsonNode> AskAsync(RestClient rest, string key, string model, string more = "") =>
        await rest.DoAsync("POST", "explain", $$"""{"key":"{{key}}","model":"{{model}}"{{more}}}""");

    [Fact]
    public async Task A_limit_of_providers_goes_by_the_target_that_a_plane_asks()
    {
        var (rig, rest) = await StartAsync();
        await using var _ = rig;
        using var _1 = rest;
        await rest.DoAsync("PUT", "providers/idle", Domain.World.Provider);
        await rest.DoAsync("PUT", "models/o1", """{"targets":[{"provider":"idle","weight":0},{"provider":"openai","priority":2},{"provider":"second","priority":1}]}""");
        await rest.DoAsync("PUT", "limits/each", """{"per":"provider","requests":"9/min"}""");
        await rest.DoAsync("PUT", "limits/idle", """{"match":{"provider":"idle"},"requests":"9/min"}""");
        Assert.Equal(["each second"], await LimitsAsync());
        await rest.DoAsync("PATCH", "providers/second", """{"disabled":true}""");
        Assert.Equal(["each openai"], await LimitsAsync());

        async Task<IEnumerable<string>> LimitsAsync() =>
            (await AskAsync(rest, "a", "o1"))["limits"]!.AsArray().Select(l => $"{l!["name"]} {l["value"]}");
    }

    [Fact]
    public async Task What_is_admitted_has_its_rule_its_target_and_the_limits_that_bind_it()
    {
        var (rig, rest) = await StartAsync();
        await using var _ = rig;
        using var _1 = rest;
        await rest.DoAsync("PUT", "limits/all", """{"requests":"10/s","concurrent":5}""");
        await rest.DoAsync("PUT", "limits/keys", """{"match":{"tier":"pro"},"per":"key","tokens":"1000/day"}""");
        await rest.DoAsync("PUT", "limits/prod", """{"match":{"tag":"env=prod"},"per":"tag:feature","requests":"9/min","mode":"shadow"}""");
        await rest.DoAsync("PUT", "limits/o1", """{"match":{"model":"o1"},"requests":"9/min"}""");
        await rest.DoAsync("PUT", "limits/second", """{"match":{"provider":"second"},"per":"provider","requests":"9/min"}""");
        await rest.DoAsync("PUT", "limits/off", """{"requests":"1/min","disabled":true}""");
        var answer = await AskAsync(rest, "a", "gpt-5", ",\"tags\":{\"feature\":\"chat\"}");
        Assert.True((bool)answer["admitted"]!);
        Assert.Null(answer["error"]);
        Assert.Equal(("gpt-*", "openai", "gpt-5"), ((string)answer["model"]!["rule"]!, (string)answer["target"]!["provider"]!, (string)answer["target"]!["model"]!));
        Assert.Equal(("blue", "pro", "prod"), ((string)answer["key"]!["team"]!, (string)answer["key"]!["tier"]!, (string)answer["key"]!["tags"]!["env"]!));
        Assert.Equal(
            ["all enforce global * 10/s", "keys enforce key a 1k/day", "prod shadow tag:feature chat 9/min"],
            answer["limits"]!.AsArray().Select(l => $"{l!["name"]} {l["mode"]} {l["per"]} {l["value"]} {l["amounts"]!.AsObject().First().Value}"));
        var other = await AskAsync(rest, "a", "o1");
        Assert.Equal(["all", "keys", "o1", "prod", "second"], other["limits"]!.AsArray().Select(l => (string)l!["name"]!).Order());
        Assert.Equal("o1-mini", (string)other["target"]!["model"]!);
        Assert.Null(other["model"]!["degrade"]);
        await rest.DoAsync("PATCH", "models/o1", """{"degrade":[{"at":"90%","model":"gpt-5"},{"at":"97%","maxTokens":256}]}""");
        Assert.Equal(
            """[{"at":"90%","model":"gpt-5"},{"at":"97%","maxTokens":256}]""",
            (await AskAsync(rest, "a", "o1"))["model"]!["degrade"]!.ToJsonString());

        // What is told as the first is whom planes may ask first, and all others stand beside it.
        await rest.DoAsync(
            "PUT", "models/many", """{"targets":[{"provider":"openai","weight":0},{"provider":"openai","model":"late","priority":1},{"provider":"openai","model":"one","weight":3}],"balance":"latency"}""");
        await rest.DoAsync("PATCH", "keys/a", """{"models":["many"]}""");
        var many = await AskAsync(rest, "a", "many");
        Assert.Equal("one", (string)many["target"]!["model"]!);
        Assert.Contains("balance (latency)", (string)many["target"]!["why"]!, StringComparison.Ordinal);
        Assert.Equal(["one 3 0", "late 1 1"], many["targets"]!.AsArray().Select(t => $"{t!["model"]} {t["weight"]} {t["priority"]}"));
    }

    [Theory]
    [InlineData("off", "gpt-4o", "", 401, "invalid_api_key", "the key is disabled")]
    [InlineData("red", "gpt-4o", "", 401, "invalid_api_key", "the key's team is disabled")]
    [InlineData("late", "gpt-4o", "", 401, "invalid_api_key", "the key has expired")]
    [InlineData("a", "gpt-4o", ",\"tags\":{\"env\":\"dev\"}", 403, "model_not_allowed", "the key does not allow the tag env")]
    [InlineData("a", "claude", "", 403, "model_not_allowed", "the key does not allow the model")]
    [InlineData("a", "off", "", 403, "model_not_allowed", "the model is disabled")]
    [InlineData("a", "zz", "", 404, "model_not_found", "no rule matches the model")]
    [InlineData("a", "o1", "", 403, "model_not_allowed", "the model's provider is disabled")]
    public async Task What_is_in_the_way_is_said_as_a_client_would_be_told(string key, string model, string more, int status, string code, string why)
    {
        var (rig, rest) = await StartAsync();
        await using var _ = rig;
        using var _1 = rest;
        await rest.DoAsync("PATCH", "providers/second", """{"disabled":true}""");
        await rest.DoAsync("PATCH", "keys/a", """{"models":["gpt-*","o1","off","z*"]}""");
        await rest.DoAsync("PUT", "models/zebra", Domain.World.Model);
        await rest.DoAsync("DELETE", "models/zz");
        var answer = await AskAsync(rest, key, model, more);
        Assert.False((bool)answer["admitted"]!);
        var error = answer["error"]!;
        Assert.Equal((status, code, why), ((int)error["status"]!, (string)error["code"]!, (string)error["why"]!));
    }

    [Fact]
    public async Task An_owner_asks_of_his_teams_keys_and_sees_his_teams_limits()
    {
        var (rig, rest) = await StartAsync();
        await using var _ = rig;
        using var _1 = rest;
        await rest.DoAsync("PUT", "limits/all", """{"requests":"10/s"}""");
        await rest.DoAsync("PUT", "limits/blue", """{"match":{"team":"blue"},"requests":"9/min"}""");
        var token = (string)(await rest.DoAsync("POST", "tokens", """{"name":"o","role":"owner","team":"blue"}"""))["secret"]!;
        using var owner = new RestClient(rig, token);
        var answer = await AskAsync(owner, "a", "gpt-4o");
        Assert.Equal("blue", (string)Assert.Single(answer["limits"]!.AsArray())!["name"]!);
        Assert.Equal(1, (int)answer["otherLimits"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.SendAsync("POST", "explain", """{"key":"red","model":"gpt-4o"}""")).Status);
    }

    [Fact]
    public async Task A_question_with_faults_is_told_all_of_them()
    {
        var (rig, rest) = await StartAsync();
        await using var _ = rig;
        using var _1 = rest;
        var version = rig.State.Current.Version;
        Assert.Equal(3, (await rest.SendAsync("POST", "explain", """{"key":7,"tag":{}}""")).Faults.Length);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.SendAsync("POST", "explain", """{"key":"nobody","model":"gpt-4o"}""")).Status);
        Assert.Equal(version, rig.State.Current.Version);
    }

    [Fact]
    public async Task A_name_that_stands_for_another_is_followed_and_regions_are_kept()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "providers/home", Domain.World.Provider[..^1] + ",\"region\":\"eu-west\"}");
        await rest.DoAsync("PUT", "models/both", """{"targets":[{"provider":"openai","model":"away","weight":9},{"provider":"home","model":"near","priority":2}],"aliases":["two"]}""");
        await rest.DoAsync("PUT", "models/away", """{"targets":[{"provider":"openai"}]}""");
        await rest.DoAsync("PUT", "models/led", """{"targets":[{"provider":"openai"}],"fallback":["both"]}""");
        await rest.DoAsync("PUT", "teams/eu", """{"regions":["eu-*"]}""");
        await rest.DoAsync("POST", "keys", """{"name":"free","modelMap":{"old-*":"two"}}""");
        await rest.DoAsync("POST", "keys", """{"name":"bound","regions":["eu-*"]}""");
        await rest.DoAsync("POST", "keys", """{"name":"member","team":"eu"}""");

        var free = await AskAsync(rest, "free", "old-7");
        Assert.Equal(("old-7", "both", "both", "away"), (Model(free, "asked"), Model(free, "meant"), Model(free, "rule"), (string?)free["target"]!["model"]));
        Assert.Equal("both", Model(await AskAsync(rest, "free", "two"), "rule"));
        foreach (var key in (string[])["bound", "member"])
        {
            Assert.Equal("near", (string?)(await AskAsync(rest, key, "both"))["target"]!["model"]);
            Assert.Equal(403, (int)(await AskAsync(rest, key, "away"))["error"]!["status"]!);
            Assert.Null((await AskAsync(rest, key, "led"))["error"]);
        }

        static string? Model(JsonNode answer, string field) => (string?)answer["model"]![field];
    }
}
