using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Translate;

namespace AiEdge.DataPlane.Dialects.Anthropic;

/// <summary>
/// A file's data as a block: in base64 Anthropic takes PDF and pictures alone, and text as text (API reference, <c>DocumentBlockParam</c>).
/// </summary>
internal static class MessagesFile
{
    private const int MediaBytesMax = 128;

    private enum Form : byte
    {
        None,
        Pdf,
        Image,
        Text,
    }

    /// <summary>A picture's type as Anthropic names it, which takes four of them; empty for others.</summary>
    public static ReadOnlySpan<byte> PictureOf(ReadOnlySpan<byte> source, in NeutralPart picture)
    {
        Span<byte> plain = stackalloc byte[MediaBytesMax];
        return JsonUnescape.TryUnescape(picture.Media.Of(source), plain, out var length) ? PictureOf(plain[..length]) : default;
    }

    /// <summary>Whether there is a block for it.</summary>
    public static bool Takes(ReadOnlySpan<byte> source, in NeutralPart file) => FormOf(source, file) switch
    {
        Form.None => false,
        Form.Text => TryDecode(source, file, out var bytes, out _) && Return(bytes),
        _ => true,
    };

    /// <summary>Writes the members of its block. False for a picture's, which has no name.</summary>
    public static bool Write(JsonOut json, ReadOnlySpan<byte> source, in NeutralPart file)
    {
        var form = FormOf(source, file);
        json.Text("type"u8, form == Form.Image ? "image"u8 : "document"u8);
        if (form != Form.Image && file.Name.IsPresent)
            json.Text("title"u8, file.Name.Of(source));
        json.StartObject("source"u8).Text("type"u8, form == Form.Text ? "text"u8 : "base64"u8);
        if (form == Form.Text && TryDecode(source, file, out var bytes, out var length))
        {
            json.Text("media_type"u8, "text/plain"u8).OpenText("data"u8).AddEscaped(bytes.AsSpan(0, length));
            json.CloseText();
            Return(bytes);
        }
        else
            json.Text("media_type"u8, form == Form.Image ? PictureOf(source, file) : file.Media.Of(source)).Text("data"u8, file.Text.Of(source));
        json.EndObject();
        return form != Form.Image;
    }

    private static Form FormOf(ReadOnlySpan<byte> source, in NeutralPart file)
    {
        Span<byte> plain = stackalloc byte[MediaBytesMax];
        if (!JsonUnescape.TryUnescape(file.Media.Of(source), plain, out var length))
            return Form.None;
        ReadOnlySpan<byte> media = plain[..length];

        // What it is may be left unsaid; the provider looks into it then.
        if (media.IsEmpty || media.SequenceEqual("application/pdf"u8))
            return Form.Pdf;
        if (media.StartsWith("image/"u8))
            return PictureOf(media).IsEmpty ? Form.None : Form.Image;
        return media.StartsWith("text/"u8) || media.SequenceEqual("application/json"u8) || media.SequenceEqual("application/xml"u8) ? Form.Text : Form.None;
    }

    private static ReadOnlySpan<byte> PictureOf(scoped ReadOnlySpan<byte> media)
    {
        if (Ascii.EqualsIgnoreCase(media, "image/png"u8))
            return "image/png"u8;
        if (Ascii.EqualsIgnoreCase(media, "image/jpeg"u8) || Ascii.EqualsIgnoreCase(media, "image/jpg"u8))
            return "image/jpeg"u8;
        if (Ascii.EqualsIgnoreCase(media, "image/gif"u8))
            return "image/gif"u8;
        return Ascii.EqualsIgnoreCase(media, "image/webp"u8) ? "image/webp"u8 : default;
    }

    /// <summary>The text in base64, in an array of the shared pool; false where it is none in UTF-8.</summary>
    private static bool TryDecode(ReadOnlySpan<byte> source, in NeutralPart file, out byte[] bytes, out int length)
    {
        bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, file.Text.Length));
        var isText = JsonUnescape.TryUnescape(file.Text.Of(source), bytes, out length)
            && Base64.DecodeFromUtf8InPlace(bytes.AsSpan(0, length), out length) == OperationStatus.Done
            && length > 0 && Utf8.IsValid(bytes.AsSpan(0, length));
        if (!isText)
            Return(bytes);
        return isText;
    }

    private static bool Return(byte[] bytes)
    {
        ArrayPool<byte>.Shared.Return(bytes);
        return true;
    }
}
