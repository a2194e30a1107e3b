using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>Each record once, by plane, epoch and sequence, whatever comes again; and a follower that sees each batch once, in order.</summary>
public sealed class LedgerTests
{
    [Fact]
    public async Task Records_that_come_again_are_acknowledged_and_kept_once()
    {
        using var rig = new StoreRig();
        await using var store = await rig.OpenAsync();
        var ledger = store.Ledger;
        Assert.Equal(3UL, await ledger.AppendAsync(Batch("a", 1, 1, 3), default));
        Assert.Equal(3UL, await ledger.AppendAsync(Batch("a", 1, 1, 3), default));
        Assert.Equal(3UL, await ledger.AppendAsync(Batch("a", 1, 2, 2), default));
        Assert.Equal(5UL, await ledger.AppendAsync(Batch("a", 1, 2, 5), default));
        Assert.Equal(2UL, await ledger.AppendAsync(Batch("a", 2, 1, 2), default));
        Assert.Equal(1UL, await ledger.AppendAsync(Batch("b", 1, 1, 1), default));
        Assert.Equal(["a1:1", "a1:2", "a1:3", "a1:4", "a1:5", "a2:1", "a2:2", "b1:1"], All(ledger));
        Assert.Equal((5UL, 2UL, 1UL, 0UL), (ledger.Through("a", 1), ledger.Through("a", 2), ledger.Through("b", 1), ledger.Through("c", 1)));
    }

    [Fact]
    public async Task The_same_batch_sent_many_times_at_once_is_kept_once()
    {
        using var rig = new StoreRig();
        await using var store = await rig.OpenAsync();
        var under = Enumerable.Range(0, 50).Select(_ => store.Ledger.AppendAsync(Batch("a", 1, 1, 20), default).AsTask());
        Assert.All(await Task.WhenAll(under), through => Assert.Equal(20UL, through));
        Assert.Equal(20, All(store.Ledger).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_reported_is_known_over_a_restart(bool withState)
    {
        using var rig = new StoreRig();
        var options = new LedgerOptions { StateInterval = withState ? TimeSpan.Zero : TimeSpan.FromDays(1) };
        for (var opening = 1UL; opening <= 4; opening++)
        {
            await using var store = await FasterStore.OpenAsync(rig.Folder, options);
            Assert.Equal(10 * (opening - 1), store.Ledger.Through("a", 1));
            Assert.Equal(opening > 3, store.Ledger.IsClosed("a", 1));
            await store.Ledger.AppendAsync(Batch("a", 1, 1, 10 * opening, isClosed: opening == 3), default);
            Assert.Equal(10 * (int)opening, All(store.Ledger).Count);
        }
    }

    [Fact]
    public async Task A_follower_gets_each_batch_once_and_in_order_over_restarts()
    {
        using var rig = new StoreRig();
        var follower = new Follower();
        for (var opening = 0UL; opening < 3; opening++)
        {
            await using var store = await rig.OpenAsync();
            store.Ledger.Follow(follower);
            Assert.Equal((int)opening * 40, follower.Seen.Count);
            var under = Enumerable.Range(0, 40).Select(i => store.Ledger.AppendAsync(Batch($"p{i}", opening, 1, 3), default).AsTask());
            await Task.WhenAll(under);
        }

        await using (var last = await rig.OpenAsync())
            last.Ledger.Follow(follower);
        Assert.Equal(Enumerable.Range(1, 120).Select(i => (ulong)i), follower.Seen);

        // One that remembers less is given what it lacks.
        var late = new Follower { Through = 100 };
        await using var again = await rig.OpenAsync();
        again.Ledger.Follow(late);
        Assert.Equal(Enumerable.Range(101, 20).Select(i => (ulong)i), late.Seen);
    }

    [Fact]
    public async Task Old_segments_go_once_the_follower_contains_them_and_never_before()
    {
        using var rig = new StoreRig();
        var options = new LedgerOptions { Retention = TimeSpan.FromDays(-1), StateInterval = TimeSpan.Zero };
        var follower = new Follower();
        await using (var store = await FasterStore.OpenAsync(rig.Folder, options))
        {
            store.Ledger.Follow(follower);
            for (var i = 1UL; i <= 50; i++)
                await store.Ledger.AppendAsync(Batch("a", i, 1, 50, recordBytes: 60_000), default);
            Assert.True(File.Exists(rig.File("ledger.log.0")));
            Assert.True(File.Exists(rig.File("ledger.log.2")));
            await store.Ledger.ReleaseAsync(50, default);
            await store.Ledger.AppendAsync(Batch("a", 51, 1, 1), default);
        }

        Assert.False(File.Exists(rig.File("ledger.log.0")));
        await using (var store = await FasterStore.OpenAsync(rig.Folder, options))
        {
            Assert.Equal(50UL, store.Ledger.Through("a", 3));
            store.Ledger.Follow(new Follower { Through = 50 });
        }

        await using var broken = await FasterStore.OpenAsync(rig.Folder, options);
        var fault = Assert.Throws<StoreFault>(() => broken.Ledger.Follow(new Follower()));
        Assert.Contains("sums of batches 1 to", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_is_found_and_named()
    {
        using var rig = new StoreRig();
        var options = new LedgerOptions { StateInterval = TimeSpan.FromDays(1) };
        await using (var store = await FasterStore.OpenAsync(rig.Folder, options))
            await store.Ledger.AppendAsync(Batch("a", 1, 1, 100, recordBytes: 300), default);
        var state = File.ReadAllBytes(rig.File("ledger.state"));
        File.Delete(rig.File("ledger.state"));
        Assert.Contains("ledger.state holds 0 batches, one of 1 was stored", await rig.FaultAsync(), StringComparison.Ordinal);
        state[70] ^= 1;
        File.WriteAllBytes(rig.File("ledger.state"), state);
        Assert.Contains("ledger.state is damaged", await rig.FaultAsync(), StringComparison.Ordinal);
        state[70] ^= 1;
        File.WriteAllBytes(rig.File("ledger.state"), state);
        await using (var store = await FasterStore.OpenAsync(rig.Folder, options))
            Assert.Equal(100, All(store.Ledger).Count);
        rig.Cut("ledger.log.0", 10_000);
        Assert.Contains("ledger.log.0 is cut at byte 10000", await rig.FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_no_plane_may_send_is_refused()
    {
        using var rig = new StoreRig();
        await using var store = await rig.OpenAsync();
        var good = Batch("a", 1, 1, 3);
        LedgerBatch[] bad =
        [
            Batch(new('p', 64), 1, 1, 1), Batch("", 1, 1, 1), Batch("ä", 1, 1, 1), Batch("a", 1, 1, 1, recordBytes: IUsageLedger.RecordBytesMax + 1),
            new() { PlaneId = "a", Epoch = 1, ThroughSequence = 2, ReceivedUnixMs = 1, Records = good.Records },
            new() { PlaneId = "a", Epoch = 1, ThroughSequence = 3, ReceivedUnixMs = 1, Records = [good.Records[1], good.Records[0]] },
        ];
        foreach (var batch in bad)
            await Assert.ThrowsAsync<ArgumentException>(() => store.Ledger.AppendAsync(batch, default).AsTask());
        Assert.Empty(All(store.Ledger));
    }

    [Fact]
    public async Task Reading_backwards_begins_with_the_newest_and_keeps_to_the_time()
    {
        using var rig = new StoreRig();
        await using var store = await rig.OpenAsync();
        for (var i = 1UL; i <= 20; i++)
            await store.Ledger.AppendAsync(Batch("a", 1, i, i, unixMs: (long)i * 1000), default);
        Assert.Equal([20UL, 19, 18], store.Ledger.ReadBackwards(18_000, 30_000).Select(b => b.Number));
        Assert.Equal([5UL, 4], store.Ledger.ReadBackwards(4_000, 30_000, through: 5).Select(b => b.Number));
        Assert.Empty(store.Ledger.ReadBackwards(50_000, 60_000));
    }

    internal static LedgerBatch Batch(
        string plane, UInt128 epoch, ulong from, ulong through, bool isClosed = false, int recordBytes = 20, long unixMs = 0)
    {
        // Of now, unless a test says otherwise: epochs of long ago are forgotten.
        unixMs = unixMs > 0 ? unixMs : DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var records = new List<LedgerRecord>();
        for (var sequence = from; sequence <= through; sequence++)
            records.Add(new(sequence, unixMs, StoreRig.Bytes(sequence, recordBytes)));
        return new() { PlaneId = plane, Epoch = epoch, ThroughSequence = through, IsClosed = isClosed, ReceivedUnixMs = unixMs, Records = records };
    }

    /// <summary>All records, each as plane, epoch and sequence, in their order; their bytes are checked.</summary>
    internal static List<string> All(IUsageLedger ledger)
    {
        var all = new List<string>();
        foreach (var (_, batch) in ledger.ReadBackwards(0, long.MaxValue).Reverse())
        {
            foreach (var record in batch.Records)
            {
                Assert.Equal(StoreRig.Bytes(record.Sequence, record.Bytes.Length), record.Bytes.ToArray());
                all.Add($"{batch.PlaneId}{batch.Epoch}:{record.Sequence}");
            }
        }

        return all;
    }

    private sealed class Follower : ILedgerFollower
    {
        public List<ulong> Seen { get; } = [];

        public ulong Through { get; set; }

        public void Take(in StoredBatch batch)
        {
            Seen.Add(batch.Number);
            Through = batch.Number;
        }
    }
}
