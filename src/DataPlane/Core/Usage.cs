namespace AiEdge.DataPlane.Core;

/// <summary>
/// Tokens that a provider reports for one answer. Cached, audio and image input are parts of the input, reasoning, audio and image output
/// parts of the output (OpenAI's API reference, <c>usage</c> of chat completions, embeddings and responses). Dialects that count
/// them beside each other are read so that this holds, too.
/// </summary>
internal struct Usage
{
    /// <summary>A larger number is taken for a fault of the provider's and not read.</summary>
    public const long TokensMax = 1_000_000_000_000;

    public long InputTokens { get; set; }

    public long CachedInputTokens { get; set; }

    /// <summary>Input tokens that were written to the provider's cache; a part of the input.</summary>
    public long CacheWriteTokens { get; set; }

    /// <summary>Those of <see cref="CacheWriteTokens"/> that are to be kept for an hour, which costs more.</summary>
    public long CacheWriteHourTokens { get; set; }

    public long ImageInputTokens { get; set; }

    public long OutputTokens { get; set; }

    public long ReasoningTokens { get; set; }

    public long AudioInputTokens { get; set; }

    public long AudioOutputTokens { get; set; }

    public long ImageOutputTokens { get; set; }

    /// <summary>The provider's total, or input and output together where it names none.</summary>
    public long TotalTokens { get; set; }

    /// <summary>How fast the answer was made, where the provider says so and it is not the common way: <c>fast</c>.</summary>
    public TierName Speed { get; set; }

    /// <summary>Where it was made, where the provider says so: <c>us</c>.</summary>
    public TierName Place { get; set; }

    /// <summary>The output holds thought that is not shown, and nobody says how much of it.</summary>
    public bool HidesThought { get; set; }

    /// <summary>More than one run of a model took it, and is told beside the answer's own: it is no measure of one prompt and one answer.</summary>
    public bool HasFurther { get; set; }

    /// <summary>What those other runs took in; a part of the input, and of no length that chooses a price.</summary>
    public long FurtherInputTokens { get; set; }

    /// <summary>Whether it is of a whole stream: its provider tells it once all has been made, and whoever leaves behind it has it all.</summary>
    public bool IsFinal { get; set; }

    /// <summary>Whether at least one of input, output and total was reported.</summary>
    public bool IsPresent { get; set; }

    /// <summary>Adds the tokens that another run of a model has taken.</summary>
    public void Add(in Usage other)
    {
        InputTokens += other.InputTokens;
        CachedInputTokens += other.CachedInputTokens;
        CacheWriteTokens += other.CacheWriteTokens;
        CacheWriteHourTokens += other.CacheWriteHourTokens;
        OutputTokens += other.OutputTokens;
    }
}
