using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace AiEdge.DataPlane.Core;

/// <summary>Ids of requests: ours are unique over processes and restarts, a client's is taken only if it cannot do harm in a log.</summary>
internal static class RequestIds
{
    private static readonly SearchValues<byte> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"u8);

    private static readonly ulong Process = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
    private static long _last;

    public static bool IsValid(ReadOnlySpan<byte> id) => id.Length is > 0 and <= IdBytes.Length && id.IndexOfAnyExcept(Allowed) < 0;

    /// <summary>Writes the next id of ours (28 bytes: <c>req_</c>, 16 hex digits of the process, 8 of the count) and returns its length.</summary>
    public static int WriteNext(Span<byte> destination)
    {
        "req_"u8.CopyTo(destination);
        Utf8Formatter.TryFormat(Process, destination[4..], out _, new StandardFormat('x', 16));
        Utf8Formatter.TryFormat(Interlocked.Increment(ref _last), destination[20..], out var written, new StandardFormat('x', 8));
        return 20 + written;
    }
}
