using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Meter;

/// <summary>Tokens of a prompt.</summary>
/// <param name="Text">Of its texts and of prompts given as tokens; exact unless <paramref name="Doubts"/> names the encoding.</param>
/// <param name="Overhead">Of what stands around its messages; exact unless <paramref name="Doubts"/> names the overhead.</param>
/// <param name="Estimated">Of all else, as far as it can be told: tools, schemas, images, sound, files.</param>
/// <param name="UpperBound">What no count can be above, what lies at the provider aside.</param>
/// <param name="Doubts">Why the count may be off; none when it is exact.</param>
internal readonly record struct PromptCount(long Text, long Overhead, long Estimated, long UpperBound, PromptDoubt Doubts)
{
    /// <summary>The best number there is.</summary>
    public long Tokens => Text + Overhead + Estimated;

    /// <summary>Whether it is the number that the provider will report.</summary>
    public bool IsExact => Doubts == PromptDoubt.None;
}
