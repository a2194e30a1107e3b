namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Stands before who writes an answer for a client, and tells calls by the names that its functions have there (<see cref="FittedNames"/>), those of functions
/// that were made of custom tools as calls of these (<see cref="CustomTools"/>).
/// </summary>
internal sealed class OwnNames : AnswerWriter
{
    /// <summary>Calls whose place is kept for another answer.</summary>
    private const int InputsKept = 64;

    private readonly List<CustomInput> _inputs = [];
    private readonly TextBuffer _text = new();
    private AnswerWriter _to = null!;
    private ReadOnlyMemory<byte> _names;
    private int _count;

    public override int ChoicesMax => _to.ChoicesMax;

    public override bool TakesCustomCalls => _to.TakesCustomCalls;

    /// <summary>A new answer, which goes on to <paramref name="to"/>.</summary>
    /// <param name="to">Who takes it.</param>
    /// <param name="names">What its request was told in the place of the client's names; the caller's, until the answer is over.</param>
    public OwnNames Over(AnswerWriter to, ReadOnlyMemory<byte> names)
    {
        (_to, _names, _count) = (to, names, 0);
        Losses = to.Losses;
        return this;
    }

    public override void Take(in NeutralEvent item)
    {
        if (item.Kind == NeutralKind.ToolCall)
            Begin(item);
        else if (item.Kind is NeutralKind.Arguments or NeutralKind.ArgumentsObject && Find(item) is { } input)
            Add(item, input);
        else
            _to.Take(item);
    }

    public override void End() => _to.End();

    /// <summary>Gives back what it holds itself.</summary>
    public override void Release()
    {
        _names = default;
        _text.Release();
        if (_inputs.Count > InputsKept)
            _inputs.RemoveRange(InputsKept, _inputs.Count - InputsKept);
    }

    protected override void OnBegin(in AnswerFacts facts) => throw new NotSupportedException("The answer is begun by who writes it.");

    private void Begin(in NeutralEvent call)
    {
        var name = FittedNames.OwnOf(call.Name, _names.Span);
        var isCustom = CustomTools.TryUnmark(ref name);
        if (isCustom)
        {
            if (_count == _inputs.Count)
                _inputs.Add(new CustomInput());
            _inputs[_count++].Begin(call.Choice, call.Call);
        }

        _to.Take(call with { Name = name, IsCustom = call.IsCustom || isCustom });
    }

    /// <summary>Calls come one after the other mostly, so that the last is looked at first.</summary>
    private CustomInput? Find(in NeutralEvent item)
    {
        for (var i = _count - 1; i >= 0; i--)
        {
            if (_inputs[i].Call == item.Call && _inputs[i].Choice == item.Choice)
                return _inputs[i];
        }

        return null;
    }

    private void Add(in NeutralEvent item, CustomInput input)
    {
        _text.Clear();
        if (item.Kind == NeutralKind.Arguments)
            input.TakeInside(item.Text, _text);
        else
            input.Take(item.Text, _text);
        if (input.HasOthers)
            Losses?.Add("answer.custom_tool_call.arguments"u8);
        if (_text.Length > 0)
            _to.Take(new NeutralEvent(NeutralKind.Arguments, _text.Written) { Choice = item.Choice, Call = item.Call, IsCustom = true });
    }
}
