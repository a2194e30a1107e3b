using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Meter;

/// <summary>What a member of a <c>usage</c> object means.</summary>
internal enum UsageField : byte
{
    Other,
    Input,
    Output,
    Total,
    InputDetails,
    OutputDetails,
    CachedInput,
    CacheWrite,
    CacheWriteHour,
    AudioInput,
    ImageInput,
    Reasoning,
    AudioOutput,

    /// <summary>Input that is not counted in <see cref="Input"/>.</summary>
    FurtherInput,

    /// <summary>A list of input by what it is made of, a <see cref="PartKind"/> and a <see cref="PartCount"/> each.</summary>
    InputParts,

    /// <summary>The same of the output.</summary>
    OutputParts,

    /// <summary>No count, but its word: AUDIO, IMAGE.</summary>
    PartKind,
    PartCount,

    /// <summary>No count, but the tier of service by its name.</summary>
    Tier,
}

/// <summary>How a dialect calls what is read of its answers.</summary>
internal abstract class AnswerWords
{
    /// <summary>OpenAI's, in both of its spellings (prompt/completion and input/output).</summary>
    public static AnswerWords OpenAi { get; } = new OpenAiAnswerWords();

    /// <summary>Whether the top-level member of that name is the usage.</summary>
    public virtual bool IsUsage(ReadOnlySpan<byte> name) => name.SequenceEqual("usage"u8);

    /// <summary>Whether the top-level member of that name is the tier of service that served.</summary>
    public virtual bool IsTier(ReadOnlySpan<byte> name) => false;

    /// <summary>The tier of service that a provider's word for it means, as prices name it; empty for a word that says nothing.</summary>
    public virtual ReadOnlySpan<byte> TierOf(ReadOnlySpan<byte> word) => word;

    /// <summary>Whether the top-level array of that name is where the answer's texts stand.</summary>
    public abstract bool HoldsTexts(ReadOnlySpan<byte> name);

    /// <summary>What a member of the usage object means.</summary>
    public abstract UsageField FieldOf(ReadOnlySpan<byte> name);

    /// <summary>What a member of the details of <paramref name="within"/> means; that again, where it means nothing.</summary>
    public virtual UsageField DetailOf(ReadOnlySpan<byte> name, UsageField within) => within;

    /// <summary>Makes what was read one usage whose classes are parts of its input and output.</summary>
    public virtual void Finish(ref Usage usage)
    {
    }
}

/// <summary>The words of the OpenAI dialect, and of providers that speak it with words of their own.</summary>
internal sealed class OpenAiAnswerWords : AnswerWords
{
    public override bool HoldsTexts(ReadOnlySpan<byte> name) => name.SequenceEqual("choices"u8) || name.SequenceEqual("output"u8);

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
        if (!output && name.SequenceEqual("image_tokens"u8))
            return UsageField.ImageInput;
        if (output && name.SequenceEqual("reasoning_tokens"u8))
            return UsageField.Reasoning;
        return within;
    }
}
