using System.Text;
using AiEdge.Tokenization.Splitting;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Bpe;

/// <summary>Small vocabularies over few letters, made at random: they show in a moment what real ones show once in a million texts.</summary>
internal sealed class ToyVocabulary
{
    private readonly Random _random;

    public ToyVocabulary(int seed, int letters, int mergeCount)
    {
        _random = new Random(seed);
        Letters = "abcdefgh"[..letters];
        for (var value = 0; value < 256; value++)
            Entries.Add(new VocabularyEntry([(byte)value], value, value));
        var made = new List<VocabularyEntry>(Letters.Select(l => Entries[l]));
        var naive = new NaiveMerge(Entries);
        for (var i = 0; i < mergeCount; i++)
        {
            var (left, right) = (made[_random.Next(made.Count)], made[_random.Next(made.Count)]);
            byte[] bytes = [.. left.Bytes, .. right.Bytes];

            // As in training: only what stands side by side after the merges so far can be the next one.
            if (bytes.Length > 24 || !naive.Merge(bytes).AsSpan().SequenceEqual([left.Id, right.Id]))
                continue;
            var entry = new VocabularyEntry(bytes, Entries.Count, Entries.Count);
            naive.Add(entry);
            made.Add(entry);
            Merges.Add((left.Bytes, right.Bytes));
            Entries.Add(entry);
        }
    }

    public string Letters { get; }

    public List<VocabularyEntry> Entries { get; } = [];

    public List<(byte[] Left, byte[] Right)> Merges { get; } = [];

    /// <summary>Adds tokens that nothing merges to, or merges in a way of its own.</summary>
    public void AddStrays(int count)
    {
        var known = Entries.Select(e => Encoding.Latin1.GetString(e.Bytes)).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var text = Text(2 + _random.Next(9));
            if (known.Add(text))
                Entries.Add(new VocabularyEntry(Bytes(text), Entries.Count, Entries.Count));
        }
    }

    public string Text(int length)
    {
        var text = new char[length];
        for (var i = 0; i < length; i++)
        {
            // Some letters repeat, so that there are runs.
            text[i] = i > 0 && _random.Next(3) == 0 ? text[i - 1] : Letters[_random.Next(Letters.Length)];
        }

        return new string(text);
    }

    public IReadOnlyList<(int Left, int Right)> MergeIds(IReadOnlyList<VocabularyEntry> entries)
    {
        var ids = entries.ToDictionary(e => Encoding.Latin1.GetString(e.Bytes), e => e.Id, StringComparer.Ordinal);
        return [.. Merges.Select(m => (ids[Encoding.Latin1.GetString(m.Left)], ids[Encoding.Latin1.GetString(m.Right)]))];
    }

    public Vocabulary Compile() => Vocabulary.Compile("toy", SplitRule.O200k, Entries);

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
