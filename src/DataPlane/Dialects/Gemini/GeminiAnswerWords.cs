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

    public override UsageField FieldOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        15 => name.SequenceEqual("totalTokenCount"u8) ? UsageField.Total : UsageField.Other,
        16 => name.SequenceEqual("promptTokenCount"u8) ? UsageField.Input : UsageField.Other,
        18 => name.SequenceEqual("thoughtsTokenCount"u8) ? UsageField.Reasoning : UsageField.Other,
        20 => name.SequenceEqual("candidatesTokenCount"u8) ? UsageField.Output : UsageField.Other,
        23 => name.SequenceEqual("toolUsePromptTokenCount"u8) ? UsageField.FurtherInput
            : name.SequenceEqual("cachedContentTokenCount"u8) ? UsageField.CachedInput : UsageField.Other,
        _ => UsageField.Other,
    };

    public override void Finish(ref Usage usage) => usage.OutputTokens += usage.ReasoningTokens;
}
