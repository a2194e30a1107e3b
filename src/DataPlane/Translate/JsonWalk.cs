using System.Buffers.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Translate;

/// <summary>Where a text lies in the source that is being read; its start is never 0, for JSON begins with a brace.</summary>
/// <param name="Start">Offset of the first byte.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct Piece(int Start, int Length)
{
    /// <summary>Whether it was there at all; an empty string is there.</summary>
    public bool IsPresent => Start > 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> source) => source.Slice(Start, Length);

    /// <summary>What stands behind a mark that the text begins with. False where it does not, or is not there.</summary>
    public bool TryBehind(ReadOnlySpan<byte> mark, ReadOnlySpan<byte> source, out Piece rest)
    {
        rest = default;
        if (!IsPresent || !Of(source).StartsWith(mark))
            return false;
        rest = new Piece(Start + mark.Length, Length - mark.Length);
        return true;
    }
}

/// <summary>
/// A way through one JSON text that is at hand as a whole, member by member and element by element. What is not entered is passed over.
/// It allocates nothing and throws nothing: at a fault everything ends, and <see cref="IsWhole"/> tells.
/// </summary>
internal ref struct JsonWalk
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly Span<byte> _scratch;
    private readonly int _offset;
    private JsonScanner _scanner;
    private ReadOnlySpan<byte> _name;
    private ReadOnlySpan<byte> _rawName;
    private int _nameStart;
    private bool _isUnentered;

    /// <param name="text">The text.</param>
    /// <param name="scratch">Where a name with escapes is put in plain; a longer one is nobody's.</param>
    public JsonWalk(ReadOnlySpan<byte> text, Span<byte> scratch)
    {
        _text = text;
        _scratch = scratch;
        _scanner.Reset(null, checkUtf8: false);
    }

    /// <param name="source">The text that a part of is walked.</param>
    /// <param name="part">That part; pieces are of the source all the same.</param>
    /// <param name="scratch">As above.</param>
    public JsonWalk(ReadOnlySpan<byte> source, Piece part, Span<byte> scratch)
        : this(part.Of(source), scratch) => _offset = part.Start;

    /// <summary>What the value at hand begins with.</summary>
    public readonly JsonToken Token => _scanner.Token;

    /// <summary>The name of the member at hand, until the next one.</summary>
    public readonly ReadOnlySpan<byte> Name => _name;

    /// <summary>The same, escapes as they stand.</summary>
    public readonly ReadOnlySpan<byte> RawName => _rawName;

    /// <summary>Where the member at hand begins, with its name's first quote.</summary>
    public readonly int MemberStart => _offset + _nameStart;

    /// <summary>Between the quotes of the string at hand, escapes as they stand; all of a number.</summary>
    public readonly Piece Text => Token == JsonToken.Number
        ? new(_offset + (int)_scanner.TokenStart, (int)(_scanner.TokenEnd - _scanner.TokenStart))
        : new(_offset + (int)_scanner.TokenStart + 1, (int)(_scanner.TokenEnd - _scanner.TokenStart) - 2);

    /// <summary>The bytes of <see cref="Text"/>.</summary>
    public readonly ReadOnlySpan<byte> TextBytes => _text.Slice(Text.Start - _offset, Text.Length);

    /// <summary>Goes to the text's value, which must be an object, and into it.</summary>
    public bool TryBegin() => Read() && TryEnter(JsonToken.StartObject);

    /// <summary>As above, where it must be an array.</summary>
    public bool TryBeginArray() => Read() && TryEnter(JsonToken.StartArray);

    /// <summary>Goes into the value at hand if it begins so.</summary>
    public bool TryEnter(JsonToken start)
    {
        if (Token != start || !_isUnentered)
            return false;
        _scanner.Enter();
        _isUnentered = false;
        return true;
    }

    /// <summary>The next member of the object that was entered last, at its value; false at the object's end, which is left then.</summary>
    public bool NextMember()
    {
        if (!Read() || Token != JsonToken.Name)
            return false;
        _nameStart = (int)_scanner.TokenStart;
        _name = _rawName = _scanner.Text(_text);
        if (_scanner.IsEscaped)
            _name = JsonUnescape.TryUnescape(_name, _scratch, out var length) ? _scratch[..length] : default;
        return Read();
    }

    /// <summary>The next element of the array that was entered last; false at its end, which is left then.</summary>
    public bool NextElement() => Read() && Token != JsonToken.EndArray;

    /// <summary>Whether the member at hand has that name.</summary>
    public readonly bool Is(ReadOnlySpan<byte> name) => _name.SequenceEqual(name);

    /// <summary>Whether the value at hand is that string.</summary>
    public readonly bool IsText(ReadOnlySpan<byte> expected)
    {
        if (Token != JsonToken.String)
            return false;
        if (!_scanner.IsEscaped)
            return TextBytes.SequenceEqual(expected);
        Span<byte> plain = stackalloc byte[64];
        return JsonUnescape.TryUnescape(TextBytes, plain, out var length) && plain[..length].SequenceEqual(expected);
    }

    /// <summary>All of the value at hand, which is passed over.</summary>
    public Piece Value()
    {
        var start = (int)_scanner.TokenStart;
        if (_isUnentered)
            Skip();
        return new Piece(_offset + start, (int)_scanner.TokenEnd - start);
    }

    /// <summary>Whether the value at hand says nothing that its absence would not: null, false, or a container without anything in it.</summary>
    public bool IsNothing()
    {
        if (!_isUnentered)
            return Token is JsonToken.Null or JsonToken.False;
        Skip();
        return _scanner.EndedEmpty;
    }

    /// <summary>The number at hand, if it is a whole one.</summary>
    public readonly bool TryNumber(out long number)
    {
        number = 0;
        return Token == JsonToken.Number && Utf8Parser.TryParse(TextBytes, out number, out var used) && used == TextBytes.Length;
    }

    /// <summary>Whether the text has been one value, after its last member was asked for.</summary>
    public bool IsWhole()
    {
        while (_scanner.Read(_text))
        {
        }

        return _scanner.Finish() == JsonFault.None;
    }

    private bool Read()
    {
        if (_isUnentered)
            Skip();
        if (!_scanner.Read(_text))
            return false;
        _isUnentered = Token is JsonToken.StartObject or JsonToken.StartArray;
        return true;
    }

    private void Skip()
    {
        _isUnentered = false;
        _scanner.Read(_text);
    }
}
