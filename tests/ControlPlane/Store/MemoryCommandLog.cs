using AiEdge.ControlPlane.Store;

namespace AiEdge.ControlPlane.Tests.Store;

/// <summary>A log that keeps what a disk would keep, and can be opened again by whoever comes after a crash.</summary>
internal sealed class MemoryCommandLog : ICommandLog
{
    private readonly Lock _lock = new();
    private readonly List<StoredCommand> _commands = [];
    private ulong _last;
    private ulong _through;
    private ReadOnlyMemory<byte> _state;

    /// <summary>Set, no append succeeds any more: a full disk.</summary>
    public bool IsFull { get; set; }

    /// <summary>Set, no state can be saved any more.</summary>
    public bool CannotSave { get; set; }

    /// <summary>States that were saved.</summary>
    public int StatesSaved { get; private set; }

    public ValueTask<CommandHistory> ReadAsync(CancellationToken cancel)
    {
        lock (_lock)
            return new(new CommandHistory(_through, _state, [.. _commands]));
    }

    public ValueTask<ulong> AppendAsync(ReadOnlyMemory<byte> command, CancellationToken cancel)
    {
        if (command.Length is 0 or > ICommandLog.CommandBytesMax)
            throw new ArgumentOutOfRangeException(nameof(command));
        lock (_lock)
        {
            if (IsFull)
                throw new IOException("no space is left");
            _commands.Add(new(++_last, command.ToArray()));
            return new(_last);
        }
    }

    public ValueTask SaveStateAsync(ulong through, ReadOnlyMemory<byte> state, CancellationToken cancel)
    {
        if (CannotSave)
            throw new IOException("no space is left");
        lock (_lock)
        {
            if (through < _through || through > _last)
                throw new ArgumentOutOfRangeException(nameof(through));
            _through = through;
            _state = state.ToArray();
            _commands.RemoveAll(c => c.Sequence <= through);
            StatesSaved++;
            return default;
        }
    }
}
