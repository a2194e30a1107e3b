using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// The words of Anthropic's answers. Its <c>input_tokens</c> are those alone that were neither read from its cache nor written to it. What
/// was written is told apart by how long it is kept (<c>cache_creation</c>), for an hour costs more than five minutes.
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
        12 => name.SequenceEqual("input_tokens"u8) ? UsageField.Input : name.SequenceEqual("service_tier"u8) ? UsageField.Tier : UsageField.Other,
        13 => name.SequenceEqual("output_tokens"u8) ? UsageField.Output : UsageField.Other,
        14 => name.SequenceEqual("cache_creation"u8) ? UsageField.InputDetails : UsageField.Other,
        23 => name.SequenceEqual("cache_read_input_tokens"u8) ? UsageField.CachedInput : UsageField.Other,
        27 => name.SequenceEqual("cache_creation_input_tokens"u8) ? UsageField.CacheWrite : UsageField.Other,
        _ => UsageField.Other,
    };

    public override UsageField DetailOf(ReadOnlySpan<byte> name, UsageField within) =>
        name.SequenceEqual("ephemeral_1h_input_tokens"u8) ? UsageField.CacheWriteHour : within;

    public override void Finish(ref Usage usage) => usage.InputTokens += usage.CachedInputTokens + usage.CacheWriteTokens;
}
