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
    ImageOutput,

    /// <summary>Input that is not counted in <see cref="Input"/>.</summary>
    FurtherInput,

    /// <summary>A list of input by what it is made of, a <see cref="PartKind"/> and a <see cref="PartCount"/> each.</summary>
    InputParts,

    /// <summary>The same of the output.</summary>
    OutputParts,

    /// <summary>No count, but its word: AUDIO, IMAGE, or what an iteration was for.</summary>
    PartKind,
    PartCount,

    /// <summary>A list of what each run of a model has taken, some of which the usage's own counts leave out.</summary>
    Iterations,

    /// <summary>No count, but the tier of service by its name.</summary>
    Tier,

    /// <summary>No count, but how fast it was made, by its name.</summary>
    Speed,

    /// <summary>No count, but where it was made, by its name.</summary>
    Place,
}

/// <summary>How a dialect calls what is read of its answers.</summary>
internal abstract class AnswerWords
{
    /// <summary>Whether the top-level member of that name is the usage.</summary>
    public virtual bool IsUsage(ReadOnlySpan<byte> name) => name.SequenceEqual("usage"u8);

    /// <summary>Whether the top-level member of that name is the tier of service that served.</summary>
    public virtual bool IsTier(ReadOnlySpan<byte> name) => false;

    /// <summary>The tier of service that a provider's word for it means, as prices name it; empty for a word that says nothing.</summary>
    public virtual ReadOnlySpan<byte> TierOf(ReadOnlySpan<byte> word) => word;

    /// <summary>Whether the top-level array or object of that name is where the answer's texts stand.</summary>
    public abstract bool HoldsTexts(ReadOnlySpan<byte> name);

    /// <summary>Whether a member of that name, anywhere in it, is text that the model made where it is a string.</summary>
    public abstract bool IsText(ReadOnlySpan<byte> name);

    /// <summary>Whether what a member of that name holds is none of it: copies, and what tools have found.</summary>
    public abstract bool HoldsNone(ReadOnlySpan<byte> name);

    /// <summary>What a member of the usage object means.</summary>
    public abstract UsageField FieldOf(ReadOnlySpan<byte> name);

    /// <summary>What a member of the details of <paramref name="within"/> means; that again, where it means nothing.</summary>
    public virtual UsageField DetailOf(ReadOnlySpan<byte> name, UsageField within) => within;

    /// <summary>Whether an iteration of that kind is billed beside what the usage itself counts.</summary>
    public virtual bool IsFurther(ReadOnlySpan<byte> kind) => false;

    /// <summary>Makes what was read one usage whose classes are parts of its input and output.</summary>
    public virtual void Finish(ref Usage usage)
    {
    }
}
