using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>Writes a <c>chat.completion</c> whole, once its events have all come.</summary>
internal sealed class ChatAnswerWriter : AnswerWriter
{
    private readonly TextBuffer _head = new();
    private readonly Choice?[] _choices = new Choice?[ChatWords.ChoicesMax];
    private int _count;
    private bool _callsAreOld;

    public override int ChoicesMax => ChatWords.ChoicesMax;

    public override bool TakesCustomCalls => true;

    public override void Take(in NeutralEvent item)
    {
        var choice = Of(item.Choice);
        if (choice.Proofs.IsEndedBy(item.Kind))
            choice.EndThought();
        switch (item.Kind)
        {
            case NeutralKind.Start:
                Rename(item.Name);
                break;
            case NeutralKind.Text:
                choice.HasText = true;
                choice.Text.Add(item.Text);
                TokenLogprobs.Add(choice.Logprobs, item.Logprobs);
                break;
            case NeutralKind.Thinking:
                choice.Thought.Add(item.Text);
                choice.Proofs.Add(item.Text);
                break;
            case NeutralKind.Refusal:
                choice.Refusal.Add(item.Text);
                TokenLogprobs.Add(choice.RefusalLogprobs, item.Logprobs);
                break;
            case NeutralKind.Signature or NeutralKind.HiddenThinking:
                Prove(choice, item);
                break;
            case NeutralKind.ToolCall:
                BeginCall(choice, item);
                break;
            case NeutralKind.Arguments or NeutralKind.ArgumentsObject when _callsAreOld && item.Call > 0:
                break;
            case NeutralKind.Arguments:
                choice.Calls.Add(item.Text);
                break;
            case NeutralKind.ArgumentsObject:
                choice.Calls.AddEscaped(item.Text);
                break;
            case NeutralKind.Logprobs:
                TokenLogprobs.Add(choice.Logprobs, item.Logprobs);
                break;
            case NeutralKind.Finish:
                choice.Reason = item.Reason;
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
        Out.Add(_head.Written).Add(Model.Written).Add("\",\"choices\":["u8);
        _ = Of(0);
        for (var i = 0; i < _count; i++)
            Write(i, _choices[i]!);
        Out.Add("],\"usage\":"u8);
        ChatUsage.Write(Out, Usage);
        if (Tier.Length > 0)
            Out.Add(",\"service_tier\":\""u8).Add(Tier.Written).Add("\""u8);
        Out.Add(",\"system_fingerprint\":null}"u8);
    }

    public override void Release()
    {
        base.Release();
        _head.Release();
        foreach (var choice in _choices)
            choice?.Release();
        _count = 0;
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        _callsAreOld = facts.WantsOldCalls;
        _head.Add("{\"id\":\"chatcmpl-"u8).Add(facts.Id).Add("\",\"object\":\"chat.completion\",\"created\":"u8).Add(facts.Created).Add(",\"model\":\""u8);
    }

    /// <summary>The choice of that number, and with it all before it.</summary>
    private Choice Of(int number)
    {
        while (_count <= number)
        {
            (_choices[_count] ??= new Choice()).Begin();
            _count++;
        }

        return _choices[number]!;
    }

    private void Write(int number, Choice choice)
    {
        Out.Add(number > 0 ? ",{\"index\":"u8 : "{\"index\":"u8).Add(number).Add(",\"message\":{\"role\":\"assistant\",\"content\":"u8);
        WriteText(choice.Text, choice.HasText);
        Out.Add(",\"refusal\":"u8);
        WriteText(choice.Refusal, choice.Refusal.Length > 0);
        if (choice.Thought.Length > 0)
        {
            Out.Add(",\"reasoning_content\":"u8);
            WriteText(choice.Thought, isThere: true);
        }

        if (choice.Proofs.IsEndedBy(NeutralKind.End))
            choice.EndThought();
        if (choice.Details.Length > 0)
            Out.Add(",\"reasoning_details\":["u8).Add(choice.Details.Written).Add("]"u8);

        if (choice.CallCount > 0 && _callsAreOld)
            Out.Add(",\"function_call\":"u8).Add(choice.Calls.Written).Add("\"}"u8);
        else if (choice.CallCount > 0)
            Out.Add(",\"tool_calls\":["u8).Add(choice.Calls.Written).Add("\"}}]"u8);
        var reason = choice.CallCount > 0 && choice.Reason == FinishReason.Stop ? FinishReason.ToolCalls : choice.Reason;
        Out.Add("},\"logprobs\":"u8);
        ChatWords.WriteLogprobs(Out, choice.Logprobs.Written, choice.RefusalLogprobs.Written);
        Out.Add(",\"finish_reason\":"u8).Add(ChatWords.Finish(reason, _callsAreOld)).Add("}"u8);
    }

    private void Prove(Choice choice, in NeutralEvent item)
    {
        var isHidden = item.Kind == NeutralKind.HiddenThinking;
        if (!(isHidden ? choice.Proofs.Hide(item.Text) : choice.Proofs.Prove(item.Mark, item.Text)))
            LoseThought(item.Kind);
        else if (isHidden || !item.Mark.IsEmpty)
            choice.EndThought();
    }

    private void BeginCall(Choice choice, in NeutralEvent call)
    {
        var calls = choice.Calls;
        if (_callsAreOld)
        {
            if (ChatWords.LosesOldCall(call, Losses))
                return;
            choice.CallCount++;
            choice.Proofs.PassCall();
            calls.Add("{\"name\":\""u8).Add(call.Name).Add("\",\"arguments\":\""u8);
            return;
        }

        choice.Proofs.PassCall();
        if (choice.CallCount++ > 0)
            calls.Add("\"}},"u8);
        calls.Add("{\"id\":\""u8);
        WriteCallId(calls, call, "call_"u8, CallIdForm.Chat);
        if (call.IsCustom)
        {
            calls.Add("\",\"type\":\"custom\",\"custom\":{\"name\":\""u8).Add(call.Name).Add("\",\"input\":\""u8);
            return;
        }

        calls.Add("\",\"type\":\"function\""u8);
        ChatWords.WriteProof(calls, call.Proof);
        calls.Add(",\"function\":{\"name\":\""u8).Add(call.Name).Add("\",\"arguments\":\""u8);
    }

    private void WriteText(TextBuffer text, bool isThere)
    {
        if (isThere)
            Out.Add("\""u8).Add(text.Written).Add("\""u8);
        else
            Out.Add("null"u8);
    }

    /// <summary>What has come of one choice.</summary>
    private sealed class Choice
    {
        public TextBuffer Text { get; } = new();

        public TextBuffer Thought { get; } = new();

        public ChatThoughts Proofs { get; } = new();

        /// <summary>The thoughts that are proved, with commas between.</summary>
        public TextBuffer Details { get; } = new();

        public TextBuffer Refusal { get; } = new();

        public TextBuffer Calls { get; } = new();

        public TextBuffer Logprobs { get; } = new();

        public TextBuffer RefusalLogprobs { get; } = new();

        public FinishReason Reason { get; set; }

        public int CallCount { get; set; }

        public bool HasText { get; set; }

        public void Begin()
        {
            Reason = FinishReason.Stop;
            CallCount = 0;
            HasText = false;
            Proofs.Begin();
        }

        /// <summary>Nothing more proves the thought at hand.</summary>
        public void EndThought()
        {
            if (Details.Length > 0)
                Details.Add(","u8);
            Proofs.Write(Details);
        }

        public void Release()
        {
            Text.Release();
            Thought.Release();
            Proofs.Release();
            Details.Release();
            Refusal.Release();
            Calls.Release();
            Logprobs.Release();
            RefusalLogprobs.Release();
        }
    }
}
