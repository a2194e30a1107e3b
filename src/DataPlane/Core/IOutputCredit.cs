namespace AiEdge.DataPlane.Core;

/// <summary>Credit that is drawn ahead of an exchange's output as that comes.</summary>
internal interface IOutputCredit
{
    /// <summary>Whether the output has to be counted as it passes.</summary>
    bool IsMetered { get; }

    /// <summary>Whether a limit that binds the exchange ends streams.</summary>
    bool MayCut { get; }

    /// <summary>Output tokens, of all choices together, that credit has been drawn for.</summary>
    long OutputCovered { get; }

    /// <summary>Draws until <paramref name="outputTokens"/> are covered. False where a limit that cuts refuses; its name is then in the exchange.</summary>
    bool TryCover(long outputTokens);
}
