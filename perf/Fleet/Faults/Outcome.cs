namespace AiEdge.FleetTest.Faults;

/// <summary>What a client was given.</summary>
internal enum OutcomeKind
{
    /// <summary>All of it, word for word.</summary>
    Whole,

    /// <summary>It began, and broke with an error that says so; what came before is word for word the answer's.</summary>
    Told,

    /// <summary>It began, and is neither.</summary>
    Untold,

    /// <summary>An error in the answer's place.</summary>
    Refused,

    /// <summary>No answer at all.</summary>
    Lost,
}

/// <summary>One request's end, seen by its client.</summary>
/// <param name="DueMs">When it was to be sent, in milliseconds since the load began.</param>
/// <param name="FirstMs">From then to its first event; negative where there was none, or the answer was no stream.</param>
/// <param name="What">What it was that did not fit.</param>
internal readonly record struct Outcome(OutcomeKind Kind, double DueMs, double FirstMs, string What = "");
