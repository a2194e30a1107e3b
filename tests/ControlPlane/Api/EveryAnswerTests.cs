using System.Net;
using System.Text.Json.Nodes;
using AiEdge.Contracts.Wire;
using AiEdge.ControlPlane.Tests.Hosting;
using AiEdge.ControlPlane.Tests.Publish;
using AiEdge.ControlPlane.Tests.Usage;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>What is described against what is done: <see cref="RestClient"/> holds each body and answer against its schema.</summary>
public sealed class EveryAnswerTests
{
    [Fact]
    public async Task Every_operation_takes_and_answers_what_its_schema_says()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        await PrepareAsync(rest);
        await UseAsync(rig, rest);
        string[] sections = ["providers", "models", "teams", "keys", "limits", "prices", "alerts", "tokens", "joinTokens"];
        foreach (var section in sections)
        {
            var page = (await rest.DoAsync("GET", section + "?limit=1"))["items"]!;
            var name = Uri.EscapeDataString((string)page[0]!["name"]!);
            var one = await rest.DoAsync("GET", $"{section}/{name}");
            if (section is "tokens" or "joinTokens")
                one.AsObject().Remove("etag");
            await rest.DoAsync("PUT", $"{section}/{name}", one.ToJsonString());
            await rest.DoAsync("PATCH", $"{section}/{name}", "{}");
        }

        foreach (var question in (string[])["key", "team,rule", "provider,tag:feature&step=hour", "model&step=day&format=csv"])
            Assert.Equal(HttpStatusCode.OK, (await rest.GetAsync("usage?groupBy=" + question)).Status);
        foreach (var read in (string[])["keys/a/secrets", "limits/all/state", "usage/top", "usage/forecast", "dataplanes", "audit", "config/generations", "config/generations/2"])
            await rest.DoAsync("GET", read);
        var record = (await rest.DoAsync("GET", "requests?attempts=true"))["requests"]![0]!;
        await rest.DoAsync("GET", $"requests/{record["requestId"]}");
        Assert.Equal("application/yaml", (await rest.SendAsync("GET", "config", null, "application/json", ("Accept", "application/yaml"))).Type);
        await rest.DoAsync("PUT", "config", (await rest.GetAsync("config")).Text);
        await rest.DoAsync("POST", "explain", """{"key":"a","model":"gpt-4o","tags":{"feature":"x"}}""");
        await rest.DoAsync("POST", "keys/a/rotate?overlap=1h&wait=all&timeout=1s");
        await rest.DoAsync("DELETE", "keys/a/secrets/previous?dryRun=true");
        await rest.DoAsync("POST", "limits/all/reset");
        await rest.DoAsync("POST", "dataplanes/p1/write-off");
        await rest.DoAsync("POST", "config/generations/3/rollback?dryRun=true");
        await rest.DoAsync("GET", "dataplanes/p1");
        await rest.DoAsync("DELETE", "dataplanes/p1");
        foreach (var last in (string[])["alerts/a", "limits/all", "keys/a", "tokens/o", "joinTokens/j", "teams/blue", "prices/gpt-4o", "models/gpt-4o", "providers/openai"])
            await rest.DoAsync("DELETE", last);
        var described = await ApiDescription.OfAsync(new HttpClient { BaseAddress = rig.Host.Http });
        Assert.Equal(described.Operations.Order(), rest.Accepted.Order());
    }

    /// <summary>A body that breaks its schema in one place, wherever that is, is not accepted: <see cref="RestClient"/> would say so.</summary>
    [Theory]
    [InlineData(
        "PUT", "providers/q?dryRun=true", "provider",
        """
        {"dialect":"openai","baseUrl":"https://api.openai.com/v1","region":"eu","connectionsMax":9,"timeouts":{"idle":"9s"},"headers":{"x":"1"},
        "disabled":false}
        """)]
    [InlineData(
        "PUT", "models/m?dryRun=true", "model",
        """
        {"targets":[{"provider":"openai","weight":2,"price":{"input":1}}],"balance":"cost","contextWindow":9000,"price":{"input":2.5,
        "factors":{"flex":0.5}},"fallback":["gpt-4o"],"disabled":false}
        """)]
    [InlineData(
        "PUT", "providers/q?dryRun=true", "provider",
        """
        {"dialect":"openai","baseUrl":"https://api.openai.com/v1","accounts":{"one":{"key":"${env:AIEDGE_SECRET_A}"}},"probe":{"path":"/health"},
        "capacity":{"path":"/metrics"},"tls":{"caFile":"/a"},"retryReused":true}
        """)]
    [InlineData(
        "PUT", "models/m?dryRun=true", "model",
        """
        {"targets":[{"provider":"openai","model":"x","concurrent":4}],"price":{"input":1},"aliases":["n"],"hedge":{"after":"1s"},
        "simple":{"model":"gpt-4o","promptTokensMax":200},"retry":{"attempts":2},"runaway":{"repeat":"off"}}
        """)]
    [InlineData(
        "PUT", "teams/t?dryRun=true", "team",
        """
        {"tags":{"env":"prod"},"regions":["eu"],"may":{"models":["gpt-*"],"priority":"low","keysMax":3},"disabled":true}
        """)]
    [InlineData(
        "PUT", "keys/k?dryRun=true", "keyEntry",
        """
        {"sha256":"9123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","team":"blue","models":["gpt-4o"],"expires":"2099-01-01",
        "priority":"low","weight":3,"onDisconnect":"drain:3s","disabled":false,"tier":"pro"}
        """)]
    [InlineData(
        "PUT", "keys/k?dryRun=true", "keyEntry",
        """
        {"sha256":"${env:AIEDGE_SECRET_K}","previous":{"sha256":"9123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "until":"2099-01-01"},"regions":["eu"],"clientTags":["user"]}
        """)]
    [InlineData(
        "POST", "keys?dryRun=true", "newKey",
        """
        {"name":"k","team":"blue","tags":{"feature":"x"},"clientTags":["user"],"modelMap":{"gpt-4":"gpt-4o"}}
        """)]
    [InlineData(
        "PUT", "limits/l?dryRun=true", "limitEntry",
        """
        {"match":{"team":"blue","tag":"feature=x"},"per":"key","requests":"9/min","burst":30,"cost":"$5/day","concurrent":5,"mode":"enforce",
        "onStream":"cut","queue":{"wait":"1s"},"unpriced":"zero","disabled":false}
        """)]
    [InlineData(
        "PUT", "prices/p?dryRun=true", "price",
        """
        {"input":1,"output":2.5,"longContext":{"above":2000,"input":3}}
        """)]
    [InlineData(
        "PUT", "alerts/b?dryRun=true", "Alert",
        """
        {"webhook":"https://hooks.example.com/a","secret":"0123456789abcdef","thresholds":[50,80],"limits":["all"],"anomaly":{"by":"team",
        "costMinNanodollars":"5"}}
        """)]
    [InlineData(
        "POST", "tokens", "NewToken",
        """
        {"name":"n","role":"owner","team":"blue","expires":"2099-01-01T00:00:00Z","disabled":true}
        """)]
    [InlineData(
        "PUT", "tokens/o", "TokenEntry",
        """
        {"role":"owner","team":"blue","expires":"2099-01-01","disabled":true}
        """)]
    [InlineData(
        "PUT", "joinTokens/j", "JoinTokenEntry",
        """
        {"uses":3,"expires":"2099-01-01","disabled":true}
        """)]
    [InlineData(
        "POST", "explain", "Question",
        """
        {"key":"a","model":"gpt-4o","tags":{"feature":"x"}}
        """)]
    [InlineData(
        "PUT", "config?dryRun=true", "config",
        """
        {"providers":{"openai":{"dialect":"openai","baseUrl":"https://api.openai.com/v1"}},"models":{"gpt-4o":{"targets":[{"provider":"openai"}]}},
        "keys":[{"name":"z","sha256":"9123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}],"limits":[{"name":"l","requests":"5/s"}],
        "timeouts":{"connect":"1s"},"retry":{"attempts":2},"journal":{"keep":"1h"}}
        """)]
    public async Task What_breaks_its_schema_is_refused(string method, string path, string schema, string good)
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        await PrepareAsync(rest);
        var description = await ApiDescription.OfAsync(new HttpClient { BaseAddress = rig.Host.Http });
        Assert.True(description.IsGood(schema, good));
        var (refused, taken) = (0, 0);
        foreach (var broken in Broken(JsonNode.Parse(good)!))
        {
            var answer = await rest.SendAsync(method, path, broken);
            if ((int)answer.Status < 300)
                taken++;
            else if (!description.IsGood(schema, broken))
                refused++;
            if (path == "tokens")
                await rest.SendAsync("DELETE", "tokens/n");
        }

        var whole = await rest.SendAsync(method, path, good);
        Assert.True((int)whole.Status < 300, whole.Text);
        Assert.True(refused > 12 && taken > 0, $"{refused} were refused, {taken} taken");
    }

    /// <summary>A document with one change: a member more, one less, or another value in the place of one.</summary>
    private static IEnumerable<string> Broken(JsonNode whole)
    {
        string?[] others = ["null", "1", "-1", "1.5", "\"\"", "\"a b\"", "\"${env:AIEDGE_SECRET_X}\"", "true", "[]", "{}", null];
        foreach (var path in Places(whole, []))
        {
            foreach (var other in others)
            {
                var copy = whole.DeepClone();
                var holder = path[..^1].Aggregate(copy, (node, step) => step is int i ? node[i]! : node[(string)step]!);
                if (path[^1] is int index)
                    holder[index] = other is null ? "x" : JsonNode.Parse(other);
                else if (other is null)
                    holder.AsObject().Remove((string)path[^1]);
                else
                    holder[(string)path[^1]] = JsonNode.Parse(other);
                yield return copy.ToJsonString();
            }
        }
    }

    private static IEnumerable<object[]> Places(JsonNode? node, object[] at) => node switch
    {
        JsonObject map => map.SelectMany(m => Places(m.Value, [.. at, m.Key]).Prepend([.. at, m.Key])).Append([.. at, "nonsense"]),
        JsonArray list => list.SelectMany((item, i) => Places(item, [.. at, i]).Prepend([.. at, i])),
        _ => [],
    };

    private static async Task PrepareAsync(RestClient rest)
    {
        await rest.DoAsync("PUT", "providers/openai", Domain.World.Provider);
        await rest.DoAsync("PUT", "models/gpt-4o", """{"targets":[{"provider":"openai"}],"price":{"input":1,"output":2}}""");
        await rest.DoAsync("PUT", "teams/blue", """{"may":{"models":["gpt-*"]}}""");
        await rest.DoAsync("PUT", "prices/gpt-4o", """{"input":1}""");
        await rest.DoAsync("POST", "keys", """{"name":"a","team":"blue","models":["gpt-4o"],"clientTags":["feature"]}""");
        await rest.DoAsync("PUT", "limits/all", """{"cost":"$5/day","match":{"team":"blue"}}""");
        await rest.DoAsync("PUT", "alerts/a", """{"webhook":"https://hooks.example.com/a","secret":"0123456789abcdef","thresholds":[50]}""");
        await rest.DoAsync("POST", "tokens", """{"name":"o","role":"owner","team":"blue"}""");
        await rest.DoAsync("POST", "joinTokens", """{"name":"j","uses":2}""");
    }

    /// <summary>A plane that has used something, and one that refused what it was sent.</summary>
    private static async Task UseAsync(ControlRig rig, RestClient rest)
    {
        var credential = await rig.JoinAsync("p1");
        var now = DateTimeOffset.UtcNow;
        var plane = new ReportingPlane("p1", credential);
        var record = UsageRig.Record(now.AddMinutes(-3), "a", "blue", "gpt-4o", "openai", cost: 40);
        record.Tags["feature"] = "x";
        record.Billed = new TokenCounts { IsKnown = true, Input = 3, Output = 4 };
        plane.Add(record);
        await plane.ReportAsync(rig);
        await rig.Store.Ledger.ReleaseAsync(0, default);
        await rig.Store.Ledger.ReleaseAsync(0, default);
        await using var watching = new PlaneClient(rig.Channel(credential), "p1");
        await watching.HelloAsync();
        await watching.ChangeAsync();
        await watching.RejectedAsync("providers.openai.key", "cannot be resolved");
        Assert.True(await rig.Host.Planes.WaitForAllAsync(watching.Generation, TimeSpan.FromSeconds(60), default));
        Assert.NotNull((await rest.DoAsync("GET", "dataplanes/p1"))["faults"]);
    }
}
