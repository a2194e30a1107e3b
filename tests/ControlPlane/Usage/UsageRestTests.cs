using System.Net;
using AiEdge.ControlPlane.Tests.Api;
using AiEdge.ControlPlane.Tests.Hosting;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>From a plane's report to every answer about use, through the whole control plane and for each role.</summary>
public sealed class UsageRestTests
{
    [Fact]
    public async Task What_a_plane_reports_is_answered_in_every_form_to_those_who_may_see_it()
    {
        await using var rig = await ControlRig.WithModelAsync();
        using var admin = new RestClient(rig);
        await admin.DoAsync("PUT", "teams/blue", """{"may":{"models":["gpt-4o"]}}""");
        await admin.DoAsync("PUT", "teams/red", "{}");
        var now = DateTimeOffset.UtcNow;
        var plane = new ReportingPlane("edge", await rig.JoinAsync("edge"));
        plane.Add(
            UsageRig.Record(now.AddMinutes(-3), "checkout", "blue", "gpt-4o", "openai", cost: 40),
            UsageRig.Record(now.AddMinutes(-2), "checkout", "blue", "gpt-4o", "openai", cost: 2, end: "refused:rpm", status: 429),
            UsageRig.Record(now.AddMinutes(-1), "search", "red", "gpt-4o", "openai", cost: 500));
        await plane.ReportAsync(rig);
        await rig.Store.Ledger.ReleaseAsync(0, default);
        await rig.Store.Ledger.ReleaseAsync(0, default);

        foreach (var (role, sees) in new[] { ("viewer", 2), ("editor", 2), ("owner\",\"team\":\"blue", 1) })
        {
            var token = (string)(await admin.DoAsync("POST", "tokens", $$"""{"name":"t{{sees}}{{role[..3]}}","role":"{{role}}"}"""))["secret"]!;
            using var caller = new RestClient(rig, token);
            var rows = (await caller.GetAsync("usage?groupBy=key,team&step=day")).Json["rows"]!.AsArray();
            Assert.Equal(sees, rows.Select(r => (string)r!["team"]!).Distinct().Count());
            Assert.Equal(sees == 1 ? "42" : "542", Sum(rows));
            Assert.Equal(sees == 1 ? "checkout" : "search", (string)(await caller.GetAsync("usage/top?by=key&limit=1")).Json["rows"]![0]!["key"]!);
            Assert.Equal(sees == 1 ? "0" : "500", Sum((await caller.GetAsync("usage?team=red")).Json["rows"]!.AsArray()));
            Assert.InRange((int)(await caller.GetAsync("usage/forecast?period=month")).Json["historyHours"]!, 0, 1);
            Assert.Equal(sees + 1, (await caller.GetAsync("requests")).Json["requests"]!.AsArray().Count);
            Assert.Equal("refused:rpm", (string)Assert.Single((await caller.GetAsync("requests?end=refused&status=4xx")).Json["requests"]!.AsArray())!["end"]!);
            Assert.Equal(sees == 1 ? HttpStatusCode.NotFound : HttpStatusCode.OK, (await caller.GetAsync($"requests/{plane.Journal[2].RequestId}")).Status);
            var csv = await caller.SendAsync("GET", "usage?groupBy=key&format=csv");
            Assert.Equal(("text/csv", sees + 1), (csv.Type, csv.Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length));
            Assert.Equal(sees == 1 ? HttpStatusCode.Forbidden : HttpStatusCode.OK, (await caller.GetAsync("audit")).Status);
        }

        using var nobody = new RestClient(rig, null);
        foreach (var path in (string[])["usage", "usage/top", "usage/forecast", "requests", "requests/x"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync(path)).Status);
    }

    private static string Sum(System.Text.Json.Nodes.JsonArray rows) =>
        rows.Sum(r => long.Parse((string)r!["costNanodollars"]!, System.Globalization.CultureInfo.InvariantCulture)).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
