using System.Buffers.Text;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>What one chunk of a chat completion or completion stream says.</summary>
internal struct ChatChunk
{
    public ChoiceSet Seen;
    public ChoiceSet Finished;

    /// <summary>A choice has an index that <see cref="ChoiceSet"/> cannot hold.</summary>
    public bool HasUnknownChoice;
    public bool ChoicesAreEmpty;
    public bool HasUsage;
    public bool HasError;
    public bool HasContent;

    /// <summary>A choice has ended by a reason that is a failure of the provider's (<see cref="ChatWords.Reason"/>).</summary>
    public bool HasFailed;

    /// <summary>The chunk names a tier of service, and was read there; one that is alike is not read again.</summary>
    public bool HasTier;

    /// <summary>The member <c>"usage":null</c> and the comma that goes with it, as offsets in the data; equal when there is none.</summary>
    public int NullUsageFrom;
    public int NullUsageTo;
}

/// <summary>
/// Reads one chunk (object <c>chat.completion.chunk</c> or <c>text_completion</c>) that is at hand as a whole.
/// <para>
/// The chunks of one stream are alike but for the text in the middle. The state after the prefix and the outcome after the
/// suffix are kept, and a chunk that begins or ends with the same bytes is not read there again: two comparisons take the
/// place of some twenty tokens. Reading depends on nothing but the state and the bytes, so the outcome is the same.
/// </para>
/// <para>
/// Where the texts of the deltas are wanted, the prefix reaches up to the first of them rather than up to the delta.
/// </para>
/// </summary>
internal sealed partial class ChatChunkReader
{
    // Ids, model and fingerprint take some 230 bytes in front of the text; behind it stand about 80.
    private const int PrefixMax = 384;
    private const int SuffixMax = 192;

    private const int None = -2;

    private readonly byte[] _prefix = new byte[PrefixMax];
    private readonly byte[] _suffix = new byte[SuffixMax];
    private int _prefixLength;
    private int _suffixLength;
    private Progress _afterPrefix;
    private ChatChunk _afterSuffix;
    private Progress _now;
    private UsageReader _usageReader;
    private bool _wantsContent;
    private DeltaTexts? _texts;
    private int _endedChoice;
    private int _choiceOfSuffix;
    private ChatChunk _chunk;
    private TierName _tier;

    private enum Zone : byte
    {
        Outside,
        Top,
        Choices,
        Choice,
        Delta,

        /// <summary>Within a member of a delta; entered for its texts only.</summary>
        Nested,
        Usage,
    }

    private enum Member : byte
    {
        Other,
        Choices,
        Usage,
        Error,
        Tier,
        Index,
        FinishReason,
        Delta,
        Text,
        Role,
        Content,
        Refusal,
        Reasoning,
        ToolCalls,
        FunctionCall,
        Audio,
        Thinking,
        Call,
        Name,
        Arguments,
        Transcript,

        /// <summary>No member, but what stands in an array.</summary>
        Element,
    }

    /// <summary>Of the last chunk that was read; meaningful where its <see cref="ChatChunk.HasUsage"/> is set.</summary>
    public Usage Usage { get; private set; }

    /// <summary>The tier of service that a chunk named last; meaningful where its <see cref="ChatChunk.HasTier"/> is set.</summary>
    public ReadOnlySpan<byte> Tier => _tier.Utf8;

    /// <summary>Starts a stream; the texts of each chunk are noted in <paramref name="texts"/>, if one is given.</summary>
    public void Reset(DeltaTexts? texts = null)
    {
        _prefixLength = _suffixLength = 0;
        _texts = texts;
        Usage = default;
        _tier = default;
    }

    /// <summary>False when the data is not one JSON value.</summary>
    /// <param name="data">The event's data.</param>
    /// <param name="wantsContent">Whether to look for text, tool calls and the like in the deltas.</param>
    /// <param name="chunk">What it says.</param>
    public bool TryRead(ReadOnlySpan<byte> data, bool wantsContent, out ChatChunk chunk)
    {
        _wantsContent = wantsContent || _texts is not null;
        _chunk = default;
        _endedChoice = None;
        bool isAlike = _wantsContent == (_texts is not null) && _prefixLength > 0 && data.StartsWith(_prefix.AsSpan(0, _prefixLength));
        bool isWhole;
        if (_texts is null)
        {
            isWhole = isAlike ? TryReadAlike(data) : TryReadFromStart(data);
        }
        else
        {
            _texts.Clear();
            isWhole = isAlike ? TryReadTextAlike(data) : TryReadFromStart(data);
            if (!isWhole)
                _texts.Clear();
        }

        chunk = _chunk;
        chunk.HasContent |= _now.HasContent;
        return isWhole;
    }

    private bool TryReadFromStart(ReadOnlySpan<byte> data)
    {
        _now = default;
        _now.Scanner.Reset(null, checkUtf8: false);
        return TryReadOn(data);
    }

    private bool TryReadOn(ReadOnlySpan<byte> data)
    {
        while (_now.Scanner.Read(data))
            OnToken(data);
        return _now.Scanner.Finish() == JsonFault.None;
    }

    /// <summary>Reads a chunk that begins as the last one did: its text first, then whether it also ends alike.</summary>
    private bool TryReadAlike(ReadOnlySpan<byte> data)
    {
        _now = _afterPrefix;
        do
        {
            if (!_now.Scanner.Read(data))
                return false;
            OnToken(data);
        }
        while (_now.Scanner.Token is JsonToken.StartObject or JsonToken.StartArray);

        int from = (int)_now.Scanner.TokenEnd;
        if (_suffixLength > 0 && data[from..].SequenceEqual(_suffix.AsSpan(0, _suffixLength)))
        {
            _chunk = _afterSuffix;
            _chunk.NullUsageFrom += from;
            _chunk.NullUsageTo += from;
            return true;
        }

        if (!TryReadOn(data))
            return false;
        LearnSuffix(data, from);
        return true;
    }

    private void OnToken(ReadOnlySpan<byte> data)
    {
        switch (_now.Zone)
        {
            case Zone.Choice:
                OnChoice(data);
                break;
            case Zone.Top:
                OnTop(data);
                break;
            case Zone.Choices:
                OnChoices();
                break;
            case Zone.Delta:
                OnDelta(data);
                break;
            case Zone.Nested:
                OnNested(data);
                break;
            case Zone.Usage:
                if (_usageReader.Take(ref _now.Scanner, data))
                    break;
                Usage = _usageReader.Result;
                _now.Zone = Zone.Top;
                break;
            case Zone.Outside when _now.Scanner.Token == JsonToken.StartObject:
                _now.Scanner.Enter();
                _now.Zone = Zone.Top;
                break;
        }
    }

    private void OnTop(ReadOnlySpan<byte> data)
    {
        ref JsonScanner scanner = ref _now.Scanner;
        switch (scanner.Token)
        {
            case JsonToken.Name:
                OnTopName(scanner.Text(data));
                return;
            case JsonToken.StartArray when _now.Member == Member.Choices:
                scanner.Enter();
                _now.Zone = Zone.Choices;
                return;
            case JsonToken.StartObject when _now.Member == Member.Usage:
                _usageReader.Begin(ref scanner, OpenAiAnswerWords.Shared);
                _chunk.HasUsage = true;
                _now.Zone = Zone.Usage;
                break;
            case JsonToken.Null when _now.Member == Member.Usage:
                _chunk.NullUsageFrom = _now.Comma < 0 ? _now.NameAt : _now.Comma;
                _chunk.NullUsageTo = (int)scanner.TokenEnd;
                _now.TakesNextComma = _now.Comma < 0;
                break;
            case JsonToken.StartObject or JsonToken.String when _now.Member == Member.Error:
                _chunk.HasError = true;
                break;
            case JsonToken.String when _now.Member == Member.Tier && !scanner.IsEscaped:
                _tier.Learn(OpenAiAnswerWords.Shared.TierOf(scanner.Text(data)));
                _chunk.HasTier = true;
                break;
            case JsonToken.EndObject when scanner.Depth == 0:
                _now.Zone = Zone.Outside;
                break;
        }

        _now.Member = Member.Other;
    }

    private void OnTopName(ReadOnlySpan<byte> name)
    {
        if (_now.TakesNextComma)
        {
            // "usage":null came first, so the comma behind it goes with it.
            _chunk.NullUsageTo = (int)_now.Scanner.SeparatorAt + 1;
            _now.TakesNextComma = false;
        }

        _now.Member = Member.Other;
        if (name.Length == 7)
        {
            if (name.SequenceEqual("choices"u8))
                _now.Member = Member.Choices;
        }
        else if (name.Length == 5)
        {
            if (name.SequenceEqual("usage"u8))
            {
                _now.Member = Member.Usage;
                _now.NameAt = (int)_now.Scanner.TokenStart;
                _now.Comma = (int)_now.Scanner.SeparatorAt;
            }
            else if (name.SequenceEqual("error"u8))
            {
                _now.Member = Member.Error;
            }
        }
        else if (name.Length == 12 && OpenAiAnswerWords.Shared.IsTier(name))
        {
            _now.Member = Member.Tier;
        }
    }

    private void OnChoices()
    {
        switch (_now.Scanner.Token)
        {
            case JsonToken.EndArray when _now.Scanner.Depth == 1:
                _chunk.ChoicesAreEmpty = _now.Scanner.EndedEmpty;
                _now.Zone = Zone.Top;
                _now.Member = Member.Other;
                break;
            case JsonToken.StartObject:
                _now.Scanner.Enter();
                _now.Zone = Zone.Choice;
                _now.Member = Member.Other;
                _now.Index = 0;
                _now.IsFinished = _now.IsFailed = false;
                _now.SawReasoning = false;
                break;
        }
    }

    private void OnChoice(ReadOnlySpan<byte> data)
    {
        ref JsonScanner scanner = ref _now.Scanner;
        switch (scanner.Token)
        {
            case JsonToken.Name:
                OnChoiceName(scanner.Text(data), data);
                return;
            case JsonToken.Number when _now.Member == Member.Index:
                _now.Index = IndexOf(scanner.Text(data));
                break;
            case JsonToken.String when _now.Member == Member.FinishReason:
                _now.IsFinished = scanner.Text(data).Length > 0;
                _now.IsFailed = ChatWords.Reason(scanner.Text(data)) == FinishReason.Failed;
                break;
            case JsonToken.String when _now.Member == Member.Text:
                TakeText(TextKind.Content, data);
                break;
            case JsonToken.StartObject when _now.Member == Member.Delta && _wantsContent:
                scanner.Enter();
                _now.Zone = Zone.Delta;
                break;
            case JsonToken.EndObject when scanner.Depth == 2:
                EndChoice();
                break;
        }

        _now.Member = Member.Other;
    }

    private void OnChoiceName(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        _now.Member = name.Length switch
        {
            5 => name[0] == (byte)'d' ? Known(name, "delta"u8, Member.Delta) : Known(name, "index"u8, Member.Index),
            13 => Known(name, "finish_reason"u8, Member.FinishReason),
            4 => Known(name, "text"u8, Member.Text),
            _ => Member.Other,
        };
        if (_texts is null ? _now.Member is Member.Delta or Member.Text && !_wantsContent : _now.Member == Member.Text)
            LearnPrefix(data);
    }

    private static int IndexOf(ReadOnlySpan<byte> digits) =>
        Utf8Parser.TryParse(digits, out int index, out int used) && used == digits.Length
        && index is >= 0 and <= ChoiceSet.IndexMax ? index : -1;

    private static Member Known(ReadOnlySpan<byte> name, ReadOnlySpan<byte> expected, Member member) =>
        name.SequenceEqual(expected) ? member : Member.Other;

    private void EndChoice()
    {
        _now.Zone = Zone.Choices;
        _texts?.EndChoice(_now.Index);
        if (_endedChoice == None)
            _endedChoice = _now.Index;
        _chunk.HasFailed |= _now.IsFailed;
        if (_now.Index < 0)
        {
            _chunk.HasUnknownChoice = true;
            return;
        }

        _chunk.Seen.Add(_now.Index);
        if (_now.IsFinished)
            _chunk.Finished.Add(_now.Index);
    }

    /// <summary>Anything but the role that is not empty is content: text, refusal, reasoning, tool calls, audio.</summary>
    private void OnDelta(ReadOnlySpan<byte> data)
    {
        ref JsonScanner scanner = ref _now.Scanner;
        switch (scanner.Token)
        {
            case JsonToken.Name:
                OnDeltaName(scanner.Text(data), data);
                return;
            case JsonToken.StartObject or JsonToken.StartArray:
                if (_now.Member is Member.Content or Member.ToolCalls or Member.FunctionCall or Member.Audio)
                    EnterNested();
                return;
            case JsonToken.EndObject when scanner.Depth == 3:
                _now.Zone = Zone.Choice;
                break;
            case JsonToken.EndObject or JsonToken.EndArray:
                _now.HasContent |= !scanner.EndedEmpty;
                break;
            case JsonToken.String when _now.Member is Member.Content or Member.Refusal or Member.Reasoning:
                TakeText(KindOf(_now.Member), data);
                break;
            case JsonToken.String when _now.Member != Member.Role:
                _now.HasContent |= scanner.Text(data).Length > 0;
                break;
        }

        _now.Member = Member.Other;
    }

    /// <summary>
    /// Keeps the state before the first text, unless the bytes up to there already said something that must be read anew.
    /// </summary>
    private void LearnPrefix(ReadOnlySpan<byte> data)
    {
        int length = _now.Scanner.Position;
        if (length > PrefixMax || _chunk.Seen.Count > 0 || _chunk.HasUnknownChoice
            || _chunk.HasUsage || _chunk.HasError || _chunk.NullUsageTo > 0 || _texts is { Bytes: > 0 })
            return;
        data[..length].CopyTo(_prefix);
        _prefixLength = length;
        _afterPrefix = _now;
        _suffixLength = 0;
    }

    /// <summary>
    /// Keeps what a chunk said that began with the known prefix; the text in the middle, which was passed over, said nothing.
    /// </summary>
    private void LearnSuffix(ReadOnlySpan<byte> data, int from)
    {
        if (data.Length - from > SuffixMax || _chunk.HasUsage || _chunk.HasError)
            return;
        data[from..].CopyTo(_suffix);
        _suffixLength = data.Length - from;
        _choiceOfSuffix = _endedChoice;
        _afterSuffix = _chunk;
        _afterSuffix.NullUsageFrom -= from;
        _afterSuffix.NullUsageTo -= from;
    }

    /// <summary>Where reading is.</summary>
    private struct Progress
    {
        public JsonScanner Scanner;
        public Zone Zone;
        public Member Member;
        public bool IsFinished;
        public bool IsFailed;
        public bool TakesNextComma;
        public bool HasContent;
        public bool SawReasoning;
        public Member Nest;
        public int Part;
        public int NextPart;
        public int Index;
        public int NameAt;
        public int Comma;
    }
}
