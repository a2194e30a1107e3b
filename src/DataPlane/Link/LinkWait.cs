namespace AiEdge.DataPlane.Link;

/// <summary>
/// How long to wait before the next try: each bound twice the last, up to a maximum, and a random part of it, so that planes which lost
/// their control plane together do not come back together.
/// </summary>
internal sealed class LinkWait(TimeSpan max)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private int _failures;

    /// <summary>A try went well: the next failure is a first one.</summary>
    public void Succeed() => _failures = 0;

    /// <summary>The wait after a failure. A first one is short, as most are of the network; a server that says that it stops is waited for longer.</summary>
    public TimeSpan Next(bool isStopping)
    {
        var bound = isStopping ? max : TimeSpan.FromTicks(Math.Min(max.Ticks, First.Ticks << Math.Min(_failures, 16)));
        _failures++;
        return bound * Random.Shared.NextDouble();
    }
}
