namespace AiEdge.DataPlane.Translate;

/// <summary>Stands before who writes an answer for a client, and tells calls by the names that its functions have there (<see cref="FittedNames"/>).</summary>
internal sealed class OwnNames : AnswerWriter
{
    private AnswerWriter _to = null!;
    private ReadOnlyMemory<byte> _names;

    public override int ChoicesMax => _to.ChoicesMax;

    public override bool TakesCustomCalls => _to.TakesCustomCalls;

    public override bool HidesLogprobs => _to.HidesLogprobs;

    /// <summary>A new answer, which goes on to <paramref name="to"/>.</summary>
    /// <param name="to">Who takes it.</param>
    /// <param name="names">What its request was told in the place of the client's names; the caller's, until the answer is over.</param>
    public OwnNames Over(AnswerWriter to, ReadOnlyMemory<byte> names)
    {
        (_to, _names) = (to, names);
        Losses = to.Losses;
        return this;
    }

    public override void Take(in NeutralEvent item)
    {
        if (item.Kind == NeutralKind.ToolCall)
            _to.Take(item with { Name = FittedNames.OwnOf(item.Name, _names.Span) });
        else
            _to.Take(item);
    }

    public override void End() => _to.End();

    /// <summary>Gives back what it holds itself.</summary>
    public override void Release() => _names = default;

    protected override void OnBegin(in AnswerFacts facts) => throw new NotSupportedException("The answer is begun by who writes it.");
}
