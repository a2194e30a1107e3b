using System.Security.Cryptography;
using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>A store whose disk is a list of batches and two logs in memory; another may be opened on the same disk.</summary>
internal sealed class MemoryStore(MemoryStore.Disk disk) : IEdgeStore
{
    public ReadOnlyMemory<byte> Id => disk.Id;

    public ICommandLog Commands => disk.Commands;

    public ICommandLog Quota => disk.Quota;

    public IUsageLedger Ledger { get; } = new MemoryLedger(disk.Batches);

    public ValueTask DisposeAsync() => default;

    /// <summary>What is left when a store is closed.</summary>
    internal sealed class Disk
    {
        public byte[] Id { get; } = RandomNumberGenerator.GetBytes(16);

        public MemoryCommandLog Commands { get; } = new();

        public MemoryCommandLog Quota { get; } = new();

        public List<StoredBatch> Batches { get; } = [];
    }

    private sealed class MemoryLedger(List<StoredBatch> batches) : IUsageLedger
    {
        private readonly Lock _lock = new();
        private ILedgerFollower? _follower;
        private bool _isFollowed;

        public ulong Through(string planeId, UInt128 epoch)
        {
            lock (_lock)
                return Of(planeId, epoch).Select(static b => b.ThroughSequence).DefaultIfEmpty(0UL).Max();
        }

        public bool IsClosed(string planeId, UInt128 epoch)
        {
            lock (_lock)
                return Of(planeId, epoch).Any(static b => b.IsClosed);
        }

        public ValueTask<ulong> AppendAsync(LedgerBatch batch, CancellationToken cancel)
        {
            Check(batch);
            cancel.ThrowIfCancellationRequested();
            lock (_lock)
            {
                var through = Through(batch.PlaneId, batch.Epoch);
                if (batch.AfterSequence > through)
                    throw new IOException("one before it is missing");
                if (batch.ThroughSequence > through || (batch.IsClosed && !IsClosed(batch.PlaneId, batch.Epoch)))
                {
                    var stored = new StoredBatch((ulong)batches.Count + 1, new()
                    {
                        PlaneId = batch.PlaneId,
                        Epoch = batch.Epoch,
                        ThroughSequence = batch.ThroughSequence,
                        IsClosed = batch.IsClosed,
                        ReceivedUnixMs = batch.ReceivedUnixMs,
                        Records = [.. batch.Records.Where(r => r.Sequence > through)],
                    });
                    batches.Add(stored);
                    _follower?.Take(stored);
                }

                return new(Math.Max(through, batch.ThroughSequence));
            }
        }

        public void Follow(ILedgerFollower follower)
        {
            lock (_lock)
            {
                if (_isFollowed)
                    throw new InvalidOperationException("the ledger has one follower");
                foreach (var batch in batches.Where(b => b.Number > follower.Through).ToArray())
                    follower.Take(batch);
                _follower = follower;
                _isFollowed = true;
            }
        }

        public void Unfollow()
        {
            lock (_lock)
                _follower = null;
        }

        public ValueTask ReleaseAsync(ulong through, CancellationToken cancel) => default;

        public IEnumerable<StoredBatch> ReadBackwards(long fromUnixMs, long toUnixMs, ulong through = ulong.MaxValue)
        {
            lock (_lock)
            {
                return [.. batches.Where(b => b.Number <= through && Times(b.Batch).Max() >= fromUnixMs && Times(b.Batch).Min() < toUnixMs).Reverse()];
            }
        }

        private static IEnumerable<long> Times(LedgerBatch batch) => batch.Records.Select(static r => r.EndedUnixMs).Append(batch.ReceivedUnixMs);

        private static void Check(LedgerBatch batch)
        {
            var last = 0UL;
            foreach (var record in batch.Records)
            {
                if (record.Sequence <= last || record.Sequence > batch.ThroughSequence || record.Bytes.Length > IUsageLedger.RecordBytesMax)
                    throw new ArgumentException("a record is out of order or too large", nameof(batch));
                last = record.Sequence;
            }

            if (batch.PlaneId.Length is 0 or > IUsageLedger.PlaneIdCharsMax || !System.Text.Ascii.IsValid(batch.PlaneId) || batch.Records.Count > IUsageLedger.RecordsMax)
                throw new ArgumentException("the plane or the number of records", nameof(batch));
        }

        private IEnumerable<LedgerBatch> Of(string planeId, UInt128 epoch) =>
            batches.Select(static b => b.Batch).Where(b => b.PlaneId == planeId && b.Epoch == epoch);
    }
}
