namespace AiEdge.DataPlane.Core;

/// <summary>How often a request for a whole answer is sent at once, and which of the answers is taken (<c>ensemble:</c>), compiled.</summary>
/// <param name="Size">How often.</param>
/// <param name="Pick">Which is taken.</param>
/// <param name="Unless">What an answer is not taken for as long as there is another.</param>
/// <param name="AnswersMin">With so many good answers nobody waits for more.</param>
/// <param name="Within">How long is waited for more than one.</param>
internal sealed record EnsembleModel(int Size, EnsemblePick Pick, CascadeRules Unless, int AnswersMin, TimeSpan Within);

/// <summary>Which of several answers is taken.</summary>
internal enum EnsemblePick : byte
{
    /// <summary>The one that was there first.</summary>
    FirstValid,

    /// <summary>What most of them say.</summary>
    Majority,

    /// <summary>The one whose tokens are the most probable.</summary>
    MostProbable,

    Shortest,

    Longest,
}

/// <summary>What became of one attempt of several at once.</summary>
internal enum EnsembleOutcome : byte
{
    /// <summary>The client got its answer.</summary>
    Picked,

    /// <summary>Its answer was good, and another one was taken.</summary>
    Unpicked,

    /// <summary>Its answer was refused, cut, or not what was asked for.</summary>
    Invalid,

    /// <summary>It gave no answer.</summary>
    Failed,

    /// <summary>It was under way when another one was taken.</summary>
    Cancelled,

    /// <summary>It was not made: a limit has nothing left for it, or nobody has room.</summary>
    Limited,
}

/// <summary>What became of the attempts of a rule's ensembles. Outlives the configuration.</summary>
internal sealed class EnsembleState
{
    private static readonly string[] Words = ["picked", "unpicked", "invalid", "failed", "cancelled", "limited"];

    private readonly long[] _counts = new long[Words.Length];

    /// <summary>The word for it, in metrics.</summary>
    public static string Word(EnsembleOutcome outcome) => Words[(int)outcome];

    public long Of(EnsembleOutcome outcome) => Volatile.Read(ref _counts[(int)outcome]);

    public void On(EnsembleOutcome outcome) => Interlocked.Increment(ref _counts[(int)outcome]);
}
