using System.Buffers;
using System.IO.Pipelines;
using AiEdge.DataPlane.Transport;

namespace AiEdge.Stress.Tests;

/// <summary>
/// What a test drives of a connection's reading half: a receive that arrives, a reader that waits or watches, a canceller. The bytes
/// that arrive count up, so that one lost or doubled shows.
/// </summary>
internal interface IHandOver
{
    /// <summary>A receive is under way.</summary>
    bool IsReceiving { get; }

    /// <summary>Whether the read that was begun can be ended without waiting.</summary>
    bool IsReadDone { get; }

    /// <summary>How often the watcher was told.</summary>
    int Told { get; }

    /// <summary>The receive under way ends with the next <paramref name="count"/> bytes; with none the connection ends.</summary>
    void Arrive(int count);

    void BeginRead();

    /// <summary>Takes the read's result and consumes all its bytes but <paramref name="keep"/>.</summary>
    /// <exception cref="InvalidOperationException">The bytes are not those that come next.</exception>
    Heard EndRead(int keep);

    void Cancel();

    /// <summary>Starts a receive without waiting for it; true if it is under way and its end will be told.</summary>
    bool Watch();

    /// <summary>Nobody is told any more.</summary>
    void StopWatching();

    void Complete();
}

/// <summary>What a read brought.</summary>
/// <param name="Count">Bytes, those that were kept before among them.</param>
internal readonly record struct Heard(int Count, bool IsCanceled, bool IsEnded);

/// <summary>The bytes of a connection in order: number i is i modulo 251.</summary>
internal static class Counted
{
    public static byte At(long position) => (byte)(position % 251);

    public static void Check(ReadOnlySequence<byte> bytes, long position)
    {
        foreach (var part in bytes)
        {
            foreach (var value in part.Span)
            {
                if (value != At(position))
                    throw new InvalidOperationException($"byte {position} is {value}");
                position++;
            }
        }
    }
}

/// <summary>The real reading half over a wire that does what the test says.</summary>
internal sealed class RealHandOver : IHandOver, IReadWatcher
{
    private readonly HandWire _wire = new();
    private readonly WireInput _input;
    private ValueTask<ReadResult> _read;
    private long _consumed;
    private int _told;

    public RealHandOver(BlockPool pool) => _input = new WireInput(_wire, pool);

    public bool IsReceiving => _wire.IsReceiving;

    public bool IsReadDone => _read.IsCompleted;

    public int Told => Volatile.Read(ref _told);

    public void Arrive(int count) => _wire.Arrive(count);

    public void BeginRead() => _read = _input.ReadAsync();

    public Heard EndRead(int keep)
    {
        var result = _read.GetAwaiter().GetResult();
        var bytes = result.Buffer;
        Counted.Check(bytes, _consumed);

        // All that is wanted of the bytes is asked before their blocks go back.
        var count = (int)bytes.Length;
        var taken = Math.Max(0, count - keep);
        _consumed += taken;
        _input.AdvanceTo(bytes.GetPosition(taken), bytes.End);
        return new Heard(count, result.IsCanceled, result.IsCompleted);
    }

    public void Cancel() => _input.CancelPendingRead();

    public bool Watch() => _input.StartReadAhead(this);

    public void StopWatching() => _input.StopWatching();

    public void Complete() => _input.Complete();

    void IReadWatcher.OnReadable(WireInput input) => Interlocked.Increment(ref _told);
}
