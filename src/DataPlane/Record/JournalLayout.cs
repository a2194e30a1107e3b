using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Record;

/// <summary>
/// Where things lie in the folder, and how FasterLog lays entries out in it: addresses count bytes from the log's beginning
/// over all segment files; a page holds whole entries; an entry is 8 bytes of checksum, 4 of length, and the record, padded
/// to a multiple of 4; where no entry follows in a page there are zeros.
/// </summary>
internal static class JournalLayout
{
    public const int PageBits = 14;
    public const int PageBytes = 1 << PageBits;

    /// <summary>The part of the log that FASTER keeps in memory: eight pages.</summary>
    public const int MemoryBits = 17;

    public const int SegmentBits = 22;
    public const long SegmentBytes = 1L << SegmentBits;

    /// <summary>Nothing lies below it: FASTER keeps low addresses for itself.</summary>
    public const long FirstAddress = 64;

    /// <summary>Checksum and length in front of each entry.</summary>
    public const int EntryHeadBytes = 12;

    /// <summary>Largest record; every one must fit into a page.</summary>
    public const int RecordBytesMax = 8 * 1024;

    public const string LockFile = "journal.lock";
    public const string CommitFile = "journal.commit";
    public const string MarkFile = "journal.mark";
    public const string SegmentPrefix = "journal.log.";

    /// <summary>A segment that is being made.</summary>
    public const string NewSegmentFile = "journal.segment.new";

    public static string SegmentFile(string folder, long segment) =>
        Path.Combine(folder, SegmentPrefix + segment.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public static int EntryBytes(int recordBytes) => EntryHeadBytes + ((recordBytes + 3) & ~3);

    /// <summary>The first address of the page after the one of <paramref name="address"/>.</summary>
    public static long NextPage(long address) => ((address >> PageBits) + 1) << PageBits;

    /// <summary>Numbers of the segment files that are there, in order.</summary>
    public static List<long> Segments(string folder)
    {
        var found = new List<long>();
        foreach (var file in Directory.EnumerateFiles(folder, SegmentPrefix + "*"))
        {
            if (long.TryParse(Path.GetFileName(file).AsSpan(SegmentPrefix.Length), System.Globalization.NumberStyles.None,
                    System.Globalization.CultureInfo.InvariantCulture, out var segment))
                found.Add(segment);
        }

        found.Sort();
        return found;
    }

    /// <summary>FASTER's checksum of an entry: all 8-byte words of length and record in one exclusive or, the rest byte by byte.</summary>
    public static ulong Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0UL;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            sum ^= word;
        foreach (var one in bytes[(bytes.Length & ~7)..])
            sum ^= one;
        return sum;
    }
}
