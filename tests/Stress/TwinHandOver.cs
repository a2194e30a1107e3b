using System.Buffers;
using System.Threading.Tasks.Sources;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinHandOver"/>.</summary>
public enum HandOverDefect
{
    None,

    /// <summary>A reader looks whether something has arrived, and begins to wait later.</summary>
    LostWakeUp,

    /// <summary>A reader that begins to wait does not look for a cancellation once more.</summary>
    LostCancel,

    /// <summary>An arrival and a cancellation may both wake the reader.</summary>
    DoubleWake,

    /// <summary>An arrival looks for a watcher before it shows what has arrived.</summary>
    ForgottenWatcher,

    /// <summary>What has arrived is shown before it is written down.</summary>
    EarlyArrival,
}

/// <summary>The state machine of the reading half once more, with pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinHandOver(HandOverDefect defect) : IHandOver, IValueTaskSource<bool>
{
    private const int Idle = 0;
    private const int InFlight = 1;
    private const int InFlightWaiting = 2;
    private const int Arrived = 3;

    private readonly List<byte> _held = [];
    private ManualResetValueTaskSourceCore<bool> _waiter;
    private ValueTask<bool> _read;
    private byte[] _arrived = [];
    private long _position;
    private long _consumed;
    private int _state;
    private int _isReceiving;
    private int _cancelRequested;
    private int _isWatched;
    private int _told;
    private bool _hasUnexamined;
    private bool _isEnded;

    public bool IsReceiving => Volatile.Read(ref _isReceiving) != 0;

    public bool IsReadDone => _read.IsCompleted;

    public int Told => Volatile.Read(ref _told);

    public void Arrive(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
            bytes[i] = Counted.At(_position++);
        Volatile.Write(ref _isReceiving, 0);
        if (defect != HandOverDefect.EarlyArrival)
            Volatile.Write(ref _arrived, bytes);
        var isWatched = Volatile.Read(ref _isWatched) != 0;
        Race.Gap();
        Show(isWatched);
        Race.Gap();
        Volatile.Write(ref _arrived, bytes);
    }

    public void BeginRead() => _read = ReadAsync();

    public Heard EndRead(int keep)
    {
        var isCanceled = _read.GetAwaiter().GetResult();
        Counted.Check(new ReadOnlySequence<byte>(_held.ToArray()), _consumed);
        var heard = new Heard(_held.Count, isCanceled, _isEnded);
        var taken = Math.Max(0, _held.Count - keep);
        _held.RemoveRange(0, taken);
        _consumed += taken;
        _hasUnexamined = false;
        return heard;
    }

    public void Cancel()
    {
        Interlocked.Exchange(ref _cancelRequested, 1);
        CompleteCanceled();
    }

    public bool Watch()
    {
        Interlocked.Exchange(ref _isWatched, 1);
        if (Volatile.Read(ref _state) == Idle && !_isEnded)
            Receive();
        return Volatile.Read(ref _state) == InFlight;
    }

    public void StopWatching() => Volatile.Write(ref _isWatched, 0);

    public void Complete()
    {
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _waiter.GetResult(token);
        if (Interlocked.Exchange(ref _cancelRequested, 0) != 0)
            return true;
        if (Volatile.Read(ref _state) == Arrived)
            TakeArrived();
        return false;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private void Show(bool wasWatched)
    {
        // A defect may leave no receive to arrive at; the round must end all the same.
        for (var tries = 0; tries < 1_000_000; tries++)
        {
            if (Interlocked.CompareExchange(ref _state, Arrived, InFlight) == InFlight)
            {
                if (defect == HandOverDefect.ForgottenWatcher ? wasWatched : Volatile.Read(ref _isWatched) != 0)
                    Interlocked.Increment(ref _told);
                return;
            }

            if (defect == HandOverDefect.DoubleWake && Volatile.Read(ref _state) == InFlightWaiting)
            {
                Race.Gap();
                Volatile.Write(ref _state, Arrived);
                _waiter.SetResult(false);
                return;
            }

            if (Interlocked.CompareExchange(ref _state, Arrived, InFlightWaiting) == InFlightWaiting)
            {
                _waiter.SetResult(false);
                return;
            }
        }

        throw new InvalidOperationException("what arrived found no receive");
    }

    private ValueTask<bool> ReadAsync()
    {
        var isCanceled = Interlocked.Exchange(ref _cancelRequested, 0) != 0;
        if (Volatile.Read(ref _state) == Arrived)
            TakeArrived();
        if (isCanceled || _hasUnexamined || _isEnded)
            return new ValueTask<bool>(isCanceled);
        if (_state == Idle)
            Receive();
        _waiter.Reset();
        Race.Gap();
        if (!TryWait())
        {
            TakeArrived();
            return new ValueTask<bool>(false);
        }

        if (defect != HandOverDefect.LostCancel && Volatile.Read(ref _cancelRequested) != 0)
            CompleteCanceled();
        return new ValueTask<bool>(this, _waiter.Version);
    }

    private bool TryWait()
    {
        if (defect != HandOverDefect.LostWakeUp)
            return Interlocked.CompareExchange(ref _state, InFlightWaiting, InFlight) == InFlight;
        if (Volatile.Read(ref _state) != InFlight)
            return false;
        Race.Gap();
        Volatile.Write(ref _state, InFlightWaiting);
        return true;
    }

    private void CompleteCanceled()
    {
        if (Interlocked.CompareExchange(ref _state, InFlight, InFlightWaiting) == InFlightWaiting)
            _waiter.SetResult(false);
    }

    private void Receive()
    {
        Volatile.Write(ref _state, InFlight);
        Volatile.Write(ref _isReceiving, 1);
    }

    private void TakeArrived()
    {
        var bytes = Volatile.Read(ref _arrived);
        Volatile.Write(ref _state, Idle);
        _held.AddRange(bytes);
        _hasUnexamined = bytes.Length > 0;
        _isEnded |= bytes.Length == 0;
    }
}
