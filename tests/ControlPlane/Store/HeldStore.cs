using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>A store whose logs stand on a disk that can be made to take its time, or to be full.</summary>
internal sealed class HeldStore(IEdgeStore inner) : IEdgeStore
{
    public ReadOnlyMemory<byte> Id => inner.Id;

    public HeldLog Commands { get; } = new(inner.Commands);

    ICommandLog IEdgeStore.Commands => Commands;

    public HeldLog Quota { get; } = new(inner.Quota);

    public IUsageLedger Ledger => inner.Ledger;

    ICommandLog IEdgeStore.Quota => Quota;

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    internal sealed class HeldLog(ICommandLog inner) : ICommandLog
    {
        private Task _held = Task.CompletedTask;
        private int _waiting;
        private int _left = int.MaxValue;

        /// <summary>Appends that have begun and not ended.</summary>
        public int Waiting => Volatile.Read(ref _waiting);

        /// <summary>After so many appends from now on the disk is full.</summary>
        public void FailAfter(int appends) => Volatile.Write(ref _left, appends);

        /// <summary>Appends wait from now on, until what is returned is disposed of.</summary>
        public Hold Begin()
        {
            var hold = new Hold();
            Volatile.Write(ref _held, hold.Ended);
            return hold;
        }

        public ValueTask<CommandHistory> ReadAsync(CancellationToken cancel) => inner.ReadAsync(cancel);

        public async ValueTask<ulong> AppendAsync(ReadOnlyMemory<byte> command, CancellationToken cancel)
        {
            Interlocked.Increment(ref _waiting);
            await Volatile.Read(ref _held);
            Interlocked.Decrement(ref _waiting);
            if (Interlocked.Decrement(ref _left) < 0)
                throw new IOException("no space left on device");
            return await inner.AppendAsync(command, cancel);
        }

        public ValueTask SaveStateAsync(ulong through, ReadOnlyMemory<byte> state, CancellationToken cancel) => inner.SaveStateAsync(through, state, cancel);
    }

    internal sealed class Hold : IDisposable
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _end.Task;

        public void Dispose() => _end.TrySetResult();
    }
}
