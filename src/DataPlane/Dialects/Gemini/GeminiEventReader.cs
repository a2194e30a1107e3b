using System.Buffers.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// Reads the chunks of <c>streamGenerateContent</c> as they pass. No event says that it is the last: a stream is whole when each candidate has
/// its <c>finishReason</c>, or the prompt was blocked, and the body ends as its framing says. What is not JSON passes and counts for nothing.
/// </summary>
internal sealed class GeminiEventReader : EventReader
{
    // How many containers are open within a candidate's content, its parts, a part, a call.
    private const int CandidateDepth = 3, ContentDepth = 4, PartDepth = 6, CallDepth = 7;

    private JsonScanner _scanner;
    private UsageReader _usage;
    private DeltaTexts? _texts;
    private Zone _zone;
    private Member _member;
    private int _index;
    private int _part;
    private TextAt _text;
    private bool _isThought;
    private bool _isFinished;
    private bool _isBlocked;
    private bool _hasContent;
    private bool _hasUsage;
    private bool _hasError;
    private bool _isRead;
    private ChoiceSet _seenNow;
    private ChoiceSet _finishedNow;
    private ChoiceSet _seen;
    private ChoiceSet _finished;
    private ChoiceSet _seenBefore;
    private ChoiceSet _finishedBefore;

    private enum Zone : byte
    {
        Outside,
        Top,
        Candidates,
        Candidate,
        Content,
        Parts,
        Part,
        Call,
        Usage,
        Feedback,
    }

    private enum Member : byte
    {
        Other,
        Candidates,
        Content,
        Parts,
        Text,
        Thought,
        Call,
        Name,
        Arguments,
        Code,
        Index,
        Finish,
        Usage,
        Feedback,
        Block,
        Error,
    }

    /// <summary>The next candidate from <paramref name="index"/> on that was asked for or has been seen, and has not ended.</summary>
    /// <param name="index">Where to begin; then where it was found.</param>
    /// <param name="asked">Candidates that were asked for.</param>
    /// <param name="withLast">Whether the last event counts.</param>
    public bool TryFindOpen(ref int index, int asked, bool withLast)
    {
        for (; index <= ChoiceSet.IndexMax; index++)
        {
            if ((index < asked || (withLast ? _seen : _seenBefore).Has(index)) && !(withLast ? _finished : _finishedBefore).Has(index))
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override void Reset(RequestShape shape, bool stripUsage, bool wantsTexts = false, bool wantsDraft = false)
    {
        _texts = BeginStream(wantsTexts || wantsDraft);
        _seen = _finished = _seenBefore = _finishedBefore = default;
    }

    /// <inheritdoc/>
    public override bool IsComplete(bool cleanFramingEnd) => EndedInError || (IsTerminal && cleanFramingEnd);

    /// <inheritdoc/>
    public override EventAction OnEvent(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> data, out int cutStart, out int cutLength)
    {
        cutStart = cutLength = 0;
        ClearTexts();
        (_seenBefore, _finishedBefore) = (_seen, _finished);
        _isRead = !data.IsEmpty && TryRead(data);
        if (data.IsEmpty)
            return EventAction.Forward;
        if (_isRead)
            Conclude();
        else
            ClearTexts();
        return EventAction.Forward;
    }

    /// <summary>A chunk without content, of which no candidate ends; and what is no JSON.</summary>
    public override bool IsPrelude(ReadOnlySpan<byte> data) => !_isRead || (!_hasContent && !_hasError && !_isBlocked && _finishedNow.Count == 0);

    private bool TryRead(ReadOnlySpan<byte> data)
    {
        _scanner.Reset(null, checkUtf8: false);
        _usage = default;
        _zone = Zone.Outside;
        _member = Member.Other;
        _isBlocked = _hasContent = _hasUsage = _hasError = false;
        _seenNow = _finishedNow = default;
        while (_scanner.Read(data))
        {
            if (_zone != Zone.Usage)
                OnToken(data);
            else if (!_usage.Take(ref _scanner, data))
                _zone = Zone.Top;
        }

        return _scanner.Finish() == JsonFault.None;
    }

    private void Conclude()
    {
        Events++;
        if (_hasUsage)
            LearnTier(_usage.Tier);

        SawContent |= _hasContent;
        _seen.Add(_seenNow);
        _finished.Add(_finishedNow);
        EndedInError |= _hasError;
        IsTerminal = EndedInError || _isBlocked || (_seen.Count > 0 && _seen.CountWithout(_finished) == 0);
        if (!_hasUsage)
            return;
        Usage usage = _usage.Result;
        usage.IsFinal = IsTerminal && !EndedInError;
        Usage = usage;
    }

    private void OnToken(ReadOnlySpan<byte> data)
    {
        switch (_scanner.Token)
        {
            case JsonToken.Name:
                _member = MemberOf(_scanner.Text(data));
                return;
            case JsonToken.StartObject or JsonToken.StartArray:
                Enter();
                break;
            case JsonToken.EndObject or JsonToken.EndArray:
                Leave(data);
                break;
            default:
                OnScalar(data);
                break;
        }

        _member = Member.Other;
    }

    private void Enter()
    {
        bool isList = _scanner.Token == JsonToken.StartArray;
        Zone next = (_zone, _member) switch
        {
            (Zone.Outside, _) when !isList => Zone.Top,
            (Zone.Top, Member.Candidates) when isList => Zone.Candidates,
            (Zone.Top, Member.Usage) when !isList => Zone.Usage,
            (Zone.Top, Member.Feedback) when !isList => Zone.Feedback,
            (Zone.Candidates, _) when !isList => Zone.Candidate,
            (Zone.Candidate, Member.Content) when !isList => Zone.Content,
            (Zone.Content, Member.Parts) when isList => Zone.Parts,
            (Zone.Parts, _) when !isList => Zone.Part,
            (Zone.Part, Member.Call) when !isList => Zone.Call,
            _ => _zone,
        };
        if (_zone == Zone.Top && _member == Member.Error)
            _hasError = true;

        // A call, a picture, the result of code: whatever a part has besides text is content.
        _hasContent |= _zone == Zone.Part;
        if (_zone == Zone.Call && _member == Member.Arguments)
            _text = new TextAt(TextKind.Arguments, (int)_scanner.TokenStart, 0);
        if (next == _zone)
            return;
        if (next == Zone.Usage)
        {
            _usage.Begin(ref _scanner, GeminiAnswerWords.Shared);
            _hasUsage = true;
        }
        else
        {
            _scanner.Enter();
        }

        _zone = next;
        if (next == Zone.Candidate)
            (_index, _part, _isFinished) = (0, 0, false);
        else if (next is Zone.Part or Zone.Call)
            (_text, _isThought) = (default, _isThought && next == Zone.Call);
    }

    private void Leave(ReadOnlySpan<byte> data)
    {
        switch (_zone)
        {
            case Zone.Call when _scanner.Depth == CallDepth && _text.Kind == TextKind.Arguments && _text.Start > 0:
                Note(TextKind.Arguments, _text.Start, (int)_scanner.TokenEnd - _text.Start);
                _text = default;
                break;
            case Zone.Call when _scanner.Depth == PartDepth:
                _zone = Zone.Part;
                break;
            case Zone.Part when _scanner.Depth == PartDepth - 1:
                if (_text.Length > 0)
                    Note(_isThought ? TextKind.Reasoning : TextKind.Content, _text.Start, _text.Length);
                _part++;
                _zone = Zone.Parts;
                break;
            case Zone.Parts when _scanner.Depth == ContentDepth:
                _zone = Zone.Content;
                break;
            case Zone.Content when _scanner.Depth == CandidateDepth:
                _zone = Zone.Candidate;
                break;
            case Zone.Candidate when _scanner.Depth == CandidateDepth - 1:
                EndCandidate();
                _zone = Zone.Candidates;
                break;
            case Zone.Candidates or Zone.Feedback when _scanner.Depth == 1:
                _zone = Zone.Top;
                break;
            case Zone.Top when _scanner.Depth == 0:
                _zone = Zone.Outside;
                break;
        }
    }

    private void OnScalar(ReadOnlySpan<byte> data)
    {
        bool isString = _scanner.Token == JsonToken.String;
        switch (_member)
        {
            case Member.Text when _zone == Zone.Part && isString:
                _text = new TextAt(TextKind.Content, (int)_scanner.TokenStart + 1, _scanner.Text(data).Length);
                break;
            case Member.Thought when _zone == Zone.Part:
                _isThought = _scanner.Token == JsonToken.True;
                break;
            case Member.Name when _zone == Zone.Call && isString:
                Note(TextKind.Name, (int)_scanner.TokenStart + 1, _scanner.Text(data).Length);
                break;
            case Member.Code when _zone == Zone.Call && isString:
                Note(TextKind.Content, (int)_scanner.TokenStart + 1, _scanner.Text(data).Length);
                break;
            case Member.Index when _zone == Zone.Candidate && _scanner.Token == JsonToken.Number:
                _index = Utf8Parser.TryParse(_scanner.Text(data), out int index, out _) && index is >= 0 and <= ChoiceSet.IndexMax ? index : 0;
                break;
            case Member.Finish when _zone == Zone.Candidate && isString:
                _isFinished = !_scanner.Text(data).SequenceEqual("FINISH_REASON_UNSPECIFIED"u8);
                break;
            case Member.Block when _zone == Zone.Feedback && isString:
                _isBlocked = true;
                break;
        }
    }

    /// <summary>The index may stand behind the texts.</summary>
    private void EndCandidate()
    {
        _texts?.EndChoice(_index);
        _seenNow.Add(_index);
        if (_isFinished)
            _finishedNow.Add(_index);
    }

    private void Note(TextKind kind, int start, int length)
    {
        _hasContent |= length > 0;
        // Texts of one kind go on from chunk to chunk; calls of tools come whole, each by itself.
        _texts?.Add(_index, kind == TextKind.Arguments ? _part : 0, kind, start, length);
    }

    private static Member MemberOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => name[0] == (byte)'t' ? Known(name, "text"u8, Member.Text)
            : name[0] == (byte)'n' ? Known(name, "name"u8, Member.Name)
            : name[0] == (byte)'c' ? Known(name, "code"u8, Member.Code) : Known(name, "args"u8, Member.Arguments),
        5 => name[0] == (byte)'p' ? Known(name, "parts"u8, Member.Parts)
            : name[0] == (byte)'i' ? Known(name, "index"u8, Member.Index) : Known(name, "error"u8, Member.Error),
        7 => name[0] == (byte)'c' ? Known(name, "content"u8, Member.Content) : Known(name, "thought"u8, Member.Thought),
        10 => Known(name, "candidates"u8, Member.Candidates),
        11 => Known(name, "blockReason"u8, Member.Block),
        12 => name[1] == (byte)'i' ? Known(name, "finishReason"u8, Member.Finish) : Known(name, "functionCall"u8, Member.Call),
        13 => Known(name, "usageMetadata"u8, Member.Usage),
        14 => name[0] == (byte)'e' ? Known(name, "executableCode"u8, Member.Call) : Known(name, "promptFeedback"u8, Member.Feedback),
        _ => Member.Other,
    };

    private static Member Known(ReadOnlySpan<byte> name, ReadOnlySpan<byte> expected, Member member) =>
        name.SequenceEqual(expected) ? member : Member.Other;

    /// <summary>Where a text stands in the event's data; without a length where there is none.</summary>
    private readonly record struct TextAt(TextKind Kind, int Start, int Length);
}
