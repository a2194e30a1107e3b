namespace AiEdge.Limits;

/// <summary>What became of a draw.</summary>
public enum DrawOutcome : byte
{
    /// <summary>The credit is the caller's, to be settled with the token.</summary>
    Drawn,

    /// <summary>A rate has not enough at present; waiting helps.</summary>
    RateRefused,

    /// <summary>The window's limit is used up; the next window helps.</summary>
    WindowRefused,

    /// <summary>More than the bucket can ever hold; waiting does not help.</summary>
    TooLarge,
}

/// <summary>The answer to a draw.</summary>
/// <param name="Outcome">Drawn, or why not.</param>
/// <param name="Value">The token, or the wait in nanoseconds.</param>
/// <param name="Index">Which bucket answered so, of those asked together; 0 for a single one.</param>
public readonly record struct LimitDraw(DrawOutcome Outcome, long Value, int Index = 0)
{
    /// <summary>Whether credit was drawn.</summary>
    public bool IsDrawn => Outcome == DrawOutcome.Drawn;

    /// <summary>Names the window of a draw; hand it back when settling. 0 if nothing was drawn.</summary>
    public long Token => IsDrawn ? Value : 0;

    /// <summary>
    /// Nanoseconds, above 0, after which the same draw succeeds if nothing else is admitted meanwhile; 0 unless a wait helps. Under
    /// competition a lower bound.
    /// </summary>
    public long WaitNs => Outcome is DrawOutcome.RateRefused or DrawOutcome.WindowRefused ? Value : 0;
}
