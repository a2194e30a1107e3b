using System.Buffers;
using System.Text;

namespace AiEdge.FakeUpstream;

/// <summary>The byte classes of RFC 9110 and RFC 3986 that the strict reader checks against.</summary>
internal static class HttpBytes
{
    public static readonly SearchValues<byte> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    public static readonly SearchValues<byte> Target =
        SearchValues.Create("!$&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~%"u8);

    public static readonly SearchValues<byte> ForbiddenInValue =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(b => b != '\t').Append(127).Select(b => (byte)b)]);

    /// <summary>Whether a comma-separated list names <paramref name="lowerItem"/>.</summary>
    public static bool ListHas(ReadOnlySpan<byte> list, ReadOnlySpan<byte> lowerItem)
    {
        foreach (var range in list.Split((byte)','))
        {
            if (Ascii.EqualsIgnoreCase(list[range].Trim(" \t"u8), lowerItem))
                return true;
        }

        return false;
    }
}
