using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Admit;

/// <summary>
/// The credit of one exchange: reserved before it is sent, drawn ahead of its output as that comes, settled once at its end. One
/// for each pipeline, and reused.
/// </summary>
internal sealed class Admission : IOutputCredit
{
    /// <summary>Whether the output has to be counted as it passes: a limit that binds the exchange counts tokens or money.</summary>
    public bool IsMetered { get; private set; }

    /// <summary>Output tokens, of all choices together, that credit has been drawn for.</summary>
    public long OutputCovered { get; private set; } = long.MaxValue;

    /// <summary>What each choice's output has to be capped at; <see cref="long.MaxValue"/> where no limit that cuts binds.</summary>
    public long OutputCap { get; private set; } = long.MaxValue;

    /// <summary>A new exchange, of which nothing has been admitted.</summary>
    public void Begin()
    {
        IsMetered = false;
        OutputCovered = OutputCap = long.MaxValue;
    }

    /// <summary>
    /// Draws credit until <paramref name="outputTokens"/> of all choices are covered. False where a limit that cuts refuses; its name is
    /// then in the exchange.
    /// </summary>
    public bool TryCover(long outputTokens) => outputTokens <= OutputCovered;
}
