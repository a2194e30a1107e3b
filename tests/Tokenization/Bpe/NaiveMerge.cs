using System.Text;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Bpe;

/// <summary>Byte pair encoding straight from its definition: the slow truth that everything else is compared with.</summary>
internal sealed class NaiveMerge
{
    private readonly Dictionary<string, (int Rank, int Id)> _tokens = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Left, string Right), int>? _merges;
    private readonly bool _wholePieceFirst = true;

    /// <summary>Merges follow from ranks: of all neighbours that are a token together, the lowest rank, leftmost.</summary>
    public NaiveMerge(IEnumerable<VocabularyEntry> entries)
    {
        foreach (var entry in entries)
            Add(entry);
    }

    /// <summary>Merges are listed, each by the bytes of its two sides.</summary>
    public NaiveMerge(IEnumerable<VocabularyEntry> entries, IEnumerable<(byte[] Left, byte[] Right)> merges, bool wholePieceFirst)
        : this(entries)
    {
        _merges = [];
        foreach (var (left, right) in merges)
            _merges.Add((Encoding.Latin1.GetString(left), Encoding.Latin1.GetString(right)), _merges.Count);
        _wholePieceFirst = wholePieceFirst;
    }

    /// <summary>The oracle of a vocabulary whose ids are its ranks.</summary>
    public static NaiveMerge Of(Vocabulary vocabulary) => new(Entries(vocabulary));

    public static IEnumerable<VocabularyEntry> Entries(Vocabulary vocabulary)
    {
        for (var token = 0; token < vocabulary.Count; token++)
            yield return new VocabularyEntry(vocabulary.Bytes(token).ToArray(), token, token);
    }

    public void Add(VocabularyEntry entry) => _tokens.Add(Encoding.Latin1.GetString(entry.Bytes), (entry.Rank, entry.Id));

    /// <summary>What a piece of text is.</summary>
    public int[] Encode(ReadOnlySpan<byte> piece) =>
        _wholePieceFirst && _tokens.TryGetValue(Encoding.Latin1.GetString(piece), out var whole) ? [whole.Id] : Merge(piece);

    /// <summary>What merging alone makes of bytes.</summary>
    public int[] Merge(ReadOnlySpan<byte> piece)
    {
        var parts = new List<string>();
        foreach (var value in piece)
            parts.Add(((char)value).ToString());
        while (true)
        {
            var best = -1;
            var lowest = int.MaxValue;
            for (var i = 0; i + 1 < parts.Count; i++)
            {
                if (Rank(parts[i], parts[i + 1]) is { } rank && rank < lowest)
                    (best, lowest) = (i, rank);
            }

            if (best < 0)
                break;
            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }

        return [.. parts.Select(p => _tokens[p].Id)];
    }

    private int? Rank(string left, string right)
    {
        if (_merges is not null)
            return _merges.TryGetValue((left, right), out var listed) ? listed : null;
        return _tokens.TryGetValue(left + right, out var token) ? token.Rank : null;
    }
}
