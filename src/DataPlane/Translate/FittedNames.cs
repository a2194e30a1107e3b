using System.Buffers.Binary;

namespace AiEdge.DataPlane.Translate;

/// <summary>
/// Names of functions that one attempt's provider is told in the place of the client's own, each behind the other: the length and the text of what is told,
/// then of the client's, which is the inside of a JSON string.
/// </summary>
internal static class FittedNames
{
    /// <summary>Names that are fitted of one request.</summary>
    public const int CountMax = 512;

    /// <summary>Bytes of a name as it stands in its request; a longer one is no provider's, and is refused as it is.</summary>
    public const int NameBytesMax = 512;

    public static void Add(TextBuffer to, ReadOnlySpan<byte> told, ReadOnlySpan<byte> own)
    {
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)own.Length);
        to.Add([(byte)told.Length]).Add(told).Add(length).Add(own);
    }

    /// <summary>The client's own name; the told one where it is that itself.</summary>
    public static ReadOnlySpan<byte> OwnOf(ReadOnlySpan<byte> told, ReadOnlySpan<byte> names)
    {
        while (!names.IsEmpty)
        {
            var isIt = names.Slice(1, names[0]).SequenceEqual(told);
            var rest = names[(1 + names[0])..];
            var own = rest.Slice(sizeof(ushort), BinaryPrimitives.ReadUInt16LittleEndian(rest));
            if (isIt)
                return own;
            names = rest[(sizeof(ushort) + own.Length)..];
        }

        return told;
    }
}
