using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>
/// Tells what stands in the items of a response: what has been added to one by events, and at its end what has not. Items beyond
/// <see cref="ItemsMax"/> are told by their events alone.
/// </summary>
internal sealed class ResponseItemReader
{
    /// <summary>Items that it is known of what has been told of them.</summary>
    public const int ItemsMax = 256;

    private const int ScratchBytes = 64;

    private readonly short[] _callOf = new short[ItemsMax];
    private readonly bool[] _isTold = new bool[ItemsMax];
    private readonly bool[] _isCustom = new bool[ItemsMax];
    private int _known;
    private bool _isNextSummary;

    /// <summary>Calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>What matters of an item.</summary>
    private struct Fields
    {
        public Piece Type;
        public Piece Content;
        public Piece Summary;
        public Piece Proof;
        public Piece CallId;
        public Piece Name;
        public Piece Arguments;
    }

    public void Reset()
    {
        Array.Fill(_callOf, (short)-1, 0, _known);
        Array.Clear(_isTold, 0, _known);
        _known = 0;
        Calls = 0;
        _isNextSummary = false;
    }

    /// <summary>Whether an item is told as soon as it begins.</summary>
    public static bool Opens(ReadOnlySpan<byte> source, Piece item) => IsCall(ItemType.Of(source, item));

    private static bool IsCall(ReadOnlySpan<byte> type) => type.SequenceEqual("function_call"u8) || IsCustom(type);

    private static bool IsCustom(ReadOnlySpan<byte> type) => type.SequenceEqual("custom_tool_call"u8);

    /// <summary>Whether something of an item is told at its end.</summary>
    public bool Tells(ReadOnlySpan<byte> source, Piece item, long index)
    {
        if (!IsTold(index))
            return true;
        var fields = Read(source, item);
        return fields.Proof.Length > 0 || (IsCall(fields.Type.Of(source)) && CallOf(index) < 0);
    }

    /// <summary>An item begins: a call is told, and what has no place in a chat is reported.</summary>
    public void Open(ReadOnlySpan<byte> source, Piece item, long index, AnswerWriter to)
    {
        var fields = Read(source, item);
        var type = fields.Type.Of(source);
        Know(index, isTold: false);
        _isNextSummary = false;
        if (IsCall(type) && (to.TakesCustomCalls || !IsCustom(type)))
            TellCall(source, fields, index, to);
        else if (!type.SequenceEqual("message"u8) && !type.SequenceEqual("reasoning"u8))
        {
            Know(index, isTold: true);
            to.Losses?.Add("answer"u8, type);
        }
    }

    /// <summary>Another part of a thought's summary begins.</summary>
    public void BeginSummary(long index) => _isNextSummary = IsTold(index);

    /// <summary>Something is added to an item.</summary>
    public void Add(NeutralKind kind, ReadOnlySpan<byte> text, long index, AnswerWriter to, ReadOnlySpan<byte> logprobs = default)
    {
        if (kind == NeutralKind.Arguments && CallOf(index) < 0)
            return;
        if (kind == NeutralKind.Thinking && _isNextSummary)
            to.Take(new NeutralEvent(NeutralKind.Thinking, "\\n\\n"u8));
        _isNextSummary = false;
        Know(index, isTold: true);
        var isCustom = kind == NeutralKind.Arguments && index is >= 0 and < ItemsMax && _isCustom[index];
        to.Take(new NeutralEvent(kind, text) { Call = Math.Max(0, CallOf(index)), Logprobs = logprobs, IsCustom = isCustom });
    }

    /// <summary>An item has ended: what was not told of it is, and what proves a thought.</summary>
    public void Close(ReadOnlySpan<byte> source, Piece item, long index, AnswerWriter to)
    {
        var fields = Read(source, item);
        var type = fields.Type.Of(source);
        var isTold = IsTold(index);
        if (IsCustom(type) && !to.TakesCustomCalls)
            return;
        if (IsCall(type))
        {
            if (CallOf(index) < 0)
                TellCall(source, fields, index, to);
            if (!isTold && fields.Arguments.Length > 0)
                to.Take(new NeutralEvent(NeutralKind.Arguments, fields.Arguments.Of(source)) { Call = CallOf(index), IsCustom = IsCustom(type) });
            else if (!isTold && !IsCustom(type))
                to.Take(new NeutralEvent(NeutralKind.ArgumentsObject, "{}"u8) { Call = CallOf(index) });
        }
        else if (type.SequenceEqual("message"u8) && !isTold)
            TellParts(source, fields.Content, isThought: false, to);
        else if (type.SequenceEqual("reasoning"u8))
        {
            if (!isTold)
                TellParts(source, HasElements(source, fields.Summary) ? fields.Summary : fields.Content, isThought: true, to);
            if (fields.Proof.Length > 0)
                to.Take(new NeutralEvent(NeutralKind.Signature, fields.Proof.Of(source)) { Mark = SealedThought.Mark });
        }

        Know(index, isTold: true);
    }

    private static Fields Read(ReadOnlySpan<byte> source, Piece item)
    {
        Fields fields = default;
        var walk = new JsonWalk(source, item, stackalloc byte[ScratchBytes]);
        if (source[item.Start] != (byte)'{' || !walk.TryBegin())
            return fields;
        while (walk.NextMember())
        {
            if (walk.Is("content"u8) && walk.Token == JsonToken.StartArray)
                fields.Content = walk.Value();
            else if (walk.Is("summary"u8) && walk.Token == JsonToken.StartArray)
                fields.Summary = walk.Value();
            else if (walk.Token != JsonToken.String)
                continue;
            else if (walk.Is("type"u8))
                fields.Type = walk.Text;
            else if (walk.Is("encrypted_content"u8))
                fields.Proof = walk.Text;
            else if (walk.Is("call_id"u8))
                fields.CallId = walk.Text;
            else if (walk.Is("name"u8))
                fields.Name = walk.Text;
            else if (walk.Is("arguments"u8) || walk.Is("input"u8))
                fields.Arguments = walk.Text;
        }

        return fields;
    }

    private static bool HasElements(ReadOnlySpan<byte> source, Piece list)
    {
        if (!list.IsPresent)
            return false;
        var walk = new JsonWalk(source, list, stackalloc byte[ScratchBytes]);
        return walk.TryBeginArray() && walk.NextElement();
    }

    private void TellCall(ReadOnlySpan<byte> source, in Fields call, long index, AnswerWriter to)
    {
        Know(index, isTold: false);
        if (index is >= 0 and < ItemsMax)
            (_callOf[index], _isCustom[index]) = ((short)Calls, IsCustom(call.Type.Of(source)));
        to.Take(new NeutralEvent(NeutralKind.ToolCall)
        {
            Call = Calls++,
            Id = call.CallId.Of(source),
            Name = call.Name.Of(source),
            IsCustom = IsCustom(call.Type.Of(source)),
        });
    }

    /// <summary>The parts of a message, or of a thought, which are told as paragraphs.</summary>
    private static void TellParts(ReadOnlySpan<byte> source, Piece parts, bool isThought, AnswerWriter to)
    {
        if (!parts.IsPresent)
            return;
        var walk = new JsonWalk(source, parts, stackalloc byte[ScratchBytes]);
        walk.TryBeginArray();
        for (var count = 0; walk.NextElement();)
        {
            if (!walk.TryEnter(JsonToken.StartObject))
                continue;
            Piece text = default, logprobs = default;
            var kind = isThought ? NeutralKind.Thinking : NeutralKind.Text;
            while (walk.NextMember())
            {
                if (walk.Token == JsonToken.String && (walk.Is("text"u8) || walk.Is("refusal"u8)))
                {
                    text = walk.Text;
                    if (walk.Is("refusal"u8))
                        kind = NeutralKind.Refusal;
                }
                else if (walk.Is("logprobs"u8) && walk.Token == JsonToken.StartArray)
                    logprobs = walk.Value();
                else if (!walk.Is("type"u8) && !walk.IsNothing())
                    to.Losses?.Add("answer"u8, walk.Name);
            }

            if (text.Length == 0)
                continue;
            if (isThought && count++ > 0)
                to.Take(new NeutralEvent(NeutralKind.Thinking, "\\n\\n"u8));
            to.Take(new NeutralEvent(kind, text.Of(source)) { Logprobs = TokenLogprobs.Inside(source, logprobs) });
        }
    }

    private int CallOf(long index) => index is < 0 or >= ItemsMax ? Calls - 1 : index < _known ? _callOf[index] : -1;

    private bool IsTold(long index) => index is < 0 or >= ItemsMax || _isTold[index];

    private void Know(long index, bool isTold)
    {
        if (index is < 0 or >= ItemsMax)
            return;
        if (index >= _known)
        {
            Array.Fill(_callOf, (short)-1, _known, (int)index + 1 - _known);
            Array.Clear(_isTold, _known, (int)index + 1 - _known);
            _known = (int)index + 1;
        }

        _isTold[index] = isTold;
    }
}
