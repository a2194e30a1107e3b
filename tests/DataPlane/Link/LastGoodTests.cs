using System.Text;
using AiEdge.Contracts.Wire;
using AiEdge.DataPlane.Link;
using AiEdge.DataPlane.Snapshot;
using AiEdge.DataPlane.Tests.Snapshot;

namespace AiEdge.DataPlane.Tests.Link;

/// <summary>The last good configuration on disk: a whole one and the changes since.</summary>
public sealed class LastGoodTests
{
    private static readonly byte[] Credential = new byte[32];
    private static readonly HeldConfig First = HeldConfig.None with
    {
        StoreId = [1, 2, 3],
        Generation = 7,
        AppliedUnixSeconds = 1000,
        MaxAgeMs = 5,
        Secrets = new Dictionary<string, string> { ["a"] = "sk-a" },
    };

    [Fact]
    public void Changes_stand_behind_the_whole_and_are_read_as_one()
    {
        using var folder = new TempFolder();
        var disk = Begin(folder, out var entries);
        var change = Change(8, 7, [Piece("keys", "b", "2"), Piece("models", "z", "1")], ("keys", "a"));
        change.Secrets["b"] = "sk-b";
        disk.Append(First with { Generation = 8, AppliedUnixSeconds = 1008, MaxAgeMs = 6 }, change);
        disk.Append(First with { Generation = 9, AppliedUnixSeconds = 1009, MaxAgeMs = 6 }, Change(9, 8, [Piece("keys", "a", "3")], ("keys", "nobody")));
        disk.Append(First with { Generation = 9, AppliedUnixSeconds = 1009, MaxAgeMs = 8 }, null);

        var loaded = new LastGood(folder.Root, Credential).Load(out var complaint)!;
        Assert.Null(complaint);
        Assert.Equal((9L, 1009L, 8L), (loaded.Held.Generation, loaded.Held.AppliedUnixSeconds, loaded.Held.MaxAgeMs));
        Assert.Equal([1, 2, 3], loaded.Held.StoreId);
        Assert.Equal(["a=sk-a", "b=sk-b"], loaded.Held.Secrets.Select(secret => $"{secret.Key}={secret.Value}").Order());
        Assert.Equal(["keys a 3", "keys b 2", "models m 1", "models z 1"], Texts(loaded.Entries));
        var expected = entries.With([Piece("keys", "a", "3"), Piece("keys", "b", "2"), Piece("models", "z", "1")], []).Sha256();
        Assert.Equal(expected, disk.EntriesSha256(9));
        Assert.Null(disk.EntriesSha256(8));
        Assert.DoesNotContain("sk-", Encoding.Latin1.GetString(File.ReadAllBytes(folder.PathOf(LastGood.ChangesName))), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.PathOf(LastGood.ChangesName)));
    }

    /// <summary>Else the control plane would not know the copy again, and would send all of what is refused, of which nothing is taken away.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public void What_was_taken_away_of_a_refused_change_is_in_force_and_no_part_of_the_generation(int times)
    {
        using var folder = new TempFolder();
        var disk = Begin(folder, out var entries);
        for (var i = 0; i < times; i++)
            disk.Append(First, Change(7, 7, [Piece("models", "m", new string('x', 100_000) + i)], ("keys", "a")));

        Assert.Equal(entries.Sha256(), disk.EntriesSha256(7));
        Assert.InRange(new FileInfo(folder.PathOf(LastGood.ChangesName)).Length, 1, 3 << 20);
        var loaded = new LastGood(folder.Root, Credential).Load(out var complaint)!;
        Assert.Null(complaint);
        Assert.Equal(["models m " + new string('x', 100_000) + (times - 1)], Texts(loaded.Entries));

        // The next change touches again what was denied.
        disk.Append(First with { Generation = 8 }, Change(8, 7, [Piece("keys", "a", "4"), Piece("models", "m", "2")]));
        Assert.Equal(entries.With([Piece("keys", "a", "4"), Piece("models", "m", "2")], []).Sha256(), disk.EntriesSha256(8));
        Assert.Equal(["keys a 4", "models m 2"], Texts(new LastGood(folder.Root, Credential).Load(out _)!.Entries));
    }

    [Fact]
    public void Changes_cut_at_any_byte_are_as_good_as_those_before_the_cut_and_are_written_on_from_there()
    {
        using var folder = new TempFolder();
        var disk = Begin(folder, out _);
        disk.Append(First with { Generation = 8 }, Change(8, 7, [Piece("keys", "b", "2")]));
        var whole = new FileInfo(folder.PathOf(LastGood.ChangesName)).Length;
        disk.Append(First with { Generation = 9 }, Change(9, 8, [Piece("keys", "c", "3")]));
        var both = File.ReadAllBytes(folder.PathOf(LastGood.ChangesName));
        for (var length = 0; length < both.Length; length++)
        {
            File.WriteAllBytes(folder.PathOf(LastGood.ChangesName), both[..length]);
            var again = new LastGood(folder.Root, Credential);
            Assert.Equal(length < whole ? 7 : 8, again.Load(out var complaint)!.Held.Generation);
            Assert.Equal(length is > 36 && length != whole, complaint is not null);
            var next = length < whole ? 7 : 8;
            again.Append(First with { Generation = 10 }, Change(10, next, [Piece("keys", "d", "4")]));
            var last = new LastGood(folder.Root, Credential).Load(out complaint)!;
            Assert.Null(complaint);
            Assert.Equal(length < whole ? ["keys a 1", "keys d 4", "models m 1"] : ["keys a 1", "keys b 2", "keys d 4", "models m 1"], Texts(last.Entries));
        }
    }

    [Fact]
    public void A_byte_that_is_another_is_noticed_wherever_it_is()
    {
        using var folder = new TempFolder();
        var disk = Begin(folder, out _);
        disk.Append(First with { Generation = 8 }, Change(8, 7, [Piece("keys", "b", "2")]));
        foreach (var name in (string[])[LastGood.FileName, LastGood.ChangesName])
        {
            var good = File.ReadAllBytes(folder.PathOf(name));
            for (var i = 0; i < good.Length; i++)
            {
                var bad = (byte[])good.Clone();
                bad[i] ^= 0x10;
                File.WriteAllBytes(folder.PathOf(name), bad);
                var loaded = new LastGood(folder.Root, Credential).Load(out _);
                Assert.Equal(name == LastGood.FileName ? null : 7, loaded?.Held.Generation);
            }

            File.WriteAllBytes(folder.PathOf(name), good);
        }
    }

    [Fact]
    public void Changes_to_another_whole_one_are_not_used()
    {
        using var folder = new TempFolder();
        var disk = Begin(folder, out var entries);
        disk.Append(First with { Generation = 8 }, Change(8, 7, [Piece("keys", "b", "2")]));
        var changes = File.ReadAllBytes(folder.PathOf(LastGood.ChangesName));
        disk.Store(First with { Generation = 20 }, entries);
        Assert.False(File.Exists(folder.PathOf(LastGood.ChangesName)));

        // As after a crash between the two.
        File.WriteAllBytes(folder.PathOf(LastGood.ChangesName), changes);
        var again = new LastGood(folder.Root, Credential);
        Assert.Equal(20, again.Load(out _)!.Held.Generation);
        again.Append(First with { Generation = 21 }, Change(21, 20, [Piece("keys", "c", "3")]));
        Assert.Equal(["keys a 1", "keys c 3", "models m 1"], Texts(new LastGood(folder.Root, Credential).Load(out _)!.Entries));
    }

    [Fact]
    public void Many_changes_become_part_of_the_whole()
    {
        using var folder = new TempFolder();
        var disk = Begin(folder, out _);
        var text = new string('x', 100_000);
        var largest = 0L;
        for (var i = 8; i < 60; i++)
        {
            disk.Append(First with { Generation = i }, Change(i, i - 1, [Piece("keys", "k" + i, text)]));
            if (File.Exists(folder.PathOf(LastGood.ChangesName)))
                largest = Math.Max(largest, new FileInfo(folder.PathOf(LastGood.ChangesName)).Length);
        }

        Assert.InRange(largest, 1, 5 << 20);
        Assert.InRange(new FileInfo(folder.PathOf(LastGood.FileName)).Length, 1 << 20, long.MaxValue);
        var loaded = new LastGood(folder.Root, Credential).Load(out var complaint)!;
        Assert.Null(complaint);
        Assert.Equal((59L, 54), (loaded.Held.Generation, loaded.Entries.Count));
        Assert.Equal("sk-a", loaded.Held.Secrets["a"]);
    }

    [Fact]
    public void A_change_to_what_is_not_on_disk_is_refused_until_there_is_a_whole_one()
    {
        using var folder = new TempFolder();
        var disk = new LastGood(folder.Root, Credential);
        Assert.Throws<IOException>(() => disk.Append(First with { Generation = 8 }, Change(8, 7, [])));
        disk = Begin(folder, out _);
        Assert.Throws<IOException>(() => disk.Append(First with { Generation = 9 }, Change(9, 8, [])));
        Assert.Null(disk.EntriesSha256(9));
        disk.Append(First with { Generation = 8 }, Change(8, 7, []));
        Assert.NotNull(disk.EntriesSha256(8));
    }

    private static LastGood Begin(TempFolder folder, out ConfigEntries entries)
    {
        entries = ConfigEntries.None.With([Piece("models", "m", "1"), Piece("keys", "a", "1")], []);
        var disk = new LastGood(folder.Root, Credential);
        disk.Store(First, entries);
        return disk;
    }

    private static WholeChange Change(long generation, long before, IEnumerable<ConfigPiece> put, params (string Section, string Name)[] removed)
    {
        var change = new WholeChange { Generation = generation, BaseGeneration = before };
        change.Entries.AddRange(put);
        change.Removals.AddRange(removed.Select(one => new ConfigRemoval { Section = one.Section, Name = one.Name }));
        return change;
    }

    private static ConfigPiece Piece(string section, string name, string json) => new(section, name, Encoding.UTF8.GetBytes(json), 1);

    private static string[] Texts(IEnumerable<ConfigPiece> entries) =>
        [.. entries.Select(piece => $"{piece.Section} {piece.Name} {Encoding.UTF8.GetString(piece.Json)}")];
}
