using System.Net;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Core;

/// <summary>What the deadline now running is for; each has its own consequence.</summary>
internal enum Step : byte
{
    None,
    KeepAlive,
    Head,
    Body,
    Connect,
    FirstByte,

    /// <summary>An answer is late to begin: somebody else may be asked besides.</summary>
    Late,
    Idle,
    ClientIdle,
    Linger,
}

/// <summary>Why an exchange was told to stop.</summary>
internal enum StopReason : byte
{
    None,
    ClientLeft,
    ClientStalled,
    HeadTooSlow,
    BodyTooSlow,
    TotalTimeout,
    Drain,

    /// <summary>What the exchange rests on was revoked.</summary>
    Revoked,
}

/// <summary>What an exchange waits for on the provider's side, so that it can be stopped or woken from outside.</summary>
internal interface IUpstreamLease
{
    /// <summary>Closes what is leased, if <paramref name="lease"/> still holds it; a stale number is ignored.</summary>
    void Abort(long lease);

    /// <summary>Makes the pending read return, if <paramref name="lease"/> still holds it.</summary>
    void Wake(long lease);
}

/// <summary>
/// A client's connection together with everything that may interrupt its exchange from outside: deadlines, the client's
/// leaving, drain.
/// </summary>
/// <remarks>
/// Requirements: the exchange writes deadlines and leases; the wheel's thread and I/O threads only ever set a reason on
/// (connection, exchange number) and queue one work item; a reason for a past exchange changes nothing.
/// Memory order: <c>_stop</c> packs the exchange's number and the reason in one word, moved by compare-and-swap from
/// "this number, no reason" only, so the first reason wins and a stale one cannot land. The lease is published after its
/// number; <see cref="IUpstreamLease"/> compares the number again, so a torn pair is harmless. Whoever attaches a lease
/// looks at <see cref="Reason"/> afterwards, whoever sets a reason looks for a lease afterwards: one of the two sees the other.
/// A client's leaving is no reason to stop while the exchange drains: it is noted as the number of the exchange that it left, so that
/// it can be told from every other, and what remains stops by a deadline or by the drain of the process.
/// <see cref="Hold"/> is a full fence: the exchange shows itself, then looks whether its configuration is still in force; whoever revokes
/// publishes the new configuration, then looks for exchanges. One of the two sees the other. The exchange's fields are read while it
/// writes them, references all; what is read of a later exchange stops nobody, for its number is another.
/// A provider that is late ends its lease and not the exchange. A step is set after the lease that it is for and cleared before the next; who
/// finds it due reads the step, then the lease, then takes the step away by compare-and-swap: if that succeeds, the lease is the step's, for no two
/// steps in a row are alike.
/// </remarks>
internal sealed class ClientLink : IDeadlineOwner, IReadWatcher, IThreadPoolWorkItem
{
    private const long Never = long.MaxValue;
    private readonly EdgeClock _clock;
    private long _overdue = -1;
    private long _late = -1;

    /// <summary>When the step is due, the last byte of how many were set before it, and which it is: no two in a row are alike.</summary>
    private long _step = Never;
    private byte _steps;
    private long _totalDue = Never;
    private long _heartbeatDue = Never;
    private long _stop;
    private long _number;
    private long _lease;
    private IUpstreamLease? _upstream;
    private int _queued;
    private int _heartbeat;
    private IPAddress? _peer;
    private IPAddress? _lastClient;
    private string? _address;
    private long _drainMs;
    private Exchange? _held;
    private long _leftNumber = -1;
    private int _leftIsNew;
    private RetryManners _manners;

    public ClientLink(SocketConnection connection, EdgeClock clock)
    {
        Connection = connection;
        _clock = clock;
    }

    public SocketConnection Connection { get; }

    /// <summary>How its client retries; the exchange's alone.</summary>
    public ref RetryManners Manners => ref _manners;

    public WireInput Input => Connection.Input;

    public WireOutput Output => Connection.Output;

    /// <summary>Who is at the other end of the connection; null where that cannot be told.</summary>
    public IPAddress? Peer => _peer ??= (Connection.RemoteEndPoint as IPEndPoint)?.Address;

    /// <summary>The client's address as limits know it: the one of the exchange before is mostly the next one's, too.</summary>
    public string AddressOf(IPAddress client)
    {
        if (!client.Equals(_lastClient))
            (_lastClient, _address) = (client, ClientAddress.Of(client));
        return _address!;
    }

    /// <summary>Counts the exchanges of this connection.</summary>
    public long Number => _number;

    /// <summary>Why the exchange under way has to stop, if it has to.</summary>
    public StopReason Reason => (StopReason)(Volatile.Read(ref _stop) & 0xff);

    /// <summary>What is leased has been closed for being late. The exchange may go on with another.</summary>
    public bool IsOverdue => Volatile.Read(ref _overdue) == Volatile.Read(ref _lease);

    /// <summary>What is leased was woken for being late to begin.</summary>
    public bool IsLate => Volatile.Read(ref _late) == Volatile.Read(ref _lease);

    /// <summary>Whether what is leased is of no use any more: the exchange has to stop, or its provider was late.</summary>
    public bool IsStopped => Reason != StopReason.None || IsOverdue;

    /// <summary>The client has left, and the provider's answer is read on for its usage: nothing is written any more.</summary>
    public bool HasLeft => Volatile.Read(ref _leftNumber) == _number;

    public long DueMs => Math.Min(Volatile.Read(ref _step) >> 16, Math.Min(Volatile.Read(ref _totalDue), Volatile.Read(ref _heartbeatDue)));

    /// <summary>A new exchange: earlier reasons, deadlines and leases hold no longer.</summary>
    public void Begin()
    {
        Volatile.Write(ref _drainMs, 0);
        Volatile.Write(ref _overdue, -1);
        Volatile.Write(ref _late, -1);
        Volatile.Write(ref _stop, ++_number << 8);
        _heartbeat = 0;
    }

    public void End()
    {
        Volatile.Write(ref _totalDue, Never);
        Volatile.Write(ref _heartbeatDue, Never);
        Volatile.Write(ref _upstream, null);
        Volatile.Write(ref _held, null);
    }

    /// <summary>Shows the exchange to whoever may revoke what it rests on, until its end.</summary>
    public void Hold(Exchange exchange) => Interlocked.Exchange(ref _held, exchange);

    /// <summary>Stops the exchange under way if <paramref name="restsOnIt"/> says that it rests on what was revoked. The first reason wins.</summary>
    public void Revoke(Predicate<Exchange> restsOnIt)
    {
        var number = Volatile.Read(ref _number);
        if (Volatile.Read(ref _held) is { } exchange && restsOnIt(exchange))
            StopNumber(number, StopReason.Revoked);
    }

    /// <summary>Replaces the running step's deadline. One write; due <paramref name="after"/> from now.</summary>
    public void SetStep(Step step, TimeSpan after) =>
        Volatile.Write(ref _step, Due(after, Never >> 16) << 16 | (long)++_steps << 8 | (byte)step);

    public void ClearStep() => Volatile.Write(ref _step, Never);

    public void SetTotal(TimeSpan after) => Volatile.Write(ref _totalDue, Due(after, Never));

    public void SetHeartbeat(TimeSpan after) => Volatile.Write(ref _heartbeatDue, Due(after, Never));

    public void ClearHeartbeat() => Volatile.Write(ref _heartbeatDue, Never);

    /// <summary>Whether a heartbeat fell due since the last call.</summary>
    public bool TakeHeartbeat() => Interlocked.Exchange(ref _heartbeat, 0) != 0;

    /// <summary>
    /// From now on a client that leaves does not stop the exchange for that long, which <see cref="HasLeft"/> tells;
    /// <see cref="TimeSpan.MaxValue"/> leaves it to the other deadlines, zero stops it.
    /// </summary>
    public void DrainOnLeave(TimeSpan atMost) =>
        Volatile.Write(ref _drainMs, atMost == TimeSpan.MaxValue ? Never : (long)Math.Ceiling(atMost.TotalMilliseconds));

    /// <summary>The client was found to have left while it was written to. True if the exchange drains.</summary>
    public bool TryLeave()
    {
        if (Volatile.Read(ref _drainMs) == 0)
            return false;
        if (Interlocked.Exchange(ref _leftNumber, _number) != _number)
            OnLeft();
        return true;
    }

    /// <summary>From now on a stop reaches <paramref name="upstream"/>. False if the exchange has to stop already.</summary>
    public bool Attach(IUpstreamLease upstream, long lease)
    {
        Volatile.Write(ref _lease, lease);
        Interlocked.Exchange(ref _upstream, upstream);
        return Reason == StopReason.None;
    }

    /// <summary>From now on a stop reaches nobody on the provider's side.</summary>
    public void Detach()
    {
        if (Volatile.Read(ref _upstream) is not null)
            Interlocked.Exchange(ref _upstream, null);
    }

    /// <summary>Watches for the client's leaving while its exchange goes on; false if it has left already.</summary>
    public bool WatchClient()
    {
        if (Input.StartReadAhead(this) || !Input.EndHasArrived)
            return true;
        Stop(StopReason.ClientLeft);
        return false;
    }

    /// <summary>Tells the exchange under way to stop. The first reason wins.</summary>
    public void Stop(StopReason reason) => StopNumber(Volatile.Read(ref _number), reason);

    void IReadWatcher.OnReadable(WireInput input)
    {
        if (!input.EndHasArrived)
            return;
        var number = Volatile.Read(ref _number);
        if (Volatile.Read(ref _drainMs) != 0)
        {
            if (Interlocked.Exchange(ref _leftNumber, number) == number)
                return;
            Volatile.Write(ref _leftIsNew, 1);
            Queue();
        }
        else if (SetReason(number, StopReason.ClientLeft))
        {
            Queue();
        }
    }

    void IDeadlineOwner.OnDue(long nowMs) => Queue();

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _queued, 0);
        var number = Volatile.Read(ref _number);
        var now = _clock.CoarseMs;
        if (Reason != StopReason.None)
            ActOnReason();
        if (Interlocked.Exchange(ref _leftIsNew, 0) != 0 && HasLeft)
            OnLeft();
        if (Volatile.Read(ref _totalDue) <= now)
        {
            Volatile.Write(ref _totalDue, Never);
            StopNumber(number, StopReason.TotalTimeout);
        }

        var step = Volatile.Read(ref _step);
        var (upstream, lease) = (Volatile.Read(ref _upstream), Volatile.Read(ref _lease));
        if (step >> 16 <= now && Interlocked.CompareExchange(ref _step, Never, step) == step)
            StepIsDue(number, (Step)(step & 0xff), upstream, lease);
        if (Volatile.Read(ref _heartbeatDue) <= now)
        {
            Volatile.Write(ref _heartbeatDue, Never);
            Volatile.Write(ref _heartbeat, 1);
            Volatile.Read(ref _upstream)?.Wake(Volatile.Read(ref _lease));
        }
    }

    /// <summary>What is still on its way to a client that has left will not be taken: whoever waits for that waits no longer.</summary>
    private void OnLeft()
    {
        var drain = Volatile.Read(ref _drainMs);
        if (drain is > 0 and < Never)
            Volatile.Write(ref _totalDue, Math.Min(Volatile.Read(ref _totalDue), _clock.CoarseMs + drain));
        Connection.Abort();
    }

    private void StepIsDue(long number, Step step, IUpstreamLease? upstream, long lease)
    {
        switch (step)
        {
            case Step.KeepAlive or Step.Linger:
                Connection.Abort();
                break;
            case Step.Head:
                StopNumber(number, StopReason.HeadTooSlow);
                break;
            case Step.Body:
                StopNumber(number, StopReason.BodyTooSlow);
                break;
            case Step.Connect or Step.FirstByte or Step.Idle:
                Volatile.Write(ref _overdue, lease);
                upstream?.Abort(lease);
                break;
            case Step.Late:
                Volatile.Write(ref _late, lease);
                upstream?.Wake(lease);
                break;
            case Step.ClientIdle:
                StopNumber(number, StopReason.ClientStalled);
                break;
        }
    }

    private void StopNumber(long number, StopReason reason)
    {
        if (SetReason(number, reason))
            ActOnReason();
    }

    private bool SetReason(long number, StopReason reason) =>
        Interlocked.CompareExchange(ref _stop, number << 8 | (byte)reason, number << 8) == number << 8;

    private void ActOnReason()
    {
        switch (Reason)
        {
            case StopReason.HeadTooSlow or StopReason.BodyTooSlow:
                Input.CancelPendingRead();
                break;
            case StopReason.ClientStalled:
                Connection.Abort();
                break;
        }

        Volatile.Read(ref _upstream)?.Abort(Volatile.Read(ref _lease));
    }

    private void Queue()
    {
        if (Interlocked.Exchange(ref _queued, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private long Due(TimeSpan after, long never) => after == Timeout.InfiniteTimeSpan ? never : _clock.CoarseMs + (long)after.TotalMilliseconds;
}
