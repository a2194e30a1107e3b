using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Transport;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// Records on their way to the log: an exchange copies itself into a free entry and goes on; the log's own thread turns
/// entries into lines. Bounded by <see cref="EntriesMax"/>: what comes while all entries are full is counted and dropped,
/// for a log that is not read must not hold up traffic.
/// </summary>
internal sealed class RecordLog : IDisposable
{
    /// <summary>Entries that may wait.</summary>
    public const int EntriesMax = 8192;

    private const int BatchBytes = 128 * 1024;
    private const int FlushMs = 50;

    private readonly Stream _output;
    private readonly TimeSpan _patience;
    private readonly IndexStack<ExchangeRecord> _free = new(EntriesMax);
    private readonly System.Collections.Concurrent.ConcurrentQueue<ExchangeRecord> _full = new();
    private readonly ManualResetEventSlim _wake = new();
    private readonly ManualResetEventSlim _ending = new();
    private readonly Thread _thread;
    private int _made;
    private int _waiting;
    private long _dropped;
    private long _written;

    /// <param name="output">Where lines go; a write may block for as long as nobody reads.</param>
    /// <param name="patience">How long its end waits for a reader; five seconds unless told.</param>
    public RecordLog(Stream output, TimeSpan? patience = null)
    {
        _output = output;
        _patience = patience ?? TimeSpan.FromSeconds(5);
        _thread = new Thread(Run) { IsBackground = true, Name = "records" };
        _thread.Start();
    }

    /// <summary>Records that found no free entry, since the start.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Records written, since the start.</summary>
    public long Written => Volatile.Read(ref _written);

    public void Add(Exchange exchange, EdgeClock clock)
    {
        if (!_free.TryPop(out var record))
        {
            if (Interlocked.Increment(ref _made) > EntriesMax)
            {
                Interlocked.Decrement(ref _made);
                Interlocked.Increment(ref _dropped);
                return;
            }

            record = new ExchangeRecord();
        }

        record.Take(exchange, clock);
        _full.Enqueue(record);
        if (Interlocked.Exchange(ref _waiting, 1) == 0)
            _wake.Set();
    }

    /// <summary>Writes what is waiting and stops; waits for that for as long as its patience lasts.</summary>
    public void Dispose()
    {
        _ending.Set();
        _wake.Set();
        // A thread that a reader holds up still needs them, whenever the reader goes on.
        if (!_thread.Join(_patience))
            return;
        _wake.Dispose();
        _ending.Dispose();
    }

    private void Run()
    {
        var lines = new JsonLine(BatchBytes / 8);
        while (true)
        {
            // The first of a batch wakes the thread, which then waits a moment for more: a wake-up each would cost a switch each.
            _wake.Wait();
            _ending.Wait(FlushMs);
            _wake.Reset();
            // A full fence: whoever enqueues after this look finds that it has to wake us, whoever did before is seen by it.
            Interlocked.Exchange(ref _waiting, 0);
            Drain(lines);
            if (_ending.IsSet && _full.IsEmpty)
                return;
            if (_ending.IsSet)
                _wake.Set();
        }
    }

    private void Drain(JsonLine lines)
    {
        while (_full.TryDequeue(out var record))
        {
            RecordWriter.Write(lines, record);
            lines.EndLine();
            record.Forget();
            _free.TryPush(record);
            Volatile.Write(ref _written, _written + 1);
            if (lines.Length >= BatchBytes)
                Emit(lines);
        }

        Emit(lines);
    }

    private void Emit(JsonLine lines)
    {
        if (lines.Length == 0)
            return;
        try
        {
            _output.Write(lines.Written);
            _output.Flush();
        }
        catch (IOException)
        {
            // The reader of the log went away; traffic goes on without it.
            Interlocked.Increment(ref _dropped);
        }

        lines.Clear();
    }
}
