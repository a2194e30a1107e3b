using System.Net;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>The way back takes no key from anybody, and brings no secret where it was not given for.</summary>
public sealed class RollbackTests
{
    [Fact]
    public async Task Keys_that_were_made_since_stay_with_their_teams()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var then = rig.State.Current.Generation;
        await rest.DoAsync("PUT", "teams/new", "{}");
        await rest.DoAsync("PUT", "teams/empty", "{}");
        await rest.DoAsync("POST", "keys", """{"name":"since","team":"new"}""");
        var key = (await rest.GetAsync("keys/since")).Text;
        await rest.DoAsync("PATCH", "models/gpt-4o", """{"outputTokensMax":5}""");
        await rest.DoAsync("POST", $"config/generations/{then}/rollback");
        Assert.Equal(key, (await rest.GetAsync("keys/since")).Text);
        Assert.Equal(Domain.World.Model, (await rest.GetAsync("models/gpt-4o")).Text);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.GetAsync("teams/empty")).Status);
    }

    [Fact]
    public async Task No_newer_secret_goes_to_an_older_address()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "providers/p", """{"dialect":"openai","baseUrl":"https://a.example","key":"sk-one"}""");
        var then = rig.State.Current.Generation;
        await rest.DoAsync("PATCH", "providers/p", """{"connectionsMax":9}""");
        await rest.DoAsync("POST", $"config/generations/{then}/rollback");
        await rest.DoAsync("PATCH", "providers/p", """{"baseUrl":"https://b.example","key":"sk-two"}""");
        var refused = await rest.SendAsync("POST", $"config/generations/{then}/rollback");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Equal("providers.p.key: the stored secret was given for another baseUrl; give it again", Assert.Single(refused.Faults));
        Assert.Equal("https://b.example", (string)(await rest.GetAsync("providers/p")).Json["baseUrl"]!);
    }

    [Fact]
    public async Task The_secret_of_a_provider_that_a_rollback_removes_goes_with_it()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var then = rig.State.Current.Generation;
        await rest.DoAsync("PUT", "providers/p", """{"dialect":"openai","baseUrl":"https://a.example","key":"sk-one"}""");
        await rest.DoAsync("POST", $"config/generations/{then}/rollback");
        Assert.Empty(rig.State.Current.Section(Sections.Secrets));
        var stolen = await rest.SendAsync("PUT", "providers/p", """{"dialect":"openai","baseUrl":"https://b.example","key":"${store:p}"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, stolen.Status);
    }

    [Fact]
    public async Task A_secret_that_an_older_version_has_left_behind_goes_to_no_new_provider()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "providers/p", """{"dialect":"openai","baseUrl":"https://a.example","key":"sk-one"}""");
        await rig.RemoveAsync("providers", "p");
        Assert.Single(rig.State.Current.Section(Sections.Secrets));
        const string Stolen = """{"dialect":"openai","baseUrl":"https://b.example","key":"${store:p}"}""";
        var refused = await rest.SendAsync("PUT", "providers/p", Stolen);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("give it again", Assert.Single(refused.Faults), StringComparison.Ordinal);
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await rest.SendAsync("PUT", "config?owner=git", """{"providers":{"p":""" + Stolen + "}}")).Status);
    }
}
