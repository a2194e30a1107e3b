namespace AiEdge.DataPlane.Translate.OpenAi;

/// <summary>Writes a stream of <c>chat.completion.chunk</c>, and <c>[DONE]</c> at its end.</summary>
internal sealed class ChatStreamWriter : AnswerWriter
{
    private readonly TextBuffer _prefix = new();
    private readonly TextBuffer _escaped = new();
    private bool _wantsUsage;
    private bool _isBegun;
    private bool _isFinished;
    private bool _callsTools;

    public override void Take(in NeutralEvent item)
    {
        if (IsEnded)
            return;
        if (item.Kind != NeutralKind.Error)
            Start(item.Kind == NeutralKind.Start ? item.Name : default);
        switch (item.Kind)
        {
            case NeutralKind.Text:
                Delta("{\"content\":\""u8, item.Text, "\"}"u8);
                break;
            case NeutralKind.Thinking:
                Delta("{\"reasoning_content\":\""u8, item.Text, "\"}"u8);
                break;
            case NeutralKind.Refusal:
                Delta("{\"refusal\":\""u8, item.Text, "\"}"u8);
                break;
            case NeutralKind.Signature or NeutralKind.HiddenThinking:
                LoseThought(item.Kind);
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
            case NeutralKind.Finish:
                Finish(item.Reason);
                break;
            case NeutralKind.Error:
                ChatErrors.WriteEvent(Out, item.Name, item.Text);
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
        if (!_isFinished)
            Finish(FinishReason.Stop);
        if (_wantsUsage)
        {
            Out.Add(_prefix.Written).Add("\"choices\":[],\"usage\":"u8);
            ChatUsage.Write(Out, Usage);
            Out.Add("}\n\n"u8);
        }

        Out.Add("data: [DONE]\n\n"u8);
        IsEnded = true;
    }

    public override void Release()
    {
        base.Release();
        _prefix.Release();
        _escaped.Release();
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        _isBegun = _isFinished = _callsTools = false;
        _wantsUsage = facts.WantsUsage;
        _prefix.Add("data: {\"id\":\"chatcmpl-"u8).Add(facts.Id).Add("\",\"object\":\"chat.completion.chunk\",\"created\":"u8).Add(facts.Created)
            .Add(",\"model\":\""u8);
    }

    /// <summary>The first chunk names the role; what all chunks have alike is complete with the model.</summary>
    private void Start(ReadOnlySpan<byte> model)
    {
        if (_isBegun)
            return;
        _isBegun = true;
        Rename(model);
        _prefix.Add(Model.Written).Add("\",\"system_fingerprint\":null,"u8);
        Delta("{\"role\":\"assistant\",\"content\":\""u8, default, "\"}"u8);
    }

    private void BeginCall(in NeutralEvent call)
    {
        _callsTools = true;
        BeginDelta();
        Out.Add("{\"tool_calls\":[{\"index\":"u8).Add(call.Call).Add(",\"id\":\""u8);
        WriteCallId(Out, call, "call_"u8);
        Out.Add("\",\"type\":\"function\",\"function\":{\"name\":\""u8).Add(call.Name).Add("\",\"arguments\":\"\"}"u8);
        ChatWords.WriteProof(Out, call.Proof);
        Out.Add("}]}"u8);
        EndDelta(FinishReason.None);
    }

    private void Arguments(int call, ReadOnlySpan<byte> text)
    {
        BeginDelta();
        Out.Add("{\"tool_calls\":[{\"index\":"u8).Add(call).Add(",\"function\":{\"arguments\":\""u8).Add(text).Add("\"}}]}"u8);
        EndDelta(FinishReason.None);
    }

    private void Finish(FinishReason reason)
    {
        if (_isFinished)
            return;
        _isFinished = true;
        BeginDelta();
        Out.Add("{}"u8);
        EndDelta(_callsTools && reason == FinishReason.Stop ? FinishReason.ToolCalls : reason);
    }

    private void Delta(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text, ReadOnlySpan<byte> after)
    {
        BeginDelta();
        Out.Add(before).Add(text).Add(after);
        EndDelta(FinishReason.None);
    }

    private void BeginDelta() => Out.Add(_prefix.Written).Add("\"choices\":[{\"index\":0,\"delta\":"u8);

    private void EndDelta(FinishReason reason)
    {
        Out.Add(",\"logprobs\":null,\"finish_reason\":"u8).Add(ChatWords.Finish(reason)).Add(_wantsUsage ? "}],\"usage\":null}\n\n"u8 : "}]}\n\n"u8);
    }
}
