using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>A listener whose queue is full: whoever connects waits.</summary>
internal sealed class FullListener : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _waiting = [];
    private readonly List<Socket> _accepted = [];

    public FullListener()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1);
        for (var i = 0; i < 4; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _waiting.Add(socket);
            try
            {
                socket.Connect(_listener.LocalEndPoint!);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
            {
                // Under way.
            }
        }
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Makes room, and takes the first connection that is none of those that fill the queue.</summary>
    public async Task<Socket> AcceptAsync()
    {
        while (true)
        {
            var accepted = await _listener.AcceptAsync();
            if (_waiting.Exists(socket => Equals(socket.LocalEndPoint, accepted.RemoteEndPoint)))
                _accepted.Add(accepted);
            else
                return accepted;
        }
    }

    /// <summary>What such a connection is asked first, head and body.</summary>
    public static async Task<string> ReadRequestAsync(Socket provider)
    {
        var (text, buffer) = ("", new byte[64 * 1024]);
        while (true)
        {
            var count = await provider.ReceiveAsync(buffer);
            Assert.NotEqual(0, count);
            text += Encoding.UTF8.GetString(buffer, 0, count);
            var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head < 0)
                continue;
            var at = text.IndexOf("content-length: ", StringComparison.OrdinalIgnoreCase) + 16;
            var length = int.Parse(text.AsSpan(at, text.IndexOf('\r', at) - at), CultureInfo.InvariantCulture);
            if (text.Length >= head + 4 + length)
                return text;
        }
    }

    public void Dispose()
    {
        foreach (var socket in _waiting)
            socket.Dispose();
        foreach (var socket in _accepted)
            socket.Dispose();
        _listener.Dispose();
    }
}
