using System.Net;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>What an owner of a team may not do with its keys, and how long he is its owner.</summary>
public sealed class OwnerTests
{
    private static async Task<(RestClient Admin, RestClient Owner)> OpenAsync(ControlRig rig)
    {
        var admin = new RestClient(rig);
        await admin.DoAsync("PUT", "teams/blue", """{"may":{"models":["*"],"tiers":["pro","free"],"priority":"high"}}""");
        var token = (string)(await admin.DoAsync("POST", "tokens", """{"name":"o","role":"owner","team":"blue"}"""))["secret"]!;
        return (admin, new RestClient(rig, token));
    }

    [Fact]
    public async Task A_reference_in_a_key_is_an_administrators()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var (admin, owner) = await OpenAsync(rig);
        using var _ = admin;
        using var __ = owner;
        using var editor = new RestClient(rig, (string)(await admin.DoAsync("POST", "tokens", """{"name":"e","role":"editor"}"""))["secret"]!);
        const string Reference = """{"name":"x","team":"blue","models":["gpt-4o"],"sha256":"${env:AIEDGE_SECRET_NOPE}"}""";
        foreach (var rest in (RestClient[])[owner, editor])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await rest.SendAsync("POST", "keys", Reference)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await rest.SendAsync("PUT", "keys/x", Reference)).Status);
        }

        await owner.DoAsync("POST", "keys", """{"name":"y","team":"blue","models":["gpt-4o"]}""");
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await owner.SendAsync("PATCH", "keys/y", """{"previous":{"sha256":"${env:AIEDGE_SECRET_NOPE}","until":"2099-01-01"}}""")).Status);
        await admin.DoAsync("POST", "keys", Reference);
        await editor.DoAsync("PATCH", "keys/x", """{"tier":"pro"}""");
        await owner.DoAsync("PATCH", "keys/x", """{"disabled":true}""");
    }

    [Fact]
    public async Task What_of_a_weight_is_no_number_is_none_that_an_owner_may_give()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var (admin, owner) = await OpenAsync(rig);
        using var _ = admin;
        using var __ = owner;
        const string Key = """{"name":"x","team":"blue","models":["gpt-4o"],"weight":WEIGHT}""";
        foreach (var weight in (string[])["\"${env:AIEDGE_SECRET_W}\"", "[]", "\"many\"", "2", "1.5"])
            Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("POST", "keys", Key.Replace("WEIGHT", weight, StringComparison.Ordinal))).Status);
        await owner.DoAsync("POST", "keys", Key.Replace("WEIGHT", "1", StringComparison.Ordinal));
        foreach (var weight in (string[])["\"${env:AIEDGE_SECRET_W}\"", "{}", "2"])
            Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("PATCH", "keys/x", $"{{\"weight\":{weight}}}")).Status);
        await admin.DoAsync("PATCH", "keys/x", """{"weight":5}""");
        await owner.DoAsync("PATCH", "keys/x", """{"weight":4}""");
    }

    [Fact]
    public async Task Owners_make_no_more_keys_and_limits_than_their_team_may_have()
    {
        await using var rig = await ControlRig.WithModelAsync();
        var (admin, owner) = await OpenAsync(rig);
        using var _ = admin;
        using var __ = owner;
        await admin.DoAsync("PATCH", "teams/blue", """{"may":{"keysMax":2,"limitsMax":1}}""");
        const string Key = """{"team":"blue","models":["gpt-4o"]}""";
        const string Limit = """{"match":{"team":"blue"},"requests":"9/min"}""";

        // Keys of others do not count, whatever they are called, and those that an administrator made do.
        await admin.DoAsync("POST", "keys", """{"name":"blue","tags":{"team":"blue"}}""");
        await admin.DoAsync("POST", "keys", """{"name":"a","team":"blue"}""");
        await admin.DoAsync("PUT", "limits/not-theirs", Limit);
        await owner.DoAsync("POST", "keys", """{"name":"b","team":"blue","models":["gpt-4o"]}""");
        await owner.DoAsync("PUT", "limits/x", Limit);
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("POST", "keys", Key.Insert(1, "\"name\":\"c\","))).Status);
        var sha = new string('c', 64);
        Assert.Contains("keysMax of 2", (await owner.SendAsync("PUT", "keys/c", Key.Insert(1, $"\"sha256\":\"{sha}\","))).Text, StringComparison.Ordinal);
        Assert.Contains("limitsMax of 1", (await owner.SendAsync("PUT", "limits/y", Limit)).Text, StringComparison.Ordinal);

        Assert.Contains("bucketsMax", (await owner.SendAsync("PUT", "limits/x", Limit.Insert(1, "\"per\":\"ip\",\"bucketsMax\":10001,"))).Text, StringComparison.Ordinal);
        Assert.Contains("bucketsMax", (await owner.SendAsync("PUT", "limits/x", Limit.Insert(1, "\"per\":\"ip\",\"bucketsMax\":\"11k\","))).Text, StringComparison.Ordinal);
        await owner.DoAsync("PUT", "limits/x", Limit.Insert(1, "\"per\":\"ip\",\"bucketsMax\":10000,"));
        await owner.DoAsync("PATCH", "limits/x", "{\"bucketsMax\":\"5k\"}");

        // What an administrator gave stays, or becomes less.
        await admin.DoAsync("PATCH", "limits/x", "{\"bucketsMax\":\"50k\"}");
        await owner.DoAsync("PATCH", "limits/x", "{\"requests\":\"7/min\"}");
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("PATCH", "limits/x", "{\"bucketsMax\":50001}")).Status);
        await owner.DoAsync("PATCH", "limits/x", "{\"bucketsMax\":\"20k\"}");
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("PATCH", "limits/x", "{\"bucketsMax\":\"50k\"}")).Status);

        // What is there is still changed, and one that goes makes room.
        await owner.DoAsync("PATCH", "keys/b", """{"priority":"low"}""");
        await owner.DoAsync("PUT", "limits/x", Limit.Replace('9', '8'));
        await owner.DoAsync("DELETE", "limits/x");
        await owner.DoAsync("PUT", "limits/y", Limit);
        await owner.DoAsync("DELETE", "keys/b");
        await owner.DoAsync("POST", "keys", Key.Insert(1, "\"name\":\"c\","));
        await admin.DoAsync("POST", "keys", """{"name":"d","team":"blue"}""");
    }

    [Theory]
    [InlineData("""{"tier":null}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"tier":"pro"}""", HttpStatusCode.OK)]
    [InlineData("""{"priority":null}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"priority":"high"}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"priority":"low"}""", HttpStatusCode.OK)]
    [InlineData("""{"weight":2}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"weight":1}""", HttpStatusCode.OK)]
    [InlineData("""{"expires":null}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"expires":"2099-06-02"}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"expires":"2099-05-31T23:00:00-01:00"}""", HttpStatusCode.OK)]
    [InlineData("""{"regions":null}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"regions":["eu-1","us-1"]}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"regions":[]}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"regions":["eu-2"]}""", HttpStatusCode.OK)]
    public async Task An_owner_tightens_a_key_and_does_not_loosen_it(string patch, HttpStatusCode status)
    {
        await using var rig = await ControlRig.WithModelAsync();
        var (admin, owner) = await OpenAsync(rig);
        using var _ = admin;
        using var __ = owner;
        await admin.DoAsync("POST", "keys", """{"name":"k","team":"blue","models":["gpt-4o"],"tier":"free","priority":"low","expires":"2099-06-01","regions":["eu-1","eu-2"]}""");
        Assert.Equal(status, (await owner.SendAsync("PATCH", "keys/k", patch)).Status);
        await admin.DoAsync("PATCH", "keys/k", patch.Replace("[]", "null", StringComparison.Ordinal));
        await owner.DoAsync("POST", "keys/k/rotate");
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("put")]
    [InlineData("rollback")]
    public async Task A_token_does_not_outlive_the_team_that_it_owns(string way)
    {
        await using var rig = await ControlRig.WithModelAsync();
        var (before, team) = (rig.State.Current.Generation, """{"teams":{"blue":{}}}""");
        using var admin = new RestClient(rig);
        if (way == "put")
            await admin.DoAsync("PUT", "config?owner=git", team);
        else
            await admin.DoAsync("PUT", "teams/blue", "{}");
        using var owner = new RestClient(rig, (string)(await admin.DoAsync("POST", "tokens", """{"name":"o","role":"owner","team":"blue"}"""))["secret"]!);
        Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync("keys")).Status);
        await (way switch
        {
            "delete" => admin.DoAsync("DELETE", "teams/blue"),
            "put" => admin.DoAsync("PUT", "config?owner=git", "{}"),
            _ => admin.DoAsync("POST", $"config/generations/{before}/rollback"),
        });
        Assert.Null(rig.State.Current.Find(Sections.Tokens, "o"));
        await admin.DoAsync("PUT", "teams/blue", "{}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await owner.GetAsync("keys")).Status);
        Assert.NotNull(rig.State.Current.Find(Sections.Tokens, "admin"));
    }
}
