namespace AiEdge.ControlPlane.Store;

/// <summary>One command, as its writer made it.</summary>
/// <param name="Sequence">1, 2, 3 … without a gap.</param>
/// <param name="Bytes">Opaque here; at most <see cref="ICommandLog.CommandBytesMax"/>.</param>
internal readonly record struct StoredCommand(ulong Sequence, ReadOnlyMemory<byte> Bytes);

/// <summary>What a log has: a state that contains all commands up to one, and the commands behind it.</summary>
/// <param name="Through">The last command that the state contains; 0 where there is none.</param>
/// <param name="State">Opaque here; empty where there is none.</param>
/// <param name="Commands">What follows, in order.</param>
internal sealed record CommandHistory(ulong Through, ReadOnlyMemory<byte> State, IReadOnlyList<StoredCommand> Commands);

/// <summary>A durable sequence of commands with one writer, and a state now and then so that it does not grow for ever.</summary>
internal interface ICommandLog
{
    /// <summary>The largest command: 8 MiB.</summary>
    const int CommandBytesMax = 8 << 20;

    /// <summary>All that there is, read once at start.</summary>
    ValueTask<CommandHistory> ReadAsync(CancellationToken cancel);

    /// <summary>
    /// Appends a command. It is durable when this completes, and only then may anyone be told; several under way share one commit.
    /// Throws <see cref="IOException"/> where it cannot be stored: nothing is accepted any more then.
    /// </summary>
    /// <returns>Its sequence.</returns>
    ValueTask<ulong> AppendAsync(ReadOnlyMemory<byte> command, CancellationToken cancel);

    /// <summary>Replaces all commands up to <paramref name="through"/> by a state that contains them; durable when it completes.</summary>
    ValueTask SaveStateAsync(ulong through, ReadOnlyMemory<byte> state, CancellationToken cancel);
}
