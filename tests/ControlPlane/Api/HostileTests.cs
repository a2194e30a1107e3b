using System.Net;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>What is wrong is answered as that, and changes and tells nothing.</summary>
public sealed class HostileTests
{
    private static async Task<string> TokenAsync(RestClient admin, string name, string rest) =>
        (string)(await admin.DoAsync("POST", "tokens", $$"""{"name":"{{name}}",{{rest}}}"""))["secret"]!;

    [Fact]
    public async Task Nobody_gets_in_without_a_good_token()
    {
        await using var rig = await ControlRig.WithModelAsync();
        foreach (var token in (string?[])[null, "wrong", ControlRig.Join])
        {
            using var rest = new RestClient(rig, token);
            Assert.Equal(HttpStatusCode.Unauthorized, (await rest.GetAsync("keys")).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await rest.GetAsync("nothing")).Status);
        }
    }

    [Fact]
    public async Task Ten_failed_logins_a_minute_and_then_wrong_tokens_wait_but_the_right_one_does_not()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var wrong = new RestClient(rig, "wrong");
        using var right = new RestClient(rig);
        for (var i = 0; i < 9; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await wrong.GetAsync("keys")).Status);
        Assert.Equal(HttpStatusCode.OK, (await right.GetAsync("keys")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await wrong.GetAsync("keys")).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await wrong.GetAsync("keys")).Status);
        using var none = new RestClient(rig, null);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await none.GetAsync("keys")).Status);
        Assert.Equal(HttpStatusCode.OK, (await right.GetAsync("keys")).Status);
    }

    [Fact]
    public async Task An_editor_does_not_decide_where_requests_and_secrets_go()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var admin = new RestClient(rig);
        using var editor = new RestClient(rig, await TokenAsync(admin, "e", "\"role\":\"editor\""));
        await editor.DoAsync("PATCH", "providers/openai", """{"connectionsMax":8}""");
        await editor.DoAsync("PUT", "models/m", Domain.World.Model);
        foreach (var patch in (string[])["""{"baseUrl":"https://evil.example"}""", """{"key":"${env:AIEDGE_SECRET_X}"}""", """{"headers":{"x":"${file:/run/s}"}}""", """{"authHeader":"x"}""", """{"tls":{"caFile":"/x"}}"""])
            Assert.Equal(HttpStatusCode.Forbidden, (await editor.SendAsync("PATCH", "providers/openai", patch)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await editor.SendAsync("PUT", "providers/new", Domain.World.Provider)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await editor.SendAsync("DELETE", "providers/openai")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await editor.SendAsync("PUT", "config", "{}")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await editor.SendAsync("POST", "tokens", """{"name":"x","role":"admin"}""")).Status);
    }

    [Fact]
    public async Task An_owner_stays_within_his_team_and_what_it_may()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var admin = new RestClient(rig);
        await admin.DoAsync("PUT", "teams/blue", """{"may":{"models":["gpt-*"],"tiers":["pro"],"tags":["feature"],"priority":"normal"}}""");
        await admin.DoAsync("PUT", "teams/red", "{}");
        await admin.DoAsync("POST", "keys", """{"name":"reds","team":"red"}""");
        await admin.DoAsync("PUT", "limits/all", """{"match":{"team":"blue"},"requests":"9/min"}""");
        using var owner = new RestClient(rig, await TokenAsync(admin, "o", "\"role\":\"owner\",\"team\":\"blue\""));
        await owner.DoAsync("POST", "keys", """{"name":"ok","team":"blue","models":["gpt-4o"],"tier":"pro","tags":{"feature":"x"},"priority":"low"}""");
        foreach (var key in (string[])
        [
            """{"name":"x","team":"red","models":["gpt-4o"]}""", """{"name":"x","models":["gpt-4o"]}""", """{"name":"x","team":"blue"}""",
            """{"name":"x","team":"blue","models":["*"]}""", """{"name":"x","team":"blue","models":["gpt-4o"],"tier":"max"}""",
            """{"name":"x","team":"blue","models":["gpt-4o"],"tags":{"env":"prod"}}""", """{"name":"x","team":"blue","models":["gpt-4o"],"priority":"high"}""",
            """{"name":"x","team":"blue","models":["gpt-4o"],"weight":2}""",
            """{"name":"x","team":"blue","models":["gpt-4o"],"passthrough":["p: POST /v1/rerank"]}""",
        ])
            Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("POST", "keys", key)).Status);
        foreach (var (method, path, body) in new[]
        {
            ("GET", "keys/reds", ""), ("DELETE", "keys/reds", ""), ("POST", "keys/reds/rotate", ""), ("PATCH", "keys/reds", """{"disabled":true}"""), ("GET", "teams/red", ""),
        })
            Assert.Equal(HttpStatusCode.NotFound, (await owner.SendAsync(method, path, body.Length > 0 ? body : null)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("PATCH", "keys/ok", """{"team":"red"}""")).Status);
        Assert.Equal(["ok"], (await owner.GetAsync("keys")).Json["items"]!.AsArray().Select(i => (string)i!["name"]!));
        await owner.DoAsync("PUT", "limits/mine", """{"match":{"team":"blue"},"requests":"3/min"}""");
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("PUT", "limits/x", """{"match":{"team":"*"},"requests":"3/min"}""")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("PATCH", "limits/all", """{"requests":"900/min"}""")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("DELETE", "limits/all")).Status);
        await owner.DoAsync("DELETE", "limits/mine");
        foreach (var path in (string[])["config", "audit", "dataplanes", "tokens", "providers"])
            Assert.Equal(HttpStatusCode.Forbidden, (await owner.GetAsync(path)).Status);
    }

    [Fact]
    public async Task A_token_that_is_disabled_or_revoked_is_none()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var admin = new RestClient(rig);
        using var viewer = new RestClient(rig, await TokenAsync(admin, "v", "\"role\":\"viewer\""));
        await admin.DoAsync("PATCH", "tokens/v", """{"disabled":true}""");
        Assert.Equal(HttpStatusCode.Unauthorized, (await viewer.GetAsync("models")).Status);
        await admin.DoAsync("PATCH", "tokens/v", """{"disabled":false}""");
        Assert.Equal(HttpStatusCode.OK, (await viewer.GetAsync("models")).Status);
        await admin.DoAsync("PATCH", "tokens/v", """{"expires":"2020-01-01"}""");
        Assert.Equal(HttpStatusCode.Unauthorized, (await viewer.GetAsync("models")).Status);
        await admin.DoAsync("DELETE", "tokens/v");
        Assert.DoesNotContain("sha256", (await admin.GetAsync("tokens")).Text, StringComparison.Ordinal);
        foreach (var bad in (string[])["""{"name":"x","role":"root"}""", """{"name":"x","role":"owner"}""", """{"name":"x","role":"viewer","team":"t"}""", """{"name":"x/../y z","role":"viewer"}""", """{"role":"viewer"}""", "[]"])
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await admin.SendAsync("POST", "tokens", bad)).Status);
    }

    [Fact]
    public async Task Bodies_that_are_too_large_too_deep_or_not_json_are_refused()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var version = rig.State.Current.Version;
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await rest.SendAsync("PUT", "models/x", new string(' ', (1 << 20) + 1) + "{}")).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await rest.SendAsync("PUT", "models/x", "{}", "text/plain")).Status);
        foreach (var bad in (string[])["", "{", "{\"a\":1,\"a\":2}", new string('[', 70) + new string(']', 70), "{\"a\":\"\\ud800\"}", "{\"a\":\"\0\"}", "nope"])
            Assert.Equal(HttpStatusCode.BadRequest, (await rest.SendAsync("PUT", "models/x", bad)).Status);
        foreach (var odd in (string[])["null", "[]", "7", "\"x\"", "true"])
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await rest.SendAsync("PUT", "models/x", odd)).Status);
        foreach (var odd in (string[])["null", "[]", "7"])
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await rest.SendAsync("PUT", "keys/x", odd)).Status);
        Assert.Equal(version, rig.State.Current.Version);
    }

    [Theory]
    [InlineData("GET", "nothing", HttpStatusCode.NotFound)]
    [InlineData("GET", "keys/%2e%2e/tokens", HttpStatusCode.OK)]
    [InlineData("GET", "keys/..%2ftokens", HttpStatusCode.NotFound)]
    [InlineData("GET", "secrets", HttpStatusCode.NotFound)]
    [InlineData("GET", "secrets/p", HttpStatusCode.NotFound)]
    [InlineData("GET", "settings/server", HttpStatusCode.NotFound)]
    [InlineData("GET", "replays", HttpStatusCode.NotFound)]
    [InlineData("PUT", "models/a%00b", HttpStatusCode.UnprocessableEntity)]
    [InlineData("POST", "explain", HttpStatusCode.UnprocessableEntity)]
    [InlineData("GET", "limits/x/state", HttpStatusCode.NotFound)]
    public async Task Tricks_with_paths_lead_nowhere(string method, string path, HttpStatusCode status)
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var answer = await rest.SendAsync(method, path, method == "GET" ? null : Domain.World.Model);
        Assert.True(answer.Status == status || (path.Contains("%00", StringComparison.Ordinal) && answer.Status == HttpStatusCode.BadRequest), answer.Status + " " + answer.Text);
    }

    [Fact]
    public async Task Every_change_is_in_the_audit_with_who_and_from_where()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "models/x", Domain.World.Model);
        await rest.DoAsync("DELETE", "models/x");
        var lines = (await rest.GetAsync("audit?actor=admin&limit=2")).Json["items"]!.AsArray();
        Assert.Equal(["delete models/x 127.0.0.1", "put models/x 127.0.0.1"], lines.Select(l => $"{l!["action"]} {l["target"]} {l["from"]}"));
    }
}
