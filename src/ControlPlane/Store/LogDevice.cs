using FASTER.core;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.ControlPlane.Store;

/// <summary>
/// A log's segment files as FASTER sees them. Reads and writes are done at once on the thread that asks; what is written counts as stored
/// only after <see cref="Sync"/>, which a commit calls first. Segments are made at full size and with the folder synced, ahead of the
/// tail: a full disk shows before FASTER meets it.
/// </summary>
internal sealed class LogDevice(string folder, LogShape shape) : StorageDeviceBase(Path.Combine(folder, shape.Name + ".log"), SectorBytes, -1)
{
    private const uint SectorBytes = 512;

    /// <summary>FASTER removes segments on a thread of its own, behind a commit.</summary>
    private readonly Lock _lock = new();
    private readonly SortedList<long, SafeFileHandle> _files = [];
    private long _dirtyFrom = long.MaxValue;

    /// <summary>Bytes at and above it were never committed: they are read as zeros. Set while recovering.</summary>
    public long ReadUntil { get; set; } = long.MaxValue;

    /// <summary>The first read or write that failed.</summary>
    public string? Fault { get; private set; }

    /// <summary>Makes the segment if it is not there yet; throws <see cref="IOException"/> where the disk has no room for it.</summary>
    public void Prepare(long segment)
    {
        lock (_lock)
            Open(segment);
    }

    /// <summary>Waits until all that was written is on disk.</summary>
    public void Sync()
    {
        lock (_lock)
        {
            for (var i = 0; i < _files.Count; i++)
            {
                if (_files.GetKeyAtIndex(i) >= _dirtyFrom)
                    RandomAccess.FlushToDisk(_files.GetValueAtIndex(i));
            }

            // A segment behind the one that was written last is full and stored: it is written no more.
            while (_files.Count > 3 && _files.GetKeyAtIndex(0) < _dirtyFrom)
                Forget(0);
            _dirtyFrom = long.MaxValue;
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
            Fault ??= $"{shape.SegmentName(segmentId)} could not be written: {e.Message}";
            callback(1, 0, context);
            return;
        }

        callback(0, numBytesToWrite, context);
    }

    public override unsafe void ReadAsync(
        int segmentId, ulong sourceAddress, IntPtr destinationAddress, uint readLength, DeviceIOCompletionCallback callback, object context)
    {
        var target = new Span<byte>((void*)destinationAddress, (int)readLength);
        var address = ((long)segmentId << shape.SegmentBits) + (long)sourceAddress;
        try
        {
            int count;
            lock (_lock)
                count = RandomAccess.Read(Open(segmentId), target, (long)sourceAddress);
            target[count..].Clear();
            if (address + count < Math.Min(ReadUntil, address + readLength))
                Fault ??= $"{shape.SegmentName(segmentId)} is cut at byte {(long)sourceAddress + count}";
            if (address + readLength > ReadUntil)
                target[(int)Math.Max(0, ReadUntil - address)..].Clear();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault ??= $"{shape.SegmentName(segmentId)} could not be read: {e.Message}";
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
            File.Delete(shape.SegmentFile(folder, segment));
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

    private SafeFileHandle Open(long segment)
    {
        if (_files.TryGetValue(segment, out var known))
            return known;
        var path = shape.SegmentFile(folder, segment);
        if (File.Exists(path))
        {
            var old = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            _files.Add(segment, old);
            return old;
        }

        var file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.None, shape.SegmentBytes);
        RandomAccess.SetLength(file, shape.SegmentBytes);
        RandomAccess.FlushToDisk(file);
        StoreFolder.Sync(folder);
        _files.Add(segment, file);
        return file;
    }

    private void Forget(int place)
    {
        _files.GetValueAtIndex(place).Dispose();
        _files.RemoveAt(place);
    }
}
