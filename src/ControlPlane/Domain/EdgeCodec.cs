using System.Text;

namespace AiEdge.ControlPlane.Domain;

/// <summary>
/// Commands and states as bytes. A first byte says the version of the format; lengths stand before what they measure. The store
/// guards against torn and changed bytes, so that what cannot be read here is another version's, and is refused as a whole.
/// </summary>
internal static class EdgeCodec
{
    private const byte CommandFormat = 1;
    private const byte StateFormat = 2;

    /// <summary>What was written before there was <see cref="Sections.Denied"/>.</summary>
    private const byte StateWithoutDenied = 1;

    public static byte[] Write(EdgeCommand command)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(CommandFormat);
        Write(writer, command.Audit);
        Write(writer, command.Changes);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads a command.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static EdgeCommand ReadCommand(ReadOnlyMemory<byte> bytes) => Read(bytes, CommandFormat, reader => new EdgeCommand(Audit(reader), Changes(reader)));

    public static byte[] Write(SavedState state)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(StateFormat);
        writer.Write(state.Document.Version);
        writer.Write(state.Document.Generation);
        foreach (var section in Sections.All)
        {
            var entries = state.Document.Section(section);
            writer.Write7BitEncodedInt(entries.Count);
            if (entries.Count > 0)
                writer.Write(section);
            foreach (var entry in entries.Values)
            {
                writer.Write(entry.Name);
                writer.Write(entry.Version);
                Write(writer, entry.Value);
            }
        }

        writer.Write7BitEncodedInt(state.Audit.Count);
        foreach (var line in state.Audit)
            Write(writer, line);
        writer.Write7BitEncodedInt(state.Generations.Count);
        foreach (var generation in state.Generations)
        {
            writer.Write(generation.Generation);
            Write(writer, generation.Line);
            Write(writer, generation.Changes);
            Write(writer, generation.Undo);
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads a state.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static SavedState ReadState(ReadOnlyMemory<byte> bytes) => !bytes.IsEmpty && bytes.Span[0] == StateWithoutDenied
        ? Read(bytes, StateWithoutDenied, reader => State(reader, Sections.All.Count - 1))
        : Read(bytes, StateFormat, reader => State(reader, Sections.All.Count));

    private static SavedState State(BinaryReader reader, int sections)
    {
        var version = reader.ReadUInt64();
        var generation = reader.ReadUInt64();
        var entries = new List<(string, EdgeEntry)>();
        for (var section = 0; section < sections; section++)
        {
            var count = Count(reader);
            var name = count > 0 ? reader.ReadString() : "";
            for (var i = 0; i < count; i++)
            {
                var entry = reader.ReadString();
                var written = reader.ReadUInt64();
                entries.Add((name, new EdgeEntry(entry, Value(reader), written)));
            }
        }

        var audit = new AuditLine[Count(reader)];
        for (var i = 0; i < audit.Length; i++)
            audit[i] = Line(reader);
        var generations = new GenerationRecord[Count(reader)];
        for (var i = 0; i < generations.Length; i++)
            generations[i] = new(reader.ReadUInt64(), Line(reader), Changes(reader), Changes(reader));
        return new(EdgeDocument.Restore(version, generation, entries), audit, generations);
    }

    private static T Read<T>(ReadOnlyMemory<byte> bytes, byte format, Func<BinaryReader, T> read)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray(), writable: false), Encoding.UTF8);
        try
        {
            var found = reader.ReadByte();
            if (found != format)
                throw new InvalidDataException($"a format of version {found} was found where {format} is read");
            var value = read(reader);
            if (reader.BaseStream.Position != bytes.Length)
                throw new InvalidDataException("bytes are left behind the end");
            return value;
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException("the bytes end too early or hold no text", e);
        }
    }

    private static void Write(BinaryWriter writer, AuditLine line)
    {
        writer.Write(line.Version);
        writer.Write(line.Generation);
        Write(writer, line.Record);
    }

    private static AuditLine Line(BinaryReader reader) => new(reader.ReadUInt64(), reader.ReadUInt64(), Audit(reader));

    private static void Write(BinaryWriter writer, AuditRecord audit)
    {
        writer.Write(audit.AtUnixMs);
        writer.Write(audit.Actor);
        writer.Write(audit.From);
        writer.Write(audit.Action);
        writer.Write(audit.Target);
    }

    private static AuditRecord Audit(BinaryReader reader) =>
        new(reader.ReadInt64(), reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadString());

    private static void Write(BinaryWriter writer, IReadOnlyList<EntryChange> changes)
    {
        writer.Write7BitEncodedInt(changes.Count);
        foreach (var change in changes)
        {
            writer.Write(change.Section);
            writer.Write(change.Name);
            writer.Write(change.Value is not null);
            if (change.Value is not null)
                Write(writer, change.Value);
        }
    }

    private static EntryChange[] Changes(BinaryReader reader)
    {
        var changes = new EntryChange[Count(reader)];
        for (var i = 0; i < changes.Length; i++)
            changes[i] = new(reader.ReadString(), reader.ReadString(), reader.ReadBoolean() ? Value(reader) : null);
        return changes;
    }

    private static void Write(BinaryWriter writer, EntryValue value)
    {
        writer.Write((byte)value.Owner);
        writer.Write7BitEncodedInt64((long)value.Position);
        Write(writer, value.Json);
        Write(writer, value.Note);
    }

    private static EntryValue Value(BinaryReader reader)
    {
        var owner = (EntryOwner)reader.ReadByte();
        var position = (ulong)reader.Read7BitEncodedInt64();
        return new(Bytes(reader), owner, position, Bytes(reader));
    }

    private static void Write(BinaryWriter writer, ReadOnlyMemory<byte> bytes)
    {
        writer.Write7BitEncodedInt(bytes.Length);
        writer.Write(bytes.Span);
    }

    private static byte[] Bytes(BinaryReader reader)
    {
        var length = Count(reader);
        var bytes = reader.ReadBytes(length);
        return bytes.Length == length ? bytes : throw new EndOfStreamException();
    }

    /// <summary>A number of things of a byte at least: one that the rest cannot hold asks for no memory.</summary>
    private static int Count(BinaryReader reader)
    {
        var count = reader.Read7BitEncodedInt();
        var left = reader.BaseStream.Length - reader.BaseStream.Position;
        return count >= 0 && count <= left ? count : throw new InvalidDataException("a length is larger than what is left");
    }
}

/// <summary>What replaces the commands up to a point.</summary>
/// <param name="Document">The document then.</param>
/// <param name="Audit">The last audit lines, oldest first.</param>
/// <param name="Generations">The last generations, oldest first.</param>
internal sealed record SavedState(EdgeDocument Document, IReadOnlyList<AuditLine> Audit, IReadOnlyList<GenerationRecord> Generations);
