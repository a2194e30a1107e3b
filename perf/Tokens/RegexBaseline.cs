using System.Text;
using System.Text.RegularExpressions;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokens;

/// <summary>
/// What one writes in an afternoon: the published expression over a string, ranks in a dictionary, and merging by looking for the
/// lowest rank again and again. Wrong beyond the basic plane, whose letters .NET's expressions see as two halves.
/// </summary>
internal sealed class RegexBaseline
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

    private const string O200k =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + Contractions
        + @"?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + Contractions
        + @"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Cl100k =
        Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private readonly Regex _split;
    private readonly Dictionary<string, int> _ranks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public RegexBaseline(Vocabulary vocabulary)
    {
        _split = new Regex(vocabulary.Name == Vocabulary.Cl100kBase.Name ? Cl100k : O200k, RegexOptions.Compiled | RegexOptions.CultureInvariant);
        // A byte is a character here: strings are the keys that a dictionary knows best.
        for (int token = 0; token < vocabulary.Count; token++)
            _ranks.Add(Encoding.Latin1.GetString(vocabulary.Bytes(token)), token);
        _lookup = _ranks.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public long Count(string text)
    {
        long count = 0;
        Span<byte> utf8 = stackalloc byte[256];
        Span<char> piece = stackalloc char[256];
        foreach (ValueMatch match in _split.EnumerateMatches(text))
        {
            var chars = text.AsSpan(match.Index, match.Length);
            int length = Encoding.UTF8.GetByteCount(chars);
            var bytes = length <= utf8.Length ? utf8[..length] : new byte[length];
            var latin = length <= piece.Length ? piece[..length] : new char[length];
            Encoding.UTF8.GetBytes(chars, bytes);
            for (int i = 0; i < length; i++)
                latin[i] = (char)bytes[i];
            count += _lookup.ContainsKey(latin) ? 1 : Merge(latin);
        }

        return count;
    }

    private int Merge(ReadOnlySpan<char> piece)
    {
        // Starts of the parts, each with the rank of it and its neighbour joined.
        var parts = new List<(int Start, int Rank)>(piece.Length + 1);
        for (int i = 0; i < piece.Length; i++)
            parts.Add((i, i + 1 < piece.Length ? Rank(piece.Slice(i, 2)) : int.MaxValue));
        parts.Add((piece.Length, int.MaxValue));
        while (true)
        {
            int best = 0;
            for (int i = 1; i < parts.Count - 1; i++)
            {
                if (parts[i].Rank < parts[best].Rank)
                    best = i;
            }

            if (parts[best].Rank == int.MaxValue)
                return parts.Count - 1;
            parts.RemoveAt(best + 1);
            Rerank(parts, best, piece);
            if (best > 0)
                Rerank(parts, best - 1, piece);
        }
    }

    private void Rerank(List<(int Start, int Rank)> parts, int at, ReadOnlySpan<char> piece) =>
        parts[at] = (parts[at].Start, at + 2 < parts.Count ? Rank(piece[parts[at].Start..parts[at + 2].Start]) : int.MaxValue);

    private int Rank(ReadOnlySpan<char> bytes) => _lookup.TryGetValue(bytes, out int rank) ? rank : int.MaxValue;
}
