using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace AiEdge.Tokenization.Incremental;

/// <summary>Bytes that ought to be UTF-8, made so.</summary>
internal static class Utf8Text
{
    /// <summary>U+FFFD.</summary>
    public static ReadOnlySpan<byte> Replacement => [0xEF, 0xBF, 0xBD];

    /// <summary>
    /// Copies text, each maximal subpart that is not UTF-8 as U+FFFD, as far as there is room for it and up to a code point that is not whole
    /// at the end.
    /// </summary>
    /// <param name="from">The text.</param>
    /// <param name="to">At least as long as the text.</param>
    /// <param name="written">Bytes written.</param>
    /// <returns>Bytes read.</returns>
    public static int Copy(ReadOnlySpan<byte> from, Span<byte> to, out int written)
    {
        var whole = WholeBytes(from);
        if (whole != 0 && Utf8.IsValid(from[..whole]))
        {
            from[..whole].CopyTo(to);
            written = whole;
            return whole;
        }
        var read = 0;
        written = 0;
        while (read < from.Length)
        {
            var status = Rune.DecodeFromUtf8(from[read..], out _, out var size);
            var utf8 = status == OperationStatus.Done ? from.Slice(read, size) : Replacement;
            if (status == OperationStatus.NeedMoreData || !utf8.TryCopyTo(to[written..]))
                break;
            read += size;
            written += utf8.Length;
        }
        return read;
    }

    /// <summary>At most four bytes in one word, the first lowest.</summary>
    public static uint Pack(ReadOnlySpan<byte> utf8)
    {
        var packed = 0u;
        for (var i = utf8.Length - 1; i >= 0; i--)
            packed = (packed << 8) | utf8[i];
        return packed;
    }

    /// <summary>The length without a last code point that might be longer than what is there of it.</summary>
    private static int WholeBytes(ReadOnlySpan<byte> text)
    {
        for (var back = 1; back <= 3 && back <= text.Length; back++)
        {
            var value = text[^back];
            if (value < 0x80)
                break;
            if (value >= 0xC0)
                return back < (value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4) ? text.Length - back : text.Length;
        }
        return text.Length;
    }
}
