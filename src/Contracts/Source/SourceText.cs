using System.Text.Unicode;
using AiEdge.Contracts.Faults;

namespace AiEdge.Contracts.Source;

/// <summary>What a document's bytes must be before a parser sees them.</summary>
public static class SourceText
{
    /// <summary>Largest document: 8 MiB.</summary>
    public const int DocumentBytesMax = 8 * 1024 * 1024;

    /// <summary>
    /// Whether a document is plain text: UTF-8 without the control characters that neither format allows. Judged before any
    /// parser, because YAML's takes a NUL for the end and would leave the rest unread.
    /// </summary>
    public static bool IsText(ReadOnlySpan<byte> content, FaultList faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
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
