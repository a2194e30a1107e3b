using System.Net;
using AiEdge.ControlPlane.Usage;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>The usage API over a socket.</summary>
public sealed class UsageApiTests
{
    private static readonly DateTimeOffset Noon = UsageRig.Noon;

    [Fact]
    public async Task Sums_come_as_JSON_with_money_as_text()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        await rig.AddAsync(UsageRig.Record(Noon.AddHours(-2), "a", cost: 9_100_000_000_000_000_007), UsageRig.Record(Noon.AddHours(-1), "a"), UsageRig.Record(Noon.AddHours(-1), "b", cost: 20));
        var answer = await host.GetAsync("usage?from=2026-11-25&to=2026-11-26T00:00:00Z&groupBy=key,model&step=hour");
        Assert.Equal("2026-11-25T00:00:00Z", (string)answer["from"]!);
        Assert.Equal(3, answer["rows"]!.AsArray().Count);
        var first = answer["rows"]![0]!;
        Assert.Equal(("2026-11-25T10:00:00Z", "a", "m", "9100000000000000007", 1, 100),
            ((string)first["from"]!, (string)first["key"]!, (string)first["model"]!, (string)first["costNanodollars"]!, (int)first["requests"]!, (int)first["inputTokens"]!));
        Assert.Equal("b", (string)answer["rows"]![1]!["key"]!);
        var tagged = UsageRig.Record(Noon.AddHours(-1), "c", cost: 7);
        tagged.Tags.Add("env", "a=b");
        await rig.AddAsync(tagged);
        var byTag = await host.GetAsync("usage?from=2026-11-25&to=2026-11-26&tag=env%3Da%3Db&groupBy=tag:env");
        Assert.Equal(("a=b", "7"), ((string)byTag["rows"]![0]!["tag:env"]!, (string)Assert.Single(byTag["rows"]!.AsArray())!["costNanodollars"]!));
        var total = await host.GetAsync("usage?from=2026-11-25&to=2026-11-26&key=b");
        Assert.Equal("20", (string)Assert.Single(total["rows"]!.AsArray())!["costNanodollars"]!);
    }

    [Fact]
    public async Task Sums_are_told_apart_by_all_that_is_asked_for()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        for (var i = 0; i < 32; i++)
        {
            string Bit(int at) => $"{(i >> at) & 1}";
            var record = UsageRig.Record(Noon.AddHours(-1), "k" + Bit(0), "t" + Bit(1), "m" + Bit(2), "p" + Bit(3), cost: 1L << i);
            record.Tags.Add("env", Bit(4));
            await rig.AddAsync(record);
        }

        var rows = (await host.GetAsync("usage?from=2026-11-25&to=2026-11-26&groupBy=key,tag:env,team,provider,model"))["rows"]!.AsArray();
        Assert.Equal(32, rows.Count);
        foreach (var row in rows)
        {
            var i = int.Parse(((string)row!["key"]!)[1..], System.Globalization.CultureInfo.InvariantCulture)
                + (2 * int.Parse(((string)row["team"]!)[1..], System.Globalization.CultureInfo.InvariantCulture))
                + (4 * int.Parse(((string)row["model"]!)[1..], System.Globalization.CultureInfo.InvariantCulture))
                + (8 * int.Parse(((string)row["provider"]!)[1..], System.Globalization.CultureInfo.InvariantCulture))
                + (16 * int.Parse((string)row["tag:env"]!, System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal($"{1L << i}", (string)row["costNanodollars"]!);
        }

        var csv = (await host.TextAsync("usage?from=2026-11-25&to=2026-11-26&groupBy=team,key,model&format=csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(9, csv.Length);
        Assert.StartsWith("team,key,model,requests,", csv[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task CSV_has_no_cell_that_a_spreadsheet_would_calculate()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        await rig.AddAsync(UsageRig.Record(Noon, "=1+2"), UsageRig.Record(Noon, "a,\"b\"", cost: 5), UsageRig.Record(Noon, "@x", cost: 4), UsageRig.Record(Noon, "plain", cost: 3));
        var lines = (await host.TextAsync("usage?from=2026-11-25&to=2026-11-26&groupBy=key&format=csv")).Split("\r\n");
        Assert.StartsWith("key,requests,errors,refused,inputTokens,", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("\"'=1+2\",1,0,0,100,", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("\"a,\"\"b\"\"\",1,", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("\"'@x\",1,", lines[3], StringComparison.Ordinal);
        Assert.StartsWith("plain,1,", lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_faults_of_a_question_are_told_at_once()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        var problem = await host.GetAsync("usage?from=yesterday&step=week&groupBy=key,color,key&limit=3", HttpStatusCode.BadRequest);
        Assert.Equal(["from", "groupBy", "groupBy", "limit", "step"], problem["faults"]!.AsArray().Select(f => (string)f!["path"]!).Order());
        await host.GetAsync("usage?from=2026-11-25&to=2026-11-24", HttpStatusCode.BadRequest);
        var many = string.Join(',', Enumerable.Range(0, 33).Select(i => $"tag:t{i}"));
        Assert.Contains("32 at most", (await host.GetAsync($"usage?groupBy={many}", HttpStatusCode.BadRequest)).ToJsonString(), StringComparison.Ordinal);
        await host.GetAsync($"usage?groupBy={many[..many.LastIndexOf(',')]}");
        await host.GetAsync("requests?cursor=x&status=900&tag=env", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Every_question_about_sums_waits_for_its_turn()
    {
        await using var rig = await UsageRig.OpenAsync();
        using var asking = new SemaphoreSlim(0);
        await using var host = await UsageHost.StartAsync(rig, endpoints: new(rig.Book, _ => null, rig.Time) { Asking = asking });
        var questions = ((string[])["usage", "usage/top", "usage/forecast"]).Select(path => host.GetAsync(path)).ToList();

        // What is no sum does not; by the time that many of these are answered, so would any be that did not wait.
        for (var i = 0; i < 50; i++)
            await host.GetAsync("requests");
        Assert.DoesNotContain(questions, static question => question.IsCompleted);
        asking.Release();
        await Task.WhenAll(questions).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(1, asking.CurrentCount);
    }

    [Fact]
    public async Task A_caller_who_is_confined_to_a_team_sees_no_other()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        var other = UsageRig.Record(Noon.AddHours(-1), "b", team: "red");
        await rig.AddAsync(UsageRig.Record(Noon.AddHours(-1), "a", team: "blue"), other);
        var rows = (await host.GetAsync("usage?groupBy=key", team: "blue"))["rows"]!.AsArray();
        Assert.Equal("a", (string)Assert.Single(rows)!["key"]!);
        Assert.Empty((await host.GetAsync("usage?team=red", team: "blue"))["rows"]!.AsArray());
        Assert.Single((await host.GetAsync("requests", team: "blue"))["requests"]!.AsArray());
        Assert.Empty((await host.GetAsync("requests?team=red", team: "blue"))["requests"]!.AsArray());
        await host.GetAsync($"requests/{other.RequestId}", HttpStatusCode.NotFound, team: "blue");
        Assert.Equal("0", (string)(await host.GetAsync("usage/forecast?team=red", team: "blue"))["spentNanodollars"]!);
        Assert.Equal("b", (string)(await host.GetAsync($"requests/{other.RequestId}"))["requests"]![0]!["key"]!);
    }

    /// <summary>A plane of the version before says nothing of accounts.</summary>
    [Theory]
    [InlineData("second")]
    [InlineData("")]
    public async Task Which_account_a_provider_was_asked_as_is_told(string account)
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        var record = UsageRig.Record(Noon.AddHours(-1), "a");
        record.Account = account;
        await rig.AddAsync(record);
        Assert.Equal(account.Length > 0 ? account : null, (string?)(await host.GetAsync("requests"))["requests"]![0]!["account"]);
    }

    [Fact]
    public async Task Top_spenders_come_dearest_first()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        await rig.AddAsync([.. Enumerable.Range(1, 30).Select(i => UsageRig.Record(Noon.AddMinutes(-i), $"k{i}", team: $"t{i % 2}", cost: i))]);
        var top = (await host.GetAsync("usage/top?limit=3"))["rows"]!.AsArray();
        Assert.Equal(["k30", "k29", "k28"], top.Select(r => (string)r!["key"]!));
        Assert.Equal("t0", (string)(await host.GetAsync("usage/top?by=team"))["rows"]![0]!["team"]!);
    }

    [Fact]
    public async Task A_forecast_takes_what_the_same_hours_cost_before()
    {
        await using var rig = await UsageRig.OpenAsync();

        // 100 at each hour of the night, 0 else, for three weeks up to noon.
        for (var hour = 1; hour <= 21 * 24; hour++)
        {
            var at = Noon.AddHours(-hour);
            await rig.AddAsync(UsageRig.Record(at, cost: at.Hour < 6 ? 100 : 0));
        }

        var day = UsageForecast.Of(rig.Book.Rollups, "day", rig.Time.NowUnixMs, []);
        Assert.Equal((600, 600, 504), (day.Spent, day.Expected, day.HistoryHours));
        var week = UsageForecast.Of(rig.Book.Rollups, "week", rig.Time.NowUnixMs, []);
        Assert.Equal((1_800, 4_200), (week.Spent, week.Expected));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(), week.FromUnixMs);
        var month = UsageForecast.Of(rig.Book.Rollups, "month", rig.Time.NowUnixMs, []);
        Assert.Equal(month.Spent + 3_000, month.Expected);
    }

    [Fact]
    public async Task A_forecast_with_little_history_takes_its_mean()
    {
        await using var rig = await UsageRig.OpenAsync();
        await rig.AddAsync(UsageRig.Record(Noon.AddHours(-1), cost: 10), UsageRig.Record(Noon.AddHours(-2), cost: 30));
        var day = UsageForecast.Of(rig.Book.Rollups, "day", rig.Time.NowUnixMs, []);
        Assert.Equal((40, 40 + (12 * 20), 2), (day.Spent, day.Expected, day.HistoryHours));
    }

    [Fact]
    public async Task Requests_are_found_newest_first_page_by_page()
    {
        await using var rig = await UsageRig.OpenAsync();
        await using var host = await UsageHost.StartAsync(rig);
        for (var i = 0; i < 10; i++)
            await rig.AddAsync([.. Enumerable.Range(0, 7).Select(k => UsageRig.Record(Noon.AddMinutes(-70 + (i * 7) + k), $"k{k}", cost: (i * 7) + k, status: k == 3 ? 502 : 200))]);
        var seen = new List<int>();
        for (var path = "requests?limit=9"; ;)
        {
            var page = await host.GetAsync(path);
            seen.AddRange(page["requests"]!.AsArray().Select(r => int.Parse((string)r!["costNanodollars"]!, System.Globalization.CultureInfo.InvariantCulture)));
            if (page["next"] is not { } next)
                break;
            path = $"requests?limit=9&cursor={next}";
        }

        Assert.Equal(Enumerable.Range(0, 70).Reverse(), seen);
        Assert.Equal(10, (await host.GetAsync("requests?key=k2"))["requests"]!.AsArray().Count);
        Assert.Equal(10, (await host.GetAsync("requests?status=5xx"))["requests"]!.AsArray().Count);
        Assert.Equal(5, (await host.GetAsync("requests?minCostNanodollars=65"))["requests"]!.AsArray().Count);
        Assert.Equal(14, (await host.GetAsync("requests?from=2026-11-25T10:50:00Z&to=2026-11-25T11:04:00Z"))["requests"]!.AsArray().Count);
        Assert.Equal("no request of this id is kept", (string)(await host.GetAsync("requests/nothing", HttpStatusCode.NotFound))["detail"]!);
    }
}
