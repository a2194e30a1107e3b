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
            if (count % KeptRecords == 0 && store.TryDrop(long.MaxValue, long.MaxValue, out _))
                HttpStages.Expect(store.TryCommit());
        };
    }

    /// <summary>An exchange's two records, handed to the journal's thread; where that cannot follow, it is waited for.</summary>
    public static Action HandOver()
    {
        var clock = new EdgeClock();
        var journal = new UsageJournal(JournalStore.Open(Folder()), Group(TimeSpan.FromMilliseconds(100)), clock, TextWriter.Null);
        var exchange = AdmitStages.Exchange();
        void HandOver()
        {
            clock.Tick();
            exchange.JournalId = 0;
            journal.Close(exchange, journal.Open(exchange));
        }

        // Entries are made when none is free: all that can ever wait are made here, or a slow disk would have some made while bytes are counted.
        while (journal.Admits)
            HandOver();
        journal.Use(Config(Group(TimeSpan.FromMilliseconds(5))));
        return () =>
        {
            while (!journal.Admits)
                Thread.Yield();
            HandOver();
        };
    }

    private static JournalModel Group(TimeSpan interval) => new()
    {
        Mode = JournalMode.Group,
        CommitInterval = interval,
        Progress = TimeSpan.FromSeconds(10),
        BytesMax = 64L << 30,
        Full = JournalFull.Refuse,
        Keep = TimeSpan.FromSeconds(1),
    };

    private static ConfigSnapshot Config(JournalModel journal) => new()
    {
        Generation = 1,
        Providers = [],
        Models = new ModelTable([]),
        Keys = new KeyTable([]),
        Server = null!,
        Journal = journal,
        Masked = static _ => [],
    };

    private static string Folder()
    {
        var folder = Directory.CreateTempSubdirectory("aiedge-micro-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
