namespace AiEdge.DataPlane.Translate.Gemini;

/// <summary>
/// Writes Gemini's answers: a chunk for each event, or one answer with all parts in it. Arguments of a call stand whole in one part, so
/// they are kept until they are; the reason is kept until the end, for the usage goes with it.
/// </summary>
internal sealed class ContentsAnswerWriter(bool isStream) : AnswerWriter
{
    private readonly TextBuffer _tail = new();
    private readonly TextBuffer _parts = new();
    private readonly TextBuffer _call = new();
    private readonly TextBuffer _escaped = new();
    private readonly TextBuffer _arguments = new();
    private FinishReason _reason;
    private NeutralKind _open;
    private int _number;
    private bool _isBegun;

    public override void Take(in NeutralEvent item)
    {
        if (IsEnded)
            return;
        switch (item.Kind)
        {
            case NeutralKind.Start:
                Start(item.Name);
                break;
            case NeutralKind.Text or NeutralKind.Refusal:
                Text(NeutralKind.Text, item.Text);
                break;
            case NeutralKind.Thinking:
                Text(NeutralKind.Thinking, item.Text);
                break;
            case NeutralKind.Signature or NeutralKind.HiddenThinking:
                LoseThought(item.Kind);
                break;
            case NeutralKind.ToolCall:
                BeginCall(item);
                break;
            case NeutralKind.Arguments:
                Arguments(_escaped, item);
                break;
            case NeutralKind.ArgumentsObject:
                Arguments(_arguments, item);
                break;
            case NeutralKind.Finish:
                Leave();
                _reason = item.Reason;
                break;
            case NeutralKind.Error when isStream:
                GeminiWords.WriteError(Out, item.Name, item.Text);
                IsEnded = true;
                break;
            case NeutralKind.Error:
                IsFaulted = true;
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
        IsEnded = true;
        Leave();
        Out.Add(isStream ? "data: "u8 : default).Add("{\"candidates\":[{\"content\":{\"parts\":["u8)
            .Add(isStream || _parts.Length == 0 ? "{\"text\":\"\"}"u8 : _parts.Written)
            .Add("],\"role\":\"model\"},\"finishReason\":\""u8).Add(GeminiWords.Finish(_reason)).Add("\",\"index\":0}],\"usageMetadata\":"u8);
        GeminiWords.WriteUsage(Out, Usage);
        Out.Add(",\"modelVersion\":\""u8).Add(Model.Written).Add(_tail.Written).Add(isStream ? "\n\n"u8 : default);
    }

    public override void Release()
    {
        base.Release();
        _tail.Release();
        _parts.Release();
        _call.Release();
        _escaped.Release();
        _arguments.Release();
    }

    protected override void OnBegin(in AnswerFacts facts)
    {
        _isBegun = false;
        _reason = FinishReason.Stop;
        _open = NeutralKind.Start;
        _tail.Add("\",\"responseId\":\""u8).Add(facts.Id).Add("\"}"u8);
    }

    private void Start(ReadOnlySpan<byte> model)
    {
        if (_isBegun)
            return;
        _isBegun = true;
        Rename(model);
    }

    private void Text(NeutralKind kind, ReadOnlySpan<byte> text)
    {
        if (isStream)
        {
            Leave();
            BeginChunk();
            Out.Add("{\"text\":\""u8).Add(text).Add(kind == NeutralKind.Thinking ? "\",\"thought\":true}"u8 : "\"}"u8);
            EndChunk();
            return;
        }

        if (_open != kind)
        {
            Leave();
            Separate();
            _parts.Add(kind == NeutralKind.Thinking ? "{\"thought\":true,\"text\":\""u8 : "{\"text\":\""u8);
            _open = kind;
        }

        _parts.Add(text);
    }

    private void BeginCall(in NeutralEvent call)
    {
        Leave();
        _open = NeutralKind.ToolCall;
        _number = call.Call;
        _escaped.Clear();
        _arguments.Clear();
        _call.Clear();
        _call.Add("{\"functionCall\":{"u8);
        if (!call.Id.IsEmpty)
            _call.Add("\"id\":\""u8).Add(call.Id).Add("\","u8);
        _call.Add("\"name\":\""u8).Add(call.Name).Add("\",\"args\":"u8);
    }

    /// <summary>
    /// A part that has been told cannot be added to: arguments of an earlier call have no place any more. What is the inside of a string is
    /// unescaped when it is whole, for it may be cut within a pair of surrogates.
    /// </summary>
    private void Arguments(TextBuffer to, in NeutralEvent item)
    {
        if (_open != NeutralKind.ToolCall || item.Call != _number || to.Length + item.Text.Length > ArgumentsBytesMax)
            IsFaulted = true;
        else
            to.Add(item.Text);
    }

    /// <summary>Ends what is open: a text, or a call, whose arguments are there by now.</summary>
    private void Leave()
    {
        if (_open == NeutralKind.ToolCall)
            LeaveCall();
        else if (!isStream && _open is NeutralKind.Text or NeutralKind.Thinking && _parts.Length > 0)
            _parts.Add("\"}"u8);
        _open = NeutralKind.Start;
    }

    private void LeaveCall()
    {
        if (_escaped.Length > 0)
            _arguments.AddUnescaped(_escaped.Written);
        var isObject = CallArguments.IsObject(_arguments.Written);
        if (!isObject && _arguments.Length > 0)
            Losses?.Add("answer.tool_calls.function.arguments"u8);

        // A line of a stream's event ends at its first line break; in JSON one can only stand between tokens.
        _arguments.JoinLines();
        _call.Add(isObject ? _arguments.Written : "{}"u8).Add("}}"u8);
        if (!isStream)
        {
            Separate();
            _parts.Add(_call.Written);
            return;
        }

        BeginChunk();
        Out.Add(_call.Written);
        EndChunk();
    }

    private void Separate()
    {
        if (_parts.Length > 0)
            _parts.Add(","u8);
    }

    private void BeginChunk() => Out.Add("data: {\"candidates\":[{\"content\":{\"parts\":["u8);

    private void EndChunk() =>
        Out.Add("],\"role\":\"model\"},\"index\":0}],\"modelVersion\":\""u8).Add(Model.Written).Add(_tail.Written).Add("\n\n"u8);
}
