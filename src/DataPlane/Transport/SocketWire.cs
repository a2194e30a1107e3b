using System.Net.Sockets;

namespace AiEdge.DataPlane.Transport;

/// <summary>A plain socket as a <see cref="Wire"/>: two reusable event objects, completions on the thread that saw the event.</summary>
internal sealed class SocketWire : Wire, IDisposable
{
    private readonly Socket _socket;
    private readonly ReceiveOperation _receive;
    private readonly SendOperation _send;
    private int _closed;

    public SocketWire(Socket socket)
    {
        _socket = socket;
        _receive = new ReceiveOperation(this);
        _send = new SendOperation(this);
    }

    public Socket Socket => _socket;

    public override bool Receive(out int count)
    {
        try
        {
            _receive.SetBuffer(ReceiveSink!.ReceiveBuffer());
            if (_socket.ReceiveAsync(_receive))
            {
                count = 0;
                return false;
            }

            count = _receive.Outcome;
            return true;
        }
        catch (ObjectDisposedException)
        {
            count = -1;
            return true;
        }
    }

    public override bool Send(ReadOnlyMemory<byte> bytes, out bool ok)
    {
        try
        {
            // The bytes are only read: SocketAsyncEventArgs has no read-only setter.
            _send.SetBuffer(System.Runtime.InteropServices.MemoryMarshal.AsMemory(bytes));
            if (_socket.SendAsync(_send))
            {
                ok = false;
                return false;
            }

            ok = _send.SocketError == SocketError.Success;
            return true;
        }
        catch (ObjectDisposedException)
        {
            ok = false;
            return true;
        }
    }

    public override void ShutdownSend()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already gone: nothing is left to say to the peer.
        }
    }

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _socket.Dispose();
            // An operation under way keeps its event object until it has reported.
            _receive.Dispose();
            _send.Dispose();
        }
    }

    public void Dispose() => Abort();

    private sealed class ReceiveOperation(SocketWire wire) : SocketAsyncEventArgs(true)
    {
        public int Outcome => SocketError == SocketError.Success ? BytesTransferred : -1;

        protected override void OnCompleted(SocketAsyncEventArgs e)
        {
            var started = IoGuard.Enter();
            wire.ReceiveSink!.OnReceived(Outcome);
            IoGuard.Leave(started);
        }
    }

    private sealed class SendOperation(SocketWire wire) : SocketAsyncEventArgs(true)
    {
        protected override void OnCompleted(SocketAsyncEventArgs e)
        {
            var started = IoGuard.Enter();
            wire.SendSink!.OnSent(SocketError == SocketError.Success);
            IoGuard.Leave(started);
        }
    }
}
