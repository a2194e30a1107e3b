using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Writes a stream of <c>chat.completion.chunk</c>, and <c>[DONE]</c> at its end.</summary>
internal sealed class ChatStreamWriter : AnswerWriter
{
    private readonly TextBuffer _prefix = new();
    private readonly TextBuffer _escaped = new();
    private readonly ChatThoughts _proofs = new();
    private bool _wantsUsage;
    private uint _begun;
    private uint _finished;
    private uint _callsTools;
    private bool _callsAreOld;

    public override int ChoicesMax => ChatWords.ChoicesMax;

    public override bool TakesCustomCalls => true;

    public override void Take(in NeutralEvent item)
    {
        if (IsEnded)
            return;
        if (item.Kind != NeutralKind.Error)
            Start(item.Choice, item.Kind == NeutralKind.Start ? item.Name : default);
        if (item.Choice == 0 && _proofs.IsEndedBy(item.Kind))
            EndThought();
        switch (item.Kind)
        {
            case NeutralKind.Text:
                Delta(item.Choice, "{\"content\":\""u8, item.Text, "\"}"u8, item.Logprobs);
                break;
            case NeutralKind.Thinking:
                Delta(item.Choice, "{\"reasoning_content\":\""u8, item.Text, "\"}"u8);
                if (item.Choice == 0)
                    _proofs.Add(item.Text);
                break;
            case NeutralKind.Refusal:
                Delta(item.Choice, "{\"refusal\":\""u8, item.Text, "\"}"u8, item.Logprobs, isRefusal: true);
                break;
            case NeutralKind.Signature or NeutralKind.HiddenThinking:
                Prove(item);
                break;
            case NeutralKind.ToolCall:
                BeginCall(item);
                break;
            case NeutralKind.Arguments:
                Arguments(item, item.Text);
                break;
            case NeutralKind.ArgumentsObject:
                _escaped.Clear();
                Arguments(item, _escaped.AddEscaped(item.Text).Written);
                break;
            case NeutralKind.Logprobs:
                Delta(item.Choice, "{"u8, default, "}"u8, item.Logprobs);
                break;
            case NeutralKind.Finish:
                Finish(item.Choice, item.Reason);
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
        Start(0, default);
        if (_proofs.IsEndedBy(NeutralKind.End))
            EndThought();
        for (var choice = 0; choice < ChoicesMax; choice++)
        {
            if (Has(_begun, choice))
                Finish(choice, FinishReason.Stop);
        }

        if (_wantsUsage)
        {
            Out.Add(_prefix.Written);
            if (Tier.Length > 0)
                Out.Add("\"service_tier\":\""u8).Add(Tier.Written).Add("\","u8);
            Out.Add("\"choices\":[],\"usage\":"u8);
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
        _proofs.Release();
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        _begun = _finished = _callsTools = 0;
        _wantsUsage = facts.WantsUsage;
        _proofs.Begin();
        _callsAreOld = facts.WantsOldCalls;
        _prefix.Add("data: {\"id\":\"chatcmpl-"u8).Add(facts.Id).Add("\",\"object\":\"chat.completion.chunk\",\"created\":"u8).Add(facts.Created)
            .Add(",\"model\":\""u8);
    }

    private static bool Has(uint choices, int choice) => (choices & (1u << choice)) != 0;

    /// <summary>The first chunk of a choice names the role; what all chunks have alike is complete with the model.</summary>
    private void Start(int choice, ReadOnlySpan<byte> model)
    {
        if (Has(_begun, choice))
            return;
        if (_begun == 0)
        {
            Rename(model);
            _prefix.Add(Model.Written).Add("\",\"system_fingerprint\":null,"u8);
        }

        _begun |= 1u << choice;
        Delta(choice, "{\"role\":\"assistant\",\"content\":\""u8, default, "\"}"u8);
    }

    /// <summary>Nobody who proves thoughts gives several answers.</summary>
    private void Prove(in NeutralEvent item)
    {
        var isHidden = item.Kind == NeutralKind.HiddenThinking;
        if (item.Choice != 0 || !(isHidden ? _proofs.Hide(item.Text) : _proofs.Prove(item.Mark, item.Text)))
            LoseThought(item.Kind);
        else if (isHidden || !item.Mark.IsEmpty)
            EndThought();
    }

    /// <summary>A thought whose proof is whole is told with it.</summary>
    private void EndThought()
    {
        BeginDelta(0);
        Out.Add("{\"reasoning_details\":["u8);
        _proofs.Write(Out);
        Out.Add("]}"u8);
        EndDelta(FinishReason.None);
    }

    private void BeginCall(in NeutralEvent call)
    {
        if (_callsAreOld && ChatWords.LosesOldCall(call, Losses))
            return;
        _callsTools |= 1u << call.Choice;
        if (call.Choice == 0)
            _proofs.PassCall();
        if (_callsAreOld)
        {
            Delta(call.Choice, "{\"function_call\":{\"name\":\""u8, call.Name, "\",\"arguments\":\"\"}}"u8);
            return;
        }

        BeginDelta(call.Choice);
        Out.Add("{\"tool_calls\":[{\"index\":"u8).Add(call.Call).Add(",\"id\":\""u8);
        WriteCallId(Out, call, "call_"u8, CallIdForm.Chat);
        if (call.IsCustom)
            Out.Add("\",\"type\":\"custom\",\"custom\":{\"name\":\""u8).Add(call.Name).Add("\",\"input\":\"\"}"u8);
        else
            Out.Add("\",\"type\":\"function\",\"function\":{\"name\":\""u8).Add(call.Name).Add("\",\"arguments\":\"\"}"u8);
        ChatWords.WriteProof(Out, call.Proof);
        Out.Add("}]}"u8);
        EndDelta(FinishReason.None);
    }

    private void Arguments(in NeutralEvent item, ReadOnlySpan<byte> text)
    {
        if (_callsAreOld)
        {
            if (item.Call == 0)
                Delta(item.Choice, "{\"function_call\":{\"arguments\":\""u8, text, "\"}}"u8);
            return;
        }

        BeginDelta(item.Choice);
        Out.Add("{\"tool_calls\":[{\"index\":"u8).Add(item.Call)
            .Add(item.IsCustom ? ",\"custom\":{\"input\":\""u8 : ",\"function\":{\"arguments\":\""u8).Add(text).Add("\"}}]}"u8);
        EndDelta(FinishReason.None);
    }

    private void Finish(int choice, FinishReason reason)
    {
        if (Has(_finished, choice))
            return;
        _finished |= 1u << choice;
        BeginDelta(choice);
        Out.Add("{}"u8);
        EndDelta(Has(_callsTools, choice) && reason == FinishReason.Stop ? FinishReason.ToolCalls : reason);
    }

    private void Delta(
        int choice, ReadOnlySpan<byte> before, ReadOnlySpan<byte> text, ReadOnlySpan<byte> after, ReadOnlySpan<byte> logprobs = default, bool isRefusal = false)
    {
        BeginDelta(choice);
        Out.Add(before).Add(text).Add(after);
        EndDelta(FinishReason.None, logprobs, isRefusal);
    }

    private void BeginDelta(int choice) => Out.Add(_prefix.Written).Add("\"choices\":[{\"index\":"u8).Add(choice).Add(",\"delta\":"u8);

    private void EndDelta(FinishReason reason, ReadOnlySpan<byte> logprobs = default, bool isRefusal = false)
    {
        Out.Add(",\"logprobs\":"u8);
        ChatWords.WriteLogprobs(Out, isRefusal ? default : logprobs, isRefusal ? logprobs : default);
        Out.Add(",\"finish_reason\":"u8).Add(ChatWords.Finish(reason, _callsAreOld)).Add(_wantsUsage ? "}],\"usage\":null}\n\n"u8 : "}]}\n\n"u8);
    }
}
