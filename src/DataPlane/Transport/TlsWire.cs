using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace AiEdge.DataPlane.Transport;

/// <summary>TLS over a socket as a <see cref="Wire"/>.</summary>
internal sealed class TlsWire : Wire, IDisposable
{
    private readonly SslStream _stream;
    private readonly Socket _socket;
    private readonly Action _onReceived;
    private readonly Action _onSent;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _receive;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _send;
    private int _closed;

    public TlsWire(SslStream stream, Socket socket)
    {
        _stream = stream;
        _socket = socket;
        _onReceived = OnReceived;
        _onSent = OnSent;
    }

    public override bool Receive(out int count)
    {
        try
        {
            _receive = _stream.ReadAsync(ReceiveSink!.ReceiveBuffer()).ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception e) when (IsBroken(e))
        {
            count = -1;
            return true;
        }

        if (_receive.IsCompleted)
        {
            count = ReceiveOutcome();
            return true;
        }

        count = 0;
        _receive.UnsafeOnCompleted(_onReceived);
        return false;
    }

    public override bool Send(ReadOnlyMemory<byte> bytes, out bool ok)
    {
        try
        {
            _send = _stream.WriteAsync(bytes).ConfigureAwait(false).GetAwaiter();
        }
        catch (Exception e) when (IsBroken(e))
        {
            ok = false;
            return true;
        }

        if (_send.IsCompleted)
        {
            ok = SendOutcome();
            return true;
        }

        ok = false;
        _send.UnsafeOnCompleted(_onSent);
        return false;
    }

    public override void ShutdownSend()
    {
        try
        {
            // close_notify first, so that the peer can tell an end from a cut; it fits the socket's buffer or is given up.
            var closing = _stream.ShutdownAsync();
            if (closing.IsCompleted)
                _socket.Shutdown(SocketShutdown.Send);
            else
                _ = closing.ContinueWith(static (_, wire) => ((TlsWire)wire!).FinishSend(), this, TaskScheduler.Default);
        }
        catch (Exception e) when (IsBroken(e))
        {
            // Already gone.
        }
    }

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _socket.Dispose();
            _stream.Dispose();
        }
    }

    public void Dispose() => Abort();

    private static bool IsBroken(Exception e) => e is IOException or SocketException or ObjectDisposedException or InvalidOperationException;

    private void FinishSend()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (IsBroken(e))
        {
            // Already gone.
        }
    }

    private int ReceiveOutcome()
    {
        try
        {
            return _receive.GetResult();
        }
        catch (Exception e) when (IsBroken(e))
        {
            return -1;
        }
    }

    private bool SendOutcome()
    {
        try
        {
            _send.GetResult();
            return true;
        }
        catch (Exception e) when (IsBroken(e))
        {
            return false;
        }
    }

    private void OnReceived()
    {
        var started = IoGuard.Enter();
        ReceiveSink!.OnReceived(ReceiveOutcome());
        IoGuard.Leave(started);
    }

    private void OnSent()
    {
        var started = IoGuard.Enter();
        SendSink!.OnSent(SendOutcome());
        IoGuard.Leave(started);
    }
}
