using FASTER.core;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// The segment files as FASTER sees them. Reads and writes are done at once on the thread that asks, and all that is written comes by
/// <see cref="Write"/>; it counts as stored only after <see cref="Sync"/>. Segments are made ahead, at full size and with the folder synced: a
/// full disk shows before FASTER meets it.
/// </summary>
/// <remarks>
/// The lock is held over a write and never over a sync, which may take as long as the disk likes. What a sync has to cover is found under the
/// lock, where every write has noted its segment: so all that was written before the sync began is covered. What comes during it may be, and is
/// noted for the next. A sync that fails leaves its segments noted; that it is not asked for again is for whoever asked.
/// </remarks>
internal sealed class JournalDevice : StorageDeviceBase
{
    private const uint SectorBytes = 512;

    /// <summary>Files that stay open: the one that is written, and the one before or behind it.</summary>
    private const int FilesKept = 2;

    private readonly string _folder;
    private readonly JournalMachine _machine;

    /// <summary>Guards the files that are open, and which of them have been written.</summary>
    private readonly Lock _lock = new();

    /// <summary>Held while a segment is made, so that it is made once. Never while <see cref="_lock"/> is.</summary>
    private readonly Lock _making = new();
    private readonly SortedList<int, SafeFileHandle> _files = [];
    private readonly List<KeyValuePair<int, SafeFileHandle>> _syncing = [];
    private int _dirtyFrom = int.MaxValue;
    private long _removedBelow;

    /// <param name="folder">Where the segments lie.</param>
    /// <param name="machine">What syncs them.</param>
    /// <param name="first">The first one that there is.</param>
    public JournalDevice(string folder, JournalMachine machine, long first)
        : base(Path.Combine(folder, "journal.log"), SectorBytes, -1) => (_folder, _machine, _removedBelow) = (folder, machine, first);

    /// <summary>Bytes at and above it were never committed: they are read as zeros. Set while recovering.</summary>
    public long ReadUntil { get; set; } = long.MaxValue;

    /// <summary>The first read or write that failed.</summary>
    public string? Fault { get; private set; }

    /// <summary>Makes the segment if it is not there yet; throws <see cref="IOException"/> where the disk has no room for it.</summary>
    public void Prepare(int segment)
    {
        lock (_making)
        {
            if (!File.Exists(JournalLayout.SegmentFile(_folder, segment)))
                Make(segment);
        }
    }

    /// <summary>Says that a process before this one may have left segments written and not synced.</summary>
    public void Distrust(long from, long to)
    {
        lock (_lock)
        {
            for (var segment = (int)from; segment <= to; segment++)
                Open(segment);
            _dirtyFrom = Math.Min(_dirtyFrom, (int)from);
        }
    }

    /// <summary>Waits until all that was written is on disk. One at a time; others may write meanwhile.</summary>
    /// <exception cref="IOException">It is not, and nobody knows what is.</exception>
    public void Sync()
    {
        int from;
        lock (_lock)
        {
            from = _dirtyFrom;
            _dirtyFrom = int.MaxValue;
            foreach (var file in _files)
            {
                if (file.Key >= from)
                    _syncing.Add(file);
            }
        }

        try
        {
            foreach (var (segment, file) in _syncing)
                _machine.Sync(file, JournalLayout.SegmentFile(_folder, segment));
        }
        catch
        {
            lock (_lock)
                _dirtyFrom = Math.Min(_dirtyFrom, from);
            throw;
        }
        finally
        {
            _syncing.Clear();
        }

        lock (_lock)
        {
            // A segment that is full and stored is written no more.
            while (_files.Count > FilesKept && _files.GetKeyAtIndex(0) < _dirtyFrom)
                Forget(0);
        }
    }

    /// <summary>Removes segments that lie below what is committed, on disk. Not while a sync is under way.</summary>
    public void RemoveBelow(long segment)
    {
        for (; _removedBelow < segment; _removedBelow++)
        {
            lock (_lock)
            {
                var place = _files.IndexOfKey((int)_removedBelow);
                if (place >= 0)
                    Forget(place);
            }

            try
            {
                File.Delete(JournalLayout.SegmentFile(_folder, _removedBelow));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // What lies below the committed beginning means nothing; the next start removes it.
            }
        }
    }

    /// <summary>
    /// FASTER has filled a page. Every byte of it is one that <see cref="JournalTail"/> has taken and writes with the next commit, at the latest:
    /// to write it here, too, would be to write all records twice. What FASTER takes to be stored is so once a commit says so, and not before.
    /// </summary>
    public override void WriteAsync(
        IntPtr sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite, DeviceIOCompletionCallback callback, object context) =>
        callback(0, numBytesToWrite, context);

    /// <summary>Writes at an address of the log, over segments. Where that fails there is a <see cref="Fault"/>.</summary>
    public void Write(long address, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var segment = (int)(address >> JournalLayout.SegmentBits);
            var at = address & (JournalLayout.SegmentBytes - 1);
            var part = bytes[..(int)Math.Min(bytes.Length, JournalLayout.SegmentBytes - at)];
            try
            {
                lock (_lock)
                {
                    RandomAccess.Write(Open(segment), part, at);
                    _dirtyFrom = Math.Min(_dirtyFrom, segment);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Fault ??= $"{JournalLayout.SegmentPrefix}{segment} could not be written: {e.Message}";
                return;
            }

            address += part.Length;
            bytes = bytes[part.Length..];
        }
    }

    public override unsafe void ReadAsync(
        int segmentId, ulong sourceAddress, IntPtr destinationAddress, uint readLength, DeviceIOCompletionCallback callback, object context)
    {
        var target = new Span<byte>((void*)destinationAddress, (int)readLength);
        var address = ((long)segmentId << JournalLayout.SegmentBits) + (long)sourceAddress;
        try
        {
            int count;
            lock (_lock)
                count = RandomAccess.Read(Open(segmentId), target, (long)sourceAddress);
            target[count..].Clear();
            if (address + count < Math.Min(ReadUntil, address + readLength))
                Fault ??= $"{JournalLayout.SegmentPrefix}{segmentId} is cut at byte {(long)sourceAddress + count}";
            if (address + readLength > ReadUntil)
                target[(int)Math.Max(0, ReadUntil - address)..].Clear();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault ??= $"{JournalLayout.SegmentPrefix}{segmentId} could not be read: {e.Message}";
            callback(1, 0, context);
            return;
        }

        callback(0, readLength, context);
    }

    public override void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result)
    {
        // FASTER commits nothing, so it removes nothing: RemoveBelow does.
        callback(result);
    }

    public override void Dispose()
    {
        lock (_lock)
        {
            while (_files.Count > 0)
                Forget(0);
        }
    }

    private SafeFileHandle Open(int segment)
    {
        if (_files.TryGetValue(segment, out var known))
            return known;
        var file = File.OpenHandle(
            JournalLayout.SegmentFile(_folder, segment), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _files.Add(segment, file);
        return file;
    }

    /// <summary>Beside its place, and into it when it is whole: whoever finds it there finds all of it.</summary>
    private void Make(int segment)
    {
        var path = JournalLayout.SegmentFile(_folder, segment);
        var made = Path.Combine(_folder, JournalLayout.NewSegmentFile);
        try
        {
            using (var file = File.OpenHandle(
                made, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.None, JournalLayout.SegmentBytes))
            {
                RandomAccess.SetLength(file, JournalLayout.SegmentBytes);
                RandomAccess.FlushToDisk(file);
            }

            File.Move(made, path);
            _machine.SyncFolder(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left of it takes room that others may need.
            if (File.Exists(made))
                File.Delete(made);
            throw;
        }
    }

    private void Forget(int place)
    {
        _files.GetValueAtIndex(place).Dispose();
        _files.RemoveAt(place);
    }
}
