using AiEdge.ControlPlane.Store;
using AiEdge.ControlPlane.Tests.Store;
using AiEdge.ControlPlane.Usage;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>Sums are what the ledger's records add up to: by any grouping, over restarts, with bounded series.</summary>
public sealed class RollupTests
{
    private static readonly DateTimeOffset Noon = UsageRig.Noon;

    [Fact]
    public async Task Any_two_dimensions_at_any_step_add_up_to_the_records()
    {
        await using var rig = await UsageRig.OpenAsync();
        var random = new Random(3);
        var records = Enumerable.Range(0, 3_000).Select(i =>
        {
            var record = UsageRig.Record(
                Noon.AddSeconds(-random.Next(20 * 3600)), $"k{random.Next(7)}", $"t{random.Next(3)}", $"m{random.Next(4)}", $"p{random.Next(2)}", random.Next(1000));
            record.Rule = i % 5 == 0 ? "" : $"r{i % 2}";
            if (i % 3 == 0)
                record.Tags.Add("feature", $"f{random.Next(3)}");
            return record;
        }).ToArray();
        foreach (var part in records.Chunk(500))
            await rig.AddAsync(part);
        foreach (var step in (UsageStep[])[UsageStep.Minute, UsageStep.Hour, UsageStep.Day])
        {
            foreach (var groupBy in (string[])["", "key", "key,team,model,provider,rule,tag:feature", "team,model", "tag:feature,provider", "model,key"])
            {
                var dimensions = groupBy.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(g => new UsageDimension(g)).ToArray();
                var expected = records
                    .GroupBy(r => (Slot: UsageSlots.FirstUnixMs(UsageSlots.Of(step, r.EndedUnixMs)), Of: string.Join('|', dimensions.Select(d => d.Of(UsageSeries.Of(r))))))
                    .ToDictionary(g => g.Key, g => (g.LongCount(), g.Sum(r => r.CostNanodollars), g.Count() * 100L));
                var rows = rig.Sum(step, Noon.AddDays(-2), Noon.AddDays(1), groupBy);
                Assert.Equal(expected.Count, rows.Count);
                Assert.All(rows, r => Assert.Equal(expected[(r.FromUnixMs, string.Join('|', r.Values))], (r.Sum.Requests, r.Sum.Cost, r.Sum.Input)));
            }
        }

        var filtered = Assert.Single(rig.Sum(UsageStep.Day, Noon.AddDays(-2), Noon.AddDays(1), filter: "key=k3,tag:feature=f1", isStepped: false));
        Assert.Equal(records.Count(r => r.Key == "k3" && r.Tags.Contains(new KeyValuePair<string, string>("feature", "f1"))), filtered.Sum.Requests);
    }

    [Fact]
    public async Task Attempts_add_what_they_cost_and_no_request_and_errors_and_refusals_are_told_apart()
    {
        await using var rig = await UsageRig.OpenAsync();
        var attempt = UsageRig.Record(Noon, cost: 1_000_000, end: "upstream_fault");
        attempt.Kind = Contracts.Wire.RecordKind.Attempt;
        var inVain = UsageRig.Record(Noon, cost: 0, end: "upstream_fault");
        (inVain.Kind, inVain.Billed) = (Contracts.Wire.RecordKind.Attempt, null);
        var telling = UsageRig.Record(Noon);
        telling.RefusalsLeftOut = 7;
        await rig.AddAsync(
            telling, attempt, inVain, UsageRig.Record(Noon), UsageRig.Record(Noon, end: "upstream_fault"), UsageRig.Record(Noon, end: "refused:rpm", status: 429),
            UsageRig.Record(Noon, status: 502), UsageRig.Record(Noon, end: "client_closed"));
        var sum = Assert.Single(rig.Sum(UsageStep.Hour, Noon, Noon.AddHours(1))).Sum;
        Assert.Equal((13, 10, 8, 1_000_060), (sum.Requests, sum.Errors, sum.Refused, sum.Cost));
        Assert.Equal(7 * 100, sum.Input);
    }

    [Fact]
    public async Task Sums_come_back_from_checkpoint_and_ledger_as_they_were()
    {
        using var folder = new StoreRig();
        for (var opening = 0; opening < 4; opening++)
        {
            await using var rig = await UsageRig.OpenAsync(folder);
            Assert.Equal(opening * 20, rig.Sum(UsageStep.Day, Noon.AddDays(-1), Noon.AddDays(1), isStepped: false).Sum(r => r.Sum.Requests));
            await rig.AddAsync([.. Enumerable.Range(0, 10).Select(i => UsageRig.Record(Noon.AddMinutes(-i), key: $"k{i}"))]);
            if (opening != 2)
                await rig.Book.CheckpointAsync();
            await rig.AddAsync([.. Enumerable.Range(0, 10).Select(i => UsageRig.Record(Noon.AddMinutes(-i), key: $"k{i}"))]);
        }

        // Without the checkpoint the ledger has it all.
        File.Delete(folder.File("rollups.state"));
        await using var last = await UsageRig.OpenAsync(folder);
        var rows = last.Sum(UsageStep.Hour, Noon.AddHours(-1), Noon.AddHours(1), "key", isStepped: false);
        Assert.Equal(10, rows.Count);
        Assert.All(rows, r => Assert.Equal((8, 80), (r.Sum.Requests, r.Sum.Cost)));
    }

    [Fact]
    public async Task Sums_may_end_while_batches_are_on_their_way_to_them_and_contain_them_once_after_the_next_opening()
    {
        using var folder = new StoreRig();
        var sent = 0;
        for (var opening = 0; opening < 10; opening++)
        {
            var rig = await UsageRig.OpenAsync(folder);
            var sums = rig.Sum(UsageStep.Day, Noon.AddDays(-1), Noon.AddDays(1), isStepped: false);
            Assert.Equal(sent, sums.Sum(r => r.Sum.Requests));
            var records = Enumerable.Range(0, 100).Select(i => UsageRig.Record(Noon.AddMinutes(-i % 60))).ToArray();
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var isEnded = false;
            var appends = Task.Run(async () =>
            {
                for (; !Volatile.Read(ref isEnded); sent += records.Length)
                {
                    await rig.AppendAsync(records);
                    begun.TrySetResult();
                }
            });
            await begun.Task;
            await rig.Book.DisposeAsync();
            Volatile.Write(ref isEnded, true);
            await appends;
            await rig.Store.DisposeAsync();
        }
    }

    [Fact]
    public void A_checkpoint_of_the_version_before_is_read()
    {
        using var folder = new StoreRig();
        var body = new MemoryStream();
        using (var to = new BinaryWriter(body, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            to.Write(1);
            to.Write(1);
            foreach (var text in (string[])["k", "t", "m", "p", "env=prod\n"])
                to.Write(text);
            to.Write(1);
            to.Write(UsageSlots.Of(UsageStep.Day, Noon.ToUnixTimeMilliseconds()));
            to.Write(1);
            to.Write7BitEncodedInt(0);
            new UsageCounters { Requests = 3, Cost = 42 }.Write(to);
        }

        RollupFile.Write(folder.Folder, 7, body.ToArray());
        using var rollups = Rollups.Open(folder.Folder);
        var row = Assert.Single(UsageAnswer.Of(rollups, new()
        {
            FromUnixMs = Noon.AddDays(-1).ToUnixTimeMilliseconds(),
            ToUnixMs = Noon.AddDays(1).ToUnixTimeMilliseconds(),
            Step = UsageStep.Day,
            GroupBy = [new("key"), new("rule"), new("provider"), new("tag:env")],
        })!);
        Assert.Equal(("k m p prod", 3, 42, 7UL), (string.Join(' ', row.Values), row.Sum.Requests, row.Sum.Cost, rollups.Through));
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_named()
    {
        using var folder = new StoreRig();
        await using (var rig = await UsageRig.OpenAsync(folder))
            await rig.AddAsync(UsageRig.Record(Noon));
        folder.Change("rollups.state", 80, b => (byte)(b ^ 1));
        var fault = await Assert.ThrowsAsync<StoreFault>(() => UsageRig.OpenAsync(folder));
        Assert.Contains("rollups.state is damaged", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Beyond_its_bound_an_hour_keeps_the_dearest_series_and_loses_no_money()
    {
        await using var rig = await UsageRig.OpenAsync(options: new() { SeriesMax = 50, DaySeriesMax = 80 });
        var records = Enumerable.Range(1, 2_000).Select(i => UsageRig.Record(Noon.AddHours(-2), $"k{i}", team: $"t{i % 3}", cost: i)).ToArray();
        foreach (var part in records.Chunk(100))
            await rig.AddAsync(part);
        await rig.Book.CheckpointAsync();
        var hours = rig.Sum(UsageStep.Hour, Noon.AddHours(-3), Noon, "key");
        Assert.Equal(51, hours.Count);
        Assert.Contains(hours, r => r.Values[0] == "k2000");
        Assert.Equal(records.Sum(r => r.CostNanodollars), hours.Sum(r => r.Sum.Cost));

        // What is folded is still its team's, its model's, its provider's.
        var teams = rig.Sum(UsageStep.Hour, Noon.AddHours(-3), Noon, "team");
        Assert.Equal(records.GroupBy(r => r.Team).ToDictionary(g => g.Key, g => g.Sum(r => r.CostNanodollars)), teams.ToDictionary(r => r.Values[0], r => r.Sum.Cost));
        var days = rig.Sum(UsageStep.Day, Noon.AddDays(-1), Noon.AddDays(1), "key");
        Assert.InRange(days.Count, 81, 162);
        Assert.Equal(2_000, days.Sum(r => r.Sum.Requests));
    }

    [Fact]
    public async Task Teams_without_number_end_in_one_series_for_the_rest()
    {
        await using var rig = await UsageRig.OpenAsync(options: new() { SeriesMax = 20, DaySeriesMax = 20 });
        foreach (var part in Enumerable.Range(1, 500).Select(i => UsageRig.Record(Noon, $"k{i}", team: $"t{i}")).Chunk(50))
            await rig.AddAsync(part);
        var rows = rig.Sum(UsageStep.Hour, Noon, Noon.AddHours(1), "team");
        Assert.InRange(rows.Count, 21, 65);
        Assert.Equal(500, rows.Sum(r => r.Sum.Requests));
        Assert.True(rows.Single(r => r.Values[0] == UsageSeries.Other).Sum.Requests > 300);
    }

    [Fact]
    public async Task Minutes_go_after_a_day_and_hours_after_a_hundred()
    {
        await using var rig = await UsageRig.OpenAsync();
        await rig.AddAsync(UsageRig.Record(Noon), UsageRig.Record(Noon.AddHours(-30)), UsageRig.Record(Noon.AddDays(-2_000)));
        Assert.Single(rig.Sum(UsageStep.Minute, Noon.AddDays(-3), Noon.AddDays(1)));
        Assert.Equal(2, rig.Sum(UsageStep.Hour, Noon.AddDays(-3), Noon.AddDays(1)).Count);
        rig.Time.Now = Noon.AddDays(99);
        await rig.AddAsync(UsageRig.Record(Noon.AddDays(99)));
        await rig.Book.CheckpointAsync();
        Assert.Single(rig.Sum(UsageStep.Minute, Noon.AddDays(-3), Noon.AddDays(100)));
        Assert.Equal(2, rig.Sum(UsageStep.Hour, Noon.AddDays(-3), Noon.AddDays(100)).Count);
        Assert.Equal(3, rig.Sum(UsageStep.Day, Noon.AddDays(-3), Noon.AddDays(100)).Count);
    }

    [Fact]
    public async Task Sums_that_memory_does_not_hold_are_read_from_disk()
    {
        await using var rig = await UsageRig.OpenAsync(options: new() { MemoryBits = 21 });
        for (var hour = 0; hour < 60; hour++)
            await rig.AddAsync([.. Enumerable.Range(0, 500).Select(i => UsageRig.Record(Noon.AddHours(-hour), $"k{i}"))]);
        var rows = rig.Sum(UsageStep.Hour, Noon.AddHours(-60), Noon.AddHours(1), "key", isStepped: false);
        Assert.Equal(500, rows.Count);
        Assert.All(rows, r => Assert.Equal((60, 600), (r.Sum.Requests, r.Sum.Cost)));
    }
}
