using System.Buffers.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// Reads the events of a streamed message as they pass: <c>message_start</c> and <c>message_delta</c> bring the usage, the later one what
/// holds; blocks are begun, added to and ended one after the other; <c>message_stop</c> is the end. An event of another type, or one that
/// is not JSON, passes as it is and counts for nothing.
/// </summary>
internal sealed class AnthropicEventReader : EventReader
{
    private const int BlockIndexMax = ChoiceSet.IndexMax;

    private JsonScanner _scanner;
    private UsageReader _usage;
    private DeltaTexts? _texts;
    private Zone _zone;
    private Member _member;
    private EventType _type;
    private int _index;
    private TextAt _text;
    private TextAt _name;
    private bool _hasUsage;
    private bool _sawThought;
    private bool _hasStopReason;
    private bool _isRead;
    private bool _isText;
    private ChoiceSet _open;
    private ChoiceSet _openBefore;

    private enum Zone : byte
    {
        Outside,
        Top,
        Message,
        Block,
        Usage,
    }

    private enum Member : byte
    {
        Other,
        Type,
        Index,
        Message,
        Delta,
        Block,
        Usage,
        Name,
        Text,
        Thinking,
        Arguments,
        StopReason,
    }

    private enum EventType : byte
    {
        Other,
        Start,
        BlockStart,
        BlockDelta,
        BlockStop,
        Stop,
        Error,
        Ping,
    }

    /// <summary>Whether a message was begun.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>The first block that has been begun for the client and not ended; -1 where there is none.</summary>
    /// <param name="withLast">Whether the last event counts.</param>
    public int OpenBlock(bool withLast)
    {
        ChoiceSet open = withLast ? _open : _openBefore;
        for (int index = 0; open.Count > 0 && index <= BlockIndexMax; index++)
        {
            if (open.Has(index))
                return index;
        }

        return -1;
    }

    /// <inheritdoc/>
    public override void Reset(RequestShape shape, bool stripUsage, bool wantsTexts = false, bool wantsDraft = false)
    {
        _texts = BeginStream(wantsTexts || wantsDraft);
        _usage = default;
        _sawThought = IsBegun = false;
        _open = _openBefore = default;
    }

    /// <inheritdoc/>
    public override bool IsComplete(bool cleanFramingEnd) => IsTerminal;

    /// <inheritdoc/>
    public override EventAction OnEvent(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> data, out int cutStart, out int cutLength)
    {
        cutStart = cutLength = 0;
        ClearTexts();
        _openBefore = _open;
        _isRead = !data.IsEmpty && TryRead(data);
        if (_isRead)
            Conclude();
        return EventAction.Forward;
    }

    /// <summary>
    /// A message's start, a ping, and the start of a text that is empty; a thought has begun where its block has, for it may go on unseen. What is no JSON says
    /// nothing, and that a message is over is the end of what has been said.
    /// </summary>
    public override bool IsPrelude(ReadOnlySpan<byte> data) => !_isRead || _type switch
    {
        EventType.Start or EventType.Ping or EventType.Stop => true,
        EventType.BlockStart => _isText && _text.Length == 0,
        _ => false,
    };

    private bool TryRead(ReadOnlySpan<byte> data)
    {
        _scanner.Reset(null, checkUtf8: false);
        _zone = Zone.Outside;
        _member = Member.Other;
        _type = EventType.Other;
        _index = 0;
        _text = _name = default;
        _hasUsage = _hasStopReason = _isText = false;
        while (_scanner.Read(data))
        {
            switch (_zone)
            {
                case Zone.Usage:
                    if (!_usage.Take(ref _scanner, data))
                        _zone = _scanner.Depth > 1 ? Zone.Message : Zone.Top;
                    break;
                case Zone.Outside when _scanner.Token == JsonToken.StartObject:
                    _scanner.Enter();
                    _zone = Zone.Top;
                    break;
                case Zone.Outside:
                    break;
                default:
                    OnMember(data);
                    break;
            }
        }

        return _scanner.Finish() == JsonFault.None;
    }

    private void OnMember(ReadOnlySpan<byte> data)
    {
        switch (_scanner.Token)
        {
            case JsonToken.Name:
                _member = MemberOf(_scanner.Text(data));
                return;
            case JsonToken.String when _zone == Zone.Top && _member == Member.Type:
                _type = TypeOf(_scanner.Text(data));
                break;
            case JsonToken.String when _zone == Zone.Block:
                OnText(data);
                break;
            case JsonToken.Number when _zone == Zone.Top && _member == Member.Index:
                _index = Utf8Parser.TryParse(_scanner.Text(data), out int index, out _) && index >= 0 ? index : 0;
                break;
            case JsonToken.StartObject:
                EnterObject();
                return;
            case JsonToken.EndObject when _scanner.Depth == 1 && _zone is Zone.Message or Zone.Block:
                _zone = Zone.Top;
                break;
        }

        _member = Member.Other;
    }

    private void EnterObject()
    {
        if (_member == Member.Usage)
        {
            _usage.Begin(ref _scanner, AnthropicAnswerWords.Shared, goesOn: true);
            _hasUsage = true;
            _zone = Zone.Usage;
        }
        else if (_zone == Zone.Top && _member == Member.Message)
        {
            _scanner.Enter();
            _zone = Zone.Message;
        }
        else if (_zone == Zone.Top && _member is Member.Delta or Member.Block)
        {
            _scanner.Enter();
            _zone = Zone.Block;
        }

        _member = Member.Other;
    }

    /// <summary>A string of a block or of what is added to one.</summary>
    private void OnText(ReadOnlySpan<byte> data)
    {
        int start = (int)_scanner.TokenStart + 1;
        int length = _scanner.Text(data).Length;
        switch (_member)
        {
            case Member.Text:
                _text = new TextAt(TextKind.Content, start, length);
                break;
            case Member.Thinking:
                _text = new TextAt(TextKind.Reasoning, start, length);
                break;
            case Member.Arguments:
                _text = new TextAt(TextKind.Arguments, start, length);
                break;
            case Member.Name:
                _name = new TextAt(TextKind.Name, start, length);
                break;
            case Member.StopReason:
                _hasStopReason = true;
                break;
            case Member.Type when _scanner.Text(data).EndsWith("thinking"u8):
                _sawThought = true;
                break;
            case Member.Type:
                _isText = _scanner.Text(data).SequenceEqual("text"u8);
                break;
        }
    }

    /// <summary>The event is whole: only now it is known what its parts are, which may stand in any order.</summary>
    private void Conclude()
    {
        Events++;
        if (_hasUsage)
        {
            Usage usage = _usage.Result;
            usage.HidesThought = _sawThought && usage.ReasoningTokens == 0;
            usage.IsFinal = _hasStopReason;
            Usage = usage;
            LearnTier(_usage.Tier);
        }

        switch (_type)
        {
            case EventType.Start:
                IsBegun = true;
                break;
            case EventType.BlockStart:
                if (_index <= BlockIndexMax)
                    _open.Add(_index);
                Note(_name);
                Note(_text);
                break;
            case EventType.BlockDelta:
                SawContent = true;
                Note(_text);
                break;
            case EventType.BlockStop:
                if (_index <= BlockIndexMax)
                    _open.Remove(_index);
                break;
            case EventType.Stop:
                IsTerminal = true;
                break;
            case EventType.Error:
                IsTerminal = EndedInError = true;
                break;
        }
    }

    private void Note(in TextAt text) => _texts?.Add(0, _index, text.Kind, text.Start, text.Length);

    private static EventType TypeOf(ReadOnlySpan<byte> type)
    {
        if (type.SequenceEqual("content_block_delta"u8))
            return EventType.BlockDelta;
        if (type.SequenceEqual("content_block_start"u8))
            return EventType.BlockStart;
        if (type.SequenceEqual("content_block_stop"u8))
            return EventType.BlockStop;
        if (type.SequenceEqual("message_start"u8))
            return EventType.Start;
        if (type.SequenceEqual("message_stop"u8))
            return EventType.Stop;
        if (type.SequenceEqual("ping"u8))
            return EventType.Ping;
        return type.SequenceEqual("error"u8) ? EventType.Error : EventType.Other;
    }

    private static Member MemberOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => name[0] == (byte)'n' ? Known(name, "name"u8, Member.Name)
            : name[1] == (byte)'y' ? Known(name, "type"u8, Member.Type) : Known(name, "text"u8, Member.Text),
        5 => name[0] == (byte)'i' ? Known(name, "index"u8, Member.Index)
            : name[0] == (byte)'d' ? Known(name, "delta"u8, Member.Delta) : Known(name, "usage"u8, Member.Usage),
        7 => Known(name, "message"u8, Member.Message),
        8 => Known(name, "thinking"u8, Member.Thinking),
        11 => Known(name, "stop_reason"u8, Member.StopReason),
        12 => Known(name, "partial_json"u8, Member.Arguments),
        13 => Known(name, "content_block"u8, Member.Block),
        _ => Member.Other,
    };

    private static Member Known(ReadOnlySpan<byte> name, ReadOnlySpan<byte> expected, Member member) =>
        name.SequenceEqual(expected) ? member : Member.Other;

    /// <summary>Where a text stands in the event's data; without a length where there is none.</summary>
    private readonly record struct TextAt(TextKind Kind, int Start, int Length);
}
