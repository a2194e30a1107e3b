using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>The commands verify, backup and restore, on stores at rest and in use.</summary>
public sealed class StoreCopyTests
{
    [Fact]
    public async Task A_restored_store_holds_what_the_copied_one_held_under_another_id()
    {
        using var rig = new StoreRig();
        using var copy = new StoreRig();
        await FillAsync(rig);
        Assert.Equal((0, ""), (await RunAsync("backup", "--data-dir", rig.Root, "--to", copy.File("backup"))).Both);
        Assert.Equal((0, ""), (await RunAsync("restore", "--from", copy.File("backup"), "--data-dir", copy.File("new"))).Both);
        var (code, output, _) = await RunAsync("verify", "--data-dir", copy.File("new"));
        Assert.Equal(0, code);
        Assert.Contains("commands: 12 commands, state up to 9, 3 behind it", output, StringComparison.Ordinal);
        Assert.Contains("ledger: 5 batches, 5 kept with 50 records", output, StringComparison.Ordinal);

        await using var old = await rig.OpenAsync();
        await using var restored = await FasterStore.OpenAsync(FasterStore.FolderOf(copy.File("new")));
        Assert.NotEqual(old.Id.ToArray(), restored.Id.ToArray());
        var history = await restored.Commands.ReadAsync(default);
        Assert.Equal((9UL, 3), (history.Through, history.Commands.Count));
        Assert.Equal(LedgerTests.All(old.Ledger), LedgerTests.All(restored.Ledger));
        Assert.Equal(50UL, restored.Ledger.Through("a", 1));
        Assert.Equal(13UL, await restored.Commands.AppendAsync(new byte[3], default));
        Assert.Equal(60UL, await restored.Ledger.AppendAsync(LedgerTests.Batch("a", 1, 45, 60), default));
        Assert.Equal(60, LedgerTests.All(restored.Ledger).Count);
    }

    [Fact]
    public async Task A_store_in_use_is_copied_as_it_was_at_a_commit()
    {
        using var rig = new StoreRig();
        using var copy = new StoreRig();
        using var stop = new CancellationTokenSource();
        await using var store = await rig.OpenAsync();
        await store.Commands.AppendAsync(StoreRig.Bytes(1, 2_000), default);
        var writing = WriteAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((0, ""), (await RunAsync("backup", "--data-dir", rig.Root, "--to", copy.File($"backup{i}"))).Both);
            Assert.Equal((0, ""), (await RunAsync("verify", "--data-dir", rig.Root)).Both);
        }

        await stop.CancelAsync();
        await writing;
        Assert.Equal((0, ""), (await RunAsync("restore", "--from", copy.File("backup2"), "--data-dir", copy.File("new"))).Both);
        await using var restored = await FasterStore.OpenAsync(FasterStore.FolderOf(copy.File("new")));
        var history = await restored.Commands.ReadAsync(default);
        Assert.All(history.Commands, c => Assert.Equal(StoreRig.Bytes(c.Sequence, c.Bytes.Length), c.Bytes.ToArray()));

        async Task WriteAsync()
        {
            for (var i = 2UL; !stop.IsCancellationRequested; i++)
            {
                Assert.Equal(i, await store.Commands.AppendAsync(StoreRig.Bytes(i, 20_000), default));
                if (i % 50 == 0)
                    await store.Commands.SaveStateAsync(i, new byte[8], default);
            }
        }
    }

    [Fact]
    public async Task What_is_wrong_is_told_and_nothing_is_written_over()
    {
        using var rig = new StoreRig();
        using var copy = new StoreRig();
        Assert.Equal(1, (await RunAsync("verify", "--data-dir", rig.Root)).Code);
        await FillAsync(rig);
        Assert.Equal(0, (await RunAsync("backup", "--data-dir", rig.Root, "--to", copy.File("backup"))).Code);
        Assert.Contains("is not empty", (await RunAsync("backup", "--data-dir", rig.Root, "--to", copy.File("backup"))).Error, StringComparison.Ordinal);
        Assert.Contains("there is a store", (await RunAsync("restore", "--from", copy.File("backup"), "--data-dir", rig.Root)).Error, StringComparison.Ordinal);
        copy.Change("backup/commands.log.0", 300, b => (byte)(b ^ 1));
        Assert.Contains("commands.log.0 of the backup is not as it was written",
            (await RunAsync("restore", "--from", copy.File("backup"), "--data-dir", copy.File("new"))).Error, StringComparison.Ordinal);
        File.Delete(copy.File("backup/backup.list"));
        Assert.Contains("holds no backup that was completed",
            (await RunAsync("restore", "--from", copy.File("backup"), "--data-dir", copy.File("new"))).Error, StringComparison.Ordinal);
        rig.Change("ledger.log.0", 500, b => (byte)(b ^ 1));
        Assert.Contains("at ledger.log.0 byte", (await RunAsync("verify", "--data-dir", rig.Root)).Error, StringComparison.Ordinal);
        Assert.Contains("at ledger.log.0 byte", (await RunAsync("backup", "--data-dir", rig.Root, "--to", copy.File("other"))).Error, StringComparison.Ordinal);
        string[][] wrong = [["mend"], [], ["verify", "--data-dir"], ["backup", "--data-dir", rig.Root], ["verify", "--to", "x"], ["verify", "--colour", "x"]];
        foreach (var arguments in wrong)
            Assert.Equal(2, (await RunAsync(arguments)).Code);
    }

    private static async Task FillAsync(StoreRig rig)
    {
        await rig.FillAsync([.. Enumerable.Repeat(5_000, 12)]);
        await using var store = await rig.OpenAsync();
        await store.Commands.SaveStateAsync(9, new byte[10], default);
        for (var i = 0UL; i < 5; i++)
            await store.Ledger.AppendAsync(LedgerTests.Batch("a", 1, (i * 10) + 1, (i + 1) * 10), default);
    }

    private static async Task<Ended> RunAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        return new(await StoreCommands.RunAsync(arguments, output, error), output.ToString(), error.ToString());
    }

    private sealed record Ended(int Code, string Output, string Error)
    {
        public (int Code, string Error) Both => (Code, Error);
    }
}
