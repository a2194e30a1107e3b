using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.Gemini;

/// <summary>
/// The words of Gemini's answers. Its <c>candidatesTokenCount</c> leaves out what was thought, and its <c>promptTokenCount</c> what tools have
/// found; cached content is a part of the prompt.
/// </summary>
internal sealed class GeminiAnswerWords : AnswerWords
{
    public static GeminiAnswerWords Shared { get; } = new();

    public override bool IsUsage(ReadOnlySpan<byte> name) => name.SequenceEqual("usageMetadata"u8);

    public override bool HoldsTexts(ReadOnlySpan<byte> name) => name.SequenceEqual("candidates"u8);

    public override bool IsText(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("text"u8) || name.SequenceEqual("name"u8) || name.SequenceEqual("code"u8);

    /// <summary>What was searched for and found has parts of the answer again in it.</summary>
    public override bool HoldsNone(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("logprobsResult"u8) || name.SequenceEqual("groundingMetadata"u8) || name.SequenceEqual("citationMetadata"u8);

    public override UsageField FieldOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        11 => name.SequenceEqual("trafficType"u8) || name.SequenceEqual("serviceTier"u8) ? UsageField.Tier : UsageField.Other,
        15 => name.SequenceEqual("totalTokenCount"u8) ? UsageField.Total : UsageField.Other,
        16 => name.SequenceEqual("promptTokenCount"u8) ? UsageField.Input : UsageField.Other,
        18 => name.SequenceEqual("thoughtsTokenCount"u8) ? UsageField.Reasoning : UsageField.Other,
        19 => name.SequenceEqual("promptTokensDetails"u8) ? UsageField.InputParts : UsageField.Other,
        20 => name.SequenceEqual("candidatesTokenCount"u8) ? UsageField.Output : UsageField.Other,
        23 => name.SequenceEqual("toolUsePromptTokenCount"u8) ? UsageField.FurtherInput
            : name.SequenceEqual("cachedContentTokenCount"u8) ? UsageField.CachedInput
            : name.SequenceEqual("candidatesTokensDetails"u8) ? UsageField.OutputParts : UsageField.Other,
        _ => UsageField.Other,
    };

    /// <summary>Of a modality: <c>{"modality": "AUDIO", "tokenCount": 9}</c>.</summary>
    public override UsageField DetailOf(ReadOnlySpan<byte> name, UsageField within) =>
        name.SequenceEqual("modality"u8) ? UsageField.PartKind : name.SequenceEqual("tokenCount"u8) ? UsageField.PartCount : within;

    /// <summary>
    /// Vertex AI has words of its own (<c>trafficType</c>), the Gemini API those that a request has. What is served from throughput that was
    /// bought beforehand is a tier of its own: <c>provisioned</c>.
    /// </summary>
    public override ReadOnlySpan<byte> TierOf(ReadOnlySpan<byte> word) => word switch
    {
        _ when word.SequenceEqual("ON_DEMAND"u8) => "standard"u8,
        _ when word.SequenceEqual("ON_DEMAND_PRIORITY"u8) => "priority"u8,
        _ when word.SequenceEqual("ON_DEMAND_FLEX"u8) => "flex"u8,
        _ when word.SequenceEqual("PROVISIONED_THROUGHPUT"u8) => "provisioned"u8,
        _ when word.SequenceEqual("TRAFFIC_TYPE_UNSPECIFIED"u8) || word.SequenceEqual("unspecified"u8) => default,
        _ => word,
    };

    public override void Finish(ref Usage usage) => usage.OutputTokens += usage.ReasoningTokens;
}
