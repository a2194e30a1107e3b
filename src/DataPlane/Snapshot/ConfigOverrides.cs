namespace AiEdge.DataPlane.Snapshot;

/// <summary>What the command line says in place of the document; null leaves the document its say.</summary>
/// <param name="Listen">As <c>server.listen</c>.</param>
/// <param name="Admin">As <c>server.admin</c>.</param>
/// <param name="Probe">As <c>server.probe</c>.</param>
internal sealed record ConfigOverrides(string? Listen = null, string? Admin = null, string? Probe = null)
{
    /// <summary>The document alone.</summary>
    public static readonly ConfigOverrides None = new();
}
