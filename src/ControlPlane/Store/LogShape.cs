using System.Globalization;

namespace AiEdge.ControlPlane.Store;

/// <summary>
/// One log's files and sizes, and how FasterLog lays entries out in them: addresses count bytes from the log's beginning over all segment
/// files; a page holds whole entries; an entry is 8 bytes of FASTER's checksum, 4 of length, and the bytes, padded to a multiple of 4; where
/// no entry follows in a page there are zeros.
/// </summary>
/// <param name="Name">What its files begin with.</param>
/// <param name="PageBits">Of a page's bytes.</param>
/// <param name="MemoryBits">Of the bytes of the log that FASTER keeps in memory.</param>
/// <param name="SegmentBits">Of a segment file's bytes.</param>
internal sealed record LogShape(string Name, int PageBits, int MemoryBits, int SegmentBits)
{
    /// <summary>Nothing lies below it: FASTER keeps low addresses for itself.</summary>
    public const long FirstAddress = 64;

    /// <summary>FASTER's checksum and length in front of each entry.</summary>
    public const int EntryHeadBytes = 12;

    public static LogShape Commands { get; } = new("commands", PageBits: 18, MemoryBits: 21, SegmentBits: 23);

    public static LogShape Quota { get; } = new("quota", PageBits: 16, MemoryBits: 19, SegmentBits: 22);

    public static LogShape Ledger { get; } = new("ledger", PageBits: 20, MemoryBits: 23, SegmentBits: 26);

    public int PageBytes => 1 << PageBits;

    public long SegmentBytes => 1L << SegmentBits;

    /// <summary>What is longer is appended in parts: an eighth of a page each, so that little is left empty at a page's end.</summary>
    public int PartBytesMax => PageBytes / 8;

    public string CommitFile => Name + ".commit";

    public string MarkFile => Name + ".mark";

    public string StateFileName => Name + ".state";

    public string SegmentPrefix => Name + ".log.";

    public string SegmentName(long segment) => SegmentPrefix + segment.ToString(CultureInfo.InvariantCulture);

    public string SegmentFile(string folder, long segment) => Path.Combine(folder, SegmentName(segment));

    public long SegmentOf(long address) => address >> SegmentBits;

    /// <summary>The first address of a segment at which an entry may lie.</summary>
    public long FirstOf(long segment) => Math.Max(FirstAddress, segment << SegmentBits);

    public static int EntryBytes(int bytes) => EntryHeadBytes + ((bytes + 3) & ~3);

    /// <summary>The first address of the page after the one of <paramref name="address"/>.</summary>
    public long NextPage(long address) => ((address >> PageBits) + 1) << PageBits;

    /// <summary>For people: file and byte.</summary>
    public string Place(long address) => $"{SegmentName(SegmentOf(address))} byte {address & (SegmentBytes - 1)}";

    /// <summary>Numbers of the segment files that are there, in order.</summary>
    public List<long> Segments(string folder)
    {
        var found = new List<long>();
        foreach (var file in Directory.EnumerateFiles(folder, SegmentPrefix + "*"))
        {
            if (long.TryParse(Path.GetFileName(file).AsSpan(SegmentPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var segment))
                found.Add(segment);
        }

        found.Sort();
        return found;
    }
}
