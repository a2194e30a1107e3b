using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Dialects.OpenAi;

/// <summary>
/// The words of the OpenAI dialect in both of its spellings (prompt/completion and input/output), and of providers that speak it with words of their own.
/// </summary>
internal sealed class OpenAiAnswerWords : AnswerWords
{
    public static OpenAiAnswerWords Shared { get; } = new();

    public override bool HoldsTexts(ReadOnlySpan<byte> name) => name.SequenceEqual("choices"u8) || name.SequenceEqual("output"u8);

    public override bool IsText(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => name.SequenceEqual("text"u8) || name.SequenceEqual("name"u8) || name.SequenceEqual("code"u8),
        5 => name.SequenceEqual("input"u8),
        7 => name.SequenceEqual("content"u8) || name.SequenceEqual("refusal"u8),
        8 => name.SequenceEqual("thinking"u8),
        9 => name.SequenceEqual("arguments"u8) || name.SequenceEqual("reasoning"u8),
        10 => name.SequenceEqual("transcript"u8),
        17 => name.SequenceEqual("reasoning_content"u8),
        _ => false,
    };

    public override bool HoldsNone(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("logprobs"u8) || name.SequenceEqual("annotations"u8) || name.SequenceEqual("results"u8)
        || name.SequenceEqual("outputs"u8) || name.SequenceEqual("reasoning_details"u8);

    public override bool IsTier(ReadOnlySpan<byte> name) => name.SequenceEqual("service_tier"u8);

    /// <summary><c>auto</c> is what was asked for, in the first events of a response: which tier it will be is not known by then.</summary>
    public override ReadOnlySpan<byte> TierOf(ReadOnlySpan<byte> word) => word.SequenceEqual("auto"u8) ? default : word;

    public override UsageField FieldOf(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("prompt_tokens"u8) || name.SequenceEqual("input_tokens"u8))
            return UsageField.Input;
        if (name.SequenceEqual("completion_tokens"u8) || name.SequenceEqual("output_tokens"u8))
            return UsageField.Output;
        if (name.SequenceEqual("total_tokens"u8))
            return UsageField.Total;
        // Transcriptions and realtime sessions say "token", all others "tokens".
        if (name.SequenceEqual("prompt_tokens_details"u8) || name.SequenceEqual("input_tokens_details"u8) || name.SequenceEqual("input_token_details"u8))
            return UsageField.InputDetails;
        if (name.SequenceEqual("completion_tokens_details"u8) || name.SequenceEqual("output_tokens_details"u8) || name.SequenceEqual("output_token_details"u8))
            return UsageField.OutputDetails;

        // Not OpenAI's own, but of providers that speak its dialect.
        if (name.SequenceEqual("prompt_cache_hit_tokens"u8) || name.SequenceEqual("cache_read_input_tokens"u8))
            return UsageField.CachedInput;
        return name.SequenceEqual("cache_creation_input_tokens"u8) ? UsageField.CacheWrite : UsageField.Other;
    }

    public override UsageField DetailOf(ReadOnlySpan<byte> name, UsageField within)
    {
        bool output = within == UsageField.OutputDetails;
        if (name.SequenceEqual("audio_tokens"u8))
            return output ? UsageField.AudioOutput : UsageField.AudioInput;
        if (!output && name.SequenceEqual("cached_tokens"u8))
            return UsageField.CachedInput;
        if (!output && (name.SequenceEqual("cache_write_tokens"u8) || name.SequenceEqual("cache_creation_tokens"u8)))
            return UsageField.CacheWrite;
        if (name.SequenceEqual("image_tokens"u8))
            return output ? UsageField.ImageOutput : UsageField.ImageInput;
        if (output && name.SequenceEqual("reasoning_tokens"u8))
            return UsageField.Reasoning;
        return within;
    }

    /// <summary>
    /// Some count reasoning beside <c>completion_tokens</c> rather than within (xAI): their total says so, for OpenAI's own is input and output alone.
    /// </summary>
    public override void Finish(ref Usage usage)
    {
        if (usage.ReasoningTokens > 0 && usage.InputTokens + usage.OutputTokens + usage.ReasoningTokens == usage.TotalTokens)
            usage.OutputTokens += usage.ReasoningTokens;
    }
}
