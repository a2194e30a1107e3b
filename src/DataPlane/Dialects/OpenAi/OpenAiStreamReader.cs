using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// Reads the events of a streamed answer of the OpenAI dialect as they pass: usage, how far each choice is, whether the end
/// was reached. Where the usage chunk was asked for in the client's stead it says what to leave out. An event that is not
/// JSON passes as it is and counts for nothing.
/// </summary>
internal sealed class OpenAiStreamReader : EventReader
{
    private readonly ChatChunkReader _chat = new();
    private TypedEventReader? _typed;
    private RequestShape _shape;
    private bool _stripUsage;
    private bool _hasUnknownChoice;
    private ChoiceSet _seen;
    private ChoiceSet _finished;
    private ChoiceSet _finishedBefore;
    private ResponseDraft? _draft;
    private bool _drafts;
    private bool _isRead;
    private bool _isTyped;
    private bool _isBare;
    private long _sequenceOfLast;

    /// <summary>What was passed on of a response so far; null unless that is wanted.</summary>
    public ResponseDraft? Draft => _drafts ? _draft : null;

    /// <summary>The id of the response that is streamed, or empty; of Responses streams only, like the two below.</summary>
    public ReadOnlySpan<byte> ResponseId => _typed is null ? default : _typed.ResponseId;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> AnswerId => _shape == RequestShape.Responses && _typed is { ResponseIdIsEscaped: false } ? ResponseId : default;

    /// <summary>When that response was created, in Unix seconds; 0 if it was not told.</summary>
    public long ResponseCreatedAt => _typed?.ResponseCreatedAt ?? 0;

    /// <summary>The <c>sequence_number</c> that an event behind the last one has.</summary>
    public long NextSequence => _typed?.NextSequence ?? 0;

    /// <summary>The <c>sequence_number</c> that an event has that takes the last one's place.</summary>
    public long SequenceOfLast => _sequenceOfLast;

    /// <summary>Choices seen that have no finish_reason yet.</summary>
    public int OpenChoices => _seen.CountWithout(_finished) + (_hasUnknownChoice ? 1 : 0);

    /// <inheritdoc/>
    public override void Reset(RequestShape shape, bool stripUsage, bool wantsTexts = false, bool wantsDraft = false)
    {
        DeltaTexts? texts = BeginStream(wantsTexts || wantsDraft);
        _chat.Reset(texts);
        if (shape is not (RequestShape.Chat or RequestShape.Completions))
            (_typed ??= new TypedEventReader()).Reset(texts);
        _drafts = wantsDraft && shape == RequestShape.Responses;
        _draft?.Reset();
        if (_drafts)
            _draft ??= new ResponseDraft();
        _shape = shape;
        _stripUsage = stripUsage;
        _hasUnknownChoice = false;
        _seen = _finished = _finishedBefore = default;
    }

    /// <summary>
    /// Whether the stream is whole: its terminal event was seen, or each choice is finished and the framing ended cleanly.
    /// </summary>
    public override bool IsComplete(bool cleanFramingEnd) => IsTerminal || (cleanFramingEnd && _seen.Count > 0 && OpenChoices == 0);

    /// <summary>The next choice from <paramref name="index"/> on that was asked for or has been seen, and has not ended.</summary>
    /// <param name="index">Where to begin; then where it was found.</param>
    /// <param name="asked">Choices that were asked for.</param>
    /// <param name="withLast">Whether an end counts that the last event brought.</param>
    public bool TryFindOpen(ref int index, int asked, bool withLast)
    {
        for (; index <= ChoiceSet.IndexMax; index++)
        {
            if ((index < asked || _seen.Has(index)) && !(withLast ? _finished : _finishedBefore).Has(index))
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override void Release() => _draft?.Reset();

    /// <summary>
    /// Of chunks one that has no choice, or choices that have nothing but a role; of typed events those that announce a response, and a message in it. What is
    /// no JSON says nothing, and <c>[DONE]</c> is the end of what has been said.
    /// </summary>
    public override bool IsPrelude(ReadOnlySpan<byte> data) =>
        (!_isRead && !IsNotFinite(data)) || _isBare
        || (_isTyped && _shape == RequestShape.Responses && !_typed!.HasError && ResponsePrelude.Is(_typed.Type, data));

    /// <summary>Whether it may be read elsewhere: Python writes log-probabilities so.</summary>
    private static bool IsNotFinite(ReadOnlySpan<byte> data) => data.IndexOf("Infinity"u8) >= 0 || data.IndexOf("NaN"u8) >= 0;

    /// <summary>The last event is passed on: what it says of a response belongs to the draft.</summary>
    public override void Keep(ReadOnlySpan<byte> data)
    {
        if (_drafts && _isTyped)
            _draft!.Take(_typed!.Type, _typed.Places, data);
    }

    /// <inheritdoc/>
    public override EventAction OnEvent(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> data, out int cutStart, out int cutLength)
    {
        cutStart = cutLength = 0;
        ClearTexts();
        _finishedBefore = _finished;
        _isRead = _isTyped = _isBare = false;
        _sequenceOfLast = NextSequence;
        if (data.IsEmpty)
            return EventAction.Forward;
        if (data[0] == (byte)'[' && data.TrimEnd((byte)' ').SequenceEqual("[DONE]"u8))
        {
            IsTerminal |= _shape != RequestShape.Responses;
            return EventAction.Forward;
        }

        if (_shape is RequestShape.Chat or RequestShape.Completions)
            return OnChunk(frame, data, out cutStart, out cutLength);
        OnTyped(frame, data);
        return EventAction.Forward;
    }

    private EventAction OnChunk(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> data, out int cutStart, out int cutLength)
    {
        cutStart = cutLength = 0;
        if (!_chat.TryRead(data, !SawContent, out ChatChunk chunk))
            return EventAction.Forward;
        _isRead = true;
        Events++;
        _seen.Add(chunk.Seen);
        _finished.Add(chunk.Finished);
        _hasUnknownChoice |= chunk.HasUnknownChoice;
        SawContent |= chunk.HasContent;
        if (chunk.HasUsage)
        {
            // Who tells it as he goes does so in chunks that have choices; the last one has none, or ends them.
            Usage usage = _chat.Usage;
            usage.IsFinal = chunk.ChoicesAreEmpty || (_seen.Count > 0 && OpenChoices == 0);
            Usage = usage;
        }

        if (chunk.HasTier)
            LearnTier(_chat.Tier);
        if (chunk.HasError)
            IsTerminal = EndedInError = true;
        _isBare = !SawContent && !chunk.HasError && !chunk.HasUnknownChoice && chunk.Finished.Count == 0 && (chunk.Seen.Count > 0 || !chunk.HasUsage);

        // What follows it is the usage and the end of any stream; it is not whole for all that.
        EndedInError |= chunk.HasFailed;
        if (!_stripUsage)
            return EventAction.Forward;
        if (chunk.ChoicesAreEmpty && chunk.HasUsage)
            return EventAction.Drop;
        if (chunk.NullUsageTo == chunk.NullUsageFrom || !frame.Overlaps(data, out int offset) || offset < 0)
            return EventAction.Forward;
        cutStart = offset + chunk.NullUsageFrom;
        cutLength = chunk.NullUsageTo - chunk.NullUsageFrom;
        return EventAction.Cut;
    }

    private void OnTyped(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> data)
    {
        if (!_typed!.TryRead(data, _shape == RequestShape.Responses))
            return;
        Events++;
        _isRead = _isTyped = true;
        if (_typed.HasUsage)
            Usage = _typed.Usage;
        LearnTier(_typed.Tier);
        EventKind kind = _typed.HasError ? EventKind.Failure : _typed.Kind;
        if (kind == EventKind.Content)
            SawContent = true;
        else if (kind == EventKind.Failure)
            IsTerminal = true;
        else if (kind == EventKind.Terminal && (_shape != RequestShape.Responses || NameAgrees(frame, _typed.Type)))
            IsTerminal = true;
        EndedInError |= kind == EventKind.Failure;
    }

    /// <summary>
    /// Whether the frame's <c>event</c> field, where it has one, says the same as the data's type; the last one counts (WHATWG,
    /// server-sent events).
    /// </summary>
    private static bool NameAgrees(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> type)
    {
        bool agrees = true;
        while (!frame.IsEmpty)
        {
            int end = frame.IndexOfAny((byte)'\r', (byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? frame : frame[..end];
            frame = end < 0 ? default : frame[(end + 1)..];
            if (!line.StartsWith("event:"u8))
                continue;
            ReadOnlySpan<byte> name = line["event:"u8.Length..];
            agrees = (name.StartsWith(" "u8) ? name[1..] : name).SequenceEqual(type);
        }

        return agrees;
    }
}
