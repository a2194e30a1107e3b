using System.Globalization;
using System.Text.RegularExpressions;

namespace AiEdge.Fuzz;

/// <summary>A chunked body read the plain way, whole and as text, written from RFC 9112 section 7.1.</summary>
internal static partial class PlainChunks
{
    private const string Token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private const string Quoted = "\"(?:[\\t\\x20\\x21\\x23-\\x5B\\x5D-\\x7E\\x80-\\xFF]|\\\\[\\t\\x20-\\x7E\\x80-\\xFF])*\"";

    [GeneratedRegex(@"\G([0-9A-Fa-f]{1,16})(?:[ \t]*;[ \t]*" + Token + @"(?:[ \t]*=[ \t]*(?:" + Token + "|" + Quoted + @"))?)*\r\n")]
    private static partial Regex SizeLine();

    [GeneratedRegex(@"\G(?:" + Token + @":[\t\x20-\x7E\x80-\xFF]*\r\n)*\r\n")]
    private static partial Regex Trailers();

    /// <summary>The data and the end of a complete body at the text's start; false if there is none.</summary>
    public static bool TryRead(string text, out string data, out int end)
    {
        data = "";
        end = 0;
        while (true)
        {
            var line = SizeLine().Match(text, end);
            if (!line.Success) return false;
            var size = UInt128.Parse(line.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            end += line.Length;
            if (size == 0) break;
            if (size + 2 > (UInt128)(text.Length - end)) return false;
            data += text.Substring(end, (int)size);
            end += (int)size;
            if (text[end] != '\r' || text[end + 1] != '\n') return false;
            end += 2;
        }
        var trailers = Trailers().Match(text, end);
        end += trailers.Length;
        return trailers.Success;
    }
}
