using System.Buffers;
using System.Buffers.Text;
using System.Text;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Importing;

/// <summary>Reads <c>.tiktoken</c> text: a line for each token, its bytes in base64 and, behind a space, its rank, which is its number too.</summary>
internal static class TiktokenFile
{
    /// <summary>The tokens of a file.</summary>
    /// <exception cref="VocabularyException">A line is not what it should be.</exception>
    public static List<VocabularyEntry> Read(ReadOnlySpan<byte> content)
    {
        var entries = new List<VocabularyEntry>();
        var ranks = new HashSet<int>();
        for (var number = 1; content.Length > 0; number++)
        {
            var end = content.IndexOf((byte)'\n');
            var line = (end < 0 ? content : content[..end]).TrimEnd((byte)'\r');
            content = end < 0 ? default : content[(end + 1)..];
            if (line.Length == 0)
                continue;
            if (!TryReadLine(line, out var bytes, out var rank))
                throw new VocabularyException($"line {number} is not a token in base64, a space and a rank: {Shown(line)}");
            if (!ranks.Add(rank))
                throw new VocabularyException($"line {number} gives the rank {rank} a second time");
            entries.Add(new(bytes, rank, rank));
        }

        return entries.Count > 0 ? entries : throw new VocabularyException("holds no token");
    }

    private static bool TryReadLine(ReadOnlySpan<byte> line, out byte[] bytes, out int rank)
    {
        bytes = [];
        rank = 0;
        var space = line.IndexOf((byte)' ');
        if (space <= 0)
            return false;
        var digits = line[(space + 1)..];
        if (!Utf8Parser.TryParse(digits, out rank, out var consumed) || consumed != digits.Length || rank < 0)
            return false;
        bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(space)];
        if (Base64.DecodeFromUtf8(line[..space], bytes, out _, out var length) != OperationStatus.Done || length == 0)
            return false;
        Array.Resize(ref bytes, length);
        return true;
    }

    private static string Shown(ReadOnlySpan<byte> line) => Encoding.ASCII.GetString(line[..Math.Min(line.Length, 80)]);
}
