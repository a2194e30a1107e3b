namespace AiEdge.DataPlane.Translate.OpenAi;

/// <summary>Writes a <c>chat.completion</c> whole, once its events have all come.</summary>
internal sealed class ChatAnswerWriter : AnswerWriter
{
    private readonly TextBuffer _head = new();
    private readonly TextBuffer _text = new();
    private readonly TextBuffer _thought = new();
    private readonly TextBuffer _refusal = new();
    private readonly TextBuffer _calls = new();
    private FinishReason _reason;
    private int _callCount;
    private bool _hasText;

    public override void Take(in NeutralEvent item)
    {
        switch (item.Kind)
        {
            case NeutralKind.Start:
                Rename(item.Name);
                break;
            case NeutralKind.Text:
                _hasText = true;
                _text.Add(item.Text);
                break;
            case NeutralKind.Thinking:
                _thought.Add(item.Text);
                break;
            case NeutralKind.Refusal:
                _refusal.Add(item.Text);
                break;
            case NeutralKind.Signature or NeutralKind.HiddenThinking:
                LoseThought(item.Kind);
                break;
            case NeutralKind.ToolCall:
                BeginCall(item);
                break;
            case NeutralKind.Arguments:
                _calls.Add(item.Text);
                break;
            case NeutralKind.ArgumentsObject:
                _calls.AddEscaped(item.Text);
                break;
            case NeutralKind.Finish:
                _reason = item.Reason;
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
        Out.Add(_head.Written).Add(Model.Written).Add("\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"u8);
        WriteText(_text, isThere: _hasText);
        Out.Add(",\"refusal\":"u8);
        WriteText(_refusal, isThere: _refusal.Length > 0);
        if (_thought.Length > 0)
        {
            Out.Add(",\"reasoning_content\":"u8);
            WriteText(_thought, isThere: true);
        }

        if (_callCount > 0)
            Out.Add(",\"tool_calls\":["u8).Add(_calls.Written).Add("\"}}]"u8);
        var reason = _callCount > 0 && _reason == FinishReason.Stop ? FinishReason.ToolCalls : _reason;
        Out.Add("},\"logprobs\":null,\"finish_reason\":"u8).Add(ChatWords.Finish(reason)).Add("}],\"usage\":"u8);
        ChatUsage.Write(Out, Usage);
        Out.Add(",\"system_fingerprint\":null}"u8);
    }

    public override void Release()
    {
        base.Release();
        _head.Release();
        _text.Release();
        _thought.Release();
        _refusal.Release();
        _calls.Release();
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        _hasText = false;
        _reason = FinishReason.Stop;
        _callCount = 0;
        _head.Add("{\"id\":\"chatcmpl-"u8).Add(facts.Id).Add("\",\"object\":\"chat.completion\",\"created\":"u8).Add(facts.Created).Add(",\"model\":\""u8);
    }

    private void BeginCall(in NeutralEvent call)
    {
        if (_callCount > 0)
            _calls.Add("\"}},"u8);
        _calls.Add("{\"id\":\""u8);
        WriteCallId(_calls, call, "call_"u8);
        _calls.Add("\",\"type\":\"function\""u8);
        ChatWords.WriteProof(_calls, call.Proof);
        _calls.Add(",\"function\":{\"name\":\""u8).Add(call.Name).Add("\",\"arguments\":\""u8);
        _callCount++;
    }

    private void WriteText(TextBuffer text, bool isThere)
    {
        if (isThere)
            Out.Add("\""u8).Add(text.Written).Add("\""u8);
        else
            Out.Add("null"u8);
    }
}
