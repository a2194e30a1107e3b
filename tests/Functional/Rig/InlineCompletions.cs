using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace AiEdge.Functional.Tests.Rig;

/// <summary>
/// The product runs what follows a socket's event on the thread that saw the event, so the tests must as well. The run settings
/// tell the test host; this tells a runner that has opened no socket of its own.
/// </summary>
internal static class InlineCompletions
{
    private const string Switch = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    [ModuleInitializer]
    internal static void Ask() => Environment.SetEnvironmentVariable(Switch, "1");
}

public sealed class InlineCompletionsTests
{
    [Fact]
    public async Task What_waits_for_a_socket_goes_on_where_its_event_was_seen()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await one.ConnectAsync(listener.LocalEndPoint!);
        using var other = await listener.AcceptAsync();

        var waiting = ReceiveOnPoolAsync(one);
        await other.SendAsync("x"u8.ToArray());

        Assert.False(await waiting);
    }

    private static async Task<bool> ReceiveOnPoolAsync(Socket socket)
    {
        await socket.ReceiveAsync(new byte[1], SocketFlags.None).ConfigureAwait(false);
        return Thread.CurrentThread.IsThreadPoolThread;
    }
}
