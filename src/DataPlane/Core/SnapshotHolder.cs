namespace AiEdge.DataPlane.Core;

/// <summary>The configuration in force. An exchange reads it once, at its start, and keeps what it read.</summary>
internal sealed class SnapshotHolder(ConfigSnapshot first)
{
    private ConfigSnapshot _current = first;

    public ConfigSnapshot Current => Volatile.Read(ref _current);

    public void Publish(ConfigSnapshot next) => Volatile.Write(ref _current, next);
}
