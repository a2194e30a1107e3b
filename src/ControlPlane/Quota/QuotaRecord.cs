using System.Buffers.Binary;
using System.Text;
using AiEdge.Contracts.Wire;

namespace AiEdge.ControlPlane.Quota;

internal enum QuotaRecordKind : byte
{
    /// <summary>An allocator begins.</summary>
    Start = 1,

    /// <summary>Up to a ceiling may be granted.</summary>
    Ceiling = 2,

    /// <summary>A start of a plane may have leases.</summary>
    Plane = 3,

    /// <summary>It has none any more.</summary>
    Gone = 4,

    /// <summary>A ceiling that takes the place of a higher one: what was used is forgotten, or less is out by now.</summary>
    Lowered = 5,
}

/// <summary>What the allocator writes to its log. Numbers are little-endian; texts are UTF-8 behind two bytes of length.</summary>
internal readonly record struct QuotaRecord(
    QuotaRecordKind Kind, BucketId Bucket, long Window, long Ceiling, ulong Incarnation, string Plane, UInt128 Epoch)
{
    /// <summary>Whether it says up to where a bucket may be granted.</summary>
    public bool IsOfBucket => Kind is QuotaRecordKind.Ceiling or QuotaRecordKind.Lowered;

    public static QuotaRecord Of(ulong incarnation) => new(QuotaRecordKind.Start, default, 0, 0, incarnation, "", default);

    public static QuotaRecord Of(in BucketId id, long window, long ceiling) => new(QuotaRecordKind.Ceiling, id, window, ceiling, 0, "", default);

    public static QuotaRecord Lowered(in BucketId id, long window, long ceiling) => Of(id, window, ceiling) with { Kind = QuotaRecordKind.Lowered };

    public static QuotaRecord Of(string plane, UInt128 epoch, bool isThere) =>
        new(isThere ? QuotaRecordKind.Plane : QuotaRecordKind.Gone, default, 0, 0, 0, plane, epoch);

    /// <summary>Several of them as one command.</summary>
    public static byte[] Write(IEnumerable<QuotaRecord> records)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        foreach (var record in records)
            record.Write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads a command; throws <see cref="InvalidDataException"/> where it is none.</summary>
    public static IEnumerable<QuotaRecord> Read(ReadOnlyMemory<byte> command)
    {
        var at = 0;
        while (at < command.Length)
            yield return Read(command.Span, ref at);
    }

    private static QuotaRecord Read(ReadOnlySpan<byte> bytes, ref int at)
    {
        var kind = (QuotaRecordKind)Take(bytes, ref at, 1)[0];
        switch (kind)
        {
            case QuotaRecordKind.Start:
                return Of(BinaryPrimitives.ReadUInt64LittleEndian(Take(bytes, ref at, 8)));
            case QuotaRecordKind.Ceiling or QuotaRecordKind.Lowered:
                var unit = (QuotaUnit)Take(bytes, ref at, 1)[0];
                var window = BinaryPrimitives.ReadInt64LittleEndian(Take(bytes, ref at, 8));
                var ceiling = BinaryPrimitives.ReadInt64LittleEndian(Take(bytes, ref at, 8));
                return Of(new BucketId(Text(bytes, ref at), unit, Text(bytes, ref at), Text(bytes, ref at)), window, ceiling) with { Kind = kind };
            case QuotaRecordKind.Plane or QuotaRecordKind.Gone:
                var epoch = BinaryPrimitives.ReadUInt128LittleEndian(Take(bytes, ref at, 16));
                return Of(Text(bytes, ref at), epoch, kind == QuotaRecordKind.Plane);
            default:
                throw new InvalidDataException($"the quota log has a record of the unknown kind {(byte)kind}");
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes, ref int at) =>
        Encoding.UTF8.GetString(Take(bytes, ref at, BinaryPrimitives.ReadUInt16LittleEndian(Take(bytes, ref at, 2))));

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes, ref int at, int count)
    {
        if (bytes.Length - at < count)
            throw new InvalidDataException("a record of the quota log is cut off");
        var taken = bytes.Slice(at, count);
        at += count;
        return taken;
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write(checked((ushort)bytes.Length));
        writer.Write(bytes);
    }

    private void Write(BinaryWriter writer)
    {
        writer.Write((byte)Kind);
        switch (Kind)
        {
            case QuotaRecordKind.Start:
                writer.Write(Incarnation);
                break;
            case QuotaRecordKind.Ceiling or QuotaRecordKind.Lowered:
                writer.Write((byte)Bucket.Unit);
                writer.Write(Window);
                writer.Write(Ceiling);
                Text(writer, Bucket.Limit);
                Text(writer, Bucket.Scope);
                Text(writer, Bucket.Value);
                break;
            default:
                writer.Write((ulong)Epoch);
                writer.Write((ulong)(Epoch >> 64));
                Text(writer, Plane);
                break;
        }
    }
}

/// <summary>What the log says, one after the other. It belongs to its allocator, and to the thread that writes the log.</summary>
internal sealed class QuotaMemory
{
    private readonly Dictionary<BucketId, (long Window, long Ceiling)> _ceilings = [];
    private readonly Lock _gate = new();

    /// <summary>The last allocator's number; 0 where there was none.</summary>
    public ulong Incarnation { get; private set; }

    /// <summary>Planes that may have leases. Guarded by the allocator.</summary>
    public HashSet<(string Id, UInt128 Epoch)> Planes { get; } = [];

    /// <summary>Those of them that have not said yet what they hold. Guarded by the allocator.</summary>
    public HashSet<(string Id, UInt128 Epoch)> Waiting { get; } = [];

    /// <summary>All that a log has.</summary>
    public static QuotaMemory Of(ReadOnlyMemory<byte> state, IEnumerable<ReadOnlyMemory<byte>> commands)
    {
        var memory = new QuotaMemory();
        foreach (var part in commands.Prepend(state))
        {
            foreach (var record in QuotaRecord.Read(part))
            {
                memory.Take(record);
                if (record.Kind == QuotaRecordKind.Plane)
                    memory.Planes.Add((record.Plane, record.Epoch));
                else if (record.Kind == QuotaRecordKind.Gone)
                    memory.Planes.Remove((record.Plane, record.Epoch));
            }
        }

        memory.Waiting.UnionWith(memory.Planes);
        return memory;
    }

    /// <summary>What may be out of a bucket; 0 where nothing was granted.</summary>
    /// <param name="id">Which.</param>
    /// <param name="isRate">A rate's is at least what may be out of any bucket of its limit.</param>
    public (long Window, long Ceiling) CeilingOf(in BucketId id, bool isRate)
    {
        lock (_gate)
        {
            var own = _ceilings.GetValueOrDefault(id);
            return isRate && _ceilings.GetValueOrDefault(id.ToAny()).Ceiling is var any && any > own.Ceiling ? (own.Window, any) : own;
        }
    }

    public void Take(in QuotaRecord record)
    {
        if (record.Kind == QuotaRecordKind.Start)
            Incarnation = record.Incarnation;
        if (!record.IsOfBucket)
            return;
        lock (_gate)
        {
            var known = _ceilings.GetValueOrDefault(record.Bucket);
            if (record.Kind == QuotaRecordKind.Lowered || record.Window > known.Window || record.Window == known.Window && record.Ceiling > known.Ceiling)
                _ceilings[record.Bucket] = (record.Window, record.Ceiling);
        }
    }

    /// <summary>The buckets of a limit.</summary>
    public List<BucketId> Of(string limit)
    {
        lock (_gate)
            return [.. _ceilings.Keys.Where(id => id.Limit == limit && !id.IsAny)];
    }

    public byte[] Save()
    {
        var records = new List<QuotaRecord> { QuotaRecord.Of(Incarnation) };
        lock (_gate)
        {
            foreach (var (id, (window, ceiling)) in _ceilings)
                records.Add(QuotaRecord.Of(id, window, ceiling));
        }

        foreach (var (id, epoch) in Planes)
            records.Add(QuotaRecord.Of(id, epoch, isThere: true));
        return QuotaRecord.Write(records);
    }
}
