namespace AiEdge.Stress.Tests;

/// <summary>However an exchange's end and the journal's thread meet at its first record, its last one is written once, whole, and behind the first.</summary>
public sealed class JournalEntryTests
{
    private const int First = 1;
    private const int Last = 2;

    [Fact]
    public void The_last_record_is_written_once_and_whole() => Race.Passes(Find(() => new RacedEntry(), Race.Time));

    [Theory]
    [InlineData(EntryDefect.PlainTakeBack)]
    [InlineData(EntryDefect.PlainPutBack)]
    [InlineData(EntryDefect.TakenWhileWritten)]
    public void A_broken_twin_is_caught(EntryDefect defect) => Race.Fails(Find(() => new TwinEntry(defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed() => Race.Passes(Find(() => new TwinEntry(EntryDefect.None), Race.Time));

    private static string? Find(Func<IRacedEntry> make, TimeSpan time)
    {
        var entry = make();
        var (head, tail, queued, others) = (0, 0, 0, 0);
        var written = new List<int>();
        return Race.Rounds(
            time,
            _ =>
            {
                entry = make();
                head = tail = First;
                others = 0;
                written.Clear();
                entry.Withhold();
                queued = 1;
            },
            _ => Judge(),
            End,
            Drain);

        // The exchange: its last record goes into the place of its first, or into one of its own.
        void End(Random random)
        {
            Thread.SpinWait(random.Next(60));
            if (!entry.TryTakeBack())
            {
                Interlocked.Increment(ref others);
                return;
            }

            Volatile.Write(ref head, Last);
            Thread.SpinWait(random.Next(60));
            Volatile.Write(ref tail, Last);
            if (!entry.TryPutBack())
                Interlocked.Increment(ref queued);
        }

        // The journal's thread.
        void Drain(Random random)
        {
            Thread.SpinWait(random.Next(60));
            for (var i = 0; i < 3; i++)
                DrainOne(random);
        }

        void DrainOne(Random random)
        {
            if (Volatile.Read(ref queued) == 0)
                return;
            Interlocked.Decrement(ref queued);
            if (!entry.TryTake())
                return;
            var end = Volatile.Read(ref tail);
            Thread.SpinWait(random.Next(60));
            if (Volatile.Read(ref head) != end || Volatile.Read(ref tail) != end)
                throw new InvalidOperationException("it was written while its exchange wrote it");
            written.Add(end);
        }

        string? Judge()
        {
            DrainOne(new Random(0));
            if (queued != 0)
                return "it is queued twice";
            for (var i = 0; i < others; i++)
                written.Add(Last);
            return written is [Last] or [First, Last] ? null : "written were the records " + string.Join(' ', written);
        }
    }
}
