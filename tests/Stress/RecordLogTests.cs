using System.Text;
using System.Text.Json;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Record;
using AiEdge.DataPlane.Snapshot;

namespace AiEdge.Stress.Tests;

/// <summary>Below the bound each record is written once, whole and without being called for; beyond it what is dropped is counted.</summary>
public sealed class RecordLogTests
{
    private const int Producers = 3;
    private const int BurstMax = 120;

    /// <summary>Far more than any wait of a log that works.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly ConfigSnapshot Config = LoadConfig();

    [Fact]
    public void Every_record_is_written_once_and_whole_and_soon() => Race.Passes(Find(output => new Real(output), Race.Time));

    [Theory]
    [InlineData(LogDefect.LostWakeUp)]
    [InlineData(LogDefect.EarlyReturn)]
    public void A_broken_twin_is_caught(LogDefect defect) => Race.Fails(Find(output => new TwinLog(output, defect), Race.TwinTime));

    [Fact]
    public void The_twin_without_a_defect_is_not_blamed()
    {
        Race.Passes(Find(output => new TwinLog(output, LogDefect.None), Race.Time));
        Race.Passes(Overfill(output => new TwinLog(output, LogDefect.None)));
    }

    [Fact]
    public void A_log_that_nobody_reads_holds_as_many_as_it_may_and_counts_the_rest() => Race.Passes(Overfill(output => new Real(output)));

    [Fact]
    public void A_twin_that_counts_badly_holds_too_many() => Race.Fails(Overfill(output => new TwinLog(output, LogDefect.PlainCount)));

    private static string? Find(Func<Stream, ILog> make, TimeSpan time)
    {
        var output = new CheckingStream();
        var clock = new EdgeClock();
        long added = 0;
        string? fault;
        using (var log = make(output))
        {
            fault = Race.Rounds(time, static _ => { }, Judge, [.. Enumerable.Repeat((Action<Random>)Burst, Producers)]);

            void Burst(Random random)
            {
                var exchange = new Exchange();
                for (var i = random.Next(BurstMax); i >= 0; i--)
                {
                    Fill(exchange, Interlocked.Increment(ref added));
                    log.Add(exchange, clock);
                    Thread.SpinWait(random.Next(2000));
                }
            }

            string? Judge(Random random)
            {
                var spin = default(SpinWait);
                for (var end = Environment.TickCount64 + (long)Patience.TotalMilliseconds; log.Written < added; spin.SpinOnce())
                {
                    if (Environment.TickCount64 > end)
                        return $"{added - log.Written} records wait and nobody writes them";
                }

                return log.Dropped == 0 ? output.Fault : "a record was dropped though there was room";
            }
        }

        return fault ?? output.Fault ?? (output.Count == added ? null : $"{added} records were added and {output.Count} written");
    }

    /// <summary>Four threads add three times as many as fit while the output blocks.</summary>
    private static string? Overfill(Func<Stream, ILog> make)
    {
        const int threads = 4;
        const int each = RecordLog.EntriesMax * 3 / threads;
        using var output = new BlockingStream();
        var clock = new EdgeClock();
        long added = 1;
        using var log = make(output);
        var first = new Exchange();
        Fill(first, 1);
        log.Add(first, clock);
        output.WaitForWriter();
        var before = log.Written;
        var adders = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            var exchange = new Exchange();
            for (var i = 0; i < each; i++)
            {
                Fill(exchange, Interlocked.Increment(ref added));
                log.Add(exchange, clock);
            }
        })).ToList();
        adders.ForEach(thread => thread.Start());
        adders.ForEach(thread => thread.Join());
        var dropped = log.Dropped;
        output.Release();
        log.Dispose();
        if (log.Written + dropped != added)
            return $"{added} were added, {log.Written} written and {dropped} dropped";
        return log.Written - before == RecordLog.EntriesMax ? null : $"{log.Written - before} were held, {RecordLog.EntriesMax} may be";
    }

    /// <summary>Every field tells the same number, so that a record of two halves shows.</summary>
    private static void Fill(Exchange exchange, long number)
    {
        exchange.Reset(Config);
        exchange.BytesIn = number;
        exchange.BytesOut = number;
        exchange.Events = number;
        exchange.SetRequestId(Encoding.ASCII.GetBytes($"r{number}"));
    }

    private static ConfigSnapshot LoadConfig()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, Plane.Config(providerPort: 9, serverMore: ""));
        var load = ConfigFile.Load(file, generation: 1, ConfigOverrides.None, static _ => "x");
        File.Delete(file);
        return load.Snapshot ?? throw new InvalidOperationException(load.Faults[0].Format(file));
    }

    private sealed class Real(Stream output) : ILog
    {
        private readonly RecordLog _log = new(output);

        public long Dropped => _log.Dropped;

        public long Written => _log.Written;

        public void Add(Exchange exchange, EdgeClock clock) => _log.Add(exchange, clock);

        public void Dispose() => _log.Dispose();
    }

    /// <summary>Looks at every line as it is written.</summary>
    private sealed class CheckingStream : MemoryStream
    {
        private readonly HashSet<long> _seen = [];
        private string? _fault;

        public string? Fault => Volatile.Read(ref _fault);

        /// <summary>Different records; to be read when the log has ended.</summary>
        public int Count => _seen.Count;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            foreach (var line in Encoding.UTF8.GetString(buffer).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var record = JsonElement.Parse(line);
                var number = record.GetProperty("bytesIn").GetInt64();
                if (record.GetProperty("bytesOut").GetInt64() != number || record.GetProperty("events").GetInt64() != number
                    || record.GetProperty("requestId").GetString() != $"r{number}")
                    Volatile.Write(ref _fault, "a record is made of two: " + line);
                else if (!_seen.Add(number))
                    Volatile.Write(ref _fault, "a record was written twice: " + line);
            }
        }
    }

    private sealed class BlockingStream : MemoryStream
    {
        private readonly ManualResetEventSlim _entered = new();
        private readonly ManualResetEventSlim _released = new();

        public void WaitForWriter() => Assert.True(_entered.Wait(TimeSpan.FromSeconds(30)));

        public void Release() => _released.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _entered.Set();
            _released.Wait();
            base.Write(buffer);
        }
    }
}

/// <summary>What the test needs of a log.</summary>
internal interface ILog : IDisposable
{
    long Dropped { get; }

    long Written { get; }

    void Add(Exchange exchange, EdgeClock clock);
}
