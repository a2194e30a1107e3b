using System.Diagnostics;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>A journal that fills up long before its records are old.</summary>
public class JournalRoomTests
{
    private const int Records = 130_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_journal_that_nobody_else_reads_refuses_when_it_is_full_and_keeps_what_it_has()
    {
        using var rig = new JournalRig();
        var (admitted, early) = Load(rig, JournalFull.Refuse, neededFrom: null);

        Assert.InRange(admitted, 1, Records - 1);
        Assert.Equal(0, early);
        Assert.Equal(Enumerable.Range(0, admitted).Select(i => $"r{i}"), rig.Read());
    }

    [Fact]
    public void The_oldest_make_room_where_the_user_says_so_and_are_counted()
    {
        using var rig = new JournalRig();
        var (admitted, early) = Load(rig, JournalFull.DropOldest, neededFrom: null);

        Assert.Equal(Records, admitted);
        AssertNewestAreLeft(rig, early);
    }

    [Fact]
    public void What_a_control_plane_has_acknowledged_makes_room()
    {
        using var rig = new JournalRig();
        var (admitted, early) = Load(rig, JournalFull.Refuse, neededFrom: static () => long.MaxValue);

        Assert.Equal(Records, admitted);
        AssertNewestAreLeft(rig, early);
    }

    [Theory]
    [InlineData(JournalFull.Refuse)]
    [InlineData(JournalFull.DropOldest)]
    internal void What_it_has_not_acknowledged_stays_whatever_it_takes(JournalFull full)
    {
        using var rig = new JournalRig();
        var (admitted, early) = Load(rig, full, neededFrom: static () => 0);

        Assert.InRange(admitted, 1, Records - 1);
        Assert.Equal(0, early);
        Assert.Equal(Enumerable.Range(0, admitted).Select(i => $"r{i}"), rig.Read());
    }

    private static void AssertNewestAreLeft(JournalRig rig, long early)
    {
        Assert.InRange(early, 1, Records);
        Assert.Equal(Enumerable.Range((int)early, Records - (int)early).Select(i => $"r{i}"), rig.Read());
    }

    /// <summary>Closes exchanges as long as new ones are admitted; says how many were, and how many records went early.</summary>
    private static (int Admitted, long Early) Load(JournalRig rig, JournalFull full, Func<long>? neededFrom)
    {
        var store = JournalStore.Open(rig.Folder);
        store.NeededFrom = neededFrom;
        var clock = new EdgeClock();
        var said = new StringWriter();
        var model = new JournalModel
        {
            Mode = JournalMode.Group,
            CommitInterval = TimeSpan.FromMilliseconds(1),
            Progress = TimeSpan.FromSeconds(10),
            BytesMax = 3 * JournalLayout.SegmentBytes,
            Full = full,
            Keep = TimeSpan.FromHours(1),
        };
        var journal = new UsageJournal(store, model, clock, said);
        var admitted = 0;
        while (admitted < Records && WaitForRoom(journal, clock, admitted))
            journal.Close(JournalRig.Exchange($"r{admitted++}"), null);
        journal.Dispose();
        Assert.Equal((admitted, 0), (journal.Records, journal.Dropped));
        Assert.Equal(
            full == JournalFull.Refuse && neededFrom is null ? 1 : 0,
            said.ToString().Split('\n').Count(line => line.StartsWith("journal: three quarters", StringComparison.Ordinal)));
        return (admitted, journal.DroppedEarly);
    }

    /// <summary>False where the journal is full: all is committed, it has had the time to look for room several times, and has found none.</summary>
    private static bool WaitForRoom(UsageJournal journal, EdgeClock clock, int admitted)
    {
        clock.Tick();
        if (journal.Admits)
            return true;
        Assert.True(SpinWait.SpinUntil(() => journal.Records == admitted, Patience));
        var until = Stopwatch.GetTimestamp() + (3 * Stopwatch.Frequency);
        while (!journal.Admits && Stopwatch.GetTimestamp() < until)
        {
            Thread.Yield();
            clock.Tick();
        }

        return journal.Admits;
    }
}
