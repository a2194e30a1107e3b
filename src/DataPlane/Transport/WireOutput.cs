using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace AiEdge.DataPlane.Transport;

/// <summary>
/// The writing half of a connection: a <see cref="PipeWriter"/> that gathers bytes in blocks and hands them to the wire at
/// <see cref="FlushAsync"/>. A flush that finishes at once costs one system call and no wait; one that does not is
/// back-pressure, and the writer awaits it. A broken connection shows as <c>IsCompleted</c>, never as an exception.
/// </summary>
/// <remarks>
/// Requirements: one writer; no writing while a flush is under way; a flush can be abandoned from any thread, and the output
/// is then good for nothing but closing.
/// Memory order: the blocks belong to the writer, and to the completing send between the start and the end of a flush.
/// <c>_state</c> is one word of a flush's number and its phase, so that a canceller who comes late finds another number and
/// touches nothing; a wire that gathers knows its sends by the same number. Exactly one party moves the word from
/// <see cref="Flushing"/> and completes the waiter, whose continuation happens after it; an abandoned flush leaves the blocks with
/// the send, which returns them.
/// </remarks>
internal sealed class WireOutput : PipeWriter, ISendSink, IValueTaskSource<FlushResult>
{
    private const long Idle = 0;
    private const long Flushing = 1;
    private const long Abandoned = 2;
    private const long PhaseMask = 3;
    private const int CancelSpinsMax = 200;

    private readonly Wire _wire;
    private readonly BlockPool _pool;
    private ManualResetValueTaskSourceCore<FlushResult> _waiter;
    private Block? _head;
    private Block? _tail;
    private bool _broken;
    private long _state;

    public WireOutput(Wire wire, BlockPool pool)
    {
        _wire = wire;
        _pool = pool;
        wire.SendSink = this;
    }

    /// <summary>The connection broke: whatever is written now is dropped.</summary>
    public bool IsBroken => Volatile.Read(ref _broken);

    /// <summary>A flush is under way: the peer does not take bytes as fast as they come.</summary>
    public bool IsFlushing => Phase(Volatile.Read(ref _state)) != Idle;

    /// <summary>A flush was given up and its send was stopped in the middle: what the peer has is half of something.</summary>
    public bool IsCut => _wire.Gathers && IsFlushing;

    /// <summary>Which flush is the next; what <see cref="CancelFlush"/> wants to be told.</summary>
    public long NextFlush => (Volatile.Read(ref _state) | PhaseMask) + 1;

    /// <summary>Bytes can be sent from where they lie (<see cref="Borrow"/>).</summary>
    public bool CanBorrow => _wire.Gathers;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes
    {
        get
        {
            var sum = 0L;
            for (var block = _head; block is not null; block = block.NextBlock)
                sum += block.Written;
            return sum;
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_tail is { IsBorrowed: false } tail && tail.Capacity - tail.Written >= Math.Max(sizeHint, 1))
            return tail.Free;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sizeHint, BlockPool.LargeBytes);
        var block = _tail is null && sizeHint <= BlockPool.SmallBytes ? _pool.RentSmall() : _pool.RentLarge();
        Append(block);
        return block.Free;
    }

    /// <summary>
    /// Writes <paramref name="bytes"/> without copying them: they must be a pool block's and stay as they are until the flush
    /// that sends them is over.
    /// </summary>
    public void Borrow(ReadOnlyMemory<byte> bytes)
    {
        var block = _pool.RentBorrowed();
        block.Borrow(bytes);
        Append(block);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes) => _tail!.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        _waiter.Reset();
        var number = NextFlush;
        Volatile.Write(ref _state, number | Flushing);
        if (SendBlocks() && TryEnd(number))
            return new ValueTask<FlushResult>(new FlushResult(false, IsBroken));
        return new ValueTask<FlushResult>(this, _waiter.Version);
    }

    /// <summary>Wakes the writer from the flush under way; the connection must be closed afterwards. From any thread.</summary>
    public override void CancelPendingFlush() => CancelFlush(Volatile.Read(ref _state) & ~PhaseMask);

    /// <summary>The same for one flush (<see cref="NextFlush"/>); any other is left alone. From any thread.</summary>
    public void CancelFlush(long number)
    {
        // A send that gathers may read borrowed memory, so it must be stopped before the writer is told; it cannot be for as
        // long as the loop is sending some of it, which is short.
        var spin = default(SpinWait);
        while (_wire.Gathers && !_wire.TryCancelSend(number))
        {
            if (spin.Count > CancelSpinsMax || Volatile.Read(ref _state) != (number | Flushing))
                return;
            spin.SpinOnce();
        }

        if (Interlocked.CompareExchange(ref _state, number | Abandoned, number | Flushing) == (number | Flushing))
            _waiter.SetResult(new FlushResult(true, false));
    }

    /// <summary>Forgets what was written and not yet flushed.</summary>
    public void Discard()
    {
        var phase = Phase(Volatile.Read(ref _state));
        if (phase == Flushing || phase == Abandoned && !_wire.Gathers)
            return;
        _pool.ReturnChain(_head);
        _head = _tail = null;
    }

    public override void Complete(Exception? exception = null) => Discard();

    void ISendSink.OnSent(bool ok)
    {
        Sent(ok);
        if (!SendBlocks())
            return;
        var number = Volatile.Read(ref _state) & ~PhaseMask;
        if (TryEnd(number))
            _waiter.SetResult(new FlushResult(false, IsBroken));
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    private static long Phase(long state) => state & PhaseMask;

    /// <summary>
    /// Ends a flush of which everything was sent; false if a canceller was faster, who then completes the waiter. Abandoned, and yet
    /// all of it went out: the answer was not early, only seen before the send was, and the output is good.
    /// </summary>
    private bool TryEnd(long number) => Phase(Interlocked.Exchange(ref _state, number | Idle)) != Abandoned;

    private void Append(Block block)
    {
        if (_head is null)
            _head = block;
        else
            _tail!.NextBlock = block;
        _tail = block;
    }

    /// <summary>Sends what is gathered; false if a send goes on by itself.</summary>
    private bool SendBlocks()
    {
        while (_head is { } block)
        {
            if (IsBroken)
            {
                Sent(false);
                continue;
            }

            if (!(_wire.Gathers ? _wire.SendChain(block, Volatile.Read(ref _state) & ~PhaseMask, out var ok) : _wire.Send(block.Filled, out ok)))
                return false;
            Sent(ok);
        }

        return true;
    }

    /// <summary>Gives back what one send was for: the first block, or the chain of a wire that gathers.</summary>
    private void Sent(bool ok)
    {
        if (!ok)
            Volatile.Write(ref _broken, true);
        do
        {
            var block = _head!;
            _head = block.NextBlock;
            _pool.Return(block);
        }
        while (_wire.Gathers && _head is not null);
        if (_head is null)
            _tail = null;
    }
}
