using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AiEdge.Conformance.Tests;

/// <summary>One answer as a strict client understands it.</summary>
public sealed class Answer(int status, IReadOnlyList<string> headers)
{
    public int Status { get; } = status;

    public IReadOnlyList<string> Headers { get; } = headers;

    public byte[] Body { get; set; } = [];

    public string BodyText => Encoding.Latin1.GetString(Body);

    /// <summary>Whether the framing came to its end; a body that lasts to the connection's end is complete once that is seen.</summary>
    public bool IsComplete { get; set; }

    public bool IsCloseDelimited { get; set; }

    public bool IsInterim => Status is >= 100 and < 200 and not 101;

    public IEnumerable<string> Values(string name) => Headers
        .Where(h => h.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(h => h[(name.Length + 1)..].Trim());
}

/// <summary>What the bytes so far hold: answers, and whether something followed that is none.</summary>
public sealed record Answers(IReadOnlyList<Answer> All, bool IsMalformed)
{
    public IReadOnlyList<Answer> Final { get; } = [.. All.Where(a => !a.IsInterim)];
}

/// <summary>
/// Reads answers from the front of a byte sequence, strictly: it is the client that a gateway must satisfy. Independent of the
/// project's own HTTP reader on purpose: one must be able to find the other's errors.
/// </summary>
public static partial class AnswerReader
{
    /// <param name="bytes">All that was received.</param>
    /// <param name="toHead">Whether the answers are to HEAD requests, which have no body.</param>
    public static Answers Read(ReadOnlySpan<byte> bytes, bool toHead)
    {
        var all = new List<Answer>();
        while (bytes.Length > 0)
        {
            var end = bytes.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                return new(all, false);
            var lines = Encoding.Latin1.GetString(bytes[..end]).Split("\r\n");
            var match = StatusLine().Match(lines[0]);
            if (!match.Success)
                return new(all, true);
            var answer = new Answer(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), lines[1..]);
            all.Add(answer);
            bytes = bytes[(end + 4)..];
            if (answer.IsInterim || toHead || answer.Status is 204 or 304 or 101)
            {
                answer.IsComplete = true;
                if (answer.Status == 101)
                    return new(all, false);
                continue;
            }

            if (!ReadBody(answer, ref bytes, out var malformed))
                return new(all, malformed);
        }

        return new(all, false);
    }

    private static bool ReadBody(Answer answer, ref ReadOnlySpan<byte> bytes, out bool malformed)
    {
        malformed = false;
        if (answer.Values("transfer-encoding").Any())
            return ReadChunked(answer, ref bytes, out malformed);
        if (answer.Values("content-length").FirstOrDefault() is not { } declared)
        {
            answer.Body = bytes.ToArray();
            answer.IsCloseDelimited = true;
            return false;
        }

        if (!long.TryParse(declared, NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            malformed = true;
            return false;
        }

        answer.IsComplete = bytes.Length >= length;
        answer.Body = (answer.IsComplete ? bytes[..(int)length] : bytes).ToArray();
        bytes = bytes[answer.Body.Length..];
        return answer.IsComplete;
    }

    private static bool ReadChunked(Answer answer, ref ReadOnlySpan<byte> bytes, out bool malformed)
    {
        malformed = false;
        var body = new MemoryStream();
        while (true)
        {
            answer.Body = body.ToArray();
            var lineEnd = bytes.IndexOf("\r\n"u8);
            if (lineEnd < 0)
                return false;
            var match = ChunkLine().Match(Encoding.Latin1.GetString(bytes[..lineEnd]));
            if (!match.Success || match.Groups[1].Length > 8)
            {
                malformed = true;
                return false;
            }

            var size = int.Parse(match.Groups[1].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            bytes = bytes[(lineEnd + 2)..];
            if (size == 0)
                return answer.IsComplete = SkipTrailers(ref bytes);
            body.Write(bytes[..Math.Min(size, bytes.Length)]);
            if (bytes.Length < size + 2)
            {
                answer.Body = body.ToArray();
                return false;
            }

            malformed = !bytes.Slice(size, 2).SequenceEqual("\r\n"u8);
            if (malformed)
                return false;
            bytes = bytes[(size + 2)..];
        }
    }

    private static bool SkipTrailers(ref ReadOnlySpan<byte> bytes)
    {
        while (bytes.IndexOf("\r\n"u8) is var end and >= 0)
        {
            bytes = bytes[(end + 2)..];
            if (end == 0)
                return true;
        }

        return false;
    }

    [GeneratedRegex(@"^HTTP/1\.[01] (\d{3})(?: .*)?$")]
    private static partial Regex StatusLine();

    [GeneratedRegex(@"^([0-9a-fA-F]+)(?:[ \t]*;.*)?$")]
    private static partial Regex ChunkLine();
}
