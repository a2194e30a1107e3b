using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;

namespace AiEdge.Micro;

/// <summary>What an exchange's record costs the exchange, and what it costs the journal's thread.</summary>
internal static class JournalStages
{
    private const int Batch = 100;
    private const int KeptRecords = 100_000;

    /// <summary>A record taken, written out and appended by one thread, each hundred with a commit as in group mode.</summary>
    public static Action Append()
    {
        var store = JournalStore.Open(Folder());
        var exchange = AdmitStages.Exchange();
        var record = new ExchangeRecord();
        var clock = new EdgeClock();
        var count = 0L;
        return () =>
        {
            record.Take(exchange, clock);
            HttpStages.Expect(store.TryAppend(record, JournalKind.Exchange, EndReason.Done, ++count));
            if (count % Batch == 0)
                HttpStages.Expect(store.TryCommit(CommitDepth.Process));
            // What is written here is of no use to anybody.
            if (count % KeptRecords == 0 && store.DropBefore(long.MaxValue))
                HttpStages.Expect(store.TryCommit());
        };
    }

    /// <summary>An exchange's two records, handed to the journal's thread; where that cannot follow, it is waited for.</summary>
    public static Action HandOver()
    {
        var model = new JournalModel
        {
            Mode = JournalMode.Group,
            CommitInterval = TimeSpan.FromMilliseconds(5),
            Progress = TimeSpan.FromSeconds(10),
            BytesMax = 64L << 30,
            RefuseWhenFull = true,
            Keep = TimeSpan.FromSeconds(1),
        };
        var clock = new EdgeClock();
        var journal = new UsageJournal(JournalStore.Open(Folder()), model, clock, TextWriter.Null);
        var exchange = AdmitStages.Exchange();
        return () =>
        {
            while (!journal.Admits)
                Thread.Yield();
            clock.Tick();
            exchange.JournalId = 0;
            journal.Close(exchange, journal.Open(exchange));
        };
    }

    private static string Folder()
    {
        var folder = Directory.CreateTempSubdirectory("aiedge-micro-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
