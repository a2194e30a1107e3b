using System.Text;

namespace AiEdge.DataPlane.Core;

/// <summary>A cheaper model that is asked first (<c>cascade[]</c>), compiled.</summary>
/// <param name="Model">Who is asked.</param>
/// <param name="Unless">What its answer is given up for.</param>
/// <param name="LogprobMin">The mean of its tokens' log-probabilities is no less; negative infinity where nobody looks.</param>
/// <param name="Within">How long its whole answer may take.</param>
internal sealed record CascadeStep(ModelName Model, CascadeRules Unless, double LogprobMin, TimeSpan Within)
{
    /// <summary>Whether the answer has to tell how probable its tokens are.</summary>
    public bool AsksLogprobs => LogprobMin > double.NegativeInfinity;
}

/// <summary>What an answer of a cheaper model may be given up for.</summary>
[Flags]
internal enum CascadeRules : byte
{
    None = 0,

    /// <summary>The model, or a filter of its provider's, refused to answer.</summary>
    Refusal = 1,

    /// <summary>The answer ended at a bound of its length.</summary>
    Length = 2,

    /// <summary>JSON was asked for, and it is none, or lacks what its schema requires.</summary>
    Json = 4,

    All = Refusal | Length | Json,
}

/// <summary>What came of asking a cheaper model.</summary>
internal enum CascadeOutcome : byte
{
    /// <summary>The client got its answer.</summary>
    Kept,
    Refusal,
    Length,
    Json,

    /// <summary>Its tokens were not probable enough.</summary>
    Probability,

    /// <summary>It gave no answer: an error, or too late.</summary>
    Failed,

    /// <summary>It was not asked: a limit has nothing left for it, or it is full.</summary>
    Limited,
}

/// <summary>How often cheaper models of a rule were asked first, and what came of it. Outlives the configuration.</summary>
internal sealed class CascadeState
{
    private static readonly string[] Words = ["kept", "refusal", "length", "json", "probability", "failed", "limited"];
    private static readonly byte[][] WordsUtf8 = Array.ConvertAll(Words, Encoding.ASCII.GetBytes);

    private readonly long[] _counts = new long[Words.Length];

    /// <summary>The word for it, in metrics and headers.</summary>
    public static string Word(CascadeOutcome outcome) => Words[(int)outcome];

    /// <summary>The same in UTF-8.</summary>
    public static ReadOnlySpan<byte> WordUtf8(CascadeOutcome outcome) => WordsUtf8[(int)outcome];

    public long Of(CascadeOutcome outcome) => Volatile.Read(ref _counts[(int)outcome]);

    public void On(CascadeOutcome outcome) => Interlocked.Increment(ref _counts[(int)outcome]);
}
