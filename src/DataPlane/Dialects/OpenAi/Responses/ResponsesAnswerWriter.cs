using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.OpenAi.Responses;

/// <summary>
/// Writes a response, as a stream or whole. Items come one after the other, each begun, added to and ended, with its parts in it likewise; the
/// last event has all of them, so they are kept until then.
/// </summary>
internal sealed class ResponsesAnswerWriter(bool isStream) : AnswerWriter
{
    /// <summary>What is kept of one answer; a longer one is a fault of the provider's.</summary>
    public const int AnswerBytesMax = 32 * 1024 * 1024;

    private const int ScratchBytes = 64;

    private readonly ResponseItems _items = new();
    private readonly TextBuffer _head = new();
    private readonly TextBuffer _escaped = new();
    private FinishReason _reason;
    private long _sequence;
    private int _call;
    private bool _isBegun;

    public override bool TakesCustomCalls => true;

    public override bool TellsCallsInTurn => true;

    public override int ItemsDone => _items.DoneCount;

    public override ReadOnlySpan<byte> ItemDone(int index, out ReadOnlySpan<byte> id) => _items.DoneAt(index, out id);

    public override void Take(in NeutralEvent item)
    {
        if (IsEnded)
            return;
        Start(item.Kind == NeutralKind.Start ? item.Name : default);
        switch (item.Kind)
        {
            case NeutralKind.Text:
                Say(ItemKind.Message, PartForm.Text, item.Text, item.Logprobs);
                break;
            case NeutralKind.Refusal:
                LoseLogprobs(item);
                if (!item.Text.IsEmpty)
                    Say(ItemKind.Message, PartForm.Refusal, item.Text);
                break;
            case NeutralKind.Thinking:
                if (_items.IsProved)
                    EndItem(FinishReason.None);
                Say(ItemKind.Reasoning, PartForm.Summary, item.Text);
                break;
            case NeutralKind.Signature:
                EnterItem(ItemKind.Reasoning);
                EndPart();
                _items.Prove(ThoughtProof.Signed, item.Text);
                break;
            case NeutralKind.HiddenThinking:
                EndItem(FinishReason.None);
                EnterItem(ItemKind.Reasoning);
                _items.Prove(ThoughtProof.Hidden, item.Text);
                EndItem(FinishReason.None);
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
                EndItem(_reason);
                break;
            case NeutralKind.Error:
                Fail(item);
                break;
            case NeutralKind.End:
                End();
                break;
        }

        IsFaulted |= _items.Length > AnswerBytesMax;
    }

    public override void End()
    {
        if (IsEnded)
            return;
        Start(default);
        EndItem(_reason);
        var status = ResponsesWords.Status(_reason);
        if (isStream)
            BeginEvent(status);
        WriteResponse(status, isEnded: true);
        if (isStream)
            EndEvent();
        IsEnded = true;
    }

    /// <summary>What was open is told as done, as far as it had come.</summary>
    public override void OnCut(ReadOnlySpan<byte> events)
    {
        var field = "\ndata: "u8;
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        while (events.IndexOf(field) is var at and >= 0)
        {
            events = events[(at + field.Length)..];
            var length = events.IndexOf((byte)'\n');
            var data = length < 0 ? events : events[..length];
            var walk = new JsonWalk(data, scratch);
            var isDone = false;
            for (var isIn = walk.TryBegin(); isIn && walk.NextMember();)
            {
                if (walk.Is("type"u8))
                    isDone = walk.IsText("response.output_item.done"u8);
                else if (isDone && walk.Is("item"u8))
                    _items.AddDone(walk.Value().Of(data));
            }
        }
    }

    public override void Release()
    {
        base.Release();
        _items.Release();
        _head.Release();
        _escaped.Release();
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        _items.Begin(facts.Id, facts.Secret);
        _reason = FinishReason.None;
        _sequence = 0;
        _call = -1;
        _isBegun = false;
        _head.Add("{\"id\":\"resp_"u8).Add(facts.Id).Add("\",\"object\":\"response\",\"created_at\":"u8).Add(facts.Created).Add(",\"status\":\""u8);
    }

    private void Start(ReadOnlySpan<byte> model)
    {
        if (_isBegun)
            return;
        _isBegun = true;
        Rename(model);
        if (!isStream)
            return;
        BeginEvent("created"u8);
        WriteResponse("in_progress"u8, isEnded: false);
        EndEvent();
        BeginEvent("in_progress"u8);
        WriteResponse("in_progress"u8, isEnded: false);
        EndEvent();
    }

    private void Say(ItemKind kind, PartForm form, ReadOnlySpan<byte> text, ReadOnlySpan<byte> logprobs = default)
    {
        EnterItem(kind);
        if (_items.Form != form)
        {
            EndPart();
            _items.BeginPart(form);
            if (isStream)
            {
                BeginEvent(kind == ItemKind.Reasoning ? "reasoning_summary_part.added"u8 : "content_part.added"u8);
                _items.WritePlace(Out).Add(",\"part\":"u8);
                _items.WritePart(Out);
                EndEvent();
            }
        }

        _items.Text.Add(text);
        TokenLogprobs.Add(_items.Logprobs, logprobs);
        if (!isStream)
            return;
        BeginEvent(form switch
        {
            PartForm.Refusal => "refusal.delta"u8,
            PartForm.Summary => "reasoning_summary_text.delta"u8,
            _ => "output_text.delta"u8,
        });
        _items.WritePlace(Out).Add(",\"delta\":\""u8).Add(text).Add("\""u8);
        if (form == PartForm.Text)
            TokenLogprobs.WriteArray(Out.Add(",\"logprobs\":"u8), logprobs);
        EndEvent();
    }

    private void EnterItem(ItemKind kind)
    {
        if (_items.Kind == kind)
            return;
        EndItem(FinishReason.None);
        _items.BeginItem(kind);
        TellItem();
    }

    private void BeginCall(in NeutralEvent call)
    {
        EndItem(FinishReason.None);
        if (!call.Proof.IsEmpty)
        {
            EnterItem(ItemKind.Reasoning);
            _items.Prove(CallProof.Mark, call.Proof);
            EndItem(FinishReason.None);
        }

        _items.BeginItem(call.IsCustom ? ItemKind.CustomCall : ItemKind.Call);
        WriteCallId(_items.CallId, call, "call_"u8, CallIdForm.Responses);
        _items.CallName.Add(ToolNamespaces.Split(call.Name, out var space));
        _items.CallNamespace.Add(space);
        _call = call.Call;
        TellItem();
    }

    private void TellItem()
    {
        if (!isStream)
            return;
        BeginEvent("output_item.added"u8);
        Out.Add(",\"output_index\":"u8).Add(_items.Index).Add(",\"item\":"u8);
        _items.WriteItem(Out, "in_progress"u8);
        EndEvent();
    }

    /// <summary>An item that has ended cannot be added to: arguments of an earlier call have no place any more.</summary>
    private void Arguments(int call, ReadOnlySpan<byte> text)
    {
        if (_items.Kind is not (ItemKind.Call or ItemKind.CustomCall) || call != _call || _items.Text.Length + text.Length > ArgumentsBytesMax)
        {
            IsFaulted = true;
            return;
        }

        _items.Text.Add(text);
        if (!isStream)
            return;
        BeginEvent(_items.Kind == ItemKind.CustomCall ? "custom_tool_call_input.delta"u8 : "function_call_arguments.delta"u8);
        _items.WritePlace(Out).Add(",\"delta\":\""u8).Add(text).Add("\""u8);
        EndEvent();
    }

    private void EndPart()
    {
        if (_items.Form == PartForm.None)
            return;
        if (isStream)
        {
            var isSummary = _items.Form == PartForm.Summary;
            BeginEvent(_items.Form switch
            {
                PartForm.Refusal => "refusal.done"u8,
                PartForm.Summary => "reasoning_summary_text.done"u8,
                _ => "output_text.done"u8,
            });
            _items.WritePlace(Out).Add(_items.Form == PartForm.Refusal ? ",\"refusal\":\""u8 : ",\"text\":\""u8).Add(_items.Text.Written).Add("\""u8);
            if (_items.Form == PartForm.Text)
                TokenLogprobs.WriteArray(Out.Add(",\"logprobs\":"u8), _items.Logprobs.Written);
            EndEvent();
            BeginEvent(isSummary ? "reasoning_summary_part.done"u8 : "content_part.done"u8);
            _items.WritePlace(Out).Add(",\"part\":"u8);
            _items.WritePart(Out);
            EndEvent();
        }

        _items.EndPart();
    }

    private void EndItem(FinishReason reason)
    {
        if (_items.Kind == ItemKind.None)
            return;
        if (_items.Kind is ItemKind.Call or ItemKind.CustomCall)
            EndCall();
        EndPart();
        var status = ResponsesWords.Status(reason);
        if (isStream)
        {
            BeginEvent("output_item.done"u8);
            Out.Add(",\"output_index\":"u8).Add(_items.Index).Add(",\"item\":"u8);
            _items.WriteItem(Out, status);
            EndEvent();
        }

        _items.EndItem(status);
    }

    /// <summary>A call without arguments has an empty object of them.</summary>
    private void EndCall()
    {
        if (_items.Text.Length == 0 && _items.Kind == ItemKind.Call)
            Arguments(_call, "{}"u8);
        if (!isStream)
            return;
        if (_items.Kind == ItemKind.CustomCall)
        {
            BeginEvent("custom_tool_call_input.done"u8);
            _items.WritePlace(Out).Add(",\"input\":\""u8).Add(_items.Text.Written).Add("\""u8);
            EndEvent();
            return;
        }

        BeginEvent("function_call_arguments.done"u8);
        _items.WritePlace(Out).Add(",\"name\":\""u8).Add(_items.CallName.Written).Add("\",\"arguments\":\""u8).Add(_items.Text.Written).Add("\""u8);
        EndEvent();
    }

    private void Fail(in NeutralEvent error)
    {
        if (!isStream)
        {
            IsFaulted = true;
            return;
        }

        BeginEvent("failed"u8);
        Out.Add(",\"response\":"u8).Add(_head.Written).Add("failed\",\"error\":{\"code\":\""u8).Add(error.Name.IsEmpty ? "upstream_error"u8 : error.Name)
            .Add("\",\"message\":\""u8).Add(error.Text.IsEmpty ? "The provider's stream failed."u8 : error.Text).Add("\"},\"incomplete_details\":null"u8);
        WriteRest(isEnded: true);
        Out.Add("}\n\n"u8);
        IsEnded = true;
    }

    private void BeginEvent(ReadOnlySpan<byte> type) =>
        Out.Add("event: response."u8).Add(type).Add("\ndata: {\"type\":\"response."u8).Add(type).Add("\",\"sequence_number\":"u8).Add(_sequence++);

    private void EndEvent() => Out.Add("}\n\n"u8);

    private void WriteResponse(ReadOnlySpan<byte> status, bool isEnded)
    {
        if (isStream)
            Out.Add(",\"response\":"u8);
        Out.Add(_head.Written).Add(status).Add("\",\"error\":null,\"incomplete_details\":"u8).Add(isEnded ? ResponsesWords.Details(_reason) : "null"u8);
        WriteRest(isEnded);
    }

    /// <summary>What stands behind a response's status. Nothing is stored, and what was asked for is not repeated.</summary>
    private void WriteRest(bool isEnded)
    {
        Out.Add(",\"background\":false,\"instructions\":null,\"max_output_tokens\":null,\"model\":\""u8).Add(Model.Written).Add("\",\"output\":["u8)
            .Add(_items.Done).Add("],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"reasoning\":{\"effort\":null,\"summary\":null},"u8)
            .Add("\"service_tier\":\""u8).Add(Tier.Length > 0 ? Tier.Written : "default"u8)
            .Add("\",\"store\":false,\"temperature\":null,\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\":\"auto\","u8)
            .Add("\"tools\":[],\"top_p\":null,\"truncation\":\"disabled\",\"usage\":"u8);
        if (isEnded)
            ResponsesWords.WriteUsage(Out, Usage);
        else
            Out.Add("null"u8);
        Out.Add(",\"user\":null,\"metadata\":{}}"u8);
    }
}
