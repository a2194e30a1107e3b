using FASTER.core;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// The segment files as FASTER sees them. Reads and writes are done at once on the thread that asks, so that the journal's
/// thread stays the only one; what is written counts as stored only after <see cref="Sync"/>, which a commit calls first.
/// Segments are made ahead, at full size and with the folder synced: a full disk shows before FASTER meets it.
/// </summary>
internal sealed class JournalDevice : StorageDeviceBase
{
    private const uint SectorBytes = 512;

    private readonly string _folder;

    /// <summary>FASTER removes segments on a thread of its own, behind a commit.</summary>
    private readonly Lock _lock = new();
    private readonly SortedList<int, SafeFileHandle> _files = [];
    private int _dirtyFrom = int.MaxValue;

    public JournalDevice(string folder)
        : base(Path.Combine(folder, "journal.log"), SectorBytes, -1) => _folder = folder;

    /// <summary>Bytes at and above it were never committed: they are read as zeros. Set while recovering.</summary>
    public long ReadUntil { get; set; } = long.MaxValue;

    /// <summary>The first read or write that failed.</summary>
    public string? Fault { get; private set; }

    /// <summary>Makes the segment if it is not there yet; throws <see cref="IOException"/> where the disk has no room for it.</summary>
    public void Prepare(int segment)
    {
        lock (_lock)
            Open(segment);
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

    /// <summary>Waits until all that was written is on disk.</summary>
    public void Sync()
    {
        lock (_lock)
        {
            for (var i = 0; i < _files.Count; i++)
            {
                if (_files.GetKeyAtIndex(i) >= _dirtyFrom)
                    JournalFolder.SyncData(_files.GetValueAtIndex(i));
            }

            _dirtyFrom = int.MaxValue;
            // A segment that is full and stored is written no more.
            while (_files.Count > 2)
                Forget(0);
        }
    }

    public override unsafe void WriteAsync(
        IntPtr sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite, DeviceIOCompletionCallback callback, object context)
    {
        try
        {
            lock (_lock)
            {
                RandomAccess.Write(Open(segmentId), new ReadOnlySpan<byte>((void*)sourceAddress, (int)numBytesToWrite), (long)destinationAddress);
                _dirtyFrom = Math.Min(_dirtyFrom, segmentId);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault ??= $"{JournalLayout.SegmentPrefix}{segmentId} could not be written: {e.Message}";
            callback(1, 0, context);
            return;
        }

        callback(0, numBytesToWrite, context);
    }

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
        lock (_lock)
        {
            var place = _files.IndexOfKey(segment);
            if (place >= 0)
                Forget(place);
        }

        try
        {
            File.Delete(JournalLayout.SegmentFile(_folder, segment));
        }
        catch (IOException)
        {
            // What lies below the committed beginning means nothing; the next start removes it.
        }

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
        var path = JournalLayout.SegmentFile(_folder, segment);
        if (!File.Exists(path))
        {
            var file = File.OpenHandle(
                path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.None, JournalLayout.SegmentBytes);
            RandomAccess.SetLength(file, JournalLayout.SegmentBytes);
            RandomAccess.FlushToDisk(file);
            JournalFolder.Sync(_folder);
            _files.Add(segment, file);
            return file;
        }

        var old = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _files.Add(segment, old);
        return old;
    }

    private void Forget(int place)
    {
        _files.GetValueAtIndex(place).Dispose();
        _files.RemoveAt(place);
    }
}
