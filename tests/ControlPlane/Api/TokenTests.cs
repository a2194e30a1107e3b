using System.Net;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>Tokens of callers and of planes that join: what they may is said anew, they themselves are shown once.</summary>
public sealed class TokenTests
{
    [Fact]
    public async Task A_token_is_put_and_put_again_and_stays_the_same_token()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var made = await rest.SendAsync("PUT", "tokens/t", """{"role":"viewer"}""");
        Assert.Equal(HttpStatusCode.Created, made.Status);
        using var bearer = new RestClient(rig, (string)made.Json["secret"]!);
        Assert.Equal(HttpStatusCode.Forbidden, (await bearer.SendAsync("PUT", "models/x", Domain.World.Model)).Status);
        var tag = (await rest.GetAsync("tokens/t")).ETag!;
        var again = await rest.SendAsync("PUT", "tokens/t", """{"role":"editor","expires":"2099-01-01"}""", "application/json", ("If-Match", tag));
        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Null(again.Json["secret"]);
        Assert.NotEqual(tag, again.ETag);
        Assert.Equal(HttpStatusCode.OK, (await bearer.SendAsync("PUT", "models/x", Domain.World.Model)).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await rest.SendAsync("PUT", "tokens/t", """{"role":"admin"}""", "application/json", ("If-Match", tag))).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await rest.SendAsync("PUT", "tokens/t", """{"role":"admin"}""", "application/json", ("If-None-Match", "*"))).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await rest.SendAsync("PUT", "tokens/u", """{"role":"admin"}""", "application/json", ("If-Match", "*"))).Status);
        var token = (await rest.GetAsync("tokens/t")).Json;
        Assert.Equal(("editor", "2099-01-01T00:00:00.000Z", false), ((string)token["role"]!, (string)token["expires"]!, (bool)token["disabled"]!));
    }

    [Fact]
    public async Task A_patch_merges_and_null_takes_an_end_away()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "teams/blue", "{}");
        var secret = (string)(await rest.DoAsync("POST", "tokens", """{"name":"t","role":"owner","team":"blue","expires":"2020-01-01"}"""))["secret"]!;
        using var bearer = new RestClient(rig, secret);
        Assert.Equal(HttpStatusCode.Unauthorized, (await bearer.GetAsync("keys")).Status);
        await rest.DoAsync("PATCH", "tokens/t", """{"expires":null}""");
        Assert.Equal(HttpStatusCode.OK, (await bearer.GetAsync("keys")).Status);
        Assert.Equal("blue", (string)(await rest.GetAsync("tokens/t")).Json["team"]!);
        await rest.DoAsync("PATCH", "tokens/t", """{"role":"viewer","team":null}""");
        Assert.Null((await rest.GetAsync("tokens/t")).Json["team"]);
        var version = rig.State.Current.Version;
        foreach (var bad in (string[])["""{"role":"owner"}""", """{"team":"blue"}""", """{"role":null}""", """{"name":"u"}""", """{"sha256":"x"}""", """{"disabled":"no"}"""])
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await rest.SendAsync("PATCH", "tokens/t", bad)).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await rest.SendAsync("PUT", "tokens/t", """{"role":"owner","team":"green"}""")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.SendAsync("PATCH", "tokens/nobody", """{"role":"viewer"}""")).Status);
        Assert.Equal(version, rig.State.Current.Version);
    }

    [Fact]
    public async Task A_join_token_has_its_uses_its_end_and_its_switch()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var made = await rest.SendAsync("PUT", "joinTokens/rack", """{"uses":1,"expires":"2099-01-01"}""");
        Assert.Equal(HttpStatusCode.Created, made.Status);
        var secret = (string)made.Json["secret"]!;
        await rest.DoAsync("PATCH", "joinTokens/rack", """{"disabled":true}""");
        Assert.False((await rig.JoinAsync("p1", new byte[32], secret)).IsOk);
        await rest.DoAsync("PATCH", "joinTokens/rack", """{"disabled":false}""");
        Assert.True((await rig.JoinAsync("p1", new byte[32], secret)).IsOk);
        Assert.Equal(0, (int)(await rest.GetAsync("joinTokens/rack")).Json["uses"]!);
        Assert.False((await rig.JoinAsync("p2", [1, .. new byte[31]], secret)).IsOk);
        await rest.DoAsync("PATCH", "joinTokens/rack", """{"uses":1}""");
        Assert.True((await rig.JoinAsync("p2", [1, .. new byte[31]], secret)).IsOk);
        await rest.DoAsync("PUT", "joinTokens/rack", """{"uses":5,"expires":"2020-01-01"}""");
        Assert.False((await rig.JoinAsync("p3", [2, .. new byte[31]], secret)).IsOk);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await rest.SendAsync("PATCH", "joinTokens/rack", """{"uses":-1}""")).Status);
        Assert.DoesNotContain("sha256", (await rest.GetAsync("joinTokens")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_request_a_second_time_is_told_what_the_first_one_made()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        foreach (var (path, body) in new[] { ("tokens", """{"name":"x","role":"viewer"}"""), ("joinTokens", """{"name":"x"}"""), ("keys", """{"name":"x"}""") })
        {
            Assert.Equal(HttpStatusCode.Created, (await rest.SendAsync("POST", path, body, "application/json", ("Idempotency-Key", "same-" + path))).Status);
            var again = await rest.SendAsync("POST", path, body.Replace("\"x\"", "\"y\"", StringComparison.Ordinal), "application/json", ("Idempotency-Key", "same-" + path));
            Assert.Equal(HttpStatusCode.Conflict, again.Status);
            Assert.Contains(path + "/x", again.Text, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.NotFound, (await rest.GetAsync(path + "/y")).Status);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await rest.SendAsync("POST", path, body, "application/json", ("Idempotency-Key", new string('k', 256)))).Status);
        }
    }
}
