using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// Writes a streamed message: blocks one after the other, each begun, added to and ended, then <c>message_delta</c> with the usage and
/// <c>message_stop</c>. The reason is kept until the end, for the usage comes behind it.
/// </summary>
internal sealed class MessageStreamWriter : AnswerWriter
{
    private readonly TextBuffer _head = new();
    private readonly TextBuffer _escaped = new();
    private readonly TextBuffer _stopSequence = new();
    private FinishReason _reason;
    private Block _open;
    private int _index;
    private int _call;
    private long _promptTokens;
    private bool _isBegun;
    private bool _refuses;
    private bool _isProved;

    private enum Block : byte
    {
        None,
        Text,
        Thinking,
        HiddenThinking,
        Tool,
    }

    public override bool TellsCallsInTurn => true;

    public override void Take(in NeutralEvent item)
    {
        if (IsEnded)
            return;
        if (item.Kind != NeutralKind.Error)
            Start(item.Kind == NeutralKind.Start ? item.Name : default);
        switch (item.Kind)
        {
            case NeutralKind.Text or NeutralKind.Refusal:
                LoseLogprobs(item);
                if (item.Text.IsEmpty)
                    break;
                _refuses |= item.Kind == NeutralKind.Refusal;
                Enter(Block.Text, "{\"type\":\"text\",\"text\":\"\"}"u8);
                Delta("text_delta\",\"text\":\""u8, item.Text);
                break;
            case NeutralKind.Thinking:
                Enter(Block.Thinking, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"u8);
                Delta("thinking_delta\",\"thinking\":\""u8, item.Text);
                break;
            case NeutralKind.Signature:
                Enter(Block.Thinking, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"u8);
                Prove(item.Mark, item.Text);

                // One of Anthropic's own may come in pieces; behind another the next thought is one of its own.
                if (!item.Mark.IsEmpty)
                    Leave();
                break;
            case NeutralKind.HiddenThinking:
                Leave();
                BeginBlock();
                Out.Add("{\"type\":\"redacted_thinking\",\"data\":\""u8).Add(item.Text).Add("\"}}\n\n"u8);
                _open = Block.HiddenThinking;
                Leave();
                break;
            case NeutralKind.ToolCall:
                BeginCall(item);
                break;
            case NeutralKind.Arguments:
                Arguments(item.Call, item.Text);
                break;
            case NeutralKind.ArgumentsObject:
                _escaped.Clear();
                Arguments(item.Call, _escaped.AddEscaped(item.Text).Written);
                break;
            case NeutralKind.Logprobs:
                LoseLogprobs(item);
                break;
            case NeutralKind.Finish:
                _reason = item.Reason;
                _stopSequence.Clear();
                _stopSequence.Add(item.Text);
                break;
            case NeutralKind.Error:
                MessageWords.WriteError(Out, item.Name, item.Text);
                IsEnded = true;
                break;
            case NeutralKind.End:
                End();
                break;
        }
    }

    public override void End()
    {
        if (IsEnded)
            return;
        Start(default);
        Leave();
        Out.Add("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"u8);
        MessageWords.WriteStop(Out, _refuses, _reason, _call >= 0, _stopSequence.Written);
        Out.Add("},\"usage\":"u8);
        MessageWords.WriteUsage(Out, Usage, Usage.InputTokens, Usage.OutputTokens);
        Out.Add("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
        IsEnded = true;
    }

    public override void Release()
    {
        base.Release();
        _head.Release();
        _escaped.Release();
        _stopSequence.Release();
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        _isBegun = _refuses = false;
        _reason = FinishReason.None;
        _open = Block.None;
        _index = _call = -1;
        _promptTokens = facts.PromptTokens;
        _head.Add("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_"u8).Add(facts.Id)
            .Add("\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\""u8);
    }

    private void Start(ReadOnlySpan<byte> model)
    {
        if (_isBegun)
            return;
        _isBegun = true;
        Rename(model);
        Out.Add(_head.Written).Add(Model.Written).Add("\",\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"u8);
        MessageWords.WriteUsage(Out, Usage, Usage.IsPresent ? Usage.InputTokens : _promptTokens, 0);
        Out.Add("}}\n\n"u8);
    }

    private void Enter(Block block, ReadOnlySpan<byte> start)
    {
        if (_open == block)
            return;
        Leave();
        BeginBlock();
        Out.Add(start).Add("}\n\n"u8);
        _open = block;
    }

    private void Prove(ReadOnlySpan<byte> mark, ReadOnlySpan<byte> proof)
    {
        _isProved = true;
        BeginDelta("signature_delta\",\"signature\":\""u8).Add(mark).Add(proof).Add("\"}}\n\n"u8);
    }

    private void BeginBlock()
    {
        _isProved = false;
        Out.Add("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"u8).Add(++_index).Add(",\"content_block\":"u8);
    }

    private void Leave()
    {
        if (_open == Block.None)
            return;
        if (_open == Block.Thinking && !_isProved)
            Prove(UnprovedThought.Mark, default);
        _open = Block.None;
        Out.Add("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"u8).Add(_index).Add("}\n\n"u8);
    }

    private void Delta(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text) => BeginDelta(before).Add(text).Add("\"}}\n\n"u8);

    private TextBuffer BeginDelta(ReadOnlySpan<byte> before) =>
        Out.Add("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8).Add(_index).Add(",\"delta\":{\"type\":\""u8)
            .Add(before);

    private void BeginCall(in NeutralEvent call)
    {
        Leave();
        if (!call.Proof.IsEmpty)
        {
            Enter(Block.Thinking, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"u8);
            Prove(CallProof.Mark, call.Proof);
            Leave();
        }

        BeginBlock();
        _open = Block.Tool;
        _call = call.Call;
        Out.Add("{\"type\":\"tool_use\",\"id\":\""u8);
        WriteCallId(Out, call, "toolu_"u8, CallIdForm.Messages);
        Out.Add("\",\"name\":\""u8).Add(call.Name).Add("\",\"input\":{}}}\n\n"u8);
    }

    /// <summary>A block that has ended cannot be added to: arguments of an earlier call have no place any more.</summary>
    private void Arguments(int call, ReadOnlySpan<byte> text)
    {
        if (_open != Block.Tool || call != _call)
        {
            IsFaulted = true;
            return;
        }

        Delta("input_json_delta\",\"partial_json\":\""u8, text);
    }
}
