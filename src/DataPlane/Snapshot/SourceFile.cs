using System.Text.Unicode;
using AiEdge.Contracts.Faults;

namespace AiEdge.DataPlane.Snapshot;

/// <summary>Reads files whole and within a bound.</summary>
internal static class SourceFile
{
    /// <summary>Largest document.</summary>
    public const int DocumentBytesMax = 8 * 1024 * 1024;

    /// <summary>Largest file that a reference may name.</summary>
    public const int SecretBytesMax = 64 * 1024;

    /// <summary>Reads a file; false with what is wrong in words that do not name the path.</summary>
    public static bool TryRead(string path, int bytesMax, out byte[] content, out string complaint)
    {
        content = [];
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

            // A pipe or a file of /proc has no length to go by: read to the end, with one byte of room to see that it is too long.
            var buffer = new byte[Math.Clamp(file.CanSeek ? file.Length : 0, 4096, bytesMax) + 1];
            var length = 0;
            int read;
            while ((read = file.Read(buffer, length, buffer.Length - length)) > 0)
            {
                length += read;
                if (length > bytesMax)
                {
                    complaint = $"is larger than {bytesMax / 1024} KiB";
                    return false;
                }

                if (length == buffer.Length)
                    Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, bytesMax + 1L));
            }

            content = buffer.AsSpan(0, length).ToArray();
            complaint = "";
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            complaint = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "does not exist",
                UnauthorizedAccessException => Directory.Exists(path) ? "is a folder" : "may not be read (permission denied)",
                _ => "cannot be read",
            };
            return false;
        }
    }

    /// <summary>
    /// Whether a document is plain text: UTF-8 without the control characters that neither format allows. Judged before any
    /// parser, because YAML's takes a NUL for the end and would leave the rest unread.
    /// </summary>
    public static bool IsText(ReadOnlySpan<byte> content, FaultList faults)
    {
        var line = 1;
        var lineStart = 0;
        for (var i = 0; i < content.Length; i++)
        {
            var b = content[i];
            if (b == '\n' || (b == '\r' && (i + 1 == content.Length || content[i + 1] != '\n')))
            {
                line++;
                lineStart = i + 1;
            }
            else if (b is (< 0x20 and not (byte)'\t' and not (byte)'\r') or 0x7f)
            {
                faults.Add("", line, i - lineStart + 1, "holds a control character");
                return false;
            }
        }

        if (Utf8.IsValid(content))
            return true;
        line = 1;
        var rest = content;
        for (var end = rest.IndexOf((byte)'\n'); end >= 0 && Utf8.IsValid(rest[..end]); end = rest.IndexOf((byte)'\n'))
        {
            rest = rest[(end + 1)..];
            line++;
        }

        faults.Add("", line, 1, "is not valid UTF-8");
        return false;
    }

    /// <summary>The content behind a byte order mark, if there is one.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> content) =>
        content.StartsWith("\uFEFF"u8) ? content[3..] : content;
}
