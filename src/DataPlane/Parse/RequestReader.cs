using System.Buffers.Text;
using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>
/// Reads a JSON request body in one pass, span by span: it checks the whole text against RFC 8259 and the top-level fields that a
/// gateway must understand, which the body's shape tells, and leaves everything deeper to the provider. What it reads must be
/// unambiguous: a field given twice is refused, since the provider might take the other one.
/// </summary>
internal sealed class RequestReader
{
    /// <summary>Fields that no prompt is in: whoever reads prompts is not asked about them.</summary>
    private const RequestField BesidePrompt = RequestField.Model | RequestField.Stream | RequestField.N | RequestField.BestOf | RequestField.MaxTokens
        | RequestField.MaxCompletionTokens | RequestField.MaxOutputTokens | RequestField.Temperature | RequestField.TopP;

    /// <summary>What <c>include</c> calls log-probabilities of texts.</summary>
    private static ReadOnlySpan<byte> LogprobsOfTexts => "message.output_text.logprobs"u8;

    private readonly byte[] _capture = new byte[JsonScanner.CaptureMax];
    private JsonScanner _scanner;
    private RequestFacts _facts = new();
    private RequestForm _form = null!;
    private RequestField _seen;
    private RequestField _field;
    private bool _inObject;
    private RequestField _inner;
    private bool _wantsPrompt;
    private bool _takesAny;
    private PromptReader? _prompt;
    private EdgeError _error;

    /// <summary>Starts a body.</summary>
    /// <param name="facts">Emptied, and filled while the body is fed.</param>
    /// <param name="shape">Which fields the body has.</param>
    /// <param name="prompt">Where the texts of the prompt are noted, if one is given that wants them.</param>
    /// <param name="reader">What knows where those texts stand; null where none is wanted.</param>
    public void Begin(RequestFacts facts, RequestShape shape, PromptText? prompt = null, PromptReader? reader = null)
    {
        facts.Reset();
        _wantsPrompt = prompt is { IsWanted: true };
        if (_wantsPrompt)
        {
            _prompt = reader!;
            _prompt.Begin(prompt!, shape);
        }

        _facts = facts;
        _scanner.Reset(_capture, checkUtf8: true);
        _form = RequestForm.Of(shape);
        _takesAny = shape == RequestShape.Native;
        _seen = RequestField.None;
        _field = RequestField.None;
        _inObject = false;
        _inner = RequestField.None;
        _error = default;
    }

    /// <summary>The next bytes. The first error stays: later calls return it again.</summary>
    public EdgeError Feed(ReadOnlySpan<byte> bytes)
    {
        if (_error.IsError)
            return _error;
        while (_scanner.Read(bytes))
        {
            if (_wantsPrompt && _prompt!.IsInside)
            {
                if (_prompt.TakeAll(ref _scanner, bytes))
                    continue;
                break;
            }

            EdgeError error = OnToken(bytes);
            if (error.IsError)
                return _error = error;
        }

        return _scanner.Fault == JsonFault.None ? default : _error = Describe(_scanner.Fault);
    }

    /// <summary>The body's end.</summary>
    public EdgeError Finish()
    {
        if (_error.IsError)
            return _error;
        JsonFault fault = _scanner.Finish();
        if (fault != JsonFault.None)
            return _error = Describe(fault);
        if (!_inObject)
            return _error = _takesAny ? default : NotAnObject();
        RequestField missing = _form.MissingOf(_seen);
        if (missing != RequestField.None)
            _error = RequestFields.Missing(_form.NameOf(missing & (RequestField)(-(int)missing)));
        return _error;
    }

    internal static EdgeError Describe(JsonFault fault) => EdgeError.Invalid(fault switch
    {
        JsonFault.Truncated => "The request body is not valid JSON: it ends too early.",
        JsonFault.TooDeep => "The request body is nested too deeply.",
        JsonFault.BadUtf8 => "The request body is not valid UTF-8.",
        JsonFault.ControlByte => "The request body is not valid JSON: it holds a raw control character.",
        _ => "The request body is not valid JSON.",
    });

    private static EdgeError NotAnObject() => EdgeError.Invalid("The request body must be a JSON object.");

    private EdgeError OnToken(ReadOnlySpan<byte> bytes)
    {
        JsonToken token = _scanner.Token;
        if (_scanner.Depth == 0 || !_inObject)
            return OnTopLevel(token);
        if (_inner != RequestField.None && token is JsonToken.EndObject or JsonToken.EndArray && _scanner.Depth == 1)
        {
            LeaveInner();
            return default;
        }

        if (token == JsonToken.Name)
            return OnName(bytes);
        if (token is JsonToken.EndObject or JsonToken.EndArray)
            return default;
        EdgeError error = default;
        bool isBeside = (_field & BesidePrompt) != 0;
        if (_field != RequestField.None)
        {
            error = Fits(token) ? Take(token, bytes) : RequestFields.WrongType(_field, _form.NameOf(_field));
            _field = RequestField.None;
        }

        if (_inner == RequestField.Include && token == JsonToken.String)
            _facts.IncludesLogprobs |= _scanner.Text(bytes).SequenceEqual(LogprobsOfTexts);
        if (_wantsPrompt && !isBeside && _inner == RequestField.None)
            _prompt!.OnValue(ref _scanner);
        return error;
    }

    private EdgeError OnTopLevel(JsonToken token)
    {
        if (token == JsonToken.StartObject)
        {
            _scanner.Enter();
            _inObject = true;
            _facts.InsertAt = _scanner.TokenEnd;
            return default;
        }

        if (token != JsonToken.EndObject)
            return _takesAny ? default : NotAnObject();
        _facts.TopLevelIsEmpty = _scanner.EndedEmpty;
        return default;
    }

    private EdgeError OnName(ReadOnlySpan<byte> bytes)
    {
        _field = FieldOfName(_scanner.Text(bytes));
        if ((_seen & _field) != 0)
            return RequestFields.Duplicate(_form.NameOf(_field));
        _seen |= _field;
        if (_field == RequestField.Model)
            _facts.ModelNameStart = _scanner.TokenStart;
        if (_wantsPrompt && (_field & BesidePrompt) == 0 && _inner == RequestField.None)
            _prompt!.OnName(ref _scanner, bytes);
        return default;
    }

    private RequestField FieldOfName(ReadOnlySpan<byte> name)
    {
        if (!_scanner.IsEscaped)
            return FieldOfPlainName(name);
        Span<byte> plain = stackalloc byte[32];
        return JsonUnescape.TryUnescape(name, plain, out int length) ? FieldOfPlainName(plain[..length]) : RequestField.None;
    }

    private RequestField FieldOfPlainName(ReadOnlySpan<byte> name) =>
        _inner == RequestField.None ? _form.FieldOf(name) : _form.FieldOf(_inner, name);

    private bool Fits(JsonToken token) => _field switch
    {
        RequestField.Model => token == JsonToken.String,
        RequestField.MimeType or RequestField.Thinking or RequestField.Conversation or RequestField.Logprobs
            or RequestField.TopLogprobs or RequestField.Include => true,
        RequestField.Messages or RequestField.Contents => token == JsonToken.StartArray,
        RequestField.Whole => token == JsonToken.StartObject,
        RequestField.Prompt or RequestField.Input => token is JsonToken.String or JsonToken.StartArray,
        RequestField.Tools => token is JsonToken.Null or JsonToken.StartArray,
        RequestField.ServiceTier or RequestField.StoredId => token is JsonToken.Null or JsonToken.String,
        RequestField.StreamOptions or RequestField.Config => token is JsonToken.Null or JsonToken.StartObject,
        RequestField.Stream or RequestField.Background or RequestField.IncludeUsage or RequestField.Store =>
            token is JsonToken.Null or JsonToken.True or JsonToken.False,
        _ => token is JsonToken.Null or JsonToken.Number,
    };

    private EdgeError Take(JsonToken token, ReadOnlySpan<byte> bytes)
    {
        var range = new ByteRange(_scanner.TokenStart, _scanner.TokenEnd - _scanner.TokenStart);
        switch (_field)
        {
            case RequestField.Model:
                _facts.ModelToken = range;
                return TakeModel(_scanner.Text(bytes));
            case RequestField.Stream:
                _facts.Stream = token == JsonToken.True;
                _facts.StreamToken = range;
                return default;
            case RequestField.Background:
                _facts.Background = token == JsonToken.True;
                return default;
            case RequestField.StoredId:
                TakeStoredId(token, range, bytes);
                return default;
            case RequestField.Conversation:
                _facts.HasConversation = token != JsonToken.Null;
                return default;
            case RequestField.Store:
                _facts.KeepsNothing = token == JsonToken.False;
                return default;
            case RequestField.ServiceTier:
                _facts.SetServiceTier(token == JsonToken.String && !_scanner.IsEscaped ? _scanner.Text(bytes) : default);
                return default;
            case RequestField.MimeType:
                _facts.WantsJson = token == JsonToken.String && _scanner.Text(bytes).SequenceEqual("application/json"u8);
                return default;
            case RequestField.StreamOptions:
                TakeStreamOptions(token, range);
                return default;
            case RequestField.Config:
                TakeConfig(token, range);
                return default;
            case RequestField.Thinking:
                if (token == JsonToken.StartObject)
                    EnterInner();
                _facts.Thinking = token == JsonToken.StartObject ? range : default;
                return default;
            case RequestField.Logprobs:
                if (token is JsonToken.Null or JsonToken.False)
                    _facts.UnaskedLogprobs = range;
                else
                    _facts.WantsLogprobs = true;
                return default;
            case RequestField.TopLogprobs:
                _facts.WantsLogprobs |= token == JsonToken.Number && !_scanner.Text(bytes).SequenceEqual("0"u8);
                return default;
            case RequestField.Include:
                TakeInclude(token, range);
                return default;
            case RequestField.IncludeUsage:
                _facts.IncludeUsage = token == JsonToken.Null ? IncludeUsageForm.Null
                    : token == JsonToken.True ? IncludeUsageForm.True : IncludeUsageForm.False;
                _facts.IncludeUsageToken = range;
                return default;
            case RequestField.N or RequestField.BestOf or RequestField.MaxTokens or RequestField.MaxCompletionTokens or RequestField.MaxOutputTokens
                or RequestField.ThinkingBudget:
                return TakeInteger(token, range, bytes);
            default:
                return default;
        }
    }

    private void TakeStreamOptions(JsonToken token, ByteRange range)
    {
        _facts.StreamOptionsToken = range;
        if (token == JsonToken.Null)
        {
            _facts.StreamOptions = StreamOptionsForm.Null;
            return;
        }

        EnterInner();
        _facts.StreamOptions = StreamOptionsForm.Object;
        _facts.StreamOptionsInsertAt = range.End;
    }

    private void TakeConfig(JsonToken token, ByteRange range)
    {
        if (token == JsonToken.Null)
        {
            _facts.NullConfig = range;
            return;
        }

        EnterInner();
        _facts.ConfigInsertAt = range.End;
    }

    private void TakeInclude(JsonToken token, ByteRange range)
    {
        if (token == JsonToken.Null)
            _facts.NullInclude = range;
        if (token != JsonToken.StartArray)
            return;
        EnterInner();
        _facts.IncludeInsertAt = range.End;
    }

    /// <summary>Goes into the object or the array at hand, of which some is read.</summary>
    private void EnterInner()
    {
        _scanner.Enter();
        _inner = _field;
    }

    private void LeaveInner()
    {
        if (_inner == RequestField.StreamOptions)
        {
            _facts.StreamOptionsIsEmpty = _scanner.EndedEmpty;
            _facts.StreamOptionsToken = new ByteRange(_facts.StreamOptionsToken.Start, _scanner.TokenEnd - _facts.StreamOptionsToken.Start);
        }
        else if (_inner == RequestField.Config)
        {
            _facts.ConfigIsEmpty = _scanner.EndedEmpty;
        }
        else if (_inner == RequestField.Include)
        {
            _facts.IncludeIsEmpty = _scanner.EndedEmpty;
            _facts.WantsLogprobs |= _facts.IncludesLogprobs;
        }
        else
        {
            _facts.Thinking = new ByteRange(_facts.Thinking.Start, _scanner.TokenEnd - _facts.Thinking.Start);
        }

        _inner = RequestField.None;
    }

    /// <summary>Takes an id as it is meant; of one that is longer than any of ours that it is there.</summary>
    private void TakeStoredId(JsonToken token, ByteRange range, ReadOnlySpan<byte> bytes)
    {
        if (token != JsonToken.String || range.Length == 2)
            return;
        _facts.StoredIdToken = range;
        Span<byte> plain = stackalloc byte[StoredIds.TextBytesMax];
        if (!_scanner.IsEscaped)
            _facts.SetStoredId(range.Length - 2 <= StoredIds.TextBytesMax ? _scanner.Text(bytes) : default);
        else if (JsonUnescape.TryUnescape(_scanner.Text(bytes), plain, out int length))
            _facts.SetStoredId(plain[..length]);
    }

    private EdgeError TakeModel(ReadOnlySpan<byte> name)
    {
        if (!_scanner.IsEscaped)
            return _facts.TrySetModel(name) ? default : RequestFields.BadModel();
        Span<byte> plain = stackalloc byte[RequestFacts.ModelBytesMax];
        bool isName = JsonUnescape.TryUnescape(name, plain, out int length) && _facts.TrySetModel(plain[..length]);
        return isName ? default : RequestFields.BadModel();
    }

    private EdgeError TakeInteger(JsonToken token, ByteRange range, ReadOnlySpan<byte> bytes)
    {
        long? value = null;
        if (token == JsonToken.Number)
        {
            ReadOnlySpan<byte> digits = _scanner.Text(bytes);
            if (!Utf8Parser.TryParse(digits, out long number, out int used) || used != digits.Length || number < 0)
                return RequestFields.WrongType(_field, _form.NameOf(_field));
            value = number;
        }

        var cap = new OutputCap(range, value);
        switch (_field)
        {
            case RequestField.MaxTokens:
                _facts.MaxTokens = cap;
                break;
            case RequestField.MaxCompletionTokens:
                _facts.MaxCompletionTokens = cap;
                break;
            case RequestField.MaxOutputTokens:
                _facts.MaxOutputTokens = cap;
                break;
            case RequestField.ThinkingBudget:
                _facts.ThinkingBudget = cap;
                break;
            case RequestField.BestOf:
                _facts.BestOf = (int)Math.Min(value ?? 1, int.MaxValue);
                break;
            default:
                _facts.N = (int)Math.Min(value ?? 1, int.MaxValue);
                break;
        }

        return default;
    }
}
