using System.Collections.Concurrent;
using System.Text;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Incremental;

/// <summary>
/// A small vocabulary, trained on the characters that the tests use so that merges are deep and overlap, and byte pair encoding over it in
/// the plainest words: merge the leftmost pair of the lowest rank until there is none.
/// </summary>
internal sealed class ToyVocabulary
{
    private const int Merges = 400;
    private const int TokenBytesMax = 12;

    private static readonly ConcurrentDictionary<SplitRule, ToyVocabulary> ByRule = [];

    private readonly Dictionary<string, int> _ranks = [];
    private readonly ConcurrentDictionary<string, int> _counts = [];

    private ToyVocabulary(SplitRule rule)
    {
        for (var i = 0; i < 256; i++)
            _ranks.Add(((char)i).ToString(), i);
        Train();
        Vocabulary = Vocabulary.Compile("toy", rule, [.. _ranks.Select(r => (Encoding.Latin1.GetBytes(r.Key), r.Value))]);
    }

    public Vocabulary Vocabulary { get; }

    public static ToyVocabulary For(SplitRule rule) => ByRule.GetOrAdd(rule, static r => new(r));

    /// <summary>Tokens of a text: pieces of the scanner, each merged the plain way.</summary>
    public long Count(ReadOnlySpan<byte> validUtf8)
    {
        var count = 0L;
        var scanner = new PieceScanner(Vocabulary.Split, validUtf8);
        while (scanner.TryNext(out var start, out var length, out _))
            count += _counts.GetOrAdd(Encoding.Latin1.GetString(validUtf8.Slice(start, length)), CountPiece);
        return count;
    }

    private int CountPiece(string piece)
    {
        var parts = piece.Select(c => c.ToString()).ToList();
        while (true)
        {
            var (best, at) = (int.MaxValue, -1);
            for (var i = 0; i + 1 < parts.Count; i++)
            {
                if (_ranks.TryGetValue(parts[i] + parts[i + 1], out var rank) && rank < best)
                    (best, at) = (rank, i);
            }
            if (at < 0)
                return parts.Count;
            parts[at] += parts[at + 1];
            parts.RemoveAt(at + 1);
        }
    }

    /// <summary>The pair found most often in words of few characters becomes a token, again and again.</summary>
    private void Train()
    {
        var random = new Random(7);
        var words = new List<List<string>>();
        for (var i = 0; i < 600; i++)
        {
            var symbols = HostileSymbols.Some(random, 2 + random.Next(3));
            var word = new StringBuilder();
            for (var j = 4 + random.Next(12); j > 0; j--)
                word.Append(Encoding.Latin1.GetString(symbols[random.Next(symbols.Count)]));
            words.Add([.. word.ToString().Select(c => c.ToString())]);
        }
        for (var merge = 0; merge < Merges; merge++)
        {
            var pairs = new Dictionary<(string, string), int>();
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                    pairs[(word[i], word[i + 1])] = pairs.GetValueOrDefault((word[i], word[i + 1])) + 1;
            }
            var (left, right) = pairs.Where(p => p.Key.Item1.Length + p.Key.Item2.Length <= TokenBytesMax)
                .OrderByDescending(p => p.Value).ThenBy(p => p.Key.Item1 + "|" + p.Key.Item2, StringComparer.Ordinal).First().Key;
            _ranks.TryAdd(left + right, 256 + merge);
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] == left && word[i + 1] == right)
                    {
                        word[i] += right;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }
    }
}
