using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>Writes a message whole, once its events have all come.</summary>
internal sealed class MessageAnswerWriter : AnswerWriter
{
    private readonly TextBuffer _head = new();
    private readonly TextBuffer _blocks = new();
    private readonly TextBuffer _arguments = new();
    private readonly TextBuffer _stopSequence = new();
    private FinishReason _reason;
    private Block _open;
    private bool _callsTools;
    private bool _refuses;

    private enum Block : byte
    {
        None,
        Text,
        Thinking,
        Signature,
        Tool,
    }

    public override void Take(in NeutralEvent item)
    {
        switch (item.Kind)
        {
            case NeutralKind.Start:
                Rename(item.Name);
                break;
            case NeutralKind.Text or NeutralKind.Refusal:
                LoseLogprobs(item);
                if (item.Text.IsEmpty)
                    break;
                _refuses |= item.Kind == NeutralKind.Refusal;
                Enter(Block.Text, "{\"type\":\"text\",\"text\":\""u8);
                _blocks.Add(item.Text);
                break;
            case NeutralKind.Thinking:
                Enter(Block.Thinking, "{\"type\":\"thinking\",\"thinking\":\""u8);
                _blocks.Add(item.Text);
                break;
            case NeutralKind.Signature:
                Enter(Block.Thinking, "{\"type\":\"thinking\",\"thinking\":\""u8);
                _blocks.Add("\",\"signature\":\""u8).Add(item.Mark).Add(item.Text);
                _open = Block.Signature;
                break;
            case NeutralKind.HiddenThinking:
                Leave();
                Separate();
                _blocks.Add("{\"type\":\"redacted_thinking\",\"data\":\""u8).Add(item.Text).Add("\"}"u8);
                break;
            case NeutralKind.ToolCall:
                BeginCall(item);
                break;
            case NeutralKind.Arguments:
                _arguments.AddUnescaped(item.Text);
                break;
            case NeutralKind.ArgumentsObject:
                _arguments.Add(item.Text);
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
                IsFaulted = true;
                break;
        }
    }

    public override void End()
    {
        if (IsEnded)
            return;
        IsEnded = true;
        Leave();
        Out.Add(_head.Written).Add(Model.Written).Add("\",\"content\":["u8).Add(_blocks.Written).Add("],"u8);
        MessageWords.WriteStop(Out, _refuses, _reason, _callsTools, _stopSequence.Written);
        Out.Add(",\"usage\":"u8);
        MessageWords.WriteUsage(Out, Usage, Usage.InputTokens, Usage.OutputTokens);
        Out.Add("}"u8);
    }

    public override void Release()
    {
        base.Release();
        _head.Release();
        _blocks.Release();
        _arguments.Release();
        _stopSequence.Release();
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        _callsTools = _refuses = false;
        _reason = FinishReason.Stop;
        _open = Block.None;
        _head.Add("{\"id\":\"msg_"u8).Add(facts.Id).Add("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\""u8);
    }

    private void Enter(Block block, ReadOnlySpan<byte> start)
    {
        if (_open == block)
            return;
        Leave();
        Separate();
        _blocks.Add(start);
        _open = block;
    }

    private void Separate()
    {
        if (_blocks.Length > 0)
            _blocks.Add(","u8);
    }

    private void BeginCall(in NeutralEvent call)
    {
        Leave();
        Separate();
        if (!call.Proof.IsEmpty)
            _blocks.Add("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\""u8).Add(CallProof.Mark).Add(call.Proof).Add("\"},"u8);
        _blocks.Add("{\"type\":\"tool_use\",\"id\":\""u8);
        WriteCallId(_blocks, call, "toolu_"u8, CallIdForm.Messages);
        _blocks.Add("\",\"name\":\""u8).Add(call.Name).Add("\",\"input\":"u8);
        _open = Block.Tool;
        _callsTools = true;
        _arguments.Clear();
    }

    private void Leave()
    {
        switch (_open)
        {
            case Block.Text or Block.Signature:
                _blocks.Add("\"}"u8);
                break;
            case Block.Thinking:
                _blocks.Add("\",\"signature\":\""u8).Add(UnprovedThought.Mark).Add("\"}"u8);
                break;
            case Block.Tool:
                LeaveCall();
                break;
        }

        _open = Block.None;
    }

    /// <summary>Arguments that a model did not write as an object have no place where one must stand.</summary>
    private void LeaveCall()
    {
        var isObject = CallArguments.IsObject(_arguments.Written);
        if (!isObject && _arguments.Length > 0)
            Losses?.Add("answer.tool_calls.function.arguments"u8);
        _blocks.Add(isObject ? _arguments.Written : "{}"u8).Add("}"u8);
    }
}
