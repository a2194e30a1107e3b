using System.Numerics;
using System.Text;

namespace AiEdge.Http;

/// <summary>
/// The head of a message: start line and header fields, as spans over the bytes that were read.
/// The spans are valid as long as the bytes that the reader was given are (until the pipe is advanced), or, after
/// <see cref="Retain"/>, until the reader is reset. One exchange at a time; not thread-safe.
/// </summary>
public abstract class MessageHead
{
    // Names in Connection are compared with every field: the product is bounded by bounding both.
    private const int ConnectionOptionsMax = 32;

    /// <summary>More fields than this no reader may let through.</summary>
    internal const int HeaderCountMax = byte.MaxValue;

    // What most messages need; grown at the first that needs more.
    private Field[] _fields = new Field[12];

    private readonly byte[] _firstOf = new byte[64];
    private ulong _present;
    private ulong _repeated;
    private byte[] _bytes = [];
    private int _origin;
    private byte[] _scratch = [];

    private readonly int _bytesMax;

    private protected MessageHead(int bytesMax) => _bytesMax = bytesMax;

    /// <summary>How many header fields there are.</summary>
    public int HeaderCount { get; private set; }

    /// <summary>Bytes of the head, the empty line and any skipped leading empty lines included.</summary>
    public int Length { get; internal set; }

    /// <summary>Where the body ends.</summary>
    public BodyFraming Framing { get; internal set; }

    /// <summary>HTTP/1.0 or HTTP/1.1: 0 or 1.</summary>
    public int MinorVersion { get; internal set; }

    /// <summary>What version and Connection say about the connection after this message (RFC 9112 section 9.3).</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>The id of field <paramref name="i"/>.</summary>
    public HeaderId Id(int i) => _fields[i].Id;

    /// <summary>The name of field <paramref name="i"/> as it was sent.</summary>
    public ReadOnlySpan<byte> Name(int i) => Slice(_fields[i].NameStart, _fields[i].NameLength);

    /// <summary>The value of field <paramref name="i"/> without white space at its ends.</summary>
    public ReadOnlySpan<byte> Value(int i) => Slice(_fields[i].ValueStart, _fields[i].ValueLength);

    /// <summary>
    /// True if field <paramref name="i"/> is for this connection only and must not be forwarded: the fixed list of RFC 9110
    /// section 7.6.1 and whatever Connection names.
    /// </summary>
    public bool IsHopByHop(int i) => _fields[i].IsHopByHop;

    /// <summary>The first field with this id, or -1. <see cref="HeaderId.Other"/> finds nothing.</summary>
    public int IndexOf(HeaderId id) => Has(id) ? _firstOf[(int)id] : -1;

    /// <summary>The first field with this id at or after <paramref name="start"/>, or -1.</summary>
    public int IndexOf(HeaderId id, int start)
    {
        if (!Has(id)) return -1;
        var first = _firstOf[(int)id];
        if (start <= first) return first;
        if ((_repeated & BitOf(id)) == 0) return -1;
        for (var i = start; i < HeaderCount; i++)
            if (_fields[i].Id == id) return i;
        return -1;
    }

    /// <summary>The first field with this name, given in lower case, or -1.</summary>
    public int IndexOf(ReadOnlySpan<byte> lowerCaseName)
    {
        var id = HeaderNames.Match(lowerCaseName);
        if (id != HeaderId.Other) return IndexOf(id);
        for (var i = 0; i < HeaderCount; i++)
            if (_fields[i].Id == HeaderId.Other && Ascii.EqualsIgnoreCase(Name(i), lowerCaseName)) return i;
        return -1;
    }

    /// <summary>True if a field with this id is there.</summary>
    public bool Has(HeaderId id) => (_present & BitOf(id)) != 0;

    /// <summary>The bytes of the whole head as they were read.</summary>
    public ReadOnlySpan<byte> Bytes => Slice(0, Length);

    /// <summary>
    /// Copies the head into memory of its own, so that its spans outlive the pipe's advance. Allocates only until that
    /// memory is as large as the largest head seen.
    /// </summary>
    public void Retain()
    {
        if (ReferenceEquals(_bytes, _scratch)) return;
        Bytes.CopyTo(ScratchOf(Length));
        Bind(_scratch, 0);
    }

    internal void Bind(byte[] bytes, int origin)
    {
        _bytes = bytes;
        _origin = origin;
    }

    /// <summary>Scratch memory of at least <paramref name="size"/> bytes, never over the bound; what it held stays.</summary>
    internal byte[] ScratchOf(int size)
    {
        if (_scratch.Length < size)
            Array.Resize(ref _scratch, (int)Math.Min(_bytesMax, BitOperations.RoundUpToPowerOf2((uint)Math.Max(1024, size))));
        return _scratch;
    }

    private protected ReadOnlySpan<byte> Slice(int start, int length) => _bytes.AsSpan(_origin + start, length);

    internal void Add(HeaderId id, int nameStart, int nameLength, int valueStart, int valueLength)
    {
        if (HeaderCount == _fields.Length) Array.Resize(ref _fields, _fields.Length * 2);
        var bit = BitOf(id);
        if ((_present & bit) == 0) _firstOf[(int)id] = (byte)HeaderCount;
        else _repeated |= bit;
        _present |= bit;
        ref var field = ref _fields[HeaderCount++];
        field.NameStart = nameStart;
        field.NameLength = nameLength;
        field.ValueStart = valueStart;
        field.ValueLength = valueLength;
        field.Id = id;
        field.IsHopByHop = id is >= HeaderId.TransferEncoding and <= HeaderId.Upgrade;
    }

    internal virtual void Clear()
    {
        HeaderCount = 0;
        Length = 0;
        MinorVersion = 0;
        KeepAlive = false;
        Framing = default;
        _present = _repeated = 0;
        _bytes = [];
        _origin = 0;
    }

    /// <summary>Reads Connection once: keep-alive or close, and the fields that it makes hop-by-hop.</summary>
    internal Rejection ReadConnection()
    {
        var close = false;
        var keepAlive = false;
        if (Has(HeaderId.Connection))
        {
            var options = 0;
            for (var i = IndexOf(HeaderId.Connection, 0); i >= 0; i = IndexOf(HeaderId.Connection, i + 1))
            {
                var rest = Value(i);
                while (TryTake(ref rest, out var option))
                {
                    if (++options > ConnectionOptionsMax) return Rejection.TooManyConnectionOptions;
                    if (Ascii.EqualsIgnoreCase(option, "close"u8)) close = true;
                    else if (Ascii.EqualsIgnoreCase(option, "keep-alive"u8)) keepAlive = true;
                    else MarkHopByHop(option);
                }
            }
        }
        KeepAlive = !close && (MinorVersion == 1 || keepAlive);
        return Rejection.None;
    }

    // The next element of a comma-separated list that is not empty (RFC 9110 section 5.6.1).
    private static bool TryTake(ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> element)
    {
        while (!list.IsEmpty)
        {
            var comma = list.IndexOf((byte)',');
            element = Syntax.Trim(comma < 0 ? list : list[..comma]);
            list = comma < 0 ? default : list[(comma + 1)..];
            if (!element.IsEmpty) return true;
        }
        element = default;
        return false;
    }

    private void MarkHopByHop(ReadOnlySpan<byte> name)
    {
        var id = HeaderNames.Match(name);
        if (id != HeaderId.Other && !Has(id)) return;
        for (var i = 0; i < HeaderCount; i++)
        {
            ref var field = ref _fields[i];
            if (field.Id == id && (id != HeaderId.Other || Ascii.EqualsIgnoreCase(Name(i), name))) field.IsHopByHop = true;
        }
    }

    // Ids are fewer than the bits of a word. Other has no bit: nothing is known about it.
    private static ulong BitOf(HeaderId id) => (1UL << (int)id) & ~1UL;

    private struct Field
    {
        public int NameStart;
        public int NameLength;
        public int ValueStart;
        public int ValueLength;
        public HeaderId Id;
        public bool IsHopByHop;
    }
}
