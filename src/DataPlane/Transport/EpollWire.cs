using System.Net;
using System.Net.Sockets;

namespace AiEdge.DataPlane.Transport;

/// <summary>
/// A plain socket as a <see cref="Wire"/> over <see cref="EpollLoop"/>: a receive that has to wait costs one system call, when
/// its bytes are there, and a receive that came back short is not followed by one that would find nothing.
/// </summary>
/// <remarks>
/// Requirements: one receive and one send at a time, each possibly on another thread than the loop's; an abort from any
/// thread; no call on a descriptor that has been closed (another connection may own its number by then).
/// Waiting: each direction has a word: <see cref="Idle"/>, or <see cref="Waiting"/> for a receive and its number for a send. The
/// waiter stores what it waits with, then the word, then looks at the readiness flag; the loop sets the flag, then looks at the
/// word (both with full fences), so one of the two sees the other. Who moves the word back to Idle by compare-and-swap owns the
/// operation: the waiter itself, the loop, an abort, or a canceller, who moves it from the number it means and no other; the
/// owner alone goes on with it.
/// Readiness: events are edge-triggered. The flag is cleared before the receive that may drain the socket, so an edge that
/// comes during or after it is kept; a full buffer sets it again. A FIN that came with the last bytes makes no edge of its
/// own, so a hang-up flag stays set for good.
/// Lifetime: <c>_uses</c> counts calls under way; an abort sets its high bit, shuts the socket down, and whoever counts down
/// to the bit alone closes the descriptor, once.
/// </remarks>
internal sealed class EpollWire : Wire
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Closed = int.MinValue;

    /// <summary>Pieces of one send: a head, and a body of a megabyte in large blocks.</summary>
    private const int PiecesMax = 18;
    private static uint _lastNumber;

    private readonly Socket _socket;
    private readonly int _fd;
    private Block? _block;
    private int _blockSent;
    private TaskCompletionSource? _connecting;
    private int _receiving;
    private long _sending;
    private long _sendNumber;
    private int _canReceive;
    private int _canSend = 1;
    private int _hungUp;
    private int _uses;
    private int _isWatched;
    private int _isClosed;

    /// <param name="socket">A connected socket, or one that <see cref="ConnectAsync"/> will connect; owned from now on.</param>
    public EpollWire(Socket socket)
    {
        socket.Blocking = false;
        _socket = socket;
        _fd = (int)socket.SafeHandle.DangerousGetHandle();
    }

    /// <summary>Whether this system has what it takes.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>Tells this socket from an earlier one of the same descriptor.</summary>
    public uint Number { get; } = Interlocked.Increment(ref _lastNumber);

    /// <summary>Connects; throws what <see cref="Socket"/> would throw.</summary>
    public async ValueTask ConnectAsync(IPEndPoint address, CancellationToken cancel)
    {
        var connecting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _connecting, connecting);
        try
        {
            _socket.Connect(address);
            return;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // It goes on by itself; the socket turns writable when it is done.
        }

        if (!TryWatch())
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        await connecting.Task.WaitAsync(cancel);
        var error = (int)_socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (error != 0)
            throw new SocketException((int)SocketError.ConnectionRefused);
    }

    public override bool Receive(out int count)
    {
        while (true)
        {
            // An abort shows as what can be received, also where a receive that was under way has cleared the flag behind it.
            if ((Volatile.Read(ref _canReceive) != 0 || Volatile.Read(ref _uses) < 0) && TryReceive(out count))
                return true;
            Volatile.Write(ref _receiving, Waiting);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _isWatched) == 0 && !TryWatch())
                Abort();
            if (Volatile.Read(ref _canReceive) == 0 && Volatile.Read(ref _uses) >= 0)
            {
                count = 0;
                return false;
            }

            // An event or an abort came in between: whoever takes the word goes on.
            if (Interlocked.CompareExchange(ref _receiving, Idle, Waiting) != Waiting)
            {
                count = 0;
                return false;
            }
        }
    }

    public override bool Gathers => true;

    public override bool Send(ReadOnlyMemory<byte> bytes, out bool ok) => throw new NotSupportedException("This wire sends chains.");

    public override bool SendChain(Block first, long number, out bool ok)
    {
        _block = first;
        _blockSent = 0;
        _sendNumber = number;
        return SendOn(out ok);
    }

    public override bool TryCancelSend(long number) => Interlocked.CompareExchange(ref _sending, Idle, number) == number;

    public override void ShutdownSend()
    {
        if (!TryEnter())
            return;
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Already gone: nothing is left to say to the peer.
        }

        Exit();
    }

    public override void Abort()
    {
        // Our own use keeps the descriptor ours until it is shut down; without it, whoever counts down in between would close it.
        if (!TryEnter())
            return;
        if (Interlocked.Or(ref _uses, Closed) < 0)
        {
            Exit();
            return;
        }

        // Wakes calls under way on this descriptor; the waits below will never hear of it, for closing ends the watch.
        Epoll.Shutdown(_fd);
        Exit();
        Volatile.Write(ref _canReceive, 1);
        Volatile.Write(ref _canSend, 1);
        Interlocked.MemoryBarrier();
        if (Interlocked.CompareExchange(ref _receiving, Idle, Waiting) == Waiting)
            ReceiveSink!.OnReceived(-1);
        if (TryTakeSend())
            SendSink!.OnSent(false);
    }

    /// <summary>The loop's word that something has changed.</summary>
    public void OnEvent(uint flags)
    {
        var broken = (flags & (Epoll.Error | Epoll.HangUp)) != 0;
        if (broken || (flags & Epoll.ReadHangUp) != 0)
            Volatile.Write(ref _hungUp, 1);
        if (Volatile.Read(ref _connecting) is { } connecting && (broken || (flags & Epoll.Out) != 0))
        {
            Volatile.Write(ref _connecting, null);
            connecting.TrySetResult();
        }

        if (broken || (flags & (Epoll.In | Epoll.ReadHangUp)) != 0)
            OnReceivable();
        if (broken || (flags & Epoll.Out) != 0)
            OnSendable();
    }

    private void OnReceivable()
    {
        Volatile.Write(ref _canReceive, 1);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _receiving) != Waiting || Interlocked.CompareExchange(ref _receiving, Idle, Waiting) != Waiting)
            return;
        if (Receive(out var count))
            ReceiveSink!.OnReceived(count);
    }

    private void OnSendable()
    {
        Volatile.Write(ref _canSend, 1);
        Interlocked.MemoryBarrier();
        if (!TryTakeSend())
            return;
        if (SendOn(out var ok))
            SendSink!.OnSent(ok);
    }

    /// <summary>One receive; false if there was nothing.</summary>
    private bool TryReceive(out int count)
    {
        count = -1;
        if (!TryEnter())
            return true;
        var into = ReceiveSink!.ReceiveBuffer().Span;
        Volatile.Write(ref _canReceive, 0);
        do
        {
            count = Epoll.Receive(_fd, into);
        }
        while (count == -Epoll.Interrupted);
        Exit();
        if (count == -Epoll.Again)
        {
            ReceiveSink.ReturnReceiveBuffer();
            return false;
        }

        if (count == into.Length || Volatile.Read(ref _hungUp) != 0)
            Volatile.Write(ref _canReceive, 1);
        if (count < 0)
            count = -1;
        return true;
    }

    /// <summary>Sends on from where the last send stopped.</summary>
    private bool SendOn(out bool ok)
    {
        while (true)
        {
            if (TrySend(out ok))
                return true;
            Volatile.Write(ref _sending, _sendNumber);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _isWatched) == 0 && !TryWatch())
                Abort();
            if (Volatile.Read(ref _canSend) == 0 && Volatile.Read(ref _uses) >= 0)
                return false;
            if (!TryTakeSend())
                return false;
        }
    }

    /// <summary>Takes the send that waits, if one does.</summary>
    private bool TryTakeSend()
    {
        var waiting = Volatile.Read(ref _sending);
        return waiting != Idle && Interlocked.CompareExchange(ref _sending, Idle, waiting) == waiting;
    }

    /// <summary>Sends as much as goes; false if some is left that has to wait.</summary>
    private bool TrySend(out bool ok)
    {
        ok = false;
        if (!TryEnter())
            return true;
        while (_block is not null)
        {
            Volatile.Write(ref _canSend, 0);
            var count = SendPieces();
            if (count == -Epoll.Interrupted)
                continue;
            if (count == -Epoll.Again)
            {
                Exit();
                return false;
            }

            Volatile.Write(ref _canSend, 1);
            if (count < 0)
            {
                Exit();
                return true;
            }

            Pass(count);
        }

        Exit();
        ok = true;
        return true;
    }

    private unsafe long SendPieces() => _block is { NextBlock: null } only
        ? Epoll.Send(_fd, only.Address + _blockSent, only.Written - _blockSent)
        : SendChain();

    /// <summary>Several blocks with one call; its table of them is not cleared first.</summary>
    [System.Runtime.CompilerServices.SkipLocalsInit]
    private unsafe long SendChain()
    {
        var pieces = stackalloc Epoll.Piece[PiecesMax];
        var count = 0;
        for (var block = _block; block is not null && count < PiecesMax; block = block.NextBlock)
        {
            var skip = count == 0 ? _blockSent : 0;
            pieces[count++] = new Epoll.Piece { Start = block.Address + skip, Length = (nuint)(block.Written - skip) };
        }

        return Epoll.SendPieces(_fd, pieces, count);
    }

    private void Pass(long count)
    {
        while (_block is { } block && count >= block.Written - _blockSent)
        {
            count -= block.Written - _blockSent;
            _blockSent = 0;
            _block = block.NextBlock;
        }

        _blockSent += (int)count;
    }

    private bool TryWatch()
    {
        if (Interlocked.Exchange(ref _isWatched, 1) != 0)
            return true;
        if (!TryEnter())
            return false;
        var watched = EpollLoop.Next().TryWatch(this, _fd, Number);
        Exit();
        return watched;
    }

    private bool TryEnter()
    {
        if (Interlocked.Increment(ref _uses) > 0)
            return true;
        Exit();
        return false;
    }

    private void Exit()
    {
        if (Interlocked.Decrement(ref _uses) == Closed)
            Close();
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        EpollLoop.Forget(this, _fd);
        _socket.Dispose();
    }
}
