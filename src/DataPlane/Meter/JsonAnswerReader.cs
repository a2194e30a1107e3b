using System.Buffers.Text;
using System.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Meter;

/// <summary>
/// Reads an unstreamed JSON answer of any size, span by span, in bounded memory: its top-level usage, and the <c>error</c> of a
/// refusal, by the words of its dialect. Nothing else of it is looked at, and strings are not checked for UTF-8: the answer is the
/// provider's and passes as it is.
/// </summary>
internal sealed class JsonAnswerReader
{
    /// <summary>Bytes kept of <c>error.code</c> and of <c>error.type</c>.</summary>
    public const int ErrorTextBytesMax = 64;

    /// <summary>Bytes kept of <c>error.param</c>, which names a field of the request.</summary>
    public const int ErrorParamBytesMax = 256;

    /// <summary>Bytes kept of <c>error.message</c>; a longer one is as good as none.</summary>
    public const int ErrorMessageBytesMax = 4096;

    /// <summary>
    /// Bytes of an answer that are kept as they are rather than looked into for texts: nearly every answer brings its usage, and then nobody
    /// asks for them. A longer one is read with its texts from there on.
    /// </summary>
    public const int KeptBytesMax = 8 * 1024;

    private readonly DraftText _kept = new();
    private readonly byte[] _capture = new byte[JsonScanner.CaptureMax];
    private readonly byte[] _errorCode = new byte[ErrorTextBytesMax];
    private readonly byte[] _errorType = new byte[ErrorTextBytesMax];
    private readonly byte[] _errorParam = new byte[ErrorParamBytesMax];
    private JsonScanner _scanner;
    private UsageReader _usageReader;
    private Usage _usage;
    private TierName _tier;
    private Zone _zone;
    private Member _member;
    private int _errorCodeLength;
    private int _errorTypeLength;
    private int _errorParamLength;
    private byte[] _errorMessage = [];
    private bool _hasAnswer;
    private AnswerTexts? _texts;
    private bool _wantsTexts;
    private bool _readsTexts;
    private bool _isHeld;
    private AnswerWords _words = null!;
    private ShapeTraits? _kind;
    private bool _mayBeList;
    private bool _isOfKind;
    private bool _isMemberOfKind;

    private enum Zone : byte
    {
        Outside,
        Top,
        Usage,
        Error,
        Answer,
    }

    private enum Member : byte
    {
        Other,
        Usage,
        Error,
        Tier,
        Code,
        Type,
        Param,
        Message,
        Answer,
        Text,
        Skipped,
    }

    /// <summary>The usage reported so far.</summary>
    public Usage Usage => _usage;

    /// <summary>The tier of service that the answer says it was served by; empty where it says none.</summary>
    public ReadOnlySpan<byte> ServedTier => _tier.Utf8;

    /// <summary>Whether the bytes so far are one whole JSON value.</summary>
    public bool IsComplete => _scanner.IsWhole;

    /// <summary>Whether the bytes so far are the beginning of a JSON value and not all of it. What is no JSON is not cut.</summary>
    public bool IsCut => _scanner.Fault == JsonFault.None && !_scanner.IsWhole;

    /// <summary>Whether the answer has an <c>error</c> that is an object.</summary>
    public bool HasError { get; private set; }

    /// <summary><c>error.code</c> where it is a string of at most <see cref="ErrorTextBytesMax"/> bytes, else empty.</summary>
    public ReadOnlySpan<byte> ErrorCode => _errorCode.AsSpan(0, _errorCodeLength);

    /// <summary><c>error.type</c> where it is a string of at most <see cref="ErrorTextBytesMax"/> bytes, else empty.</summary>
    public ReadOnlySpan<byte> ErrorType => _errorType.AsSpan(0, _errorTypeLength);

    /// <summary>The same as a text; null where there is none.</summary>
    public string? CodeText => _errorCodeLength > 0 ? Encoding.UTF8.GetString(ErrorCode) : null;

    /// <summary><c>error.param</c> where it is a string of at most <see cref="ErrorParamBytesMax"/> bytes, else null.</summary>
    public string? ParamText => _errorParamLength > 0 ? Encoding.UTF8.GetString(_errorParam, 0, _errorParamLength) : null;

    /// <summary><c>error.code</c> where it is a whole number, as some providers have the status there; else 0.</summary>
    public int ErrorNumber { get; private set; }

    /// <summary><c>error.message</c> as the inside of its string, at most <see cref="ErrorMessageBytesMax"/> bytes; else empty.</summary>
    public ReadOnlySpan<byte> ErrorMessage => _errorMessage;

    /// <summary>
    /// Whether the bytes are a whole object that has an <c>error</c> in the place of an answer, whatever its status said: answers stand in lists, or in
    /// the object that the dialect's texts stand in, and none of these is there.
    /// </summary>
    public bool IsErrorAlone => IsComplete && HasError && !_hasAnswer;

    /// <summary>
    /// Whether the bytes are a whole value that has what each answer of its kind has (<see cref="Expect"/>), or an object of which no more can be read here,
    /// and elsewhere may be.
    /// </summary>
    public bool IsAnswer => IsUnread || (IsComplete && _isOfKind);

    private bool IsUnread => _zone != Zone.Outside && _scanner.Fault is (JsonFault.NotFinite or JsonFault.TooDeep);

    /// <summary>Whether the bytes so far are the beginning of no such answer: no JSON, or none that is an object.</summary>
    public bool IsNoAnswer { get; private set; }

    /// <summary>
    /// The answer's texts, where they are wanted and somebody asks for them before the next answer; else null. Of an answer that was kept,
    /// they are looked for now.
    /// </summary>
    public AnswerTexts? Texts
    {
        get
        {
            if (!_wantsTexts)
                return null;
            if (!_readsTexts)
                ReadTexts();
            return _texts;
        }
    }

    /// <summary>The same of an answer that the caller holds, whole; nothing else of it may be asked for afterwards but its usage.</summary>
    public AnswerTexts? TextsOf(ReadOnlySpan<byte> answer)
    {
        if (!_wantsTexts)
            return null;
        ReadTexts();
        Read(answer);
        return _texts;
    }

    /// <summary>Starts an answer; its texts are kept if <paramref name="wantsTexts"/> asks for them.</summary>
    /// <param name="words">Its dialect's words.</param>
    /// <param name="wantsTexts">Whether its texts may be asked for.</param>
    /// <param name="isHeld">Whether the caller holds all of it and hands it in to have its texts: then nothing of it is kept here.</param>
    public void Reset(AnswerWords words, bool wantsTexts = false, bool isHeld = false)
    {
        _words = words;
        _isHeld = isHeld;
        _kind = null;
        _mayBeList = false;
        _wantsTexts = wantsTexts;
        _readsTexts = false;
        _texts?.Reset();
        _kept.Reset();
        Begin();
    }

    /// <summary>Of an answer that has been started, and of which nothing has come: what it has to have.</summary>
    /// <param name="kind">Whose members one is of; any object where it has none.</param>
    /// <param name="mayBeList">Whether it may be a list of answers as well.</param>
    public void Expect(ShapeTraits kind, bool mayBeList)
    {
        _kind = kind;
        _mayBeList = mayBeList;
        _isOfKind = kind.AnswerMembers.Length == 0;
    }

    /// <summary>The next bytes, decoded if they came encoded.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_wantsTexts && !_readsTexts && !_isHeld)
        {
            if (_kept.Length + bytes.Length <= KeptBytesMax)
                _kept.Append(bytes);
            else
                ReadTexts();
        }

        Read(bytes);
    }

    /// <summary>Gives back what texts take.</summary>
    public void Release()
    {
        _texts?.Reset();
        _kept.Reset();
    }

    /// <summary>From here on with the texts: what was kept is read once more.</summary>
    private void ReadTexts()
    {
        _texts ??= new AnswerTexts();
        _readsTexts = true;
        Begin();
        Read(_kept.Bytes);
        _kept.Reset();
    }

    private void Begin()
    {
        _scanner.Reset(_capture, checkUtf8: false);
        _usageReader = default;
        _usage = default;
        _tier = default;
        _zone = Zone.Outside;
        _member = Member.Other;
        _errorCodeLength = 0;
        _errorTypeLength = 0;
        _errorParamLength = 0;
        _errorMessage = [];
        ErrorNumber = 0;
        HasError = _hasAnswer = _isMemberOfKind = IsNoAnswer = false;
        _isOfKind = _kind is { AnswerMembers.Length: 0 };
    }

    private void Read(ReadOnlySpan<byte> bytes)
    {
        while (_scanner.Read(bytes))
        {
            switch (_zone)
            {
                case Zone.Outside:
                    OnOutside();
                    break;
                case Zone.Top:
                    OnTop(bytes);
                    break;
                case Zone.Usage:
                    if (_usageReader.Take(ref _scanner, bytes))
                        break;
                    _usage = _usageReader.Result;
                    _tier.Learn(_usageReader.Tier);
                    _zone = Zone.Top;
                    break;
                case Zone.Error:
                    OnError(bytes);
                    break;
                case Zone.Answer:
                    OnAnswer(bytes);
                    break;
            }
        }

        IsNoAnswer |= _scanner.Fault != JsonFault.None && !IsUnread;
        if (_zone == Zone.Answer && _member == Member.Text)
            _texts!.Append(_scanner.OpenText(bytes));
    }

    private void OnOutside()
    {
        if (_scanner.Token == JsonToken.StartObject)
        {
            _scanner.Enter();
            _zone = Zone.Top;
        }
        else if (_mayBeList && _scanner.Token == JsonToken.EndArray)
        {
            _isOfKind = !_scanner.EndedEmpty;
        }
        else if (!_mayBeList || _scanner.Token != JsonToken.StartArray)
        {
            IsNoAnswer = true;
        }
    }

    /// <summary>Whether a top-level member is one that each answer of its kind has, or one of several.</summary>
    private bool IsOfKind(ReadOnlySpan<byte> name)
    {
        if (_isOfKind || _kind is null)
            return false;
        foreach (var member in _kind.AnswerMembers)
        {
            if (name.SequenceEqual(member))
                return true;
        }

        return false;
    }

    /// <summary>The end of a top-level member's value.</summary>
    private void OnEnd() => _isOfKind |= _isMemberOfKind && (_kind!.AnswerMayBeEmpty || !_scanner.EndedEmpty);

    private void OnTop(ReadOnlySpan<byte> bytes)
    {
        _hasAnswer |= _scanner.Token == JsonToken.StartArray || (_scanner.Token == JsonToken.StartObject && _member == Member.Answer);
        switch (_scanner.Token)
        {
            case JsonToken.Name:
                ReadOnlySpan<byte> name = _scanner.Text(bytes);
                _isMemberOfKind = IsOfKind(name);
                _member = _words.IsUsage(name) ? Member.Usage
                    : name.SequenceEqual("error"u8) ? Member.Error
                    : _words.IsTier(name) ? Member.Tier
                    : _words.HoldsTexts(name) ? Member.Answer : Member.Other;
                return;
            case JsonToken.StartArray or JsonToken.StartObject when _member == Member.Answer && _readsTexts:
                _scanner.Enter();
                _zone = Zone.Answer;
                break;
            case JsonToken.StartObject when _member == Member.Usage:
                _usageReader.Begin(ref _scanner, _words);
                _zone = Zone.Usage;
                break;
            case JsonToken.String when _member == Member.Tier && !_scanner.IsEscaped:
                _tier.Learn(_words.TierOf(_scanner.Text(bytes)));
                break;
            case JsonToken.StartObject when _member == Member.Error:
                _scanner.Enter();
                _zone = Zone.Error;
                HasError = true;
                break;
            case JsonToken.EndObject when _scanner.Depth == 0:
                _zone = Zone.Outside;
                break;
            case JsonToken.EndArray or JsonToken.EndObject:
                OnEnd();
                break;
        }

        _member = Member.Other;
    }

    /// <summary>What stands in choices, in items or in the answer's object: texts by the names that they go by.</summary>
    private void OnAnswer(ReadOnlySpan<byte> bytes)
    {
        switch (_scanner.Token)
        {
            case JsonToken.Name:
                _member = _words.IsText(_scanner.Text(bytes)) ? Member.Text
                    : _words.HoldsNone(_scanner.Text(bytes)) ? Member.Skipped : Member.Other;
                return;
            case JsonToken.StartObject or JsonToken.StartArray when _member != Member.Skipped:
                _scanner.Enter();
                break;
            case JsonToken.String when _member == Member.Text:
                _texts!.Append(_scanner.TextHere(bytes));
                _texts.EndText();
                break;
            case JsonToken.EndArray or JsonToken.EndObject when _scanner.Depth == 1:
                OnEnd();
                _zone = Zone.Top;
                break;
        }

        _member = Member.Other;
    }

    private void OnError(ReadOnlySpan<byte> bytes)
    {
        switch (_scanner.Token)
        {
            case JsonToken.Name:
                ReadOnlySpan<byte> name = _scanner.Text(bytes);
                _member = name.SequenceEqual("code"u8) ? Member.Code
                    : name.SequenceEqual("type"u8) ? Member.Type
                    : name.SequenceEqual("param"u8) ? Member.Param
                    : name.SequenceEqual("message"u8) ? Member.Message : Member.Other;
                return;
            case JsonToken.String when _member == Member.Code:
                _errorCodeLength = Keep(_scanner.Text(bytes), _errorCode);
                break;
            case JsonToken.Number when _member == Member.Code:
                ErrorNumber = Utf8Parser.TryParse(_scanner.Text(bytes), out int number, out int used) && used == _scanner.Text(bytes).Length ? number : 0;
                break;
            case JsonToken.String when _member == Member.Message && _scanner.TokenEnd - _scanner.TokenStart <= ErrorMessageBytesMax:
                // A token that was cut between spans is kept as far as the scanner keeps it.
                _errorMessage = _scanner.TokenEnd - _scanner.TokenStart == _scanner.Text(bytes).Length + 2 ? _scanner.Text(bytes).ToArray() : [];
                break;
            case JsonToken.String when _member == Member.Type:
                _errorTypeLength = Keep(_scanner.Text(bytes), _errorType);
                break;
            case JsonToken.String when _member == Member.Param:
                _errorParamLength = Keep(_scanner.Text(bytes), _errorParam);
                break;
            case JsonToken.EndObject when _scanner.Depth == 1:
                _zone = Zone.Top;
                break;
        }

        _member = Member.Other;
    }

    private int Keep(ReadOnlySpan<byte> text, byte[] destination)
    {
        if (_scanner.IsEscaped)
            return JsonUnescape.TryUnescape(text, destination, out int written) ? written : 0;
        return text.TryCopyTo(destination) ? text.Length : 0;
    }
}
