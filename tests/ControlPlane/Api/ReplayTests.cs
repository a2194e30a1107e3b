using System.Net;
using System.Security.Cryptography;
using System.Text;
using AiEdge.ControlPlane.Api;
using AiEdge.ControlPlane.Domain;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Api;

/// <summary>What is kept of requests that may come again: it goes in parts, and no token takes the place of others.</summary>
public sealed class ReplayTests
{
    [Fact]
    public async Task What_is_over_goes_in_parts_and_is_good_again()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var rest = new RestClient(rig);
        await rest.DoAsync("PUT", "teams/blue", "{}");
        Assert.Equal(HttpStatusCode.Created, (await MakeAsync(rest, "first", "once")).Status);
        var made = rig.State.Current.Section(Sections.Replays).Values.Single();
        await FillAsync(rig, 1_500, i => Hash("old" + i), at: 1);
        Assert.Equal(HttpStatusCode.Conflict, (await MakeAsync(rest, "second", "once")).Status);
        Assert.Equal(HttpStatusCode.Created, (await MakeAsync(rest, "second", "twice")).Status);
        Assert.Equal(1_501 + 1 - Replay.RemovalsMax, rig.State.Current.Section(Sections.Replays).Count);
        Assert.Equal(HttpStatusCode.Created, (await MakeAsync(rest, "third", "thrice")).Status);
        Assert.Equal(3, rig.State.Current.Section(Sections.Replays).Count);

        // A day later the same key is a new one.
        await FillAsync(rig, 1, _ => made.Name, at: 1);
        Assert.Equal(HttpStatusCode.Created, (await MakeAsync(rest, "fourth", "once")).Status);

        // As older versions have kept it.
        await FillAsync(rig, 1, _ => Hash("admin\nolder"), at: rig.State.NowUnixMs());
        Assert.Equal(HttpStatusCode.Conflict, (await MakeAsync(rest, "fifth", "older")).Status);
    }

    [Fact]
    public async Task An_owner_has_so_many_and_takes_no_place_of_others()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var admin = new RestClient(rig);
        await admin.DoAsync("PUT", "teams/blue", """{"may":{"models":["*"]}}""");
        using var owner = new RestClient(rig, (string)(await admin.DoAsync("POST", "tokens", """{"name":"o","role":"owner","team":"blue"}"""))["secret"]!);
        await FillAsync(rig, Replay.OwnersKeysMax - 1, i => $"{Hash("o")[..16]}-{Hash("o" + i)}", at: rig.State.NowUnixMs());
        Assert.Equal(HttpStatusCode.Created, (await MakeAsync(owner, "one", "one")).Status);
        var refused = await MakeAsync(owner, "two", "two");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, true), (refused.Status, refused.Text.Contains("without an Idempotency-Key", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Created, (await MakeAsync(admin, "three", "one")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await MakeAsync(owner, "four", "one")).Status);
    }

    private static Task<RestAnswer> MakeAsync(RestClient rest, string name, string key) => rest.SendAsync(
        "POST", "keys", $$"""{"name":"{{name}}","team":"blue","models":["gpt-4o"]}""", "application/json", ("Idempotency-Key", key));

    private static async Task FillAsync(ControlRig rig, int count, Func<int, string> name, long at)
    {
        var value = new EntryValue(Encoding.UTF8.GetBytes($$"""{"at":{{at}},"target":"keys/x"}"""), EntryOwner.Api, 1, default);
        var changes = Enumerable.Range(0, count).Select(i => new EntryChange(Sections.Replays, name(i), value)).ToList();
        Assert.Null((await rig.State.WriteAsync(_ => WriteDecision.Change(new AuditRecord(1, "tester", "", "put", "replays"), changes))).Refusal);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
