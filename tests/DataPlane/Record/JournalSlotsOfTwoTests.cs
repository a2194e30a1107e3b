using System.Buffers.Binary;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>Files of two slots, as programs before wrote them, say what they said; whoever opens them for writing leaves files of three.</summary>
public sealed class JournalSlotsOfTwoTests
{
    private const int Synced = 60;
    private const int Written = 90;

    [Fact]
    public void What_was_on_disk_is_read_and_goes_on()
    {
        using var rig = new JournalRig();
        rig.Fill(Written);
        var extent = JournalRecovery.Judge(rig.Folder)!.Value;
        var note = Note(rig);
        Write(rig.Commit, (extent, 0), (JournalExtent.Empty, 0), []);
        Write(rig.Mark, (extent, 0), (JournalExtent.Empty, 0), note);
        Assert.Equal(Written, rig.Read().Count);
        rig.Fill(10, prefix: "s");
        Assert.Equal(Written + 10, rig.Read().Count);
        Assert.Equal(note, Note(rig));
        foreach (var file in (string[])[rig.Commit, rig.Mark])
            Assert.Equal(JournalSlots.Count * JournalSlots.SlotBytes, new FileInfo(file).Length);
    }

    [Theory]
    [InlineData(true, false, Written)]
    [InlineData(false, false, Written)]
    [InlineData(false, true, Synced)]
    public void What_was_only_written_holds_as_far_as_it_can_be_believed(bool isSameRun, bool isTaken, int left)
    {
        using var rig = new JournalRig();
        Loose(rig, isSameRun ? MachineBoot.Id : MachineBoot.Id + 1, isTaken);
        using (var store = JournalStore.Open(rig.Folder))
            Assert.Equal(isTaken ? $"the machine ended before at least {Written - Synced} records were on disk; they are lost" : null, store.Warning);
        rig.Fill(5, prefix: "s");
        Assert.Equal(left + 5, rig.Read().Count);
    }

    [Fact]
    public void A_damaged_slot_that_was_on_disk_is_named_where_it_is_needed()
    {
        foreach (var isMark in (bool[])[false, true])
        {
            using var rig = new JournalRig();
            Loose(rig, MachineBoot.Id + 1, isTaken: true);
            var file = isMark ? rig.Mark : rig.Commit;
            rig.Change(file, 30, b => (byte)(b ^ 1));
            Assert.Equal($"{Path.GetFileName(file)} is damaged: the slot that was on disk has no valid checksum", rig.Fault());
        }
    }

    [Fact]
    public void Where_it_is_not_needed_it_is_written_anew()
    {
        using var rig = new JournalRig();
        Loose(rig, MachineBoot.Id, isTaken: false);
        rig.Change(rig.Commit, 30, b => (byte)(b ^ 1));
        rig.Change(rig.Mark, 30, b => (byte)(b ^ 1));
        rig.Fill(5, prefix: "s");
        Assert.Equal(Written + 5, rig.Read().Count);
    }

    /// <summary>A commit that was on disk in the first slots, and one that was only written in the second.</summary>
    private static void Loose(JournalRig rig, ulong boot, bool isTaken)
    {
        rig.Fill(Synced);
        var synced = JournalRecovery.Judge(rig.Folder)!.Value;
        rig.Fill(Written - Synced, prefix: "more");
        var written = JournalRecovery.Judge(rig.Folder)!.Value;
        var note = Note(rig);
        Write(rig.Commit, (synced, 0), (written, boot), []);
        Write(rig.Mark, (synced, 0), (written, boot), note);
        if (isTaken)
            rig.Change(rig.Segment(0), synced.Until + 20, b => (byte)(b ^ 1));
    }

    private static byte[] Note(JournalRig rig)
    {
        using var mark = JournalSlots.Open(rig.Mark, forWriting: false);
        return mark.Note;
    }

    private static void Write(string path, (JournalExtent Extent, ulong Boot) first, (JournalExtent Extent, ulong Boot) second, byte[] note)
    {
        var bytes = new byte[2 * JournalSlots.SlotBytes];
        // The one without a run is older if the other has one.
        Slot(bytes, second.Boot != 0 ? 7 : 8, first);
        Slot(bytes.AsSpan(JournalSlots.SlotBytes), second.Boot != 0 ? 8 : 7, second);
        File.WriteAllBytes(path, bytes);

        void Slot(Span<byte> slot, long counter, (JournalExtent Extent, ulong Boot) said)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], JournalSlotsOfTwo.Magic);
            ReadOnlySpan<long> numbers =
                [counter, said.Extent.Begin, said.Extent.Until, said.Extent.BeginSequence, said.Extent.NextSequence, said.Extent.Epoch];
            for (var i = 0; i < numbers.Length; i++)
                BinaryPrimitives.WriteInt64LittleEndian(slot[(8 + 8 * i)..], numbers[i]);
            BinaryPrimitives.WriteInt32LittleEndian(slot[56..], note.Length);
            note.CopyTo(slot[64..]);
            BinaryPrimitives.WriteUInt64LittleEndian(slot[JournalSlots.BootAt..], said.Boot);
            JournalSlots.Seal(slot[..JournalSlots.UsedBytes]);
        }
    }
}
