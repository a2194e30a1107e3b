using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// Reads committed records straight from the segment files, one after the other, and checks all that can be checked of each:
/// its checksum, its bounds, its place in the order. It is a second reader besides FASTER's, which passes over damaged pages
/// in silence; and it needs no lock, so that the journal of a running data plane can be read.
/// </summary>
internal sealed class JournalReader : IDisposable
{
    private const long Unknown = -1;

    private readonly string _folder;
    private readonly JournalExtent _extent;
    private readonly byte[] _page = new byte[JournalLayout.PageBytes];
    private SafeFileHandle? _file;
    private long _segment = -1;
    private long _pageAt = -1;
    private long _address;

    public JournalReader(string folder, in JournalExtent extent)
    {
        _folder = folder;
        _extent = extent;
        _address = extent.Begin;
        NextSequence = extent.BeginSequence;
    }

    /// <summary>
    /// All that lies in the folder's files, where what was committed cannot be told: from the oldest on, as far as checksums go. Its last records
    /// may be such as were never committed.
    /// </summary>
    public static JournalReader OfFiles(string folder)
    {
        var segments = JournalLayout.Segments(folder);
        if (segments.Count == 0)
            throw new JournalFault($"there are no records in {folder}");
        var begin = Math.Max(segments[0] << JournalLayout.SegmentBits, JournalLayout.FirstAddress);
        return new(folder, new JournalExtent(begin, (segments[^1] + 1) << JournalLayout.SegmentBits, Unknown, Unknown, 0));
    }

    /// <summary>Where the record last read begins.</summary>
    public long Address { get; private set; }

    /// <summary>The number that the next record has to have.</summary>
    public long NextSequence { get; private set; }

    /// <summary>The next record; false at the end of what was committed. The span holds until the next call.</summary>
    /// <exception cref="JournalFault">Something committed is not there any more, or not as it was written.</exception>
    public bool TryNext(out ReadOnlySpan<byte> record)
    {
        while (_address < _extent.Until)
        {
            var offset = (int)(_address & (JournalLayout.PageBytes - 1));
            if (offset + JournalLayout.EntryHeadBytes > JournalLayout.PageBytes)
            {
                _address = JournalLayout.NextPage(_address);
                continue;
            }

            Load(_address);
            var length = BinaryPrimitives.ReadInt32LittleEndian(_page.AsSpan(offset + 8));
            if (length == 0 && _page.AsSpan(offset, JournalLayout.EntryHeadBytes).IndexOfAnyExcept((byte)0) < 0)
            {
                _address = JournalLayout.NextPage(_address);
                continue;
            }

            record = Check(offset, length);
            return true;
        }

        if (NextSequence != _extent.NextSequence && _extent.NextSequence != Unknown)
            throw new JournalFault($"the last records are missing: {_extent.NextSequence - NextSequence} before {Place(_extent.Until)}");
        record = default;
        return false;
    }

    public void Dispose() => _file?.Dispose();

    private ReadOnlySpan<byte> Check(int offset, int length)
    {
        var entry = length is > 0 and <= JournalLayout.RecordBytesMax ? JournalLayout.EntryBytes(length) : 0;
        if (entry == 0 || offset + entry > JournalLayout.PageBytes || _address + entry > _extent.Until)
            throw new JournalFault($"a record's length is wrong at {Place(_address)}: {length}");
        var summed = JournalLayout.Checksum(_page.AsSpan(offset + 8, length + 4));
        if (summed != BinaryPrimitives.ReadUInt64LittleEndian(_page.AsSpan(offset)))
            throw new JournalFault($"a record's checksum is wrong at {Place(_address)}");
        var record = _page.AsSpan(offset + JournalLayout.EntryHeadBytes, length);
        if (!JournalFormat.IsValid(record))
            throw new JournalFault($"a record's own checksum is wrong at {Place(_address)}");
        if (record[0] != JournalFormat.Version)
            throw new JournalFault($"a record of version {record[0]} lies at {Place(_address)}: a newer program wrote it");
        var sequence = JournalFormat.Sequence(record);
        if (sequence != NextSequence && NextSequence != Unknown)
            throw new JournalFault($"records {NextSequence} to {sequence - 1} are missing before {Place(_address)}");
        NextSequence = sequence + 1;
        Address = _address;
        _address += entry;
        return record;
    }

    private void Load(long address)
    {
        var pageAt = address & ~(JournalLayout.PageBytes - 1L);
        if (pageAt == _pageAt)
            return;
        var segment = pageAt >> JournalLayout.SegmentBits;
        if (segment != _segment)
        {
            _file?.Dispose();
            _file = null;
            var path = JournalLayout.SegmentFile(_folder, segment);
            if (!File.Exists(path))
                throw new JournalFault($"the file {Path.GetFileName(path)} is missing");
            _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            _segment = segment;
        }

        var count = RandomAccess.Read(_file!, _page, pageAt & (JournalLayout.SegmentBytes - 1));
        if (pageAt + count < Math.Min(pageAt + JournalLayout.PageBytes, _extent.Until) && _extent.NextSequence != Unknown)
            throw new JournalFault($"a page is cut at {Place(pageAt + count)}");
        _page.AsSpan(count).Clear();
        _pageAt = pageAt;
    }

    private static string Place(long address) =>
        $"{JournalLayout.SegmentPrefix}{address >> JournalLayout.SegmentBits} byte {address & (JournalLayout.SegmentBytes - 1)}";
}
