using System.Buffers;
using System.Net;
using System.Net.Sockets;
using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>
/// The wire over epoll on real sockets: every byte arrives in order and every wait ends, whoever sends, cancels or aborts
/// meanwhile; and an abort touches no connection but its own.
/// </summary>
public sealed class EpollWireTests
{
    /// <summary>Far more than the kernel needs to tell of an event.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [LinuxFact]
    public void Bytes_that_come_in_bursts_are_all_read_beside_a_canceller()
    {
        var reading = new Reading();
        Race.Passes(Race.Free(Race.Time, reading.Run, reading.Cancel));
    }

    [LinuxFact]
    public void Bytes_that_a_slow_peer_takes_are_all_sent_in_order() => Race.Passes(Race.Free(Race.Time, SendAll));

    [LinuxFact]
    public void An_abort_ends_the_wait_once_and_harms_no_other_connection()
    {
        using var listener = new Pairs();
        Pair? pair = null;
        WireInput input = null!;
        EpollWire wire = null!;
        Task read = Task.CompletedTask;
        Race.Passes(Race.Rounds(Race.Time, Before, Judge, _ => wire.Abort(), SendAndClose, _ => Reader(), Bystander));

        void Before(Random random)
        {
            pair = listener.Connect();
            wire = new EpollWire(pair.Value.Ours);
            input = new WireInput(wire, BlockPool.Shared);
        }

        void SendAndClose(Random random)
        {
            try
            {
                pair!.Value.Theirs.Send(new byte[random.Next(1, 3000)]);
            }
            catch (SocketException)
            {
                // Aborted before.
            }
        }

        void Reader() => read = ReadToEndAsync(input);

        // Opens descriptors while others are closed, and so gets their numbers.
        void Bystander(Random random)
        {
            for (var i = 0; i < 4; i++)
            {
                using var other = listener.Connect();
                other.Theirs.Send("x"u8);
                if (other.Ours.Receive(new byte[1]) != 1)
                    throw new InvalidOperationException("a connection of somebody else was shut down");
            }
        }

        string? Judge(Random random)
        {
            if (!read.Wait(Patience))
                return "a read did not end";
            input.Complete();
            pair!.Value.Dispose();
            return null;
        }
    }

    [LinuxFact]
    public async Task A_receive_behind_an_abort_that_came_while_bytes_were_taken_says_that_the_connection_broke()
    {
        using var pair = Pairs.One();
        pair.Theirs.Send("bytes"u8);
        pair.Ours.Poll(Patience, SelectMode.SelectRead);
        var wire = new EpollWire(pair.Ours);
        var sink = new Aborting(wire);
        wire.ReceiveSink = sink;
        Assert.Equal(5, await Task.Run(sink.ReceiveAsync).WaitAsync(Patience));
        Assert.Equal(-1, await Task.Run(sink.ReceiveAsync).WaitAsync(Patience));
    }

    private static async Task ReadToEndAsync(WireInput input)
    {
        while (true)
        {
            var result = await input.ReadAsync();
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                return;
        }
    }

    private static string? SendAll(Random random)
    {
        const int total = 700_000;
        using var pair = Pairs.One(receiveBytes: 8192);
        var output = new WireOutput(new EpollWire(pair.Ours), BlockPool.Shared);
        var over = WriteAsync(output, total, random.Next(1, 90_000));
        var bytes = new byte[64 * 1024];
        for (long position = 0; position < total;)
        {
            var count = pair.Theirs.Receive(bytes.AsSpan(0, random.Next(1, bytes.Length)));
            if (count == 0)
                return $"the connection ended after {position} bytes";
            Counted.Check(new ReadOnlySequence<byte>(bytes, 0, count), position);
            position += count;
            if (random.Next(8) == 0)
                Thread.Yield();
        }

        return over.Wait(Patience) ? null : "a flush did not end";
    }

    private static async Task WriteAsync(WireOutput output, int total, int burst)
    {
        for (var position = 0; position < total;)
        {
            var left = Math.Min(burst, total - position);
            while (left > 0)
            {
                var memory = output.GetMemory();
                var count = Math.Min(left, memory.Length);
                for (var i = 0; i < count; i++)
                    memory.Span[i] = Counted.At(position++);
                output.Advance(count);
                left -= count;
            }

            await output.FlushAsync();
        }
    }

    /// <summary>Aborts between a receive's beginning and its call into the system.</summary>
    private sealed class Aborting(EpollWire wire) : IReceiveSink
    {
        private readonly byte[] _bytes = new byte[100];
        private TaskCompletionSource<int> _received = new();

        public Task<int> ReceiveAsync()
        {
            _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (wire.Receive(out var count))
                _received.SetResult(count);
            return _received.Task;
        }

        public Memory<byte> ReceiveBuffer()
        {
            wire.Abort();
            return _bytes;
        }

        public void ReturnReceiveBuffer()
        {
        }

        public void OnReceived(int count) => _received.SetResult(count);
    }

    /// <summary>One connection after the other whose peer sends in bursts and goes; the reader is on whichever thread its bytes come.</summary>
    private sealed class Reading
    {
        private WireInput? _input;

        public string? Run(Random random)
        {
            using var pair = Pairs.One();
            var input = new WireInput(new EpollWire(pair.Ours), BlockPool.Shared);
            Volatile.Write(ref _input, input);
            var reader = ReadAsync(input);
            long sent = 0;
            for (var burst = random.Next(1, 60); burst > 0; burst--)
            {
                var bytes = new byte[random.Next(10) == 0 ? random.Next(200_000) : random.Next(1, 300)];
                for (var i = 0; i < bytes.Length; i++)
                    bytes[i] = Counted.At(sent++);
                pair.Theirs.Send(bytes);
                if (random.Next(3) == 0)
                    Thread.Yield();
            }

            pair.Theirs.Shutdown(SocketShutdown.Send);
            if (!reader.Wait(Patience))
                return "a read did not end";
            Volatile.Write(ref _input, null);
            return reader.Result == sent ? null : $"{sent} bytes were sent and {reader.Result} read";
        }

        public string? Cancel(Random random)
        {
            Volatile.Read(ref _input)?.CancelPendingRead();
            Thread.SpinWait(random.Next(3000));
            return null;
        }

        private static async Task<long> ReadAsync(WireInput input)
        {
            for (long position = 0; ;)
            {
                var result = await input.ReadAsync();
                Counted.Check(result.Buffer, position);
                position += result.Buffer.Length;
                input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted && !result.IsCanceled)
                    return position;
            }
        }
    }

    private readonly record struct Pair(Socket Ours, Socket Theirs) : IDisposable
    {
        public void Dispose()
        {
            // Ours may be the wire's, which closes it by itself.
            Ours.Dispose();
            Theirs.Dispose();
        }
    }

    /// <summary>Connected sockets of loopback.</summary>
    private sealed class Pairs : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Lock _lock = new();

        public Pairs(int receiveBytes = 0)
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(16);
            ReceiveBytes = receiveBytes;
        }

        private int ReceiveBytes { get; }

        public static Pair One(int receiveBytes = 0)
        {
            using var pairs = new Pairs(receiveBytes);
            return pairs.Connect();
        }

        public Pair Connect()
        {
            lock (_lock)
            {
                var theirs = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                if (ReceiveBytes > 0)
                    theirs.ReceiveBufferSize = ReceiveBytes;
                theirs.Connect(_listener.LocalEndPoint!);
                return new Pair(_listener.Accept(), theirs);
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
