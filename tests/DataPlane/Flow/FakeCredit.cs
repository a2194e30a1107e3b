using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Tests.Flow;

/// <summary>Credit for so many output tokens, drawn in slices as admission does.</summary>
internal sealed class FakeCredit(long allowed, bool overdraws = false, int slice = 64) : IOutputCredit
{
    public bool IsMetered => true;

    public bool MayCut => !overdraws;

    public long OutputCovered { get; private set; }

    public int Asked { get; private set; }

    public bool TryCover(long outputTokens)
    {
        Asked++;
        if (outputTokens > allowed && !overdraws)
            return false;
        OutputCovered = overdraws ? outputTokens + slice : Math.Min(allowed, outputTokens + slice);
        return true;
    }
}
