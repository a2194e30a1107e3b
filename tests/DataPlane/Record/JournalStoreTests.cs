using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>What was committed is there again after any end of the process, all of it, once.</summary>
public sealed class JournalStoreTests
{
    [Fact]
    public void A_run_that_leaves_no_record_was_one()
    {
        using var rig = new JournalRig();
        for (var run = 1; run <= 3; run++)
        {
            using var store = JournalStore.Open(rig.Folder);
            Assert.Equal(run, store.Epoch);
        }
    }

    [Fact]
    public void What_was_committed_is_there_after_reopening_in_order()
    {
        using var rig = new JournalRig();
        rig.Fill(1000, batch: 7);
        rig.Fill(500, batch: 1, prefix: "s");
        Assert.Equal([.. Enumerable.Range(0, 1000).Select(i => $"r{i}"), .. Enumerable.Range(0, 500).Select(i => $"s{i}")], rig.Read());
    }

    [Fact]
    public void Segments_follow_one_another()
    {
        using var rig = new JournalRig();
        rig.Fill(45_000, batch: 1000);
        Assert.True(JournalLayout.Segments(rig.Folder).Count > 1);
        Assert.Equal(45_000, rig.Read().Count);
        rig.Fill(1, prefix: "more");
        Assert.Equal("more0", rig.Read()[^1]);
    }

    [Fact]
    public void What_was_not_committed_is_gone_and_its_place_is_used_again()
    {
        using var rig = new JournalRig();
        for (var round = 0; round < 20; round++)
        {
            using var store = JournalStore.Open(rig.Folder);
            rig.Append(store, JournalRig.Exchange($"kept{round}"));
            Assert.True(store.TryCommit());
            // Records of another length, so that what is written over them next begins elsewhere.
            for (var i = 0; i < round * 13; i++)
                rig.Append(store, JournalRig.Exchange(new string('x', 1 + i % 100)));
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"kept{i}"), rig.Read());
    }

    [Fact]
    public void An_exchange_left_open_is_closed_once_with_its_last_state()
    {
        using var rig = new JournalRig();
        using (var store = JournalStore.Open(rig.Folder))
        {
            rig.Append(store, JournalRig.Exchange("done", 0), JournalKind.Open, id: 1);
            rig.Append(store, JournalRig.Exchange("open", 0), JournalKind.Open, id: 2);
            rig.Append(store, JournalRig.Exchange("open", 41), JournalKind.Progress, id: 2);
            rig.Append(store, JournalRig.Exchange("open", 42), JournalKind.Progress, id: 2);
            rig.Append(store, JournalRig.Exchange("done", 9), JournalKind.Exchange, id: 1);
            Assert.True(store.TryCommit());
        }

        for (var i = 0; i < 3; i++)
        {
            using var store = JournalStore.Open(rig.Folder);
            Assert.Equal(i == 0 ? 1 : 0, store.Closed);
            // The same number in another run is another exchange.
            rig.Append(store, JournalRig.Exchange($"later{i}", 1), JournalKind.Open, id: 2);
            rig.Append(store, JournalRig.Exchange($"later{i}", 1), JournalKind.Exchange, id: 2);
            Assert.True(store.TryCommit());
        }

        var ends = Ends(rig);
        Assert.Equal([("done", EndReason.Done, 9), ("open", EndReason.Crashed, 42), ("later0", EndReason.Done, 1), ("later1", EndReason.Done, 1), ("later2", EndReason.Done, 1)], ends);
    }

    [Fact]
    public void Names_are_those_of_their_own_exchange_whichever_came_before_it()
    {
        using var rig = new JournalRig();
        KeyModel[] keys = [.. Enumerable.Range(0, 40).Select(i => new KeyModel
        {
            Name = $"key{i}", Sha256 = [(byte)i, .. new byte[31]], ExpiresUnixMs = long.MaxValue, Team = i % 3 == 0 ? null : new string('t', 1 + (i * 9)),
        })];
        var (random, expected) = (new Random(7), new List<(string, string, string, string)>());
        using (var store = JournalStore.Open(rig.Folder))
        {
            for (var i = 0; i < 2000; i++)
            {
                var exchange = JournalRig.Exchange($"r{i}");
                // Often the one before again, or one that falls into its place; of either with a new limit and a new name for the model.
                var key = exchange.Key = keys[random.Next(2) == 0 ? random.Next(keys.Length) : 16 * random.Next(2)];
                var asked = $"model{random.Next(3)}";
                exchange.SetAskedModel(System.Text.Encoding.ASCII.GetBytes(asked));
                exchange.CutBy = random.Next(3) == 0 ? "limit" : null;
                expected.Add((key.Name, key.Team ?? "", asked, exchange.CutBy ?? ""));
                rig.Append(store, exchange, id: i + 1);
            }

            Assert.True(store.TryCommit());
        }

        var found = new List<(string, string, string, string)>();
        using var reader = new JournalReader(rig.Folder, JournalRecovery.Judge(rig.Folder)!.Value);
        var item = new JournalItem();
        while (reader.TryNext(out var record))
        {
            item.Read(record);
            found.Add((item[JournalText.Key], item[JournalText.Team], item[JournalText.Model], item[JournalText.Limit]));
        }

        Assert.Equal(expected, found);
    }

    [Fact]
    public void Old_segments_go_and_the_rest_stays()
    {
        using var rig = new JournalRig();
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        using (var store = JournalStore.Open(rig.Folder))
        {
            for (var i = 0; i < 60_000; i++)
            {
                rig.Append(store, JournalRig.Exchange($"r{i}"));
                if (i % 1000 == 0)
                    Assert.True(store.TryCommit());
            }

            Assert.True(store.TryCommit());
            Assert.False(store.TryDrop(now - 60_000, long.MaxValue, out _));
            var before = store.Bytes;
            Assert.True(store.TryDrop(now + 600_000, long.MaxValue, out _));
            Assert.True(store.TryCommit());
            Assert.True(store.Bytes < before - JournalLayout.SegmentBytes);
        }

        var left = rig.Read();
        Assert.Equal(Enumerable.Range(60_000 - left.Count, left.Count).Select(i => $"r{i}"), left);
        rig.Fill(10, prefix: "more");
        Assert.Equal(left.Count + 10, rig.Read().Count);
        Assert.False(File.Exists(rig.Segment(0)));
    }

    [Fact]
    public void A_full_disk_is_noticed_before_anything_is_lost()
    {
        using var rig = new JournalRig();
        using var store = JournalStore.Open(rig.Folder);
        // A folder where the second segment would be has the effect of a disk without room for it.
        Directory.CreateDirectory(rig.Segment(1));
        var record = new ExchangeRecord();
        record.Take(JournalRig.Exchange("r"), new EdgeClock());
        var appended = 0;
        while (appended < 100_000 && store.TryAppend(record, JournalKind.Exchange, EndReason.Done, 1))
        {
            appended++;
            if (appended % 1000 == 0)
                Assert.True(store.TryCommit());
        }

        Assert.InRange(appended, 1000, 99_999);
        Assert.Null(store.Failure);
        Assert.True(store.TryCommit());
        Assert.Equal(appended, rig.Read().Count);
        Directory.Delete(rig.Segment(1));
        Assert.True(store.TryPrepare());
        Assert.True(store.TryAppend(record, JournalKind.Exchange, EndReason.Done, 1));
        Assert.True(store.TryCommit());
        Assert.Equal(appended + 1, rig.Read().Count);
    }

    private static List<(string Id, EndReason End, long Output)> Ends(JournalRig rig)
    {
        var ends = new List<(string, EndReason, long)>();
        using var reader = new JournalReader(rig.Folder, JournalRecovery.Judge(rig.Folder)!.Value);
        var item = new JournalItem();
        while (reader.TryNext(out var record))
        {
            item.Read(record);
            if (item.Kind == JournalKind.Exchange)
                ends.Add((item[JournalText.RequestId], item.End, item[JournalNumber.OutputTokens]));
        }

        return ends;
    }
}
