namespace AiEdge.DataPlane.Snapshot;

/// <summary>Where a process's configurations come from, one after the other.</summary>
internal interface IConfigFeed : IDisposable
{
    /// <summary>How many were refused.</summary>
    long Rejections { get; }

    /// <summary>Reads again what the one in force was made of (SIGHUP). False where the outcome was refused.</summary>
    bool Reload();
}
