using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>Damage of any kind is found when the journal is opened, and named; it never opens shorter than it was.</summary>
public sealed class JournalDamageTests
{
    [Fact]
    public void A_flipped_bit_anywhere_in_a_record_is_found()
    {
        using var rig = new JournalRig();
        rig.Fill(300);
        var places = rig.Places();
        var random = new Random(7);
        for (var i = 0; i < 400; i++)
        {
            var (address, bytes) = places[random.Next(places.Count)];
            var at = address + random.Next(bytes);
            var bit = (byte)(1 << random.Next(8));
            rig.Change(rig.Segment(0), at, b => (byte)(b ^ bit));
            Assert.Matches("a record's (own )?(checksum|length) is wrong at journal.log.0 byte|records .* are missing|a page is cut", rig.Fault());
            rig.Change(rig.Segment(0), at, b => (byte)(b ^ bit));
        }

        Assert.Equal(300, rig.Read().Count);
    }

    [Theory]
    [InlineData(JournalLayout.CommitFile)]
    [InlineData(JournalLayout.MarkFile)]
    public void What_lies_in_the_files_is_printed_although_nobody_can_say_what_was_committed(string lost)
    {
        using var rig = new JournalRig();
        rig.Fill(300);
        File.Delete(Path.Combine(rig.Folder, lost));
        Assert.Contains(lost + " is missing", rig.Fault(), StringComparison.Ordinal);
        var (output, errors) = (new MemoryStream(), new StringWriter());
        Assert.Equal(1, AiEdge.DataPlane.Hosting.JournalCommand.Dump(rig.Folder, output, errors));
        Assert.Contains(lost + " is missing", errors.ToString(), StringComparison.Ordinal);
        var text = System.Text.Encoding.UTF8.GetString(output.ToArray());
        Assert.All(Enumerable.Range(0, 300), i => Assert.Contains($"\"requestId\":\"r{i}\"", text, StringComparison.Ordinal));

        // Up to where it is damaged.
        rig.Change(rig.Segment(0), 64 + 20_000, b => (byte)(b ^ 1));
        output = new MemoryStream();
        Assert.Equal(1, AiEdge.DataPlane.Hosting.JournalCommand.Dump(rig.Folder, output, errors));
        Assert.InRange(output.Length, 1000, text.Length - 1000);
    }

    [Fact]
    public void Two_flips_that_FASTER_s_checksum_cannot_see_are_found()
    {
        using var rig = new JournalRig();
        rig.Fill(10);
        var (address, _) = rig.Places()[4];
        // The same bit of two words of eight bytes, as an exclusive or adds them up.
        rig.Change(rig.Segment(0), address + 64, b => (byte)(b ^ 4));
        rig.Change(rig.Segment(0), address + 72, b => (byte)(b ^ 4));
        Assert.Contains("own checksum is wrong", rig.Fault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_file_is_named_with_its_place()
    {
        using var rig = new JournalRig();
        rig.Fill(300);
        var last = rig.Places()[^1].Address;
        foreach (var length in (long[])[last + 20, last - 5000, JournalLayout.PageBytes, 100, 0])
        {
            using (var file = new FileStream(rig.Segment(0), FileMode.Open))
                file.SetLength(length);
            Assert.Contains("a page is cut at journal.log.0 byte", rig.Fault(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5)]
    public void A_page_of_zeros_is_missed(int page)
    {
        using var rig = new JournalRig();
        rig.Fill(1000);
        var pages = rig.Places()[^1].Address >> JournalLayout.PageBits;
        Assert.True(pages >= 5);
        using (var file = new FileStream(rig.Segment(0), FileMode.Open))
        {
            file.Position = (long)page * JournalLayout.PageBytes;
            file.Write(new byte[JournalLayout.PageBytes]);
        }

        Assert.Contains("missing", rig.Fault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_last_page_of_zeros_is_missed()
    {
        using var rig = new JournalRig();
        rig.Fill(400);
        using (var file = new FileStream(rig.Segment(0), FileMode.Open))
        {
            file.Position = rig.Places()[^1].Address & ~(JournalLayout.PageBytes - 1L);
            file.Write(new byte[JournalLayout.PageBytes]);
        }

        Assert.StartsWith("the last records are missing", rig.Fault(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(JournalLayout.CommitFile, "journal.commit is missing; 300 records were committed")]
    [InlineData(JournalLayout.MarkFile, "journal.mark is missing although there are records")]
    [InlineData(JournalLayout.SegmentPrefix + "0", "the file journal.log.0 is missing")]
    public void A_missing_file_is_named(string file, string fault)
    {
        using var rig = new JournalRig();
        rig.Fill(300);
        File.Delete(Path.Combine(rig.Folder, file));
        Assert.Equal(fault, rig.Fault());
    }

    [Fact]
    public void A_small_file_without_a_whole_slot_is_named()
    {
        using var rig = new JournalRig();
        rig.Fill(300);
        foreach (var file in (string[])[rig.Commit, rig.Mark])
        {
            var good = File.ReadAllBytes(file);
            File.WriteAllBytes(file, new byte[good.Length]);
            Assert.StartsWith(Path.GetFileName(file) + " is damaged", rig.Fault(), StringComparison.Ordinal);
            File.WriteAllBytes(file, good[..10]);
            Assert.StartsWith(Path.GetFileName(file) + " is damaged", rig.Fault(), StringComparison.Ordinal);
            File.WriteAllBytes(file, good);
        }

        Assert.Equal(300, rig.Read().Count);
    }

    [Fact]
    public void The_newest_commit_without_its_slots_is_missed_by_the_mark()
    {
        using var rig = new JournalRig();
        var store = JournalStore.Open(rig.Folder);
        for (var i = 0; i < 300; i++)
        {
            rig.Append(store, JournalRig.Exchange($"r{i}"));
            Assert.True(i % 100 != 99 || store.TryCommit());
        }

        MachineEndTests.KillAndKeep(rig, store.Dispose);
        var good = File.ReadAllBytes(rig.Commit);
        var saying = Enumerable.Range(0, JournalSlots.Count).Where(slot => BitConverter.ToInt64(good, slot * JournalSlots.SlotBytes + 40) == 300).ToList();
        // That it is written, and that it is on disk: either slot is enough.
        Assert.Equal(2, saying.Count);
        foreach (var slot in saying)
        {
            File.WriteAllBytes(rig.Commit, good);
            rig.Change(rig.Commit, slot * JournalSlots.SlotBytes + 30, b => (byte)(b ^ 1));
            Assert.Equal(300, rig.Read().Count);
        }

        rig.Change(rig.Commit, saying[0] * JournalSlots.SlotBytes + 30, b => (byte)(b ^ 1));
        Assert.Equal("journal.commit knows of 200 records, 300 were committed", rig.Fault());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_slot_that_is_half_written_at_the_first_look_and_whole_at_the_second_is_no_damage(bool isCommit)
    {
        using var rig = new JournalRig();
        rig.Fill(300, batch: 100);
        var file = isCommit ? rig.Commit : rig.Mark;
        var good = File.ReadAllBytes(file);
        for (var slot = 0; slot < JournalSlots.Count; slot++)
            rig.Change(file, slot * JournalSlots.SlotBytes + 30, b => (byte)(b ^ 1));
        var looks = 0;
        var extent = JournalRecovery.Judge(rig.Folder, out var warning, betweenLooks: () =>
        {
            looks++;
            File.WriteAllBytes(file, good);
        });
        Assert.Equal(1, looks);
        Assert.Null(warning);
        Assert.Equal(300, extent!.Value.NextSequence);
    }

    [Fact]
    public void An_older_copy_of_the_commit_is_not_believed()
    {
        using var rig = new JournalRig();
        rig.Fill(100);
        var old = File.ReadAllBytes(rig.Commit);
        rig.Fill(100);
        File.WriteAllBytes(rig.Commit, old);
        Assert.Equal("journal.commit knows of 100 records, 200 were committed", rig.Fault());
    }

    [Fact]
    public void What_lies_behind_the_last_commit_is_no_damage()
    {
        using var rig = new JournalRig();
        rig.Fill(300);
        var (address, bytes) = rig.Places()[^1];
        using (var file = new FileStream(rig.Segment(0), FileMode.Open))
        {
            file.Position = (address + bytes + 3) & ~3;
            var garbage = new byte[100_000];
            new Random(3).NextBytes(garbage);
            file.Write(garbage);
        }

        rig.Fill(2000, batch: 13, prefix: "s");
        Assert.Equal(2300, rig.Read().Count);
    }

    [Fact]
    public void A_start_that_broke_off_while_the_journal_was_made_is_no_damage()
    {
        using var rig = new JournalRig();
        File.WriteAllText(Path.Combine(rig.Folder, JournalLayout.LockFile), "");
        File.WriteAllBytes(rig.Commit, new byte[100]);
        rig.Fill(10);
        Assert.Equal(10, rig.Read().Count);
    }

    [Fact]
    public void A_record_of_a_newer_version_is_not_guessed_at()
    {
        var record = new byte[JournalFormat.HeadBytes];
        Assert.False(JournalFormat.IsValid(record));
        Assert.Equal(-1, JournalFormat.Sequence(record.AsSpan(0, 10)));
    }

    [Theory]
    [InlineData("missing", "limits.checkpoint is missing")]
    [InlineData("empty", "limits.checkpoint is cut at byte 0")]
    [InlineData("torn", "limits.checkpoint is cut at byte 60")]
    [InlineData("flipped", "limits.checkpoint is damaged: its checksum is wrong")]
    [InlineData("longer", "limits.checkpoint is damaged: its checksum is wrong")]
    [InlineData("another file", "limits.checkpoint is damaged: it does not begin as it should")]
    [InlineData("newer", "limits.checkpoint is damaged, or a newer program wrote it: version 2")]
    [InlineData("too old", "limits.checkpoint holds what was before record 0, the journal begins with")]
    public void A_damaged_checkpoint_of_the_limits_is_named_and_refused_unless_the_records_reach_back(string damage, string fault)
    {
        using var rig = new LedgerRig();
        var month = LedgerRig.Limit("month", LimitUnit.Tokens, LimitPeriod.Month);
        rig.Start(month);
        var first = File.ReadAllBytes(rig.Checkpoint);
        for (var i = 0; i < 20; i++)
            rig.Spend(5, 5, key: $"key{i % 4}");
        rig.Stop();
        Damage(rig.Checkpoint, damage, first);

        // All records are there: the ledger is read anew from them, and it is said that it had to be, but for one that is only old.
        rig.Start(month);
        Assert.Equal(50, rig.Used("month", "key1"));
        if (damage == "too old")
            Assert.Null(rig.Store.Warning);
        else
            Assert.StartsWith(fault + "; what limits have used was read anew", rig.Store.Warning, StringComparison.Ordinal);

        // With records gone that the month began with, nothing but the checkpoint knows.
        for (var i = 0; i < 45_000; i++)
            rig.Files.Append(rig.Store, JournalRig.Exchange("filler"), JournalKind.Exchange, id: 1000 + i);
        Assert.True(rig.Store.TryCommit());
        rig.Save();
        Assert.True(rig.Store.TryDrop(long.MaxValue, long.MaxValue, out _));
        Assert.True(rig.Store.TryCommit());
        rig.Stop();
        Damage(rig.Checkpoint, damage, first);
        Assert.StartsWith(fault, rig.Fault(month), StringComparison.Ordinal);
        var said = new StringWriter();
        Assert.Equal(1, AiEdge.DataPlane.Hosting.JournalCommand.Verify(rig.Files.Folder, said, said));
        Assert.StartsWith("journal: " + fault, said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bit_flipped_anywhere_in_the_checkpoint_of_the_limits_is_found()
    {
        using var rig = new LedgerRig();
        rig.Start(LedgerRig.Limit("month", LimitUnit.Tokens, LimitPeriod.Month));
        rig.Spend(5, 5);
        rig.Stop();
        var good = File.ReadAllBytes(rig.Checkpoint);
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bad = (byte[])good.Clone();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(rig.Checkpoint, bad);
            Assert.Contains(LedgerCheckpoint.FileName, Assert.Throws<JournalFault>(() => LedgerCheckpoint.Read(rig.Files.Folder)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_checkpoint_that_broke_off_while_it_was_written_leaves_the_old_one()
    {
        using var rig = new LedgerRig();
        var month = LedgerRig.Limit("month", LimitUnit.Tokens, LimitPeriod.Month);
        rig.Start(month);
        rig.Spend(5, 5);
        rig.Save();
        rig.Spend(5, 5);
        rig.Crash();
        File.WriteAllBytes(rig.Checkpoint + ".new", new byte[37]);
        rig.Start(month);
        Assert.Null(rig.Store.Warning);
        Assert.Equal(20, rig.Used("month", "full"));
    }

    [Fact]
    public void A_journal_older_than_its_checkpoint_is_not_believed()
    {
        using var rig = new LedgerRig();
        var month = LedgerRig.Limit("month", LimitUnit.Tokens, LimitPeriod.Month);
        rig.Start(month);
        rig.Spend(5, 5);
        rig.Stop();
        string[] files = [rig.Files.Commit, rig.Files.Mark, rig.Files.Segment(0)];
        var old = Array.ConvertAll(files, File.ReadAllBytes);
        rig.Start(month);
        rig.Spend(5, 5);
        rig.Stop();
        for (var i = 0; i < files.Length; i++)
            File.WriteAllBytes(files[i], old[i]);
        Assert.Equal("limits.checkpoint knows of 4 records, the journal of 2", rig.Fault(month));
    }

    private static void Damage(string file, string damage, byte[] first)
    {
        var good = File.ReadAllBytes(file);
        switch (damage)
        {
            case "missing":
                File.Delete(file);
                return;
            case "empty":
                good = [];
                break;
            case "torn":
                good = good[..60];
                break;
            case "flipped":
                good[^3] ^= 8;
                break;
            case "longer":
                good = [.. good, 0];
                break;
            case "another file":
                good[0]++;
                break;
            case "newer":
                good[7]++;
                break;
            case "too old":
                good = first;
                break;
        }

        File.WriteAllBytes(file, good);
    }
}
