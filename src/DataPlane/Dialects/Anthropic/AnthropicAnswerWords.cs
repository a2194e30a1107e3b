using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// The words of Anthropic's answers. Its <c>input_tokens</c> are those alone that were neither read from its cache nor written to it. What
/// was written is told apart by how long it is kept (<c>cache_creation</c>), for an hour costs more than five minutes. What it took to compact the
/// conversation, and what an advisor took, stands in <c>iterations</c> alone (its pages "Compaction" and "Advisor tool").
/// </summary>
internal sealed class AnthropicAnswerWords : AnswerWords
{
    public static AnthropicAnswerWords Shared { get; } = new();

    public override bool HoldsTexts(ReadOnlySpan<byte> name) => name.SequenceEqual("content"u8);

    public override bool IsText(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("text"u8) || name.SequenceEqual("name"u8) || name.SequenceEqual("thinking"u8);

    /// <summary>A block has <c>content</c> where a tool that the provider runs has answered.</summary>
    public override bool HoldsNone(ReadOnlySpan<byte> name) => name.SequenceEqual("content"u8) || name.SequenceEqual("citations"u8);

    public override UsageField FieldOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => name.SequenceEqual("type"u8) ? UsageField.PartKind : UsageField.Other,
        5 => name.SequenceEqual("speed"u8) ? UsageField.Speed : UsageField.Other,
        10 => name.SequenceEqual("iterations"u8) ? UsageField.Iterations : UsageField.Other,
        12 => name.SequenceEqual("input_tokens"u8) ? UsageField.Input : name.SequenceEqual("service_tier"u8) ? UsageField.Tier : UsageField.Other,
        13 => name.SequenceEqual("output_tokens"u8) ? UsageField.Output : name.SequenceEqual("inference_geo"u8) ? UsageField.Place : UsageField.Other,
        14 => name.SequenceEqual("cache_creation"u8) ? UsageField.InputDetails : UsageField.Other,
        21 => name.SequenceEqual("output_tokens_details"u8) ? UsageField.OutputDetails : UsageField.Other,
        23 => name.SequenceEqual("cache_read_input_tokens"u8) ? UsageField.CachedInput : UsageField.Other,
        27 => name.SequenceEqual("cache_creation_input_tokens"u8) ? UsageField.CacheWrite : UsageField.Other,
        _ => UsageField.Other,
    };

    public override UsageField DetailOf(ReadOnlySpan<byte> name, UsageField within) =>
        name.SequenceEqual("ephemeral_1h_input_tokens"u8) ? UsageField.CacheWriteHour
        : within == UsageField.OutputDetails && name.SequenceEqual("thinking_tokens"u8) ? UsageField.Reasoning : within;

    public override bool IsFurther(ReadOnlySpan<byte> kind) => kind.SequenceEqual("compaction"u8) || kind.SequenceEqual("advisor_message"u8);

    public override void Finish(ref Usage usage) => usage.InputTokens += usage.CachedInputTokens + usage.CacheWriteTokens;
}
