namespace AiEdge.DataPlane.Transport;

/// <summary>
/// One thread that waits for events of many sockets and serves each where it stands: what a completed read sets off runs
/// here, with no hop to another thread. There is one loop for each core that the process may use.
/// </summary>
internal sealed unsafe class EpollLoop
{
    private const int EventsMax = 256;
    private static readonly Lazy<EpollLoop[]> All = new(static () => Start(Environment.ProcessorCount));
    private static int _next;

    private readonly int _epoll = Epoll.Create();

    /// <summary>Wires by descriptor, of all loops: descriptors are small numbers, and a closed one's successor replaces it.</summary>
    private static EpollWire?[] _wires = new EpollWire?[1024];
    private static readonly Lock Growing = new();

    private EpollLoop()
    {
    }

    /// <summary>The loop that takes the next socket.</summary>
    public static EpollLoop Next()
    {
        var loops = All.Value;
        return loops[(uint)Interlocked.Increment(ref _next) % (uint)loops.Length];
    }

    /// <summary>
    /// From now on <paramref name="wire"/> is told of every change of its socket. Its number tells it from an earlier socket
    /// of the same descriptor, whose last events may still be on their way.
    /// </summary>
    public bool TryWatch(EpollWire wire, int fd, uint number)
    {
        lock (Growing)
        {
            if (fd >= _wires.Length)
            {
                var larger = new EpollWire?[Math.Max(fd + 1, _wires.Length * 2)];
                _wires.AsSpan().CopyTo(larger);
                Volatile.Write(ref _wires, larger);
            }

            Volatile.Write(ref _wires[fd], wire);
        }

        return Epoll.Watch(_epoll, fd, (ulong)number << 32 | (uint)fd) == 0;
    }

    /// <summary>Forgets a wire that is being closed; called while its descriptor is still its own.</summary>
    public static void Forget(EpollWire wire, int fd)
    {
        lock (Growing)
        {
            if (fd < _wires.Length && _wires[fd] == wire)
                Volatile.Write(ref _wires[fd], null);
        }
    }

    private static EpollLoop[] Start(int count)
    {
        var loops = new EpollLoop[count];
        for (var i = 0; i < count; i++)
        {
            var loop = loops[i] = new EpollLoop();
            new Thread(loop.Run, maxStackSize: 512 * 1024) { IsBackground = true, Name = "io-" + i }.Start();
        }

        return loops;
    }

    private void Run()
    {
        var events = stackalloc byte[EventsMax * Epoll.EventBytes];
        while (true)
        {
            var count = Epoll.Wait(_epoll, events, EventsMax, -1);
            if (count <= 0)
                continue;
            var at = IoGuard.Enter();
            for (var i = 0; i < count; i++)
            {
                var data = Epoll.EventData(events, i);
                var fd = (int)(data & 0xffffffff);
                var wires = Volatile.Read(ref _wires);
                var wire = fd < wires.Length ? Volatile.Read(ref wires[fd]) : null;
                if (wire is not null && wire.Number == (uint)(data >> 32))
                    wire.OnEvent(Epoll.EventFlags(events, i));
                at = IoGuard.Next(at);
            }

            IoGuard.Leave();
        }
    }
}
