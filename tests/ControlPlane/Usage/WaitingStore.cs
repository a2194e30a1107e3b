using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Usage;

/// <summary>A store whose ledger takes nothing before it is told to, and fails in one batch.</summary>
internal sealed class WaitingStore(IEdgeStore inner, Task mayAppend, int failsAt = -1) : IEdgeStore
{
    public ReadOnlyMemory<byte> Id => inner.Id;

    public ICommandLog Commands => inner.Commands;

    public ICommandLog Quota => inner.Quota;

    public IUsageLedger Ledger { get; } = new WaitingLedger(inner.Ledger, mayAppend, failsAt);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class WaitingLedger(IUsageLedger inner, Task mayAppend, int failsAt) : IUsageLedger
    {
        private int _batches;

        public ulong Through(string planeId, UInt128 epoch) => inner.Through(planeId, epoch);

        public bool IsClosed(string planeId, UInt128 epoch) => inner.IsClosed(planeId, epoch);

        public async ValueTask<ulong> AppendAsync(LedgerBatch batch, CancellationToken cancel)
        {
            var number = _batches++;
            await mayAppend;
            if (number == failsAt)
                throw new IOException("the disk is full for a moment");
            return await inner.AppendAsync(batch, cancel);
        }

        public void Follow(ILedgerFollower follower) => inner.Follow(follower);

        public void Unfollow() => inner.Unfollow();

        public ValueTask ReleaseAsync(ulong through, CancellationToken cancel) => inner.ReleaseAsync(through, cancel);

        public IEnumerable<StoredBatch> ReadBackwards(long fromUnixMs, long toUnixMs, ulong through) => inner.ReadBackwards(fromUnixMs, toUnixMs, through);
    }
}
