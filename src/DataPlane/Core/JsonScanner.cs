using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AiEdge.DataPlane.Core;

/// <summary>
/// A validating JSON tokenizer (RFC 8259) that is fed span by span and may be cut anywhere: call <see cref="Read"/> with the
/// same span until it returns false, then with the next span, and <see cref="Finish"/> at the end.
/// <para>
/// It checks every byte and shows few of them: the contents of a container are passed over unless <see cref="Enter"/> is
/// called on its start, so that a reader which wants three top-level members pays no call for the rest.
/// </para>
/// Accepted is exactly one value with white space around it; a byte order mark is not white space. Escapes that name NUL or
/// half a surrogate pair are grammatical and pass.
/// </summary>
internal partial struct JsonScanner
{
    /// <summary>Containers that may be open at once.</summary>
    public const int DepthMax = 128;

    /// <summary>Bytes of a token, quotes included, that are kept when it is cut between spans: 256 escaped as six bytes each.</summary>
    public const int CaptureMax = 2 + (6 * 256);

    // Classes of bytes; a class is also the number of its bit in _expect.
    private const int Bad = 0, Space = 1, Quote = 2, Digit = 3, LiteralTrue = 4, LiteralFalse = 5, LiteralNull = 6;
    private const int OpenArray = 7, OpenObject = 8, Colon = 9, Comma = 10, CloseArray = 11, CloseObject = 12;

    // What may come next, as bits of classes; NameFlag tells a name's quote from a string's.
    private const uint NameFlag = 1u << 16;
    private const uint Value = 0x1FC;
    private const uint FirstElement = Value | (1u << CloseArray);
    private const uint NextName = NameFlag | (1u << Quote);
    private const uint FirstName = NextName | (1u << CloseObject);
    private const uint AfterName = 1u << Colon;
    private const uint AfterMember = (1u << Comma) | (1u << CloseObject);
    private const uint AfterElement = (1u << Comma) | (1u << CloseArray);
    private const uint Nothing = 0;

    private byte[]? _capture;
    private int _captured;
    private bool _checkUtf8;
    private JsonFault _fault;
    private JsonToken _token;
    private JsonToken _literal;
    private Lexeme _lexeme;
    private byte _progress;
    private bool _isName;
    private bool _isEscaped;
    private bool _endedEmpty;
    private byte _carried;
    private uint _carry;
    private uint _expect;
    private uint _afterValue;
    private uint _afterComma;
    private int _depth;
    private int _visible;
    private ulong _objectsLow;
    private ulong _objectsHigh;
    private int _position;
    private int _tokenFrom;
    private int _tokenTo;
    private long _base;
    private long _tokenStart;
    private long _separator;

    /// <summary>What was begun and is not finished when a span ends.</summary>
    private enum Lexeme : byte
    {
        None,
        String,
        Escape,
        Hex,
        Number,
        Literal,
    }

    public readonly JsonToken Token => _token;

    public readonly JsonFault Fault => _fault;

    /// <summary>Open containers, the one just started included and the one just ended not.</summary>
    public readonly int Depth => _depth;

    /// <summary>Offset of the token's first byte (a string's quote) in the whole text.</summary>
    public readonly long TokenStart => _tokenStart;

    /// <summary>Offset just past the token in the whole text.</summary>
    public readonly long TokenEnd => _base + _tokenTo;

    /// <summary>Where reading goes on in the span at hand.</summary>
    public readonly int Position => _position;

    /// <summary>
    /// On a name: offset of the comma before it, if it is not the first member; -1 before the first comma between visible
    /// tokens.
    /// </summary>
    public readonly long SeparatorAt => _separator;

    /// <summary>Whether the string or name holds an escape.</summary>
    public readonly bool IsEscaped => _isEscaped;

    /// <summary>On an end token: whether the container held nothing.</summary>
    public readonly bool EndedEmpty => _endedEmpty;

    /// <summary>Whether the text so far is one whole value.</summary>
    public readonly bool IsWhole =>
        _fault == JsonFault.None && _depth == 0
        && (_lexeme == Lexeme.None ? _expect == Nothing : _lexeme == Lexeme.Number && NumberMayEnd(_progress));

    /// <summary>Starts anew.</summary>
    /// <param name="capture">
    /// Where tokens that are cut between spans are put together (<see cref="CaptureMax"/> bytes), or null when the whole text
    /// comes as one span.
    /// </param>
    /// <param name="checkUtf8">Whether strings must be UTF-8.</param>
    public void Reset(byte[]? capture, bool checkUtf8)
    {
        this = default;
        _capture = capture;
        _checkUtf8 = checkUtf8;
        _expect = Value;
        _afterValue = Nothing;
        _separator = -1;
    }

    /// <summary>On a start token: shows what is inside. Whatever is not entered is checked and passed over up to its end token.</summary>
    public void Enter() => _visible = _depth;

    /// <summary>Shows nothing more but the end of the outermost container.</summary>
    public void HideRest() => _visible = 0;

    /// <summary>The end of the text.</summary>
    public JsonFault Finish()
    {
        if (_fault == JsonFault.None && !IsWhole)
            _fault = JsonFault.Truncated;
        return _fault;
    }

    /// <summary>
    /// The token's text: between the quotes for a name or a string (escapes as they stand), all of it for a number. A token
    /// longer than <see cref="CaptureMax"/> may come short, but never shorter than that less the quotes.
    /// </summary>
    public readonly ReadOnlySpan<byte> Text(ReadOnlySpan<byte> bytes)
    {
        int quote = _token == JsonToken.Number ? 0 : 1;
        if (_captured == 0)
            return bytes.Slice(_tokenFrom + quote, _tokenTo - _tokenFrom - (2 * quote));
        ReadOnlySpan<byte> captured = _capture.AsSpan(quote, _captured - quote);
        return _tokenStart + _captured == TokenEnd ? captured[..^quote] : captured;
    }

    /// <summary>On a string: the part of its text that lies in this span. The parts before it came by <see cref="OpenText"/>.</summary>
    public readonly ReadOnlySpan<byte> TextHere(ReadOnlySpan<byte> bytes)
    {
        int from = _tokenStart >= _base ? _tokenFrom + 1 : 0;
        return bytes[from..(_tokenTo - 1)];
    }

    /// <summary>Where a span is used up within a visible string: the part of its text that lies in that span; else empty.</summary>
    public readonly ReadOnlySpan<byte> OpenText(ReadOnlySpan<byte> bytes)
    {
        if (_lexeme is not (Lexeme.String or Lexeme.Escape or Lexeme.Hex) || _isName || _depth > _visible || _fault != JsonFault.None)
            return default;
        return _tokenStart >= _base - bytes.Length ? bytes[(_tokenFrom + 1)..] : bytes;
    }

    /// <summary>Goes on to the next visible token. False when the span is used up or at fault.</summary>
    public bool Read(ReadOnlySpan<byte> bytes)
    {
        _token = JsonToken.None;
        int p = _position;
        if (_fault != JsonFault.None)
            return false;
        if (_lexeme != Lexeme.None)
            p = Resume(bytes);
        else
            _captured = 0;

        ref byte start = ref MemoryMarshal.GetReference(bytes);
        while (p >= 0)
        {
            if (_token != JsonToken.None)
            {
                _position = p;
                return true;
            }

            if (_depth > _visible && (p = PassHidden(ref start, p, bytes.Length)) < 0)
                break;
            if (_token != JsonToken.None)
                continue;
            if (p >= bytes.Length)
                break;
            byte c = Unsafe.Add(ref start, p);
            int kind = ClassOf(c);
            if (((_expect >> kind) & 1) == 0)
            {
                p = kind == Space ? p + 1 : Fail(c < 0x20 ? JsonFault.ControlByte : FaultAt(c));
                continue;
            }

            p = kind switch
            {
                Quote => Text(bytes, p),
                Colon => PassColon(p),
                Comma => PassComma(p),
                Digit => BeginNumber(bytes, p),
                OpenArray or OpenObject => Open(p, kind == OpenObject),
                CloseArray or CloseObject => Close(p, kind == CloseObject),
                _ => BeginLiteral(bytes, p, kind),
            };
        }

        Leave(bytes);
        return false;
    }

    private int Open(int p, bool isObject)
    {
        if (_depth == DepthMax)
            return Fail(JsonFault.TooDeep);
        if (_depth <= _visible)
            Show(isObject ? JsonToken.StartObject : JsonToken.StartArray, p, p + 1);
        _objectsHigh = (_objectsHigh << 1) | (_objectsLow >> 63);
        _objectsLow = (_objectsLow << 1) | (isObject ? 1u : 0u);
        _depth++;
        _afterValue = isObject ? AfterMember : AfterElement;
        _afterComma = isObject ? NextName : Value;
        _expect = isObject ? FirstName : FirstElement;
        return p + 1;
    }

    private int Close(int p, bool isObject)
    {
        _endedEmpty = _expect is FirstName or FirstElement;
        _objectsLow = (_objectsLow >> 1) | (_objectsHigh << 63);
        _objectsHigh >>= 1;
        _depth--;
        bool inObject = (_objectsLow & 1) != 0;
        _afterValue = _depth == 0 ? Nothing : inObject ? AfterMember : AfterElement;
        _afterComma = inObject ? NextName : Value;
        _expect = _afterValue;
        if (_depth <= _visible)
        {
            _visible = _depth;
            Show(isObject ? JsonToken.EndObject : JsonToken.EndArray, p, p + 1);
        }

        return p + 1;
    }

    private int PassColon(int p)
    {
        _expect = Value;
        return p + 1;
    }

    private int PassComma(int p)
    {
        _expect = _afterComma;
        if (_depth <= _visible)
            _separator = _base + p;
        return p + 1;
    }

    private void Show(JsonToken token, int from, int to)
    {
        _token = token;
        _tokenStart = _base + from;
        _tokenFrom = from;
        _tokenTo = to;
    }

    /// <summary>Notes where a token that may be cut begins.</summary>
    private void Begin(int p)
    {
        _tokenStart = _base + p;
        _tokenFrom = p;
    }

    /// <summary>The end of a scalar: goes on past a comma that follows at once.</summary>
    private int EndScalar(ReadOnlySpan<byte> bytes, int p, JsonToken token)
    {
        _lexeme = Lexeme.None;
        _tokenTo = p;
        _expect = _afterValue;
        if (_depth <= _visible)
        {
            _token = token;
            if (_captured > 0)
                Keep(bytes[..p]);
        }

        return p < bytes.Length && bytes[p] == (byte)',' && _depth > 0 ? PassComma(p) : p;
    }

    private int Resume(ReadOnlySpan<byte> bytes)
    {
        _tokenFrom = 0;
        return _lexeme switch
        {
            Lexeme.Number => Number(bytes, 0),
            Lexeme.Literal => Literal(bytes, 0),
            _ => LongText(bytes, 0),
        };
    }

    /// <summary>The span ends: what a visible token has of it is kept.</summary>
    private void Leave(ReadOnlySpan<byte> bytes)
    {
        if (_fault == JsonFault.None && _lexeme != Lexeme.None && _depth <= _visible)
            Keep(bytes[_tokenFrom..]);
        _base += bytes.Length;
        _position = 0;
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_capture is null)
            return;
        int count = Math.Min(part.Length, _capture.Length - _captured);
        part[..count].CopyTo(_capture.AsSpan(_captured));
        _captured += count;
    }

    private int Fail(JsonFault fault)
    {
        _fault = fault;
        return -1;
    }

    private static JsonFault FaultAt(byte c) => c is (byte)'N' or (byte)'I' ? JsonFault.NotFinite : JsonFault.Syntax;

    private static int ClassOf(byte c) => Unsafe.Add(ref MemoryMarshal.GetReference(Classes), (nint)c);

    private static ReadOnlySpan<byte> Classes =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 3, 0, 0, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 9, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 11, 0, 0,
        0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}
