using System.Net;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>What REST has switched off is switched on by REST alone: by no rollback, no document that is put, and nobody who may less.</summary>
public sealed class KillSwitchTests
{
    private const string Yaml = """
        providers: { openai: { dialect: openai, baseUrl: "https://api.openai.com/v1" } }
        models: { gpt-4o: { targets: [ { provider: openai } ] } }
        teams: { blue: {} }
        limits: [ { name: all, requests: 9/min } ]
        """;

    private const string Sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private static Task<RestAnswer> PutAsync(RestClient rest, string text, string owner) =>
        rest.SendAsync("PUT", "config?owner=" + owner, text, "application/yaml");

    private static async Task<string> OwnerAsync(RestClient admin) =>
        (string)(await admin.DoAsync("POST", "tokens", """{"name":"o","role":"owner","team":"blue"}"""))["secret"]!;

    private static async Task<bool> IsOffAsync(RestClient rest, string path) => (bool?)(await rest.GetAsync(path)).Json["disabled"] ?? false;

    [Theory]
    [InlineData("providers/openai")]
    [InlineData("models/gpt-4o")]
    [InlineData("teams/blue")]
    [InlineData("limits/all")]
    public async Task An_entry_of_rest_stays_off_over_a_rollback_and_a_document(string path)
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(rest, Yaml, "api")).Status);
        var then = rig.State.Current.Generation;
        await rest.DoAsync("PATCH", path, """{"disabled":true}""");
        Assert.True((bool)(await rest.GetAsync(path.Split('/')[0])).Json["items"]![0]!["switchedOff"]!);
        await rest.DoAsync("POST", $"config/generations/{then}/rollback");
        Assert.True(await IsOffAsync(rest, path), "after the rollback");
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(rest, Yaml, "api")).Status);
        Assert.True(await IsOffAsync(rest, path), "after the document");
        await rest.DoAsync("PATCH", path, """{"disabled":null}""");
        await rest.DoAsync("POST", $"config/generations/{then}/rollback");
        Assert.False(await IsOffAsync(rest, path));
    }

    [Theory]
    [InlineData("git")]
    [InlineData("api")]
    public async Task An_entry_that_was_removed_while_it_was_off_comes_back_off(string owner)
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        await PutAsync(rest, Yaml, owner);
        var then = rig.State.Current.Generation;
        await rest.DoAsync("PATCH", "teams/blue", """{"disabled":true}""");
        for (var round = 0; round < 2; round++)
        {
            await PutAsync(rest, Yaml.Replace("teams: { blue: {} }", "", StringComparison.Ordinal), owner);
            Assert.Equal(HttpStatusCode.NotFound, (await rest.GetAsync("teams/blue")).Status);
            if (round == 0)
                await PutAsync(rest, Yaml, owner);
            else
                await rest.DoAsync("POST", $"config/generations/{then}/rollback");
            Assert.True(await IsOffAsync(rest, "teams/blue"), $"in round {round}");
        }

        await rig.ReopenAsync();
        using var again = new RestClient(rig);
        await again.DoAsync("PATCH", "teams/blue", """{"disabled":null}""");
        await PutAsync(again, Yaml, owner);
        Assert.False(await IsOffAsync(again, "teams/blue"));
        Assert.Empty(rig.State.Current.Section(Sections.Denied));
    }

    [Fact]
    public async Task Who_makes_an_entry_anew_by_rest_has_it_switched_on()
    {
        await using var rig = await ControlRig.StartAsync();
        using var rest = new RestClient(rig);
        await PutAsync(rest, Yaml, "api");
        await rest.DoAsync("PATCH", "teams/blue", """{"disabled":true}""");
        await rest.DoAsync("DELETE", "teams/blue");
        await rest.DoAsync("PUT", "teams/blue", "{}");
        Assert.False(await IsOffAsync(rest, "teams/blue"));
        Assert.Empty(rig.State.Current.Section(Sections.Denied));
    }

    [Theory]
    [InlineData("git")]
    [InlineData("api")]
    public async Task An_owner_does_not_switch_on_what_others_have_switched_off(string by)
    {
        await using var rig = await ControlRig.StartAsync();
        using var admin = new RestClient(rig);
        var document = Yaml.Replace("blue: {}", """blue: { may: { models: [ "*" ] } }""", StringComparison.Ordinal)
            + $"\nkeys: [ {{ name: k, sha256: {Sha}, team: blue, models: [ gpt-4o ] }} ]";
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(admin, document, by)).Status);
        using var owner = new RestClient(rig, await OwnerAsync(admin));
        await owner.DoAsync("PATCH", "keys/k", """{"disabled":true}""");
        await owner.DoAsync("PATCH", "keys/k", """{"disabled":null}""");
        await admin.DoAsync("PATCH", "keys/k", """{"disabled":true}""");
        await owner.DoAsync("PATCH", "keys/k", """{"disabled":true}""");
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("PATCH", "keys/k", """{"disabled":null}""")).Status);
        if (by == "api")
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("DELETE", "keys/k")).Status);
            await admin.DoAsync("POST", "keys/k/rotate");
            Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("PUT", "keys/k", $$"""{"sha256":"{{Sha}}","team":"blue","models":["gpt-4o"]}""")).Status);
        }
        else
        {
            await PutAsync(admin, Yaml, "git");
            Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync("POST", "keys", $$"""{"name":"k","sha256":"{{Sha}}","team":"blue","models":["gpt-4o"]}""")).Status);
            await PutAsync(admin, document, "git");
        }

        Assert.True(await IsOffAsync(admin, "keys/k"));
        await admin.DoAsync("PATCH", "keys/k", """{"disabled":null}""");
        Assert.False(await IsOffAsync(admin, "keys/k"));
    }
}
