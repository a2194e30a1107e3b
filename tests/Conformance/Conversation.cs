using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace AiEdge.Conformance.Tests;

/// <summary>How a client speaks and how long it listens.</summary>
/// <param name="Wanted">How many answers are enough.</param>
/// <param name="IdleMs">Silence after which nothing more is expected.</param>
/// <param name="QuietMs">Silence after enough answers: what would follow unasked, or a close, shows within it.</param>
public sealed record Manner(
    int Wanted = 1, int IdleMs = 1500, int QuietMs = 250, int MaxMs = 8000,
    bool ThenFin = false, bool ThenReset = false, bool IsHead = false);

/// <summary>What a client saw.</summary>
public sealed record Heard(Answers Answers, byte[] Bytes, bool IsClosed, string Why)
{
    public bool Contains(string text) => Bytes.AsSpan().IndexOf(System.Text.Encoding.Latin1.GetBytes(text)) >= 0;
}

/// <summary>One connection of a client: writes segments, reads until the answers are there and quiet, or the peer closes.</summary>
public static class Conversation
{
    private const int BytesMax = 4_000_000;
    private static readonly TimeSpan SendTime = TimeSpan.FromSeconds(5);

    public static async Task<Heard> HoldAsync(int port, IReadOnlyList<Segment> segments, Manner manner)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        using var stop = new CancellationTokenSource();
        var send = SendAsync(socket, segments, manner, stop.Token);
        var heard = await ListenAsync(socket, send, manner);
        await stop.CancelAsync();
        socket.Dispose();
        await send;
        return heard;
    }

    private static async Task<Heard> ListenAsync(Socket socket, Task send, Manner manner)
    {
        var clock = Stopwatch.StartNew();
        var all = new MemoryStream();
        var buffer = new byte[65536];
        var receive = ReceiveAsync(socket, buffer);
        long last = 0;
        var sent = false;
        while (true)
        {
            var now = clock.ElapsedMilliseconds;
            var due = manner.MaxMs - now;
            var why = "max";
            if (sent && Math.Max(last, 0) + manner.IdleMs - now is var idle && idle < due)
                (due, why) = (idle, "idle");
            if (sent && IsEnough(all, manner) && last + manner.QuietMs - now is var quiet && quiet < due)
                (due, why) = (quiet, "enough");
            if (due <= 0)
                return Close(all, manner, closed: false, why);
            var timer = Task.Delay((int)due);
            var first = await (sent ? Task.WhenAny(receive, timer) : Task.WhenAny(receive, send, timer));
            if (first == receive)
            {
                var count = await receive;
                if (count <= 0)
                    return Close(all, manner, closed: true, count == 0 ? "fin" : "reset");
                if (all.Length < BytesMax)
                    all.Write(buffer, 0, count);
                receive = ReceiveAsync(socket, buffer);
                last = clock.ElapsedMilliseconds;
            }
            else if (first == send)
            {
                sent = true;
                last = clock.ElapsedMilliseconds;
            }
        }
    }

    private static bool IsEnough(MemoryStream all, Manner manner)
    {
        var answers = AnswerReader.Read(all.GetBuffer().AsSpan(0, (int)all.Length), manner.IsHead);
        return !answers.IsMalformed && answers.Final.Count >= manner.Wanted && answers.Final.All(a => a.IsComplete);
    }

    private static Heard Close(MemoryStream all, Manner manner, bool closed, string why)
    {
        var bytes = all.ToArray();
        var answers = AnswerReader.Read(bytes, manner.IsHead);
        if (closed && answers.Final is [.., { IsCloseDelimited: true } open])
            open.IsComplete = true;
        return new(answers, bytes, closed, why);
    }

    /// <summary>Bytes received, 0 at the end, -1 on a reset.</summary>
    private static async Task<int> ReceiveAsync(Socket socket, byte[] buffer)
    {
        try
        {
            return await socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return -1;
        }
    }

    private static async Task SendAsync(Socket socket, IReadOnlyList<Segment> segments, Manner manner, CancellationToken stop)
    {
        try
        {
            foreach (var segment in segments)
            {
                if (segment.DelayMs > 0)
                    await Task.Delay(segment.DelayMs, stop);
                await socket.SendAsync(segment.Bytes.AsMemory(), SocketFlags.None, stop).AsTask().WaitAsync(SendTime, stop);
            }

            if (manner.ThenFin)
                socket.Shutdown(SocketShutdown.Send);
            if (manner.ThenReset)
                socket.Close(0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException or TimeoutException)
        {
            // A gateway that refuses closes while the client still writes; what it said counts, not that writing failed.
        }
    }
}
