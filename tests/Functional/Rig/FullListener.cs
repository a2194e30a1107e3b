using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>A listener whose queue is full: whoever connects waits. So it is on Linux; elsewhere he is refused, or let in.</summary>
internal sealed class FullListener : IDisposable
{
    private const int Backlog = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _waiting = [];
    private readonly List<Socket> _accepted = [];

    public FullListener()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(Backlog);
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

        // Linux lets one more in than it was told.
        for (var started = Stopwatch.StartNew(); _waiting.Count(socket => socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite)) <= Backlog;)
            Assert.True(started.Elapsed < Patience, "the queue does not fill");
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Makes room, and takes the first connection that is none of those that fill the queue.</summary>
    public async Task<Socket> AcceptAsync()
    {
        while (true)
        {
            var accepted = await _listener.AcceptAsync().WaitAsync(Patience);
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
            var count = await provider.ReceiveAsync(buffer).WaitAsync(Patience);
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
