using System.Net;
using System.Text.Json.Nodes;
using AiEdge.ControlPlane.Tests.Hosting;
using AiEdge.ControlPlane.Tests.Publish;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>Keys with two secrets: made by a rotation with an overlap, shown by how they begin, taken away one by one.</summary>
public sealed class KeySecretTests
{
    private static string Hash(string secret) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret)));

    private static async Task<(string Old, string New)> RotatedAsync(RestClient rest, string query = "?overlap=1h")
    {
        var old = (string)(await rest.DoAsync("POST", "keys", """{"name":"a"}"""))["secret"]!;
        return (old, (string)(await rest.DoAsync("POST", "keys/a/rotate" + query))["secret"]!);
    }

    [Fact]
    public async Task A_rotation_with_an_overlap_keeps_the_old_secret_until_its_end_and_shows_how_both_begin()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var before = DateTimeOffset.UtcNow;
        var (old, made) = await RotatedAsync(rest);
        Assert.NotEqual(old, made);
        var key = (await rest.GetAsync("keys/a")).Json;
        Assert.Equal((Hash(made), Hash(old)), ((string)key["sha256"]!, (string)key["previous"]!["sha256"]!));
        var until = DateTimeOffset.Parse((string)key["previous"]!["until"]!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(until, before.AddHours(1).AddSeconds(-1), DateTimeOffset.UtcNow.AddHours(1));
        var listed = (await rest.GetAsync("keys")).Json["items"]![0]!;
        Assert.Equal((made[..14], old[..14]), ((string)listed["prefix"]!, (string)listed["previousPrefix"]!));
        var secrets = (await rest.GetAsync("keys/a/secrets")).Json["items"]!.AsArray();
        Assert.Equal([$"current {made[..14]}", $"previous {old[..14]}"], secrets.Select(s => $"{s!["which"]} {s["prefix"]}"));
        Assert.Equal((string)key["previous"]!["until"]!, (string)secrets[1]!["until"]!);
        foreach (var path in (string[])["keys", "keys/a", "keys/a/secrets", "audit", "config"])
        {
            var text = (await rest.GetAsync(path)).Text;
            Assert.DoesNotContain(old, text, StringComparison.Ordinal);
            Assert.DoesNotContain(made, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_rotation_without_an_overlap_ends_the_old_secret_and_a_second_one_the_oldest()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var (_, second) = await RotatedAsync(rest);
        var third = (string)(await rest.DoAsync("POST", "keys/a/rotate?overlap=5m"))["secret"]!;
        var key = (await rest.GetAsync("keys/a")).Json;
        Assert.Equal((Hash(third), Hash(second)), ((string)key["sha256"]!, (string)key["previous"]!["sha256"]!));
        await rest.DoAsync("POST", "keys/a/rotate");
        Assert.Null((await rest.GetAsync("keys/a")).Json["previous"]);
        Assert.Single((await rest.GetAsync("keys/a/secrets")).Json["items"]!.AsArray());
        foreach (var bad in (string[])["-1h", "soon", "91d", "2161h", ""])
            Assert.Equal(HttpStatusCode.BadRequest, (await rest.SendAsync("POST", $"keys/a/rotate?overlap={bad}")).Status);
    }

    [Theory]
    [InlineData("previous")]
    [InlineData("current")]
    public async Task Either_secret_is_revoked_and_planes_are_told_to_end_what_came_by_it(string which)
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        var (old, made) = await RotatedAsync(rest);
        await using var plane = new PlaneClient(rig.Channel(await rig.JoinAsync("p1")), "p1");
        await plane.HelloAsync();
        await plane.ChangeAsync();
        await plane.AppliedAsync();
        Assert.Contains(Hash(old), plane.Entries[("keys", "a")], StringComparison.Ordinal);

        await rest.DoAsync("DELETE", $"keys/a/secrets/{which}");
        await plane.NextAsync();
        var key = JsonNode.Parse(plane.Entries[("keys", "a")])!;
        Assert.Equal((Hash(which == "current" ? old : made), null), ((string)key["sha256"]!, key["previous"]));
        var removal = Assert.Single(plane.Removals);
        Assert.Equal(("keys", "a", true), (removal.Section, removal.Name, removal.EndsExchanges));
        await plane.AppliedAsync();

        // What comes later takes nothing more away.
        await rest.DoAsync("PATCH", "keys/a", """{"tier":"pro"}""");
        await plane.NextAsync();
        Assert.Empty(plane.Removals);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.SendAsync("DELETE", "keys/a/secrets/previous")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await rest.SendAsync("DELETE", "keys/a/secrets/current")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await rest.SendAsync("DELETE", "keys/a/secrets/other")).Status);
        Assert.Contains("revoke keys/a/secrets/" + which, (await rest.GetAsync("audit")).Json["items"]!.AsArray().Select(l => $"{l!["action"]} {l["target"]}"));
    }

    [Fact]
    public async Task A_rollback_brings_no_revoked_secret_back_and_takes_none_that_came_since()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await RotatedAsync(rest);
        var then = rig.State.Current.Generation;
        await rest.DoAsync("DELETE", "keys/a/secrets/previous");
        await rest.DoAsync("PATCH", "models/gpt-4o", """{"outputTokensMax":5}""");
        await rest.DoAsync("POST", $"config/generations/{then}/rollback");
        Assert.Null((await rest.GetAsync("keys/a")).Json["previous"]);
        await rest.DoAsync("POST", "keys/a/rotate?overlap=1h");
        var previous = (await rest.GetAsync("keys/a")).Json["previous"]!.ToJsonString();
        await rest.DoAsync("POST", $"config/generations/{then}/rollback");
        Assert.Equal(previous, (await rest.GetAsync("keys/a")).Json["previous"]!.ToJsonString());
    }

    [Fact]
    public async Task A_rotation_that_is_asked_for_twice_with_one_idempotency_key_is_done_once()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("POST", "keys", """{"name":"a"}""");
        Assert.Equal(HttpStatusCode.OK, (await rest.SendAsync("POST", "keys/a/rotate", null, "application/json", ("Idempotency-Key", "r"))).Status);
        var key = (await rest.GetAsync("keys/a")).Text;
        Assert.Equal(HttpStatusCode.Conflict, (await rest.SendAsync("POST", "keys/a/rotate", null, "application/json", ("Idempotency-Key", "r"))).Status);
        Assert.Equal(key, (await rest.GetAsync("keys/a")).Text);
    }

    [Fact]
    public async Task A_rotation_outlives_a_restart()
    {
        await using var rig = await ControlRig.WithModelAsync();
        string listed;
        using (var rest = new RestClient(rig))
        {
            await RotatedAsync(rest);
            listed = (await rest.GetAsync("keys")).Text;
        }

        await rig.ReopenAsync();
        using var again = new RestClient(rig);
        Assert.Equal(listed, (await again.GetAsync("keys")).Text);
    }
}
