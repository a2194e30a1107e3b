using System.Runtime.InteropServices;
using AiEdge.ControlPlane.Store;
using AiEdge.Contracts.Wire;

namespace AiEdge.ControlPlane.Usage;

/// <summary>
/// Sums by minute, hour and day over key, team, model, provider and tags, kept as the ledger's follower: what a checkpoint does not contain is
/// handed over again by the ledger, so a sum is exactly what the ledger's records add up to. One writer, any number of readers.
/// </summary>
internal sealed class Rollups : ILedgerFollower, IDisposable
{
    /// <summary>What sums that memory does not hold lie in; means nothing after a restart.</summary>
    private const string Spill = "rollups.spill.";

    private static readonly UsageStep[] Steps = [UsageStep.Minute, UsageStep.Hour, UsageStep.Day];

    private readonly string _folder;
    private readonly RollupOptions _options;
    private readonly ReaderWriterLockSlim _lock = new();
    private readonly Dictionary<RollupKey, UsageCounters> _fresh = [];
    private readonly SemaphoreSlim _saving = new(1, 1);
    private RollupIndex _index;
    private RollupTable _table;
    private ulong _applied;
    private ulong _through;
    private int _tables;

    private Rollups(string folder, RollupOptions options)
    {
        _folder = folder;
        _options = options;
        foreach (var left in Directory.EnumerateFiles(folder, Spill + "*"))
            File.Delete(left);
        var table = NewTable();
        (_index, _applied) = RollupFile.Read(folder, options.IsAtHand, (long slot, int series, in UsageCounters sum) => table.Add(new(slot, series), sum));
        _through = _applied;
        _table = table;
    }

    /// <summary>The last batch that a checkpoint on disk contains.</summary>
    public ulong Through => Volatile.Read(ref _through);

    /// <summary>The last batch that the sums contain.</summary>
    public ulong Applied => Volatile.Read(ref _applied);

    /// <summary>Reads the folder's checkpoint, if there is one; the ledger hands over the rest (<see cref="IUsageLedger.Follow"/>).</summary>
    /// <exception cref="StoreFault">The checkpoint is damaged.</exception>
    public static Rollups Open(string folder, RollupOptions? options = null) => new(folder, options ?? new());

    public void Take(in StoredBatch batch)
    {
        _lock.EnterWriteLock();
        try
        {
            foreach (var record in batch.Batch.Records)
            {
                if ((record.Parsed as UsageItem ?? UsageItem.Of(UsageRecord.Parser.ParseFrom(record.Bytes.Span))) is { IsCounted: true } item)
                    Count(item, record.EndedUnixMs);
            }

            Flush();
            Volatile.Write(ref _applied, batch.Number);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Reads under the lock: no sum changes meanwhile.</summary>
    public T Read<T>(Func<RollupIndex, RollupReader, T> read)
    {
        _lock.EnterReadLock();
        try
        {
            using var reader = new RollupReader(_table);
            return read(_index, reader);
        }
        finally
        {
            _lock.ExitReadLock();
        }
    }

    /// <summary>
    /// Folds what has become too much, drops what has become too old, and puts the sums on disk. False where nothing has come since the last
    /// one.
    /// </summary>
    public async ValueTask<bool> CheckpointAsync()
    {
        await _saving.WaitAsync();
        try
        {
            if (Applied == Through)
                return false;
            Tidy();
            byte[] body;
            ulong through;
            _lock.EnterReadLock();
            try
            {
                using var reader = new RollupReader(_table);
                through = _applied;
                body = RollupFile.Body(_index, reader, _options.IsAtHand);
            }
            finally
            {
                _lock.ExitReadLock();
            }

            RollupFile.Write(_folder, through, body);
            Volatile.Write(ref _through, through);
            return true;
        }
        finally
        {
            _saving.Release();
        }
    }

    public void Dispose()
    {
        _table.Dispose();
        _lock.Dispose();
        _saving.Dispose();
    }

    private RollupTable NewTable() => new(Path.Combine(_folder, $"{Spill}{_tables++}"), _options.MemoryBits);

    private void Count(UsageItem item, long endedUnixMs)
    {
        var series = _index.Number(item.Series);
        var now = _options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var step in Steps)
        {
            var slot = UsageSlots.Of(step, endedUnixMs);
            if (UsageSlots.FirstUnixMs(UsageSlots.Next(slot)) > now - (long)_options.KeptOf(step).TotalMilliseconds)
                CollectionsMarshal.GetValueRefOrAddDefault(_fresh, new(slot, series), out _).Add(item.Sum);
        }
    }

    /// <summary>Brings what a batch has added together into the table: a batch has few series, and many records of each.</summary>
    private void Flush()
    {
        foreach (var (key, sum) in _fresh)
        {
            var slot = _index.Slot(key.Slot);
            Add(slot, key, sum);
            slot.IsTouched = true;
            var max = _options.SeriesOf(UsageSlots.StepOf(key.Slot));
            if (slot.Series.Count - slot.Folded > 2 * max)
                Fold(key.Slot, slot, max);
        }

        _fresh.Clear();
    }

    private void Add(SlotSeries slot, in RollupKey key, in UsageCounters sum)
    {
        slot.Copy = null;
        if (!_table.Add(key, sum))
            return;
        slot.Series.Add((int)key.Series);
        if (_index.Series[(int)key.Series].IsFolded)
            slot.Folded++;
    }

    /// <summary>Keeps a slot's dearest series, and counts the others together.</summary>
    private void Fold(long number, SlotSeries slot, int max)
    {
        var rows = new List<(int Series, UsageCounters Sum)>(slot.Series.Count);
        foreach (var series in slot.Series)
            rows.Add((series, _table.Read(new(number, series))));
        rows.RemoveAll(r => _index.Series[r.Series].IsFolded);
        rows.Sort(static (a, b) => a.Sum.Cost != b.Sum.Cost ? b.Sum.Cost.CompareTo(a.Sum.Cost) : b.Sum.Requests.CompareTo(a.Sum.Requests));
        var gone = new HashSet<int>();
        foreach (var (series, sum) in rows.Skip(max))
        {
            gone.Add(series);
            _table.Remove(new(number, series));
            var folded = _index.Series[series].Fold();
            var key = new RollupKey(number, _index.Number(folded));
            if (slot.Folded >= max && !slot.Series.Contains((int)key.Series))
                key = new(number, _index.Number(UsageSeries.Rest));
            Add(slot, key, sum);
        }

        slot.Copy = null;
        slot.Series.RemoveAll(gone.Contains);
    }

    private void Tidy()
    {
        _lock.EnterWriteLock();
        try
        {
            var now = _options.Time.GetUtcNow().ToUnixTimeMilliseconds();
            var old = new List<long>();
            foreach (var (number, slot) in _index.Slots.ToArray())
            {
                var step = UsageSlots.StepOf(number);
                var end = UsageSlots.FirstUnixMs(UsageSlots.Next(number));
                if (end <= now - (long)_options.KeptOf(step).TotalMilliseconds)
                    old.Add(number);
                else if (slot.IsTouched && end <= now && slot.Series.Count - slot.Folded > _options.SeriesOf(step))
                    Fold(number, slot, _options.SeriesOf(step));
                slot.IsTouched = false;
            }

            old.ForEach(number => _index.Slots.Remove(number));
            Rebuild();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Makes the table and the names anew once most of them are of sums that nothing names any more.</summary>
    private void Rebuild()
    {
        var live = _index.Slots.Values.Sum(static s => (long)s.Series.Count);
        if (_table.Bytes < (64 << 20) + (4 * live * 136) && _index.Series.Count < 100_000 + (4 * live))
            return;
        var index = new RollupIndex();
        var table = NewTable();
        foreach (var (number, slot) in _index.Slots)
        {
            var kept = index.Slot(number);
            kept.Folded = slot.Folded;
            foreach (var series in slot.Series)
            {
                var renumbered = index.Number(_index.Series[series]);
                kept.Series.Add(renumbered);
                table.Add(new(number, renumbered), _table.Read(new(number, series)));
            }
        }

        _table.Dispose();
        (_table, _index) = (table, index);
    }
}
