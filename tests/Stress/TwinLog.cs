using System.Collections.Concurrent;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;

namespace AiEdge.Stress.Tests;

/// <summary>What is wrong with a <see cref="TwinLog"/>.</summary>
public enum LogDefect
{
    None,

    /// <summary>Forgets the wakers of those who came while it wrote.</summary>
    LostWakeUp,

    /// <summary>Counts its entries by reading and writing.</summary>
    PlainCount,

    /// <summary>Gives an entry away before it is written.</summary>
    EarlyReturn,
}

/// <summary>The record log once more, with pauses at its racy points and, if asked for, a defect.</summary>
internal sealed class TwinLog : ILog
{
    private const int FlushMs = 2;

    private readonly LogDefect _defect;
    private readonly Stream _output;
    private readonly ConcurrentStack<ExchangeRecord> _free = new();
    private readonly ConcurrentQueue<ExchangeRecord> _full = new();
    private readonly ManualResetEventSlim _wake = new();
    private readonly ManualResetEventSlim _ending = new();
    private readonly Thread _thread;
    private int _made;
    private int _waiting;
    private long _dropped;
    private long _written;

    public TwinLog(Stream output, LogDefect defect)
    {
        (_output, _defect) = (output, defect);
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public long Dropped => Volatile.Read(ref _dropped);

    public long Written => Volatile.Read(ref _written);

    public void Add(Exchange exchange, EdgeClock clock)
    {
        if (!_free.TryPop(out var record))
        {
            if (!TryMake())
            {
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

    public void Dispose()
    {
        _ending.Set();
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
        _ending.Dispose();
    }

    private bool TryMake()
    {
        if (_defect == LogDefect.PlainCount)
        {
            var made = Volatile.Read(ref _made);
            Race.Gap();
            Volatile.Write(ref _made, made + 1);
            return made < RecordLog.EntriesMax;
        }

        if (Interlocked.Increment(ref _made) <= RecordLog.EntriesMax)
            return true;
        Interlocked.Decrement(ref _made);
        return false;
    }

    private void Run()
    {
        while (true)
        {
            _wake.Wait();
            _ending.Wait(FlushMs);
            if (_defect == LogDefect.LostWakeUp)
            {
                Drain();
                for (var i = 0; i < 20; i++)
                    Race.Gap();
                _wake.Reset();
                Interlocked.Exchange(ref _waiting, 0);
            }
            else
            {
                _wake.Reset();
                Interlocked.Exchange(ref _waiting, 0);
                Race.Gap();
                Drain();
            }

            if (!_ending.IsSet)
                continue;
            if (_full.IsEmpty)
                return;
            _wake.Set();
        }
    }

    private void Drain()
    {
        var lines = new JsonLine(1024);
        while (_full.TryDequeue(out var record))
        {
            if (_defect == LogDefect.EarlyReturn)
            {
                _free.Push(record);
                Race.Gap();
            }

            RecordWriter.Write(lines, record);
            lines.EndLine();
            if (_defect != LogDefect.EarlyReturn)
                _free.Push(record);
            Volatile.Write(ref _written, _written + 1);
        }

        _output.Write(lines.Written);
    }
}
