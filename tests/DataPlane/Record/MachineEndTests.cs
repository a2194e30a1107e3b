using System.Buffers.Binary;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>
/// Commits of group mode are not on disk at once. While the machine runs that takes nothing away; when it ends under them, the journal goes
/// back to what was on disk, says so, and counts nothing twice. The machine's end is played: bytes that no sync has covered
/// are zeros afterwards, and the slots speak of another run of it.
/// </summary>
public sealed class MachineEndTests
{
    private const int Synced = 100;
    private const int Loose = 50;

    [Fact]
    public void What_the_machine_took_is_said_and_the_rest_is_there()
    {
        using var rig = new JournalRig();
        var places = EndUnderCommits(rig);
        Zero(rig, places[Synced].Address);
        ChangeBoot(rig);
        Assert.Equal(Synced, rig.Read().Count);
        using (var store = JournalStore.Open(rig.Folder))
        {
            Assert.Equal($"the machine ended before at least {Loose} records were on disk; they are lost", store.Warning);
            rig.Append(store, JournalRig.Exchange("later"));
            Assert.True(store.TryCommit(CommitDepth.Process));
        }

        using (var store = JournalStore.Open(rig.Folder))
            Assert.Null(store.Warning);
        Assert.Equal([.. Enumerable.Range(0, Synced).Select(i => $"r{i}"), "later"], rig.Read());
    }

    [Fact]
    public void What_had_got_to_the_disk_by_itself_is_kept()
    {
        using var rig = new JournalRig();
        EndUnderCommits(rig);
        ChangeBoot(rig);
        using (var store = JournalStore.Open(rig.Folder))
            Assert.Null(store.Warning);
        Assert.Equal(Synced + Loose, rig.Read().Count);
    }

    [Fact]
    public void While_the_machine_runs_the_same_is_damage()
    {
        using var rig = new JournalRig();
        var places = EndUnderCommits(rig);
        Zero(rig, places[Synced].Address);
        Assert.StartsWith("the last records are missing: 50", rig.Fault(), StringComparison.Ordinal);
    }

    [Fact]
    public void Below_what_was_on_disk_it_is_damage_in_any_case()
    {
        using var rig = new JournalRig();
        var places = EndUnderCommits(rig);
        Zero(rig, places[Synced - 1].Address);
        ChangeBoot(rig);
        Assert.StartsWith("the last records are missing: 1", rig.Fault(), StringComparison.Ordinal);
    }

    [Fact]
    public void Whichever_slot_is_damaged_the_others_know_what_was_on_disk()
    {
        for (var damaged = 0; damaged < JournalSlots.Count; damaged++)
        {
            foreach (var isMark in (bool[])[false, true])
            {
                using var rig = new JournalRig();
                var places = EndUnderCommits(rig);
                Zero(rig, places[Synced].Address);
                ChangeBoot(rig);
                rig.Change(isMark ? rig.Mark : rig.Commit, damaged * JournalSlots.SlotBytes + 30, b => (byte)(b ^ 1));
                JournalStore.Open(rig.Folder).Dispose();
                Assert.Equal(Synced, rig.Read().Count);
            }
        }
    }

    [Fact]
    public void Where_none_is_left_that_knows_what_was_on_disk_the_mark_does()
    {
        using var rig = new JournalRig();
        var store = JournalStore.Open(rig.Folder);
        for (var i = 0; i < Synced; i++)
            rig.Append(store, JournalRig.Exchange($"r{i}"));
        Assert.True(store.TryCommit());
        KillAndKeep(rig, store.Dispose);
        var places = rig.Places();
        var good = File.ReadAllBytes(rig.Commit);
        for (var slot = 0; slot < JournalSlots.Count; slot++)
        {
            if (BitConverter.ToInt64(good, slot * JournalSlots.SlotBytes + JournalSlots.SyncedAt + 24) == Synced)
                rig.Change(rig.Commit, slot * JournalSlots.SlotBytes + 30, b => (byte)(b ^ 1));
        }

        Assert.Equal(Synced, rig.Read().Count);
        ChangeBoot(rig);
        Assert.Equal(Synced, rig.Read().Count);
        Zero(rig, places[50].Address);
        Assert.Equal("journal.commit knows of 0 records, 100 were committed", rig.Fault());
    }

    [Fact]
    public void A_mark_that_got_to_the_disk_before_its_commit_is_not_believed()
    {
        using var rig = new JournalRig();
        var places = EndUnderCommits(rig);
        Zero(rig, places[Synced].Address);
        ChangeBoot(rig);
        var slots = File.ReadAllBytes(rig.Commit);
        for (var slot = 0; slot < JournalSlots.Count; slot++)
        {
            if (BitConverter.ToUInt64(slots, slot * JournalSlots.SlotBytes + JournalSlots.BootAt) != 0)
                slots.AsSpan(slot * JournalSlots.SlotBytes, JournalSlots.UsedBytes).Clear();
        }

        File.WriteAllBytes(rig.Commit, slots);
        using (var store = JournalStore.Open(rig.Folder))
            Assert.Null(store.Warning);
        Assert.Equal(Synced, rig.Read().Count);
    }

    [Fact]
    public void After_a_kill_the_next_start_puts_on_disk_what_was_loose()
    {
        using var rig = new JournalRig();
        var places = EndUnderCommits(rig);
        JournalStore.Open(rig.Folder).Dispose();
        Zero(rig, places[^1].Address);
        ChangeBoot(rig);
        // Nothing is doubtful any more: a record that is not there has been damaged.
        Assert.StartsWith("the last records are missing: 1", rig.Fault(), StringComparison.Ordinal);
    }

    [Fact]
    public void Records_that_FASTER_never_committed_are_recovered_over_pages_and_segments()
    {
        using var rig = new JournalRig();
        var store = JournalStore.Open(rig.Folder);
        for (var i = 0; i < 45_000; i++)
        {
            rig.Append(store, JournalRig.Exchange($"r{i}"));
            if (i % 1000 == 999)
                Assert.True(store.TryCommit(CommitDepth.Process));
        }

        KillAndKeep(rig, store.Dispose);
        Assert.True(JournalLayout.Segments(rig.Folder).Count > 1);
        rig.Fill(1, prefix: "more");
        Assert.Equal([.. Enumerable.Range(0, 45_000).Select(i => $"r{i}"), "more0"], rig.Read());
    }

    [Fact]
    public void However_commits_of_all_depths_and_kills_follow_one_another_nothing_committed_is_lost()
    {
        using var rig = new JournalRig();
        var random = new Random(11);
        var committed = new List<string>();
        for (var run = 0; run < 30; run++)
        {
            var store = JournalStore.Open(rig.Folder);
            Assert.Null(store.Warning);
            var pending = new List<string>();
            for (var batch = random.Next(8); batch >= 0; batch--)
            {
                for (var i = random.Next(random.Next(2, 600)); i >= 0; i--)
                {
                    // Lengths that leave every kind of rest at the end of a page.
                    pending.Add($"{run}-{batch}-{i}-".PadRight(random.Next(20, 120), 'x'));
                    rig.Append(store, JournalRig.Exchange(pending[^1]));
                }

                if (batch == 0 && random.Next(2) == 0)
                    break;
                Assert.True(store.TryCommit((CommitDepth)random.Next(3)));
                committed.AddRange(pending);
                pending.Clear();
            }

            if (random.Next(3) == 0)
                store.Dispose();
            else
                KillAndKeep(rig, store.Dispose);
            Assert.Equal(committed, rig.Read());
        }
    }

    [Fact]
    public void A_checkpoint_of_the_limits_never_knows_of_more_than_is_on_disk()
    {
        using var rig = new LedgerRig();
        var month = LedgerRig.Limit("month", LimitUnit.Tokens, LimitPeriod.Month);
        rig.Start(month);
        rig.Spend(5, 5, depth: CommitDepth.Process);
        var places = rig.Files.Places();
        rig.Save();
        rig.Spend(20, 20, depth: CommitDepth.Process);
        KillAndKeep(rig.Files, rig.Crash);
        Zero(rig.Files, places[^1].Address + places[^1].Bytes + 3 & ~3L);
        ChangeBoot(rig.Files);
        rig.Start(month);
        Assert.Equal(10, rig.Used("month", "full"));
    }

    [Fact]
    public void A_kill_between_commit_and_mark_counts_nothing_twice()
    {
        using var rig = new LedgerRig();
        var month = LedgerRig.Limit("month", LimitUnit.Tokens, LimitPeriod.Month);
        rig.Start(month);
        rig.Spend(5, 5);
        var mark = File.ReadAllBytes(rig.Files.Mark);
        rig.Spend(5, 5);
        KillAndKeep(rig.Files, rig.Crash);
        File.WriteAllBytes(rig.Files.Mark, mark);
        for (var i = 0; i < 3; i++)
        {
            rig.Start(month);
            Assert.Equal(20, rig.Used("month", "full"));
            KillAndKeep(rig.Files, rig.Crash);
        }
    }

    /// <summary>A hundred records on disk, fifty that are only written, and the end of the process; where each record lies.</summary>
    private static List<(long Address, int Bytes)> EndUnderCommits(JournalRig rig)
    {
        var store = JournalStore.Open(rig.Folder);
        for (var i = 0; i < Synced + Loose; i++)
        {
            rig.Append(store, JournalRig.Exchange($"r{i}"), id: i + 1);
            if (i >= Synced - 1)
                Assert.True(store.TryCommit(i < Synced ? CommitDepth.Mark : CommitDepth.Process));
        }

        KillAndKeep(rig, store.Dispose);
        return rig.Places();
    }

    /// <summary>What a killed process leaves: the files as they are, and not as an orderly end makes them.</summary>
    internal static void KillAndKeep(JournalRig rig, Action end)
    {
        var files = Directory.GetFiles(rig.Folder).Where(file => Path.GetFileName(file) != JournalLayout.LockFile).ToArray();
        var kept = Array.ConvertAll(files, file =>
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        });
        end();
        for (var i = 0; i < files.Length; i++)
            File.WriteAllBytes(files[i], kept[i]);
    }

    private static void Zero(JournalRig rig, long from)
    {
        using var file = new FileStream(rig.Segment(0), FileMode.Open);
        file.Position = from;
        file.Write(new byte[file.Length - from]);
    }

    /// <summary>The slots that are loose were written during another run of the machine.</summary>
    private static void ChangeBoot(JournalRig rig)
    {
        foreach (var file in (string[])[rig.Commit, rig.Mark])
        {
            var bytes = File.ReadAllBytes(file);
            for (var at = 0; at < bytes.Length; at += JournalSlots.SlotBytes)
            {
                var slot = bytes.AsSpan(at, JournalSlots.UsedBytes);
                if (BinaryPrimitives.ReadUInt64LittleEndian(slot[JournalSlots.BootAt..]) == 0)
                    continue;
                BinaryPrimitives.WriteUInt64LittleEndian(slot[JournalSlots.BootAt..], MachineBoot.Id + 1);
                JournalSlots.Seal(slot);
            }

            File.WriteAllBytes(file, bytes);
        }
    }
}
