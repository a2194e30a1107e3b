namespace AiEdge.DataPlane.Meter;

/// <summary>
/// Notices a text that says the same over and over. Precisely: a text repeats when its last bytes are a block that has come
/// <c>times</c> more right after itself, where a block is at most <see cref="PeriodMax"/> bytes, and one shorter than
/// <see cref="BlockBytesMin"/> is taken as often as it takes to be that long. So a run of blanks, a ruler or a row of a table is no
/// alarm before it is <see cref="BlockBytesMin"/> times (<c>times</c> + 1) bytes long, and text that merely looks alike never is: one
/// other byte begins the count anew. Bytes are those between the quotes of JSON, escapes as they stand. What has repeated is found
/// at most one block and <see cref="GramBytes"/> bytes late.
/// <para>
/// Some operations a byte, two kilobytes of state, nothing allocated after construction. A candidate for the period is the distance
/// to where the last <see cref="GramBytes"/> bytes stood before, by a table of hashes; it is compared byte by byte before it counts,
/// so that a collision costs time and raises no alarm.
/// </para>
/// </summary>
internal sealed class RepetitionDetector
{
    /// <summary>Longest block, in bytes.</summary>
    public const int PeriodMax = 512;

    /// <summary>Shortest block that counts as one.</summary>
    public const int BlockBytesMin = 64;

    /// <summary>Bytes that must come again before a repetition is looked for.</summary>
    public const int GramBytes = 16;

    private const int RingBytes = 1024;
    private const int TableBits = 9;
    private const uint Base = 0x01000193;

    private static readonly uint BaseOfGram = Power(Base, GramBytes);

    private readonly byte[] _ring = new byte[RingBytes];
    private readonly ushort[] _table = new ushort[1 << TableBits];
    private int _at;
    private uint _hash;
    private int _period;
    private long _matched;
    private long _needed;

    /// <summary>Forgets the text.</summary>
    public void Reset()
    {
        Array.Clear(_ring);
        Array.Clear(_table);
        _at = _period = 0;
        _hash = 0;
        _matched = 0;
    }

    /// <summary>Adds to the text; true if it repeats <paramref name="times"/> times at any point of what is added.</summary>
    public bool Add(ReadOnlySpan<byte> text, int times)
    {
        bool repeats = false;
        foreach (byte c in text)
            repeats |= Add(c, times);
        return repeats;
    }

    private bool Add(byte c, int times)
    {
        int i = _at++;
        byte dropped = _ring[(i - GramBytes) & (RingBytes - 1)];
        _ring[i & (RingBytes - 1)] = c;
        _hash = (_hash * Base) + c - (dropped * BaseOfGram);
        if (_period > 0)
        {
            if (_ring[(i - _period) & (RingBytes - 1)] == c)
                _matched++;
            else
                _period = 0;
        }

        ref ushort last = ref _table[(_hash * 0x9E3779B1) >> (32 - TableBits)];
        int distance = (ushort)(i - last);
        last = (ushort)i;
        if (_period == 0 && i > GramBytes && distance is > 0 and <= PeriodMax && distance < i - GramBytes && IsAlike(i, distance))
        {
            _period = distance;
            _matched = GramBytes;
            long block = distance * ((BlockBytesMin + distance - 1) / distance);
            _needed = ((times + 1) * block) - distance;
        }

        return _period > 0 && _matched >= _needed;
    }

    private bool IsAlike(int i, int distance)
    {
        for (int k = 0; k < GramBytes; k++)
        {
            if (_ring[(i - k) & (RingBytes - 1)] != _ring[(i - k - distance) & (RingBytes - 1)])
                return false;
        }

        return true;
    }

    private static uint Power(uint number, int exponent)
    {
        uint power = 1;
        for (int i = 0; i < exponent; i++)
            power *= number;
        return power;
    }
}
