using System.Text;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Hosting;
using AiEdge.ControlPlane.Tests.Api;
using Microsoft.AspNetCore.Http;

namespace AiEdge.ControlPlane.Tests.Hosting;

/// <summary>What a start says and what it does not give back.</summary>
public sealed class FirstStartTests
{
    [Fact]
    public async Task What_was_revoked_does_not_come_back_by_a_start()
    {
        await using var rig = await ControlRig.StartAsync();
        string other;
        using (var rest = new RestClient(rig))
        {
            other = (string)(await rest.DoAsync("POST", "tokens", """{"name":"other","role":"admin"}"""))["secret"]!;
            await rest.DoAsync("DELETE", "joinTokens/first");
            await rest.DoAsync("DELETE", "tokens/admin");
        }

        await rig.ReopenAsync();
        Assert.Null(rig.State.Current.Find(Sections.Tokens, "admin"));
        Assert.Null(rig.State.Current.Find(Sections.JoinTokens, "first"));
        Assert.False((await rig.JoinAsync("p1", new byte[32], ControlRig.Join)).IsOk);
        using var log = new StringWriter();
        await FirstStart.TokensAsync(rig.State, new() { AdminToken = ControlRig.Admin, JoinToken = "another", Log = log });
        Assert.StartsWith("what is given as tokens/admin was revoked", log.ToString(), StringComparison.Ordinal);
        Assert.True((await rig.JoinAsync("p1", new byte[32], "another")).IsOk);
        using var again = new RestClient(rig, other);
        Assert.Equal(System.Net.HttpStatusCode.OK, (await again.GetAsync("tokens")).Status);
    }

    [Fact]
    public async Task Secrets_that_were_sealed_under_another_key_are_named()
    {
        var world = await Domain.World.OpenAsync();
        using var own = new SecretSeal(new byte[SecretSeal.KeyBytes]);
        using var other = new SecretSeal([1, .. new byte[SecretSeal.KeyBytes - 1]]);
        await world.PutAsync(Sections.Secrets, "mine", Encoding.UTF8.GetString(own.Seal("mine", "s")));
        using var log = new StringWriter();
        FirstStart.CheckSecrets(world.State.Current, own, log);
        Assert.Equal("", log.ToString());
        await world.PutAsync(Sections.Secrets, "p", Encoding.UTF8.GetString(other.Seal("p", "s")));
        FirstStart.CheckSecrets(world.State.Current, own, log);
        Assert.StartsWith("1 of 2 stored secrets were sealed under another key than this seal.key and cannot be opened: p;", log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_handler_throws_is_logged_and_not_told()
    {
        using var log = new StringWriter();
        var http = new DefaultHttpContext();
        using var body = new MemoryStream();
        http.Response.Body = body;
        (http.Request.Method, http.Request.Path) = ("GET", "/api/v1/x");
        await Rest.RequestFaults.GuardAsync(http, _ => throw new InvalidOperationException("a defect"), log);
        Assert.Equal(500, http.Response.StatusCode);
        Assert.StartsWith("GET \"/api/v1/x\": System.InvalidOperationException: a defect", log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("a defect", Encoding.UTF8.GetString(body.ToArray()), StringComparison.Ordinal);
        await Assert.ThrowsAsync<BadHttpRequestException>(
            () => Rest.RequestFaults.GuardAsync(http, _ => throw new BadHttpRequestException("theirs"), log));
    }
}
