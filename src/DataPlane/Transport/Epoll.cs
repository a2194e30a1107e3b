using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Transport;

/// <summary>The system calls of <see cref="EpollLoop"/> and <see cref="EpollWire"/> (Linux, epoll(7), recv(2), send(2)).</summary>
internal static unsafe partial class Epoll
{
    public const uint In = 0x001;
    public const uint Out = 0x004;
    public const uint Error = 0x008;
    public const uint HangUp = 0x010;
    public const uint ReadHangUp = 0x2000;
    public const uint EdgeTriggered = 1u << 31;

    public const int Again = 11;
    public const int Interrupted = 4;
    public const int InProgress = 115;

    private const int Add = 1;
    private const int CloseOnExec = 0x80000;
    private const int NoSignal = 0x4000;
    private const int ShutdownBoth = 2;

    /// <summary>The kernel packs an event on x86-64 only: there its data begins at offset 4, elsewhere at 8.</summary>
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    public static int EventBytes => DataOffset + 8;

    public static int Create()
    {
        var epoll = epoll_create1(CloseOnExec);
        return epoll >= 0 ? epoll : throw new System.ComponentModel.Win32Exception(Marshal.GetLastSystemError());
    }

    /// <summary>Watches <paramref name="fd"/> for everything, each change told once; 0 or an error number.</summary>
    public static int Watch(int epoll, int fd, ulong data)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = In | Out | ReadHangUp | EdgeTriggered;
        *(ulong*)(entry + DataOffset) = data;
        return epoll_ctl(epoll, Add, fd, entry) == 0 ? 0 : Marshal.GetLastSystemError();
    }

    public static int Wait(int epoll, byte* events, int count, int timeoutMs) => epoll_wait(epoll, events, count, timeoutMs);

    public static uint EventFlags(byte* events, int i) => *(uint*)(events + i * EventBytes);

    public static ulong EventData(byte* events, int i) => *(ulong*)(events + i * EventBytes + DataOffset);

    /// <summary>Bytes received, 0 at the end, or minus an error number.</summary>
    public static int Receive(int fd, Span<byte> into)
    {
        fixed (byte* bytes = into)
        {
            var count = recv(fd, bytes, (nuint)into.Length, 0);
            return count >= 0 ? (int)count : -Marshal.GetLastSystemError();
        }
    }

    /// <summary>Bytes sent, or minus an error number.</summary>
    public static long Send(int fd, byte* start, int length)
    {
        var sent = send(fd, start, (nuint)length, NoSignal);
        return sent >= 0 ? sent : -Marshal.GetLastSystemError();
    }

    /// <summary>Sends several pieces as one; bytes sent, or minus an error number.</summary>
    public static long SendPieces(int fd, Piece* pieces, int count)
    {
        var message = new Message { Pieces = pieces, PieceCount = (nuint)count };
        var sent = sendmsg(fd, &message, NoSignal);
        return sent >= 0 ? sent : -Marshal.GetLastSystemError();
    }

    public static void Shutdown(int fd) => _ = shutdown(fd, ShutdownBoth);

    [LibraryImport("libc")]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    private static partial int epoll_ctl(int epoll, int operation, int fd, byte* entry);

    [LibraryImport("libc")]
    private static partial int epoll_wait(int epoll, byte* events, int count, int timeoutMs);

    [LibraryImport("libc")]
    private static partial nint recv(int fd, byte* bytes, nuint count, int flags);

    [LibraryImport("libc")]
    private static partial nint send(int fd, byte* bytes, nuint count, int flags);

    [LibraryImport("libc")]
    private static partial nint sendmsg(int fd, Message* message, int flags);

    [LibraryImport("libc")]
    private static partial int shutdown(int fd, int how);

    /// <summary>struct iovec.</summary>
    public struct Piece
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>struct msghdr, as 64-bit systems lay it out.</summary>
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public Piece* Pieces;
        public nuint PieceCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
