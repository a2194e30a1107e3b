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
    /// <summary>The least that Anthropic lets think.</summary>
    public const long ThinkingTokensMin = 1024;

    private static readonly ReadOnlyMemory<byte> NoThought = System.Text.Encoding.ASCII.GetBytes("{\"type\":\"disabled\"}");

    /// <summary>Whether a request that caps itself so needs an edit.</summary>
    public bool Binds(RequestFacts facts, RequestShape shape) =>
        Tokens > 0 && ShapeTraits.Of(shape).HasOutput
        && RequestCap.Of(facts, shape) is var asked && (asked < 0 || asked > Tokens);

    /// <summary>
    /// Whether the cap leaves no room for the thought that was asked for, which has to be less than it (<c>thinking.budget_tokens</c>): then there
    /// is less of it, or none.
    /// </summary>
    public bool BindsThought(RequestFacts facts, RequestShape shape) =>
        Tokens > 0 && shape == RequestShape.Messages && facts.MaxTokens.Value > Tokens && facts.ThinkingBudget.Value >= Tokens;

    /// <summary>Adds the edits to <paramref name="patch"/>.</summary>
    public void Apply(RequestFacts facts, RequestShape shape, BodyPatch patch)
    {
        if (Tokens <= 0)
            return;
        switch (shape)
        {
            case RequestShape.Chat:
                Lower(facts.MaxTokens, patch);
                Lower(facts.MaxCompletionTokens, patch);
                if (facts.MaxTokens.Value is null && facts.MaxCompletionTokens.Value is null)
                    PutInChat(facts, patch);
                break;
            case RequestShape.Completions:
                Lower(facts.MaxTokens, patch);
                if (facts.MaxTokens.Value is null)
                    Put(facts.MaxTokens, "\"max_tokens\":"u8, facts, patch);
                break;
            case RequestShape.Responses:
                Lower(facts.MaxOutputTokens, patch);
                if (facts.MaxOutputTokens.Value is null)
                    Put(facts.MaxOutputTokens, "\"max_output_tokens\":"u8, facts, patch);
                break;
            case RequestShape.Contents:
                Lower(facts.MaxOutputTokens, patch);
                if (facts.MaxOutputTokens.Value is null)
                    PutInConfig(facts, patch);
                break;
            case RequestShape.Messages:
                // The field is required: a request without it is the provider's to refuse, and no better for ours.
                Lower(facts.MaxTokens, patch);
                if (BindsThought(facts, shape))
                    LowerThought(facts, patch);
                break;
        }
    }

    /// <summary>A quarter of the cap is left for the answer, as where a request is translated.</summary>
    private void LowerThought(RequestFacts facts, BodyPatch patch)
    {
        var budget = Tokens - Math.Max(1, Tokens / 4);
        if (budget >= ThinkingTokensMin)
            patch.Replace(facts.ThinkingBudget.Token, patch.Text(default, budget, default));
        else
            patch.Replace(facts.Thinking, NoThought);
    }

    private void PutInChat(RequestFacts facts, BodyPatch patch)
    {
        if (TakesCompletionTokens)
            Put(facts.MaxCompletionTokens, "\"max_completion_tokens\":"u8, facts, patch);
        else
            Put(facts.MaxTokens, "\"max_tokens\":"u8, facts, patch);
    }

    /// <summary>The cap stands in an object of its own, which the client may have left out.</summary>
    private void PutInConfig(RequestFacts facts, BodyPatch patch)
    {
        if (facts.MaxOutputTokens.Token.IsPresent)
            patch.Replace(facts.MaxOutputTokens.Token, patch.Text(default, Tokens, default));
        else if (facts.ConfigInsertAt > 0)
            patch.Insert(facts.ConfigInsertAt, patch.Text("\"maxOutputTokens\":"u8, Tokens, facts.ConfigIsEmpty ? default : ","u8));
        else if (facts.NullConfig.IsPresent)
            patch.Replace(facts.NullConfig, patch.Text("{\"maxOutputTokens\":"u8, Tokens, "}"u8));
        else
            patch.Insert(facts.InsertAt, patch.Text("\"generationConfig\":{\"maxOutputTokens\":"u8, Tokens, facts.TopLevelIsEmpty ? "}"u8 : "},"u8));
    }

    private void Lower(OutputCap asked, BodyPatch patch)
    {
        if (asked.Value > Tokens)
            patch.Replace(asked.Token, patch.Text(default, Tokens, default));
    }

    /// <summary>Takes the place of a <c>null</c>, or becomes the body's first member.</summary>
    private void Put(OutputCap asked, ReadOnlySpan<byte> name, RequestFacts facts, BodyPatch patch)
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
    /// <summary>What a text completion gives by itself where nothing is said (OpenAI's reference, <c>max_tokens</c>).</summary>
    public const long CompletionTokens = 16;

    /// <summary>Tokens of each choice; -1 where there is no cap. Of two caps the lower holds.</summary>
    public static long Of(RequestFacts facts, RequestShape shape) => shape switch
    {
        RequestShape.Chat => Lower(facts.MaxTokens.Value, facts.MaxCompletionTokens.Value),
        RequestShape.Completions => facts.MaxTokens.Value ?? CompletionTokens,
        RequestShape.Messages => facts.MaxTokens.Value ?? -1,
        RequestShape.Responses or RequestShape.Contents => facts.MaxOutputTokens.Value ?? -1,
        _ => -1,
    };

    private static long Lower(long? one, long? other) => one is { } a && other is { } b ? Math.Min(a, b) : one ?? other ?? -1;
}
