using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Parse;

/// <summary>
/// The cap that a limit puts on each choice's output, so that not even hidden reasoning runs past the credit. A cap of the
/// client's that is larger is edited where it stands; where the client has none, the field is put in that the model takes.
/// <c>default</c> caps nothing.
/// </summary>
/// <param name="Tokens">The cap; 0 for none.</param>
/// <param name="TakesCompletionTokens">Whether the model refuses <c>max_tokens</c> in a chat and takes <c>max_completion_tokens</c>.</param>
internal readonly record struct OutputClamp(long Tokens, bool TakesCompletionTokens)
{
    /// <summary>The provider would refuse to think from where the history ends: the request asks for no thought.</summary>
    public bool BarsThought { get; init; }

    /// <summary>Whether a request that caps itself so needs an edit.</summary>
    public bool Binds(RequestFacts facts, RequestShape shape) =>
        Tokens > 0 && ShapeTraits.Of(shape).HasOutput
        && RequestCap.Of(facts, shape) is var asked && (asked < 0 || asked > Tokens);

    /// <summary>The field of the thought that was asked for, where the cap leaves no room for it: then there is less of it, or none. Else empty.</summary>
    public ReadOnlySpan<byte> BoundThought(RequestFacts facts, RequestShape shape) => Tokens > 0 ? RequestForm.Of(shape).BoundThought(facts, this) : default;

    /// <summary>Adds the edits to <paramref name="patch"/>.</summary>
    public void Apply(RequestFacts facts, RequestShape shape, BodyPatch patch)
    {
        if (BarsThought)
            RequestForm.Of(shape).BarThought(facts, patch);
        if (Tokens > 0)
            RequestForm.Of(shape).Clamp(facts, this, patch);
    }

    /// <summary>Edits a cap of the client's that is larger.</summary>
    public void Lower(OutputCap asked, BodyPatch patch)
    {
        if (asked.Value > Tokens)
            patch.Replace(asked.Token, patch.Text(default, Tokens, default));
    }

    /// <summary>Takes the place of a <c>null</c>, or becomes the body's first member.</summary>
    public void Put(OutputCap asked, ReadOnlySpan<byte> name, RequestFacts facts, BodyPatch patch)
    {
        if (asked.Token.IsPresent)
            patch.Replace(asked.Token, patch.Text(default, Tokens, default));
        else
            patch.Insert(facts.InsertAt, patch.Text(name, Tokens, facts.TopLevelIsEmpty ? default : ","u8));
    }
}

/// <summary>What a request caps its own output at.</summary>
internal static class RequestCap
{
    /// <summary>Tokens of each choice; -1 where there is no cap.</summary>
    public static long Of(RequestFacts facts, RequestShape shape) => RequestForm.Of(shape).CapOf(facts);
}
