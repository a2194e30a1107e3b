using System.Net.Security;
using System.Net.Sockets;

namespace AiEdge.FakeUpstream;

/// <summary>The two ends of one accepted connection, in clear or over TLS, with the rude endings that tests need.</summary>
internal abstract class Transport(Socket socket) : IAsyncDisposable
{
    protected Socket Socket { get; } = socket;

    public virtual string? ClientCertificateSubject => null;

    public virtual string? ServerName => null;

    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Ends the sending side in order: a FIN, over TLS preceded by close_notify.</summary>
    public abstract ValueTask FinishSendingAsync();

    /// <summary>A FIN without close_notify: what a TLS peer must take for truncation.</summary>
    public void CutSending() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends both sides with a RST.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Close(0);
    }

    public void Close() => Socket.Dispose();

    public virtual ValueTask DisposeAsync()
    {
        Socket.Dispose();
        return ValueTask.CompletedTask;
    }
}

internal sealed class SocketTransport(Socket socket) : Transport(socket)
{
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => Socket.ReceiveAsync(buffer, SocketFlags.None);

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var sent = Socket.SendAsync(bytes, SocketFlags.None);
            bytes = bytes[(sent.IsCompletedSuccessfully ? sent.Result : await sent)..];
        }
    }

    public override ValueTask FinishSendingAsync()
    {
        Socket.Shutdown(SocketShutdown.Send);
        return ValueTask.CompletedTask;
    }
}

internal sealed class TlsTransport(Socket socket, SslStream stream) : Transport(socket)
{
    public override string? ClientCertificateSubject => stream.RemoteCertificate?.Subject;

    public override string? ServerName => stream.TargetHostName;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => stream.ReadAsync(buffer);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes);

    public override async ValueTask FinishSendingAsync()
    {
        await stream.ShutdownAsync();
        Socket.Shutdown(SocketShutdown.Send);
    }

    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await base.DisposeAsync();
    }
}
