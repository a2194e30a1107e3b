using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>
/// A request head judged strictly by RFC 9112: what a proxy must never send is named in <see cref="Fault"/>.
/// Reused by its connection; field values are ranges of the head's own copy.
/// </summary>
internal sealed class RequestHead
{
    public const int BytesMax = 256 * 1024;
    private const int FieldsMax = 512;
    private readonly List<(Range Name, Range Value)> _fields = [];
    private byte[] _bytes = new byte[2048];
    private int _length;
    private Range _method;
    private Range _target;
    private int _hosts;

    /// <summary>What broke HTTP, or null.</summary>
    public string? Fault { get; private set; }

    /// <summary>Absent: -1.</summary>
    public long ContentLength { get; private set; }

    public bool Chunked { get; private set; }

    public bool CloseAsked { get; private set; }

    public bool ExpectsContinue { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public ReadOnlySpan<byte> Method => Bytes[_method];

    public ReadOnlySpan<byte> Target => Bytes[_target];

    public ReadOnlySpan<byte> Path => Target.IndexOf((byte)'?') is var cut and >= 0 ? Target[..cut] : Target;

    public IEnumerable<KeyValuePair<string, string>> Fields =>
        _fields.Select(line => KeyValuePair.Create(Encoding.Latin1.GetString(Bytes[line.Name]), Encoding.Latin1.GetString(Bytes[line.Value])));

    /// <summary>Takes a copy of <paramref name="head"/>, which ends with its blank line, and judges it.</summary>
    public void Parse(System.Buffers.ReadOnlySequence<byte> head)
    {
        _length = (int)head.Length;
        if (_bytes.Length < _length)
            _bytes = new byte[_length * 2];
        var at = 0;
        foreach (var segment in head)
        {
            segment.Span.CopyTo(_bytes.AsSpan(at));
            at += segment.Length;
        }

        _fields.Clear();
        (_method, _target, _hosts) = (..0, ..0, 0);
        (Fault, ContentLength, Chunked, CloseAsked, ExpectsContinue) = (null, -1, false, false, false);
        Fault = FindFault();
    }

    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> lowerName)
    {
        foreach (var field in _fields)
        {
            if (Ascii.EqualsIgnoreCase(Bytes[field.Name], lowerName))
                return Bytes[field.Value];
        }

        return default;
    }

    private string? FindFault()
    {
        var end = Bytes.IndexOf("\r\n"u8);
        if (end <= 0 || !Bytes.EndsWith("\r\n\r\n"u8))
            return end == 0 ? "blank line before the request line" : "head ends in a bare line feed";
        if (FaultOfRequestLine(Bytes[..end]) is { } fault)
            return fault;
        var at = end + 2;
        while (true)
        {
            var length = Bytes[at..].IndexOf("\r\n"u8);
            if (length == 0)
                break;
            if ((FaultOfField(at, Bytes.Slice(at, length)) ?? (_fields.Count > FieldsMax ? "too many fields" : null)) is { } fieldFault)
                return fieldFault;
            at += length + 2;
        }

        if (_hosts != 1)
            return _hosts == 0 ? "no Host" : "several Hosts";
        return Chunked && ContentLength >= 0 ? "both Content-Length and Transfer-Encoding" : null;
    }

    private string? FaultOfRequestLine(ReadOnlySpan<byte> line)
    {
        var first = line.IndexOf((byte)' ');
        var last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last <= first)
            return "request line without three parts";
        if (line[..first].ContainsAnyExcept(HttpBytes.Token))
            return "method is not a token";
        var target = line[(first + 1)..last];
        if (target.Length == 0 || target.ContainsAnyExcept(HttpBytes.Target))
            return "target holds a forbidden byte";
        if (target[0] != '/' && !(target is [(byte)'*'] && line[..first].SequenceEqual("OPTIONS"u8)))
            return "target is not in origin form";
        if (!line[(last + 1)..].SequenceEqual("HTTP/1.1"u8))
            return "version is not HTTP/1.1";
        _method = ..first;
        _target = (first + 1)..last;
        return null;
    }

    private string? FaultOfField(int at, ReadOnlySpan<byte> line)
    {
        if (line[0] is (byte)' ' or (byte)'\t')
            return "folded field line";
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
            return "field line without a name";
        var name = line[..colon];
        if (name.ContainsAnyExcept(HttpBytes.Token))
            return "field name is not a token";
        var start = colon + 1;
        while (start < line.Length && line[start] is (byte)' ' or (byte)'\t')
            start++;
        var stop = line.Length;
        while (stop > start && line[stop - 1] is (byte)' ' or (byte)'\t')
            stop--;
        var value = line[start..stop];
        if (value.ContainsAny(HttpBytes.ForbiddenInValue))
            return "field value holds a control byte";
        _fields.Add((at..(at + colon), (at + start)..(at + stop)));
        return FaultOfKnown(name, value);
    }

    private string? FaultOfKnown(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(name, "host"u8))
            _hosts++;
        else if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
            return FaultOfLength(value);
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
        {
            if (Chunked || !Ascii.EqualsIgnoreCase(value, "chunked"u8))
                return "Transfer-Encoding is not exactly chunked";
            Chunked = true;
        }
        else if (Ascii.EqualsIgnoreCase(name, "connection"u8))
            CloseAsked |= HttpBytes.ListHas(value, "close"u8);
        else if (Ascii.EqualsIgnoreCase(name, "expect"u8))
        {
            if (!Ascii.EqualsIgnoreCase(value, "100-continue"u8))
                return "unknown expectation";
            ExpectsContinue = true;
        }

        return null;
    }

    private string? FaultOfLength(ReadOnlySpan<byte> value)
    {
        if (ContentLength >= 0)
            return "several Content-Lengths";
        if (value.Length is 0 or > 18 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return "Content-Length is not a number";
        ContentLength = 0;
        foreach (var digit in value)
            ContentLength = ContentLength * 10 + digit - '0';
        return null;
    }
}
