using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>A store in memory.</summary>
internal sealed class MemoryStore : IEdgeStore
{
    public ReadOnlyMemory<byte> Id { get; } = Guid.NewGuid().ToByteArray();

    public MemoryCommandLog Log { get; } = new();

    public ICommandLog Commands => Log;

    public ICommandLog Quota { get; } = new MemoryCommandLog();

    public ValueTask DisposeAsync() => default;
}
