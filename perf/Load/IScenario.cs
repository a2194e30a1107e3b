namespace AiEdge.Load;

/// <summary>
/// What is done under load, apart from when it is done: the runner owns time, rates and counting, a scenario owns one call. An adapter to
/// another load framework wraps an <see cref="IScenarioWorker"/> and needs nothing else of this program.
/// </summary>
public interface IScenario
{
    /// <summary>One of the callers that take turns; each is used by one call at a time.</summary>
    IScenarioWorker Open(Measures measures);
}

/// <summary>One caller with what it keeps between calls, such as its connection.</summary>
public interface IScenarioWorker : IAsyncDisposable
{
    /// <summary>Makes one call and checks its answer. Never throws for what the other side does.</summary>
    ValueTask<CallResult> CallAsync();

    /// <summary>Breaks off a call that began before <paramref name="deadline"/> (Stopwatch ticks), so that it ends with an error.</summary>
    void AbortIfOlder(long deadline);
}
