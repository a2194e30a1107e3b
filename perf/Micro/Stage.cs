namespace AiEdge.Micro;

/// <summary>A piece of the hot path to be measured: <paramref name="Begin"/> prepares it and gives the operation to repeat.</summary>
/// <param name="Name">part/what, as in the baselines.</param>
/// <param name="Begin">Sets up what a connection or process would have; its own allocations do not count.</param>
/// <param name="IsProcess">It runs on several threads, so what the whole process allocates counts.</param>
internal sealed record Stage(string Name, Func<Action> Begin, bool IsProcess = false);
