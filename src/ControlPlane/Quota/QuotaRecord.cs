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

    /// <summary>A limit goes on under another name, with all that may be out of it; without another, the name is a limit's own again.</summary>
    Renamed = 6,
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

    /// <summary>What was used under a name is used under another from now on; under an empty one, the first is no other's any more.</summary>
    public static QuotaRecord Renamed(string from, string to) => new(QuotaRecordKind.Renamed, new BucketId(to, default, "", ""), 0, 0, 0, from, default);

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
            case QuotaRecordKind.Renamed:
                return Renamed(Text(bytes, ref at), Text(bytes, ref at));
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
            case QuotaRecordKind.Renamed:
                Text(writer, Plane);
                Text(writer, Bucket.Limit);
                break;
            default:
                writer.Write((ulong)Epoch);
                writer.Write((ulong)(Epoch >> 64));
                Text(writer, Plane);
                break;
        }
    }
}
