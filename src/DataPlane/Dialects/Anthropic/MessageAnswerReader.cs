using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>Reads Anthropic's answers: the events of a streamed message, or a whole one.</summary>
internal sealed class MessageAnswerReader : AnswerReader
{
    /// <summary>Blocks of one answer; one of more is a fault of the provider's.</summary>
    private const int BlocksMax = 16 * 1024;
    private const int BlocksFirst = 128;
    private const int ScratchBytes = 64;

    private short[] _callOfBlock = new short[BlocksFirst];
    private int _calls;
    private bool _hasInput;

    /// <summary>What matters of an event, of a block or of a message, wherever it stands.</summary>
    private struct Fields
    {
        public Piece Type;
        public Piece Kind;
        public Piece Text;
        public Piece Id;
        public Piece Name;
        public Piece Signature;
        public Piece Input;
        public Piece Stop;
        public Piece StopSequence;
        public long Index;
    }

    public override void Reset()
    {
        _calls = 0;
        _hasInput = false;
        Array.Fill(_callOfBlock, (short)-1);
    }

    public override bool OnEvent(ReadOnlySpan<byte> data, AnswerWriter to)
    {
        Fields fields = default;
        var walk = new JsonWalk(data, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return false;
        while (walk.NextMember())
        {
            if (walk.Is("type"u8) && walk.Token == JsonToken.String)
                fields.Type = walk.Text;
            else if (walk.Is("index"u8))
                _ = walk.TryNumber(out fields.Index);
            else if (walk.Is("delta"u8) || walk.Is("content_block"u8) || walk.Is("message"u8) || walk.Is("error"u8))
                ReadFields(ref walk, ref fields, to);
            else if (!walk.Is("usage"u8) && !walk.IsNothing())
                to.Losses?.Add("answer"u8, walk.Name);
        }

        if (!walk.IsWhole() || fields.Index is < 0 or >= BlocksMax)
            return false;
        Tell(data, fields, to);
        return true;
    }

    public override bool OnWhole(ReadOnlySpan<byte> body, AnswerWriter to)
    {
        Fields message = default;
        var walk = new JsonWalk(body, stackalloc byte[ScratchBytes]);
        if (!walk.TryBegin())
            return false;
        Piece content = default;
        while (walk.NextMember())
        {
            if (walk.Is("content"u8) && walk.Token == JsonToken.StartArray)
                content = walk.Value();
            else
                ReadField(ref walk, ref message, to);
        }

        if (!walk.IsWhole() || !message.Kind.Of(body).SequenceEqual("message"u8) || !content.IsPresent)
            return false;
        to.Take(new NeutralEvent(NeutralKind.Start) { Name = message.Name.Of(body) });
        ReadBlocks(body, content, to);
        TellFinish(body, message, to);
        return true;
    }

    private void ReadBlocks(ReadOnlySpan<byte> body, Piece content, AnswerWriter to)
    {
        var walk = new JsonWalk(body, content, stackalloc byte[ScratchBytes]);
        if (!walk.TryBeginArray())
            return;
        while (walk.NextElement())
        {
            Fields block = default;
            ReadFields(ref walk, ref block, to);
            if (block.Kind.Of(body).SequenceEqual("tool_use"u8))
            {
                TellCall(body, block, to);
                to.Take(new NeutralEvent(NeutralKind.ArgumentsObject, block.Input.IsPresent ? block.Input.Of(body) : "{}"u8) { Call = _calls - 1 });
            }
            else
                TellText(body, block, to);
        }
    }

    /// <summary>The members of the object at hand that matter wherever they stand.</summary>
    private static void ReadFields(ref JsonWalk walk, ref Fields fields, AnswerWriter to)
    {
        if (!walk.TryEnter(JsonToken.StartObject))
            return;
        while (walk.NextMember())
            ReadField(ref walk, ref fields, to);
    }

    private static void ReadField(ref JsonWalk walk, ref Fields fields, AnswerWriter to)
    {
        if (walk.Is("input"u8) && walk.Token == JsonToken.StartObject)
        {
            fields.Input = walk.Value();
            return;
        }

        if (walk.Token != JsonToken.String)
        {
            // Of "input_transformations": what was dropped of earlier thought, as it was asked to be.
            if (walk.Is("input_transformations"u8))
            {
                if (!walk.IsNothing())
                    to.Losses?.AddUnasked("answer"u8, walk.Name);
            }
            else if (!IsCarried(ref walk) && !walk.IsNothing())
                to.Losses?.Add("answer"u8, walk.Name);
            return;
        }

        if (walk.Is("type"u8))
            fields.Kind = walk.Text;
        else if (walk.Is("text"u8) || walk.Is("thinking"u8) || walk.Is("partial_json"u8) || walk.Is("message"u8) || walk.Is("data"u8))
            fields.Text = walk.Text;
        else if (walk.Is("id"u8))
            fields.Id = walk.Text;
        else if (walk.Is("name"u8) || walk.Is("model"u8))
            fields.Name = walk.Text;
        else if (walk.Is("signature"u8))
            fields.Signature = walk.Text;
        else if (walk.Is("stop_reason"u8))
            fields.Stop = walk.Text;
        else if (walk.Is("stop_sequence"u8))
            fields.StopSequence = walk.Text;
    }

    /// <summary>Whether what is no text is told by other means, or is of tools alone that the provider runs itself, which are not asked for.</summary>
    private static bool IsCarried(ref JsonWalk walk) =>
        walk.Is("usage"u8) || walk.Is("content"u8) || walk.Is("caller"u8) || walk.Is("input"u8);

    private void Tell(ReadOnlySpan<byte> source, in Fields fields, AnswerWriter to)
    {
        switch (fields.Type.Of(source))
        {
            case var type when type.SequenceEqual("content_block_delta"u8):
                TellDelta(source, fields, to);
                break;
            case var type when type.SequenceEqual("content_block_start"u8):
                TellBlock(source, fields, to);
                break;
            case var type when type.SequenceEqual("content_block_stop"u8):
                EndBlock(source, fields, to);
                break;
            case var type when type.SequenceEqual("message_start"u8):
                to.Take(new NeutralEvent(NeutralKind.Start) { Name = fields.Name.Of(source) });
                break;
            case var type when type.SequenceEqual("message_delta"u8):
                if (fields.Stop.IsPresent)
                    TellFinish(source, fields, to);
                break;
            case var type when type.SequenceEqual("message_stop"u8):
                to.Take(new NeutralEvent(NeutralKind.End));
                break;
            case var type when type.SequenceEqual("error"u8):
                to.Take(new NeutralEvent(NeutralKind.Error, fields.Text.Of(source)) { Name = fields.Kind.Of(source) });
                break;
        }
    }

    private void TellBlock(ReadOnlySpan<byte> source, in Fields fields, AnswerWriter to)
    {
        if (!fields.Kind.Of(source).SequenceEqual("tool_use"u8))
        {
            TellText(source, fields, to);
            return;
        }

        _hasInput = false;
        if (fields.Index >= _callOfBlock.Length)
            Grow((int)fields.Index);
        _callOfBlock[fields.Index] = (short)_calls;
        TellCall(source, fields, to);

        // Some send the arguments at once, with the block.
        if (fields.Input.Length > 2)
        {
            _hasInput = true;
            to.Take(new NeutralEvent(NeutralKind.ArgumentsObject, fields.Input.Of(source)) { Call = _calls - 1 });
        }
    }

    private void Grow(int index)
    {
        var before = _callOfBlock.Length;
        Array.Resize(ref _callOfBlock, Math.Min(BlocksMax, Math.Max(index + 1, before * 2)));
        Array.Fill(_callOfBlock, (short)-1, before, _callOfBlock.Length - before);
    }

    private void TellCall(ReadOnlySpan<byte> source, in Fields fields, AnswerWriter to) =>
        to.Take(new NeutralEvent(NeutralKind.ToolCall) { Call = _calls++, Id = fields.Id.Of(source), Name = fields.Name.Of(source) });

    /// <summary>Arguments of what is no call of the client's tools go the way of its block: they are lost.</summary>
    private void TellDelta(ReadOnlySpan<byte> source, in Fields fields, AnswerWriter to)
    {
        if (!fields.Kind.Of(source).SequenceEqual("input_json_delta"u8))
        {
            TellText(source, fields, to);
            return;
        }

        if (fields.Index >= _callOfBlock.Length || _callOfBlock[fields.Index] < 0 || fields.Text.Length == 0)
            return;
        _hasInput = true;
        to.Take(new NeutralEvent(NeutralKind.Arguments, fields.Text.Of(source)) { Call = _callOfBlock[fields.Index] });
    }

    /// <summary>A call without arguments has none to add up; elsewhere they are an empty object.</summary>
    private void EndBlock(ReadOnlySpan<byte> source, in Fields fields, AnswerWriter to)
    {
        if (fields.Index >= _callOfBlock.Length || _callOfBlock[fields.Index] < 0)
            return;
        if (!_hasInput)
            to.Take(new NeutralEvent(NeutralKind.ArgumentsObject, "{}"u8) { Call = _callOfBlock[fields.Index] });
        _callOfBlock[fields.Index] = -1;
    }

    /// <summary>A block or what is added to one: text or thought; other kinds are reported as lost.</summary>
    private static void TellText(ReadOnlySpan<byte> source, in Fields block, AnswerWriter to)
    {
        var kind = block.Kind.Of(source);
        if (kind.SequenceEqual("text_delta"u8) || kind.SequenceEqual("text"u8))
            TakeText(NeutralKind.Text, block.Text.Of(source), to);
        else if (kind.SequenceEqual("thinking_delta"u8) || kind.SequenceEqual("thinking"u8))
        {
            TakeText(NeutralKind.Thinking, block.Text.Of(source), to);
            TakeText(NeutralKind.Signature, block.Signature.Of(source), to);
        }
        else if (kind.SequenceEqual("signature_delta"u8))
            TakeText(NeutralKind.Signature, block.Signature.Of(source), to);
        else if (kind.SequenceEqual("redacted_thinking"u8))
            TakeText(NeutralKind.HiddenThinking, block.Text.Of(source), to);
        else
            to.Losses?.Add("answer"u8, kind);
    }

    private static void TakeText(NeutralKind kind, ReadOnlySpan<byte> text, AnswerWriter to)
    {
        if (!text.IsEmpty)
            to.Take(new NeutralEvent(kind, text));
    }

    /// <summary>A word that nobody knows is told as an end like any other, and reported; so is a turn that was only paused.</summary>
    private static void TellFinish(ReadOnlySpan<byte> source, in Fields message, AnswerWriter to)
    {
        var word = message.Stop.Of(source);
        var reason = ReasonOf(word);
        if (reason == FinishReason.None && !word.IsEmpty)
            to.Losses?.Add("answer.stop_reason"u8, word);
        var told = reason == FinishReason.None ? FinishReason.Stop : reason;
        to.Take(new NeutralEvent(NeutralKind.Finish, message.StopSequence.Of(source)) { Reason = told });
    }

    private static FinishReason ReasonOf(ReadOnlySpan<byte> stop)
    {
        if (stop.SequenceEqual("max_tokens"u8) || stop.SequenceEqual("model_context_window_exceeded"u8))
            return FinishReason.Length;
        if (stop.SequenceEqual("tool_use"u8))
            return FinishReason.ToolCalls;
        if (stop.SequenceEqual("refusal"u8))
            return FinishReason.Filtered;
        if (stop.SequenceEqual("end_turn"u8))
            return FinishReason.Stop;
        return stop.SequenceEqual("stop_sequence"u8) ? FinishReason.StopSequence : FinishReason.None;
    }
}
