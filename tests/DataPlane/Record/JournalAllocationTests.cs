using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;

namespace AiEdge.DataPlane.Tests.Record;

/// <summary>Counts what the whole process allocates, and so runs alone.</summary>
[Collection(nameof(JournalAllocationTests))]
[CollectionDefinition(nameof(JournalAllocationTests), DisableParallelization = true)]
public sealed class JournalAllocationTests
{
    [Fact]
    public void A_record_allocates_at_most_100_bytes()
    {
        using var rig = new JournalRig();
        using var store = JournalStore.Open(rig.Folder);
        var record = new ExchangeRecord();
        record.Take(JournalRig.Exchange("r"), new EdgeClock());
        Write(2000);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        Write(20_000);
        var bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / 20_000.0;
        Assert.InRange(bytes, 0, 100);

        void Write(int count)
        {
            for (var i = 0; i < count; i++)
            {
                store.TryAppend(record, JournalKind.Exchange, EndReason.Done, i);
                if (i % 100 == 99)
                    store.TryCommit();
            }
        }
    }
}
