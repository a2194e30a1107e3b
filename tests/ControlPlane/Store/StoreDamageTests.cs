using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>Damage of any kind is found when the store is opened, and named; it never opens with less than it was told to keep.</summary>
public sealed class StoreDamageTests
{
    [Fact]
    public async Task A_flipped_bit_anywhere_in_a_command_is_found()
    {
        using var rig = new StoreRig();
        await rig.FillAsync([.. Enumerable.Repeat(500, 40)]);
        var random = new Random(7);
        for (var i = 0; i < 120; i++)
        {
            // From the first entry to the last, their heads included; 532 bytes each.
            var at = LogShape.FirstAddress + random.Next(40 * 532);
            var bit = (byte)(1 << random.Next(8));
            rig.Change("commands.log.0", at, b => (byte)(b ^ bit));
            Assert.Matches("an entry's (own )?(checksum|length) is wrong at commands.log.0 byte|items .* are missing", await rig.FaultAsync());
            rig.Change("commands.log.0", at, b => (byte)(b ^ bit));
        }

        Assert.Equal(40, (await rig.ReadAsync()).Commands.Count);
    }

    [Fact]
    public async Task Two_flips_that_FASTER_s_checksum_cannot_see_are_found()
    {
        using var rig = new StoreRig();
        await rig.FillAsync(500, 500, 500);
        rig.Change("commands.log.0", 800, b => (byte)(b ^ 4));
        rig.Change("commands.log.0", 808, b => (byte)(b ^ 4));
        Assert.Contains("own checksum is wrong", await rig.FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_or_missing_segment_is_named()
    {
        using var rig = new StoreRig();
        await rig.FillAsync([.. Enumerable.Repeat(900_000, 30)]);
        rig.Cut("commands.log.1", 4 << 20);
        Assert.Contains("commands.log.1 is cut at byte 4194304", await rig.FaultAsync(), StringComparison.Ordinal);
        File.Delete(rig.File("commands.log.1"));
        Assert.Contains("the file commands.log.1 is missing", await rig.FaultAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_page_of_zeros_is_missed(int page)
    {
        using var rig = new StoreRig();
        await rig.FillAsync([.. Enumerable.Repeat(30_000, 32)]);
        var bytes = LogShape.Commands.PageBytes;
        using (var file = new FileStream(rig.File("commands.log.0"), FileMode.Open))
        {
            file.Position = (long)page * bytes;
            file.Write(new byte[bytes]);
        }

        Assert.Contains("are missing", await rig.FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Small_files_that_are_gone_or_older_or_damaged_are_named()
    {
        using var rig = new StoreRig();
        await rig.FillAsync(10, 10, 10);
        var old = File.ReadAllBytes(rig.File("commands.commit"));
        await rig.FillAsync(10, 10);
        var now = File.ReadAllBytes(rig.File("commands.commit"));

        File.WriteAllBytes(rig.File("commands.commit"), old);
        Assert.Equal("commands.commit knows of 3 items, 5 were committed", await rig.FaultAsync());
        File.Delete(rig.File("commands.commit"));
        Assert.Equal("commands.commit is missing; 5 items were committed", await rig.FaultAsync());
        File.WriteAllBytes(rig.File("commands.commit"), new byte[now.Length]);
        Assert.Contains("commands.commit is damaged", await rig.FaultAsync(), StringComparison.Ordinal);
        File.WriteAllBytes(rig.File("commands.commit"), now);

        File.Move(rig.File("commands.mark"), rig.File("away"));
        Assert.Contains("commands.mark is missing", await rig.FaultAsync(), StringComparison.Ordinal);
        File.Move(rig.File("away"), rig.File("commands.mark"));

        File.Move(rig.File("store.id"), rig.File("away"));
        Assert.Contains("store.id is missing although commands holds 5 items", await rig.FaultAsync(), StringComparison.Ordinal);
        File.Move(rig.File("away"), rig.File("store.id"));
        Assert.Equal(5, (await rig.ReadAsync()).Commands.Count);
    }

    [Fact]
    public async Task A_write_of_a_slot_that_broke_off_leaves_the_one_before()
    {
        using var rig = new StoreRig();
        await rig.FillAsync(10, 10, 10);
        var slot = NewerSlot(File.ReadAllBytes(rig.File("commands.mark")));
        rig.Change("commands.mark", slot + 20, b => (byte)(b ^ 1));
        Assert.Equal(3, (await rig.ReadAsync()).Commands.Count);
        await rig.FillAsync(10);
        Assert.Equal(4, (await rig.ReadAsync()).Commands.Count);
    }

    [Fact]
    public async Task A_state_that_is_gone_older_or_damaged_is_named()
    {
        using var rig = new StoreRig();
        await SaveAsync(rig, 3);
        var old = File.ReadAllBytes(rig.File("commands.state"));
        await SaveAsync(rig, 6);
        var now = File.ReadAllBytes(rig.File("commands.state"));

        File.WriteAllBytes(rig.File("commands.state"), old);
        Assert.Equal("commands.state holds commands up to 3, one up to 6 was stored", await rig.FaultAsync());
        File.Delete(rig.File("commands.state"));
        Assert.Equal("commands.state is missing; it holds commands 1 to 6", await rig.FaultAsync());
        for (var at = 0; at < now.Length; at += 7)
        {
            var bytes = (byte[])now.Clone();
            bytes[at] ^= 16;
            File.WriteAllBytes(rig.File("commands.state"), bytes);
            Assert.Contains("commands.state is damaged", await rig.FaultAsync(), StringComparison.Ordinal);
        }

        File.WriteAllBytes(rig.File("commands.state"), now[..^1]);
        Assert.Contains("commands.state is damaged: it is cut", await rig.FaultAsync(), StringComparison.Ordinal);
        File.WriteAllBytes(rig.File("commands.state"), now);
        Assert.Equal(6UL, (await rig.ReadAsync()).Through);
    }

    private static async Task SaveAsync(StoreRig rig, ulong through)
    {
        await rig.FillAsync(10, 10, 10);
        await using var store = await rig.OpenAsync();
        await store.Commands.SaveStateAsync(through, StoreRig.Bytes(through, 100), default);
    }

    private static int NewerSlot(byte[] file) => BitConverter.ToInt64(file, 8) > BitConverter.ToInt64(file, 4096 + 8) ? 0 : 4096;
}
