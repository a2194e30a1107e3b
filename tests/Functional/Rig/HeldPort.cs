using System.Net;
using System.Net.Sockets;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>
/// A port of the loopback that stays a test's own until it is disposed: bound but not listened on, it is nobody's choice for another socket,
/// and a server that is told its number may still listen there, and do so again.
/// </summary>
internal sealed class HeldPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public HeldPort() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public int Number => EndPoint.Port;

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public void Dispose() => _socket.Dispose();
}
