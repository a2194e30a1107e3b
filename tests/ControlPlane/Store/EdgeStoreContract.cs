using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>
/// What every <see cref="IEdgeStore"/> keeps, whatever stands behind it. An implementation is held to it by a class of tests that derives from
/// this one and says how its store is opened, again and again over the same contents.
/// </summary>
public abstract class EdgeStoreContract
{
    private const int Openings = 4;

    /// <summary>Opens the store of this test; its contents are those that the last opening left.</summary>
    private protected abstract ValueTask<IEdgeStore> OpenAsync();

    [Fact]
    public async Task Its_id_is_16_bytes_that_stay()
    {
        byte[] id;
        await using (var store = await OpenAsync())
            id = store.Id.ToArray();
        Assert.Equal(16, id.Length);
        await using var again = await OpenAsync();
        Assert.Equal(id, again.Id.ToArray());
    }

    [Fact]
    public async Task Commands_have_numbers_without_a_gap_and_come_back_in_order()
    {
        for (var opening = 0; opening < Openings; opening++)
        {
            await using var store = await OpenAsync();
            var history = await store.Commands.ReadAsync(default);
            Assert.Equal(Enumerable.Range(1, opening * 3).Select(i => (ulong)i), history.Commands.Select(c => c.Sequence));
            Assert.All(history.Commands, c => Assert.Equal(StoreRig.Bytes(c.Sequence, Length(c.Sequence)), c.Bytes.ToArray()));
            for (var i = 1; i <= 3; i++)
            {
                var sequence = (ulong)((opening * 3) + i);
                Assert.Equal(sequence, await store.Commands.AppendAsync(StoreRig.Bytes(sequence, Length(sequence)), default));
            }
        }
    }

    [Fact]
    public async Task Appends_that_are_under_way_together_have_a_number_each()
    {
        ulong[] numbers;
        await using (var store = await OpenAsync())
        {
            await store.Commands.ReadAsync(default);
            numbers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => store.Commands.AppendAsync(BitConverter.GetBytes(i), default).AsTask()));
        }

        Assert.Equal(Enumerable.Range(1, 200).Select(i => (ulong)i), numbers.Order());
        await using var again = await OpenAsync();
        Assert.All((await again.Commands.ReadAsync(default)).Commands, c => Assert.Equal(c.Sequence, numbers[BitConverter.ToInt32(c.Bytes.Span)]));
    }

    [Fact]
    public async Task A_state_takes_the_place_of_the_commands_that_it_contains()
    {
        await using (var store = await OpenAsync())
        {
            await store.Commands.ReadAsync(default);
            for (var i = 1UL; i <= 5; i++)
                await store.Commands.AppendAsync(StoreRig.Bytes(i, 10), default);
            await store.Commands.SaveStateAsync(3, new byte[] { 1, 2 }, default);
            await store.Commands.SaveStateAsync(3, new byte[] { 3 }, default);
            await store.Commands.AppendAsync(StoreRig.Bytes(6, 10), default);
        }

        await using (var store = await OpenAsync())
        {
            var history = await store.Commands.ReadAsync(default);
            Assert.Equal(3UL, history.Through);
            Assert.Equal([4UL, 5, 6], history.Commands.Select(c => c.Sequence));
            Assert.Equal([3], history.State.ToArray());
            await store.Commands.SaveStateAsync(6, new byte[] { 6 }, default);
        }

        await using var last = await OpenAsync();
        var whole = await last.Commands.ReadAsync(default);
        Assert.Equal((6UL, 0), (whole.Through, whole.Commands.Count));
        Assert.Equal(7UL, await last.Commands.AppendAsync(new byte[1], default));
    }

    [Fact]
    public async Task Both_logs_are_apart()
    {
        await using (var store = await OpenAsync())
        {
            await store.Commands.ReadAsync(default);
            await store.Quota.ReadAsync(default);
            Assert.Equal(1UL, await store.Commands.AppendAsync(new byte[] { 1 }, default));
            Assert.Equal(1UL, await store.Quota.AppendAsync(new byte[] { 2 }, default));
            await store.Quota.SaveStateAsync(1, new byte[] { 3 }, default);
        }

        await using var again = await OpenAsync();
        Assert.Equal([1], Assert.Single((await again.Commands.ReadAsync(default)).Commands).Bytes.ToArray());
        Assert.Equal([3], (await again.Quota.ReadAsync(default)).State.ToArray());
    }

    [Fact]
    public async Task What_is_no_command_or_no_state_is_refused_and_changes_nothing()
    {
        await using var store = await OpenAsync();
        await store.Commands.ReadAsync(default);
        await store.Commands.AppendAsync(new byte[1], default);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.Commands.AppendAsync(default, default).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.Commands.AppendAsync(new byte[ICommandLog.CommandBytesMax + 1], default).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.Commands.SaveStateAsync(2, default, default).AsTask());
        await store.Commands.SaveStateAsync(1, new byte[1], default);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.Commands.SaveStateAsync(0, default, default).AsTask());
        Assert.Equal(2UL, await store.Commands.AppendAsync(new byte[ICommandLog.CommandBytesMax], default));
    }

    [Fact]
    public async Task Records_that_come_again_are_told_to_be_there_and_kept_once()
    {
        for (var opening = 0UL; opening < Openings; opening++)
        {
            await using var store = await OpenAsync();
            Assert.Equal((opening * 10, opening * 10), (store.Ledger.Through("a", 1), store.Ledger.Through("b", 1)));
            var under = new List<Task<ulong>>();
            foreach (var plane in (string[])["a", "b"])
            {
                for (var i = 0; i < 20; i++)
                    under.Add(store.Ledger.AppendAsync(LedgerTests.Batch(plane, 1, (opening * 10) + 1 - Math.Min(opening, 3), (opening + 1) * 10), default).AsTask());
            }

            Assert.All(await Task.WhenAll(under), through => Assert.Equal((opening + 1) * 10, through));
            Assert.Equal(2UL * (opening + 1), await store.Ledger.AppendAsync(LedgerTests.Batch("a", 2, (opening * 2) + 1, (opening + 1) * 2), default));
            Assert.Equal(Expected((opening + 1) * 10, (opening + 1) * 2), LedgerTests.All(store.Ledger).Order());
        }

        static IEnumerable<string> Expected(ulong most, ulong second) =>
            Numbers("a1", most).Concat(Numbers("a2", second)).Concat(Numbers("b1", most)).Order();

        static IEnumerable<string> Numbers(string epoch, ulong count) => Enumerable.Range(1, (int)count).Select(i => $"{epoch}:{i}");
    }

    [Fact]
    public async Task A_batch_behind_one_that_did_not_get_in_does_not_get_in_either()
    {
        await using var store = await OpenAsync();
        await store.Ledger.AppendAsync(LedgerTests.Batch("a", 1, 1, 3), default);
        await Assert.ThrowsAsync<IOException>(async () => await store.Ledger.AppendAsync(After(6, 7, 8), default));
        Assert.Equal(3UL, store.Ledger.Through("a", 1));
        await Task.WhenAll(store.Ledger.AppendAsync(After(3, 4, 6), default).AsTask(), store.Ledger.AppendAsync(After(6, 7, 8), default).AsTask());
        Assert.Equal(8UL, store.Ledger.Through("a", 1));
        Assert.Equal(Enumerable.Range(1, 8).Select(i => $"a1:{i}"), LedgerTests.All(store.Ledger).Order());

        static LedgerBatch After(ulong after, ulong from, ulong through)
        {
            var batch = LedgerTests.Batch("a", 1, from, through);
            return new()
            {
                PlaneId = batch.PlaneId,
                Epoch = batch.Epoch,
                ThroughSequence = through,
                AfterSequence = after,
                ReceivedUnixMs = batch.ReceivedUnixMs,
                Records = batch.Records,
            };
        }
    }

    [Fact]
    public async Task An_epoch_is_closed_once_its_plane_has_said_so_also_by_a_batch_without_records()
    {
        await using (var store = await OpenAsync())
        {
            await store.Ledger.AppendAsync(LedgerTests.Batch("a", 1, 1, 3), default);
            Assert.False(store.Ledger.IsClosed("a", 1));
            var end = new LedgerBatch { PlaneId = "a", Epoch = 1, ThroughSequence = 3, IsClosed = true, ReceivedUnixMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), Records = [] };
            Assert.Equal(3UL, await store.Ledger.AppendAsync(end, default));
            Assert.True(store.Ledger.IsClosed("a", 1));
        }

        await using var again = await OpenAsync();
        Assert.Equal((true, false, 3UL), (again.Ledger.IsClosed("a", 1), again.Ledger.IsClosed("a", 2), again.Ledger.Through("a", 1)));
    }

    [Fact]
    public async Task A_follower_sees_each_batch_once_and_in_order_over_openings()
    {
        var follower = new Follower();
        for (var opening = 0; opening < Openings; opening++)
        {
            await using var store = await OpenAsync();
            store.Ledger.Follow(follower);
            Assert.Equal(opening * 10, follower.Seen.Count);
            await Task.WhenAll(Enumerable.Range(0, 10).Select(i => store.Ledger.AppendAsync(LedgerTests.Batch($"p{i}", (UInt128)opening, 1, 2), default).AsTask()));
        }

        await using (var last = await OpenAsync())
            last.Ledger.Follow(follower);
        Assert.Equal(Enumerable.Range(1, Openings * 10).Select(i => (ulong)i), follower.Seen);

        // One that remembers less is handed what it lacks.
        var late = new Follower { Through = 15 };
        await using var again = await OpenAsync();
        again.Ledger.Follow(late);
        Assert.Equal(Enumerable.Range(16, (Openings * 10) - 15).Select(i => (ulong)i), late.Seen);
        Assert.Throws<InvalidOperationException>(() => again.Ledger.Follow(new Follower()));
    }

    [Fact]
    public async Task A_follower_that_has_left_sees_nothing_more_and_is_handed_the_rest_over_the_next_opening()
    {
        var follower = new Follower();
        await using (var store = await OpenAsync())
        {
            store.Ledger.Follow(follower);
            for (var i = 1UL; i <= 20; i++)
            {
                await store.Ledger.AppendAsync(LedgerTests.Batch("a", i, 1, 2), default);
                if (i == 10)
                    store.Ledger.Unfollow();
            }
        }

        // The tenth may have been on its way to the follower when it left.
        Assert.InRange(follower.Through, 9UL, 10UL);
        await using var again = await OpenAsync();
        again.Ledger.Follow(follower);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (ulong)i), follower.Seen);
    }

    [Fact]
    public async Task What_is_read_backwards_begins_with_the_newest_and_leaves_out_what_cannot_be_of_that_time()
    {
        await using var store = await OpenAsync();
        for (var i = 1UL; i <= 20; i++)
            await store.Ledger.AppendAsync(LedgerTests.Batch("a", 1, i, i, unixMs: (long)i * 1000), default);
        Assert.Equal([20UL, 19, 18], store.Ledger.ReadBackwards(18_000, 30_000).Select(b => b.Number));
        Assert.Equal([5UL, 4], store.Ledger.ReadBackwards(4_000, 30_000, through: 5).Select(b => b.Number));
        Assert.Empty(store.Ledger.ReadBackwards(50_000, 60_000));
    }

    [Fact]
    public async Task What_no_plane_may_send_is_refused_and_nothing_of_it_is_kept()
    {
        await using var store = await OpenAsync();
        var good = LedgerTests.Batch("a", 1, 1, 3);
        LedgerBatch[] bad =
        [
            LedgerTests.Batch(new('p', IUsageLedger.PlaneIdCharsMax + 1), 1, 1, 1), LedgerTests.Batch("", 1, 1, 1), LedgerTests.Batch("ä", 1, 1, 1),
            LedgerTests.Batch("a", 1, 1, 1, recordBytes: IUsageLedger.RecordBytesMax + 1),
            new() { PlaneId = "a", Epoch = 1, ThroughSequence = 2, ReceivedUnixMs = 1, Records = good.Records },
            new() { PlaneId = "a", Epoch = 1, ThroughSequence = 3, ReceivedUnixMs = 1, Records = [good.Records[1], good.Records[0]] },
        ];
        foreach (var batch in bad)
            await Assert.ThrowsAsync<ArgumentException>(() => store.Ledger.AppendAsync(batch, default).AsTask());
        Assert.Empty(store.Ledger.ReadBackwards(0, long.MaxValue));
        Assert.Equal(0UL, store.Ledger.Through("a", 1));
    }

    private static int Length(ulong sequence) => (int)(sequence % 4 * 9_000) + 1;

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

/// <summary>The store that is shipped.</summary>
public sealed class FasterStoreContractTests : EdgeStoreContract, IDisposable
{
    private readonly StoreRig _rig = new();

    public void Dispose() => _rig.Dispose();

    private protected override async ValueTask<IEdgeStore> OpenAsync() => await _rig.OpenAsync();
}

/// <summary>A store of its own kind, which shows that the contract asks for nothing that FASTER alone has.</summary>
public sealed class MemoryStoreContractTests : EdgeStoreContract
{
    private readonly MemoryStore.Disk _disk = new();

    private protected override ValueTask<IEdgeStore> OpenAsync() => new(new MemoryStore(_disk));
}
