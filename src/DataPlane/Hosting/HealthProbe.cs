using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AiEdge.DataPlane.Hosting;

/// <summary>The <c>health</c> command: asks a running data plane for <c>/readyz</c>, for images that have no shell.</summary>
internal static class HealthProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task<bool> IsReadyAsync(string address)
    {
        if (address.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
            address = address["http://".Length..].TrimEnd('/');
        if (address.StartsWith(':'))
            address = "127.0.0.1" + address;
        if (!IPEndPoint.TryParse(address, out var endpoint))
            return false;
        if (endpoint.Address.Equals(IPAddress.Any))
            endpoint.Address = IPAddress.Loopback;
        using var patience = new CancellationTokenSource(Patience);
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, patience.Token);
            var request = Encoding.ASCII.GetBytes($"GET /readyz HTTP/1.1\r\nHost: {endpoint}\r\nConnection: close\r\n\r\n");
            await socket.SendAsync(request, patience.Token);
            var answer = new byte[64];
            var count = await socket.ReceiveAsync(answer, patience.Token);
            return answer.AsSpan(0, count).StartsWith("HTTP/1.1 200"u8);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
