using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.ControlPlane.Store;

/// <summary>
/// Reads committed entries straight from the segment files and checks all that can be checked of each: its checksums, its bounds, its place
/// in the order. It is a second reader besides FASTER's, which passes over damaged pages in silence; and it needs no lock, so that the log
/// of a running control plane can be read.
/// </summary>
internal sealed class LogReader : IDisposable
{
    private readonly string _folder;
    private readonly LogShape _shape;
    private readonly LogExtent _extent;
    private readonly byte[] _page;
    private SafeFileHandle? _file;
    private long _segment = -1;
    private long _pageAt = -1;
    private bool _isLoose = true;
    private ulong _number;
    private uint _part;

    /// <summary>A reader of all that the extent holds.</summary>
    public LogReader(string folder, LogShape shape, in LogExtent extent)
        : this(folder, shape, extent, extent.Begin, extent.BeginNumber)
    {
    }

    /// <summary>A reader from an address at which an entry begins, or a segment.</summary>
    /// <param name="folder">Where the log lies.</param>
    /// <param name="shape">Its files and sizes.</param>
    /// <param name="extent">What was committed of it.</param>
    /// <param name="from">The address.</param>
    /// <param name="number">Of the item that the entry there belongs to; 0 where it is not known.</param>
    public LogReader(string folder, LogShape shape, in LogExtent extent, long from, ulong number)
    {
        _folder = folder;
        _shape = shape;
        _extent = extent;
        _page = GC.AllocateUninitializedArray<byte>(shape.PageBytes);
        Next = from;
        _number = number;
    }

    /// <summary>The address at which the next entry is looked for.</summary>
    public long Next { get; private set; }

    /// <summary>The next entry; false at the end of what was committed. The span holds until the next call.</summary>
    /// <exception cref="StoreFault">Something committed is not there any more, or not as it was written.</exception>
    public bool TryNext(out LogEntry entry, out ReadOnlySpan<byte> bytes)
    {
        while (Next < _extent.Until)
        {
            var offset = (int)(Next & (_shape.PageBytes - 1));
            if (offset + LogShape.EntryHeadBytes > _shape.PageBytes)
            {
                Next = _shape.NextPage(Next);
                continue;
            }

            Load(Next);
            var length = BinaryPrimitives.ReadInt32LittleEndian(_page.AsSpan(offset + 8));
            if (length == 0 && _page.AsSpan(offset, LogShape.EntryHeadBytes).IndexOfAnyExcept((byte)0) < 0)
            {
                Next = _shape.NextPage(Next);
                continue;
            }

            bytes = Check(offset, length, out entry);
            return true;
        }

        if (!_isLoose || _number > 0)
            CheckEnd();
        entry = default;
        bytes = default;
        return false;
    }

    public void Dispose() => _file?.Dispose();

    private void CheckEnd()
    {
        if (_number != _extent.NextNumber || _part != 0)
            throw new StoreFault($"{_shape.Name}: items {_number} to {_extent.NextNumber - 1} are missing before {_shape.Place(_extent.Until)}");
    }

    private ReadOnlySpan<byte> Check(int offset, int length, out LogEntry entry)
    {
        var space = length is > LogEntry.HeadBytes && length <= _shape.PartBytesMax + LogEntry.HeadBytes ? LogShape.EntryBytes(length) : 0;
        if (space == 0 || offset + space > _shape.PageBytes || Next + space > _extent.Until)
            throw new StoreFault($"an entry's length is wrong at {_shape.Place(Next)}: {length}");
        if (Sum(_page.AsSpan(offset + 8, length + 4)) != BinaryPrimitives.ReadUInt64LittleEndian(_page.AsSpan(offset)))
            throw new StoreFault($"an entry's checksum is wrong at {_shape.Place(Next)}");
        var bytes = _page.AsSpan(offset + LogShape.EntryHeadBytes, length);
        if (!LogEntry.IsWhole(bytes))
            throw new StoreFault($"an entry's own checksum is wrong at {_shape.Place(Next)}");
        if (bytes[4] != LogEntry.Version)
            throw new StoreFault($"an entry of version {bytes[4]} lies at {_shape.Place(Next)}: a newer program wrote it");
        entry = LogEntry.ReadHead(bytes, Next);
        CheckOrder(entry);
        Next += space;
        return bytes[LogEntry.HeadBytes..];
    }

    /// <summary>Parts follow each other, and so do items. The first entry may be any part, as segments end anywhere.</summary>
    private void CheckOrder(in LogEntry entry)
    {
        var isNext = _isLoose ? _number == 0 || entry.Number == _number : entry.Number == _number && entry.Part == _part;
        if (!isNext)
            throw new StoreFault($"{_shape.Name}: items {_number} to {entry.Number - 1} are missing before {_shape.Place(Next)}");
        _isLoose = false;
        (_number, _part) = entry.IsLast ? (entry.Number + 1, 0) : (entry.Number, entry.Part + 1);
    }

    private void Load(long address)
    {
        var pageAt = address & ~(_shape.PageBytes - 1L);
        if (pageAt == _pageAt)
            return;
        var segment = _shape.SegmentOf(pageAt);
        if (segment != _segment)
        {
            _file?.Dispose();
            _file = null;
            var path = _shape.SegmentFile(_folder, segment);
            if (!File.Exists(path))
                throw new StoreFault($"the file {Path.GetFileName(path)} is missing");
            _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            _segment = segment;
        }

        var wanted = (int)Math.Min(_shape.PageBytes, _extent.Until - pageAt);
        var count = RandomAccess.Read(_file!, _page.AsSpan(0, wanted), pageAt & (_shape.SegmentBytes - 1));
        if (count < wanted)
            throw new StoreFault($"a page is cut at {_shape.Place(pageAt + count)}");
        _page.AsSpan(count).Clear();
        _pageAt = pageAt;
    }

    /// <summary>FASTER's checksum of an entry: all 8-byte words of length and bytes in one exclusive or, the rest byte by byte.</summary>
    private static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0UL;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            sum ^= word;
        foreach (var one in bytes[(bytes.Length & ~7)..])
            sum ^= one;
        return sum;
    }
}
