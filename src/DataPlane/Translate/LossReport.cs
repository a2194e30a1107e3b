namespace AiEdge.DataPlane.Translate;

/// <summary>
/// The names of what could not be carried from one dialect to the other, each once, with commas between: it goes into a header and a
/// record. A name that is the client's own is told only as far as it is plain.
/// </summary>
internal sealed class LossReport
{
    /// <summary>Bytes of all names; what does not fit is told as <c>...</c>.</summary>
    public const int BytesMax = 512;

    private const int NameBytesMax = 96;

    private readonly byte[] _text = new byte[BytesMax];
    private int _length;
    private bool _isFull;

    public bool IsEmpty => _length == 0;

    /// <summary>Whether anything is lost that somebody asked for or said, and not only what servers add unasked.</summary>
    public bool HasSubstance { get; private set; }

    public ReadOnlySpan<byte> Names => _text.AsSpan(0, _length);

    public void Clear()
    {
        _length = 0;
        _isFull = HasSubstance = false;
    }

    /// <summary>A field, in dotted form as the client calls it.</summary>
    public void Add(ReadOnlySpan<byte> name) => Add(default, name);

    /// <summary>A member of a field.</summary>
    public void Add(ReadOnlySpan<byte> within, ReadOnlySpan<byte> name)
    {
        HasSubstance = true;
        AddUnasked(within, name);
    }

    /// <summary>A member that a server adds unasked, and by which nothing is said.</summary>
    public void AddUnasked(ReadOnlySpan<byte> within, ReadOnlySpan<byte> name)
    {
        Span<byte> plain = stackalloc byte[NameBytesMax];
        var length = 0;
        foreach (var octet in within)
            plain[length++] = octet;
        if (within.Length > 0)
            plain[length++] = (byte)'.';
        foreach (var octet in name[..Math.Min(name.Length, NameBytesMax - length)])
            plain[length++] = IsPlain(octet) ? octet : (byte)'?';
        if (length == 0)
            plain[length++] = (byte)'?';
        if (!_isFull && !Has(plain[..length]))
            Append(plain[..length]);
    }

    private void Append(ReadOnlySpan<byte> name)
    {
        const int more = 4;
        _isFull = _length + name.Length + 1 + more > BytesMax;
        if (_isFull)
            name = "..."u8;
        if (_length > 0)
            _text[_length++] = (byte)',';
        name.CopyTo(_text.AsSpan(_length));
        _length += name.Length;
    }

    private bool Has(ReadOnlySpan<byte> name)
    {
        foreach (var range in Names.Split((byte)','))
        {
            if (Names[range].SequenceEqual(name))
                return true;
        }

        return false;
    }

    private static bool IsPlain(byte octet) => char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'_' or (byte)'-' or (byte)'.';
}
