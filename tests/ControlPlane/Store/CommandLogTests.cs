using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>What was answered is there after reopening: in order, once, and nothing else.</summary>
public sealed class CommandLogTests
{
    [Fact]
    public async Task Commands_of_all_sizes_come_back_as_they_were()
    {
        using var rig = new StoreRig();
        int[] lengths = [1, 20, 3_000, 32 << 10, (32 << 10) + 1, 1 << 20, ICommandLog.CommandBytesMax, 7];
        await rig.FillAsync(lengths);
        await rig.FillAsync(5, 100_000);
        var history = await rig.ReadAsync();
        Assert.Equal(0UL, history.Through);
        Assert.Equal([.. lengths, 5, 100_000], history.Commands.Select(c => c.Bytes.Length));
        Assert.All(history.Commands, c => Assert.Equal(StoreRig.Bytes(c.Sequence, c.Bytes.Length), c.Bytes.ToArray()));
    }

    [Fact]
    public async Task Appends_that_are_under_way_together_share_commits_and_keep_their_numbers()
    {
        using var rig = new StoreRig();
        var sequences = new Dictionary<ulong, int>();
        await using (var store = await rig.OpenAsync())
        {
            var under = Enumerable.Range(0, 500).Select(i => (i, Task: store.Commands.AppendAsync(BitConverter.GetBytes(i), default).AsTask())).ToList();
            foreach (var (i, task) in under)
                sequences.Add(await task, i);
        }

        var history = await rig.ReadAsync();
        Assert.Equal(500, history.Commands.Count);
        Assert.All(history.Commands, c => Assert.Equal(sequences[c.Sequence], BitConverter.ToInt32(c.Bytes.Span)));
    }

    [Fact]
    public async Task A_state_takes_the_place_of_commands_and_their_files()
    {
        using var rig = new StoreRig();
        await using (var store = await rig.OpenAsync())
        {
            for (var i = 1UL; i <= 60; i++)
                await store.Commands.AppendAsync(StoreRig.Bytes(i, 700_000), default);
            Assert.True(File.Exists(rig.File("commands.log.0")));
            await store.Commands.SaveStateAsync(58, new byte[] { 5, 8 }, default);
            await store.Commands.AppendAsync(StoreRig.Bytes(61, 10), default);
        }

        // FASTER removes files on a thread of its own, which the end may overtake; the next start removes what is left.
        var history = await rig.ReadAsync();
        Assert.False(File.Exists(rig.File("commands.log.0")));
        Assert.False(File.Exists(rig.File("commands.log.1")));
        Assert.Equal(58UL, history.Through);
        Assert.Equal([5, 8], history.State.ToArray());
        Assert.Equal([59UL, 60, 61], history.Commands.Select(c => c.Sequence));
        Assert.All(history.Commands, c => Assert.Equal(StoreRig.Bytes(c.Sequence, c.Bytes.Length), c.Bytes.ToArray()));
    }

    [Fact]
    public async Task A_state_may_be_saved_where_nothing_follows_and_again()
    {
        using var rig = new StoreRig();
        await rig.FillAsync(10, 10);
        await using (var store = await rig.OpenAsync())
        {
            await store.Commands.SaveStateAsync(2, new byte[] { 1 }, default);
            await store.Commands.SaveStateAsync(2, new byte[] { 2 }, default);
        }

        var history = await rig.ReadAsync();
        Assert.Equal((2UL, 0), (history.Through, history.Commands.Count));
        Assert.Equal([2], history.State.ToArray());
        await rig.FillAsync(3);
        Assert.Equal([3UL], (await rig.ReadAsync()).Commands.Select(c => c.Sequence));
    }

    [Fact]
    public async Task A_state_of_what_is_not_there_is_refused()
    {
        using var rig = new StoreRig();
        await using var store = await rig.OpenAsync();
        await store.Commands.AppendAsync(new byte[3], default);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.Commands.SaveStateAsync(2, default, default).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.Commands.AppendAsync(default, default).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => store.Commands.AppendAsync(new byte[ICommandLog.CommandBytesMax + 1], default).AsTask());
    }

    [Fact]
    public async Task A_store_has_one_process_and_an_id_that_stays()
    {
        using var rig = new StoreRig();
        byte[] id;
        await using (var store = await rig.OpenAsync())
        {
            id = store.Id.ToArray();
            Assert.Contains("another process uses the folder", await rig.FaultAsync(), StringComparison.Ordinal);
        }

        await using var again = await rig.OpenAsync();
        Assert.Equal(id, again.Id.ToArray());
        Assert.Equal(16, id.Length);
    }

    [Fact]
    public async Task Both_logs_go_on_over_many_openings()
    {
        using var rig = new StoreRig();
        for (var opening = 1UL; opening <= 20; opening++)
        {
            await using var store = await rig.OpenAsync();
            Assert.Equal((int)opening - 1, (await store.Commands.ReadAsync(default)).Commands.Count);
            Assert.Equal(opening, await store.Commands.AppendAsync(StoreRig.Bytes(opening, 9_000), default));
            Assert.Equal(opening, await store.Quota.AppendAsync(StoreRig.Bytes(opening, 33), default));
        }
    }
}
