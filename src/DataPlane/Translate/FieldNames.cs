namespace AiEdge.DataPlane.Translate;

/// <summary>How a client's dialect calls fields that another may not be able to carry.</summary>
internal sealed class FieldNames
{
    public byte[] Temperature { get; init; } = [];

    public byte[] TopP { get; init; } = [];

    public byte[] TopK { get; init; } = [];

    public byte[] Seed { get; init; } = [];

    public byte[] PresencePenalty { get; init; } = [];

    public byte[] FrequencyPenalty { get; init; } = [];

    public byte[] Choices { get; init; } = [];

    public byte[] Logprobs { get; init; } = [];

    /// <summary>What the text is kept to that a custom tool takes.</summary>
    public byte[] CustomGrammar { get; init; } = [];

    public byte[] ToolCache { get; init; } = [];

    public byte[] PartCache { get; init; } = [];

    public byte[] TokensMax { get; init; } = [];

    public byte[] Detail { get; init; } = [];

    public byte[] Stops { get; init; } = [];

    public byte[] User { get; init; } = [];

    public byte[] Serial { get; init; } = [];

    public byte[] ToolChoice { get; init; } = [];

    public byte[] Effort { get; init; } = [];

    public byte[] Format { get; init; } = [];

    public byte[] Role { get; init; } = [];

    public byte[] ImageUrl { get; init; } = [];

    public byte[] File { get; init; } = [];

    public byte[] FileName { get; init; } = [];

    public byte[] Audio { get; init; } = [];

    public byte[] Thinking { get; init; } = [];

    public byte[] CallProof { get; init; } = [];

    public byte[] Arguments { get; init; } = [];

    public byte[] ResultContent { get; init; } = [];

    public byte[] ResultIsError { get; init; } = [];

    public byte[] Strict { get; init; } = [];

    public byte[] Schema { get; init; } = [];

    public byte[] ToolSchema { get; init; } = [];

    public byte[] Verbosity { get; init; } = [];

    /// <summary>An answer that the request begins.</summary>
    public byte[] Prefill { get; init; } = [];

    /// <summary>That what is thought is to be told, where that is asked for without saying how much is to be thought; empty where it cannot be.</summary>
    public byte[] ThoughtShown { get; init; } = [];
}
