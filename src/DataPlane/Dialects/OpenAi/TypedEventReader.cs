using System.Buffers.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>What the type of a typed event means for the stream.</summary>
internal enum EventKind : byte
{
    /// <summary>One of many that need no treatment.</summary>
    Other,

    /// <summary>Brings text, arguments, reasoning, sound or a picture.</summary>
    Content,

    /// <summary>The last event of a stream that ended as it should.</summary>
    Terminal,

    /// <summary>The last event of a stream that failed.</summary>
    Failure,
}

/// <summary>
/// Reads events that name their <c>type</c>: those of the Responses API, and those of image and audio streams. The usage is the
/// event's own or that of its <c>response</c>.
/// </summary>
internal sealed partial class TypedEventReader
{
    /// <summary>Longer ids of responses are not kept.</summary>
    public const int ResponseIdBytesMax = 128;

    private const int TypeBytesMax = 64;

    private readonly byte[] _type = new byte[TypeBytesMax];
    private readonly byte[] _responseId = new byte[ResponseIdBytesMax];
    private int _typeLength;
    private int _responseIdLength;
    private bool _isNumbered;
    private bool _numberIsRead;
    private JsonScanner _scanner;
    private UsageReader _usageReader;
    private Zone _zone;
    private Member _member;
    private bool _inResponse;
    private bool _isResponses;
    private DeltaTexts? _texts;
    private EventPlaces _places;
    private TierName _tier;

    private enum Zone : byte
    {
        Outside,
        Top,
        Response,
        Item,
        Usage,
    }

    private enum Member : byte
    {
        Other,
        Type,
        Response,
        Usage,
        Error,
        Tier,
        Sequence,
        Id,
        CreatedAt,
        Delta,
        OutputIndex,
        PartIndex,
        Item,
        Part,
        Name,
    }

    public Usage Usage { get; private set; }

    public bool HasUsage { get; private set; }

    /// <summary>The tier of service that the last event's response names, or empty.</summary>
    public ReadOnlySpan<byte> Tier => _tier.Utf8;

    /// <summary>Whether the event has an <c>error</c> of its own.</summary>
    public bool HasError { get; private set; }

    /// <summary>The event's <c>type</c>, or empty.</summary>
    public ReadOnlySpan<byte> Type => _type.AsSpan(0, _typeLength);

    /// <summary>The id of the stream's response, or empty.</summary>
    public ReadOnlySpan<byte> ResponseId => _responseId.AsSpan(0, _responseIdLength);

    /// <summary>Whether that id came with escapes, so that it stands in events otherwise than here.</summary>
    public bool ResponseIdIsEscaped { get; private set; }

    /// <summary>When the stream's response was created, in Unix seconds; 0 if it was not told.</summary>
    public long ResponseCreatedAt { get; private set; }

    /// <summary>The <c>sequence_number</c> that an event behind the last one has.</summary>
    public long NextSequence { get; private set; }

    /// <summary>What the event's type means.</summary>
    public EventKind Kind => _isResponses ? ResponsesKind(Type) : OtherKind(Type);

    /// <summary>Where the last event's parts are; of meaning where texts are wanted.</summary>
    public ref readonly EventPlaces Places => ref _places;

    /// <summary>Starts a stream; the texts of each event are noted in <paramref name="texts"/>, if one is given.</summary>
    public void Reset(DeltaTexts? texts = null)
    {
        _texts = texts;
        _responseIdLength = 0;
        _isNumbered = false;
        ResponseCreatedAt = 0;
        NextSequence = 0;
    }

    /// <summary>False when the data is not one JSON value.</summary>
    /// <param name="data">The event's data.</param>
    /// <param name="isResponses">Whether the stream is one of the Responses API.</param>
    public bool TryRead(ReadOnlySpan<byte> data, bool isResponses)
    {
        _isResponses = isResponses;
        _scanner.Reset(null, checkUtf8: false);
        _zone = Zone.Outside;
        _member = Member.Other;
        _typeLength = 0;
        HasUsage = HasError = false;
        _tier = default;
        _numberIsRead = false;
        if (_texts is not null)
            BeginTexts();
        while (_scanner.Read(data))
        {
            switch (_zone)
            {
                case Zone.Item:
                    OnItem(data);
                    break;
                case Zone.Usage:
                    if (_usageReader.Take(ref _scanner, data))
                        break;
                    Usage = _usageReader.Result;
                    HasUsage = true;
                    _zone = _inResponse ? Zone.Response : Zone.Top;
                    break;
                case Zone.Outside when _scanner.Token == JsonToken.StartObject:
                    _scanner.Enter();
                    _zone = Zone.Top;
                    break;
                case Zone.Top or Zone.Response:
                    OnMember(data);
                    break;
            }
        }

        if (_scanner.Finish() != JsonFault.None)
        {
            _texts?.Clear();
            return false;
        }

        if (_texts is not null)
            EndTexts();
        if (!_numberIsRead)
            NextSequence++;
        return true;
    }

    /// <summary>What a type of the Responses API means.</summary>
    private static EventKind ResponsesKind(ReadOnlySpan<byte> type)
    {
        if (type.EndsWith(".delta"u8))
            return EventKind.Content;
        if (type.SequenceEqual("response.completed"u8) || type.SequenceEqual("response.incomplete"u8)
            || type.SequenceEqual("response.cancelled"u8))
            return EventKind.Terminal;
        return type.SequenceEqual("response.failed"u8) || type.SequenceEqual("error"u8) ? EventKind.Failure : EventKind.Other;
    }

    /// <summary>What a type of another stream means, by its ending.</summary>
    private static EventKind OtherKind(ReadOnlySpan<byte> type)
    {
        if (type.IsEmpty || type.EndsWith(".delta"u8) || type.EndsWith(".partial_image"u8))
            return EventKind.Content;
        if (type.EndsWith(".completed"u8) || type.EndsWith(".done"u8))
            return EventKind.Terminal;
        return type.EndsWith(".failed"u8) || type.SequenceEqual("error"u8) ? EventKind.Failure : EventKind.Other;
    }

    private void OnMember(ReadOnlySpan<byte> data)
    {
        switch (_scanner.Token)
        {
            case JsonToken.Name:
                _member = MemberOf(_scanner.Text(data));
                return;
            case JsonToken.String when _member == Member.Type && _zone == Zone.Top:
                ReadOnlySpan<byte> type = _scanner.Text(data);
                _typeLength = type.TryCopyTo(_type) ? type.Length : 0;

                // Most events are parts of the text, and nothing behind their type and number matters.
                if (Kind == EventKind.Content && (NumberFollows(data) || !_isNumbered) && (_texts is null || TextKindOf(type) is null))
                    _scanner.HideRest();
                break;
            case JsonToken.Number when _member == Member.Sequence && _zone == Zone.Top:
                TakeNumber(_scanner.Text(data));
                break;
            case JsonToken.String when _member == Member.Id && _zone == Zone.Response && _responseIdLength == 0:
                TakeId(_scanner.Text(data));
                break;
            case JsonToken.String when _member == Member.Tier && _zone == Zone.Response && !_scanner.IsEscaped:
                _tier.Learn(OpenAiAnswerWords.Shared.TierOf(_scanner.Text(data)));
                break;
            case JsonToken.Number when _member == Member.CreatedAt && _zone == Zone.Response:
                if (Utf8Parser.TryParse(_scanner.Text(data), out long createdAt, out _))
                    ResponseCreatedAt = createdAt;
                break;
            case JsonToken.String when _member == Member.Delta && _texts is not null && _zone == Zone.Top:
                _places.Delta = new DeltaRange((int)_scanner.TokenStart + 1, _scanner.Text(data).Length);
                break;
            case JsonToken.Number when _member is Member.OutputIndex or Member.PartIndex && _texts is not null && _zone == Zone.Top:
                TakeIndex(_scanner.Text(data));
                break;
            case JsonToken.StartObject when _member is Member.Item or Member.Part && _texts is not null && _zone == Zone.Top:
                BeginObject();
                return;
            case JsonToken.EndObject when _member == Member.Part && _zone == Zone.Top && _scanner.Depth == 1:
                _places.Part = _places.Part with { Length = (int)_scanner.TokenEnd - _places.Part.Start };
                break;
            case JsonToken.StartObject when _member == Member.Usage:
                _inResponse = _zone == Zone.Response;
                _usageReader.Begin(ref _scanner, OpenAiAnswerWords.Shared);
                _zone = Zone.Usage;
                break;
            case JsonToken.StartObject when _member == Member.Response && _zone == Zone.Top:
                _scanner.Enter();
                _zone = Zone.Response;
                _places.Response = new DeltaRange((int)_scanner.TokenStart, 0);
                break;
            case JsonToken.StartObject or JsonToken.String when _member == Member.Error && _zone == Zone.Top:
                HasError = true;
                break;
            case JsonToken.EndObject when _zone == Zone.Response && _scanner.Depth == 1:
                _zone = Zone.Top;
                _places.Response = _places.Response with { Length = (int)_scanner.TokenEnd - _places.Response.Start };
                break;
            case JsonToken.EndObject when _scanner.Depth == 0:
                _zone = Zone.Outside;
                break;
        }

        _member = Member.Other;
    }

    /// <summary>OpenAI writes the number right behind the type: it is read there without a token.</summary>
    private bool NumberFollows(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = data[(int)_scanner.TokenEnd..];
        ReadOnlySpan<byte> name = ",\"sequence_number\":"u8;
        if (!rest.StartsWith(name))
            return false;
        TakeNumber(rest[name.Length..]);
        return _numberIsRead;
    }

    private void TakeNumber(ReadOnlySpan<byte> digits)
    {
        if (!Utf8Parser.TryParse(digits, out long number, out _) || number is < 0 or long.MaxValue)
            return;
        NextSequence = number + 1;
        _numberIsRead = true;
        _isNumbered = true;
    }

    private void TakeId(ReadOnlySpan<byte> id)
    {
        ResponseIdIsEscaped = _scanner.IsEscaped;
        if (_scanner.IsEscaped)
            _responseIdLength = JsonUnescape.TryUnescape(id, _responseId, out int written) ? written : 0;
        else if (id.TryCopyTo(_responseId))
            _responseIdLength = id.Length;
    }

    private static Member MemberOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => name.SequenceEqual("id"u8) ? Member.Id : Member.Other,
        10 => name.SequenceEqual("created_at"u8) ? Member.CreatedAt : Member.Other,
        12 => name[0] == (byte)'o' ? Known(name, "output_index"u8, Member.OutputIndex) : Known(name, "service_tier"u8, Member.Tier),
        13 => name.SequenceEqual("content_index"u8) || name.SequenceEqual("summary_index"u8) ? Member.PartIndex : Member.Other,
        15 => name.SequenceEqual("sequence_number"u8) ? Member.Sequence : Member.Other,
        4 => name[0] == (byte)'t' ? Known(name, "type"u8, Member.Type)
            : name[0] == (byte)'i' ? Known(name, "item"u8, Member.Item) : Known(name, "part"u8, Member.Part),
        5 => name[0] == (byte)'u' ? Known(name, "usage"u8, Member.Usage)
            : name[0] == (byte)'d' ? Known(name, "delta"u8, Member.Delta) : Known(name, "error"u8, Member.Error),
        8 => name.SequenceEqual("response"u8) ? Member.Response : Member.Other,
        _ => Member.Other,
    };
}
