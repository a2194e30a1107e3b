using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace AiEdge.DataPlane.Transport;

/// <summary>Told when bytes, or the end, have come for an input that nobody is waiting on.</summary>
internal interface IReadWatcher
{
    /// <summary>Runs on the I/O thread, so it must be short. The input may be read from now on without waiting.</summary>
    void OnReadable(WireInput input);
}

/// <summary>
/// The reading half of a connection: a <see cref="PipeReader"/> that receives straight into its own blocks, with no pipe and
/// no thread between the socket and the reader.
/// </summary>
/// <remarks>
/// Requirements: one reader; at most one receive under way; a receive may be started ahead of the reader
/// (<see cref="StartReadAhead"/>) so that a peer's leaving is noticed while the reader is busy elsewhere; a wait can be
/// cancelled although the receive under way cannot.
/// Memory order: the blocks belong to the reader alone. A completing receive touches only <c>_arrived</c> and then publishes
/// it with an exchange on <c>_state</c>; the reader takes it only after it has seen <see cref="Arrived"/> through an
/// interlocked operation or a continuation, so the write to <c>_arrived</c> and to the block's memory happens before.
/// </remarks>
internal sealed class WireInput : PipeReader, IReceiveSink, IValueTaskSource<ReadResult>
{
    private const int Idle = 0;
    private const int InFlight = 1;
    private const int InFlightWaiting = 2;
    private const int Arrived = 3;
    private const int Completed = 4;

    /// <summary>Less room than this in a block is not worth a receive.</summary>
    private const int RoomMin = 512;

    private readonly Wire _wire;
    private readonly BlockPool _pool;
    private ManualResetValueTaskSourceCore<ReadResult> _waiter;
    private IReadWatcher? _watcher;
    private Block? _head;
    private Block? _tail;
    private Block? _receiving;
    private int _headIndex;
    private int _arrived;
    private int _state;
    private int _cancelRequested;
    private bool _hasUnexamined;
    private bool _lastWasLarge;
    private bool _wantsLarge;

    public WireInput(Wire wire, BlockPool pool)
    {
        _wire = wire;
        _pool = pool;
        wire.ReceiveSink = this;
    }

    /// <summary>The peer has said FIN or the connection broke; buffered bytes may remain.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>The connection broke (RST, abort) rather than ended.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Bytes are buffered that the reader has not consumed.</summary>
    public bool HasBuffered => _head is not null && !(_head == _tail && _headIndex == _tail.Written);

    /// <summary>Something can be read without waiting: bytes, or the end.</summary>
    public bool HasArrived => IsEnded || HasBuffered || Volatile.Read(ref _state) == Arrived;

    /// <summary>The receive that was started ahead has found the end of the connection. From any thread.</summary>
    public bool EndHasArrived => Volatile.Read(ref _state) == Arrived ? _arrived <= 0 : IsEnded;

    /// <summary>
    /// Starts a receive if none is under way, into a block of its own, also while earlier bytes are still held;
    /// <paramref name="watcher"/> is told when it finishes unless the reader waits by then. Returns whether the receive is
    /// under way; if not, what it found can be read at once and nobody is told.
    /// </summary>
    public bool StartReadAhead(IReadWatcher? watcher)
    {
        // The watcher is shown before the state is looked at, an arrival does both the other way round: one of the two sees the other.
        Interlocked.Exchange(ref _watcher, watcher);
        if (Volatile.Read(ref _state) == Idle && !IsEnded)
        {
            _wantsLarge = false;
            Receive();
        }

        return Volatile.Read(ref _state) == InFlight;
    }

    /// <summary>Nobody is told any more.</summary>
    public void StopWatching() => Volatile.Write(ref _watcher, null);

    public override bool TryRead(out ReadResult result)
    {
        var canceled = Interlocked.Exchange(ref _cancelRequested, 0) != 0;
        if (Volatile.Read(ref _state) == Arrived)
            TakeArrived();
        if (canceled || _hasUnexamined || IsEnded)
        {
            result = Result(canceled);
            return true;
        }

        result = default;
        return false;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (TryRead(out var ready))
            return new ValueTask<ReadResult>(ready);
        if (_state == Idle)
        {
            StartReceive();
            if (_hasUnexamined || IsEnded)
                return new ValueTask<ReadResult>(Result(canceled: false));
        }

        // A receive that was started ahead turns into this read's: who sent much sends much again. Who asks for the memory sees the old
        // word or this one; either is right.
        _wantsLarge |= _lastWasLarge;
        _waiter.Reset();
        if (Interlocked.CompareExchange(ref _state, InFlightWaiting, InFlight) != InFlight)
        {
            TakeArrived();
            return new ValueTask<ReadResult>(Result(canceled: false));
        }

        // A cancellation that came before the state was published found no waiter: look once more.
        if (Volatile.Read(ref _cancelRequested) != 0)
            CompleteCanceled();
        return new ValueTask<ReadResult>(this, _waiter.Version);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (consumed.GetObject() is not Block to)
            return;
        while (_head != to)
        {
            var next = _head!.NextBlock;
            _pool.Return(_head);
            _head = next;
        }

        _headIndex = consumed.GetInteger();
        _hasUnexamined = !(examined.GetObject() == _tail && examined.GetInteger() == _tail!.Written);
        if (!HasBuffered)
            ReleaseDrained();
    }

    /// <summary>Wakes the reader: the read that waits, or else the next one, returns with <c>IsCanceled</c>. From any thread.</summary>
    public override void CancelPendingRead()
    {
        Volatile.Write(ref _cancelRequested, 1);
        Interlocked.MemoryBarrier();
        CompleteCanceled();
    }

    public override void Complete(Exception? exception = null)
    {
        StopWatching();
        var receiving = Volatile.Read(ref _receiving);
        while (_head is { } block)
        {
            _head = block.NextBlock;
            if (block != receiving)
                _pool.Return(block);
        }

        _tail = null;
        _hasUnexamined = false;
        IsEnded = true;
        var before = Interlocked.Exchange(ref _state, Completed);
        if (before is Idle or Arrived)
            ReturnReceiving();
    }

    /// <summary>Called by whoever carries out the receive, after it was started and before it is over: the block is its own.</summary>
    Memory<byte> IReceiveSink.ReceiveBuffer()
    {
        _receiving ??= _wantsLarge ? _pool.RentLarge() : _pool.RentSmall();
        return _receiving.Free;
    }

    void IReceiveSink.ReturnReceiveBuffer()
    {
        if (_receiving is { Written: 0 } block)
        {
            _receiving = null;
            _pool.Return(block);
        }
    }

    void IReceiveSink.OnReceived(int count)
    {
        _arrived = count;
        while (true)
        {
            switch (Volatile.Read(ref _state))
            {
                case InFlight when Interlocked.CompareExchange(ref _state, Arrived, InFlight) == InFlight:
                    Volatile.Read(ref _watcher)?.OnReadable(this);
                    return;
                case InFlightWaiting when Interlocked.CompareExchange(ref _state, Arrived, InFlightWaiting) == InFlightWaiting:
                    _waiter.SetResult(default);
                    return;
                case Completed:
                    ReturnReceiving();
                    return;
            }
        }
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _waiter.GetResult(token);
        if (Interlocked.Exchange(ref _cancelRequested, 0) != 0)
            return Result(canceled: true);
        if (Volatile.Read(ref _state) == Arrived)
            TakeArrived();
        return Result(canceled: false);
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    private void CompleteCanceled()
    {
        if (Interlocked.CompareExchange(ref _state, InFlight, InFlightWaiting) == InFlightWaiting)
            _waiter.SetResult(default);
    }

    private ReadResult Result(bool canceled)
    {
        if (_head is null)
            return new ReadResult(ReadOnlySequence<byte>.Empty, canceled, IsEnded);
        return new ReadResult(new ReadOnlySequence<byte>(_head, _headIndex, _tail!, _tail!.Written), canceled, IsEnded);
    }

    /// <summary>
    /// What comes first goes into a small block; once data fills it, large ones follow. A block that has room is used to its end first,
    /// so that what belongs together lies together.
    /// </summary>
    private void StartReceive()
    {
        if (_tail is { } tail && tail.Capacity - tail.Written >= RoomMin)
            _receiving = tail;
        _wantsLarge = _tail is not null || _lastWasLarge;
        Receive();
    }

    private void Receive()
    {
        Volatile.Write(ref _state, InFlight);
        if (_wire.Receive(out var count))
        {
            _arrived = count;
            TakeArrived();
        }
    }

    private void TakeArrived()
    {
        var count = _arrived;
        var block = _receiving;
        _receiving = null;
        Volatile.Write(ref _state, Idle);
        if (count <= 0 || block is null)
        {
            IsEnded = true;
            IsBroken = count < 0;
            if (block is not null && block != _tail)
                _pool.Return(block);
            else if (_tail is not null && !HasBuffered)
                ReleaseDrained();
            return;
        }

        _lastWasLarge = count == block.Capacity - block.Written || count > BlockPool.SmallBytes;
        block.Advance(count);
        _hasUnexamined = true;
        if (_head is null)
        {
            _head = _tail = block;
            _headIndex = 0;
        }
        else if (block != _tail)
        {
            _tail!.NextBlock = block;
            _tail = block;
        }
    }

    private void ReleaseDrained()
    {
        // A receive may be under way behind the last byte of this very block.
        if (Volatile.Read(ref _receiving) == _tail)
            return;
        _pool.Return(_tail!);
        _head = _tail = null;
        _hasUnexamined = false;
    }

    private void ReturnReceiving()
    {
        if (Interlocked.Exchange(ref _receiving, null) is { } block)
            _pool.Return(block);
    }
}
