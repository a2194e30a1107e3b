using System.Runtime.InteropServices;
using AiEdge.Tokenization.Bpe;
using AiEdge.Tokenization.Splitting;

namespace AiEdge.Tokenization.Vocabularies;

/// <summary>
/// The tokens of a byte-level byte pair encoding and the order of their merges, immutable and safe to share. A piece of text that is a token is that
/// token; any other is merged from its bytes, always the pair first that makes the token of the lowest rank, and of equals the leftmost.
/// </summary>
public sealed unsafe class Vocabulary
{
    private static readonly Lazy<Vocabulary> LazyO200kBase = new(static () => Embedded("o200k_base", SplitRule.O200k));
    private static readonly Lazy<Vocabulary> LazyCl100kBase = new(static () => Embedded("cl100k_base", SplitRule.Cl100k));

    // The same tokens and the same cut; only special tokens differ, and those are no text.
    private static readonly Lazy<Vocabulary> LazyO200kHarmony = new(static () => new Vocabulary("o200k_harmony", SplitRule.O200k, O200kBase.Tables));

    private Vocabulary(string name, SplitRule split, VocabularyTables tables)
    {
        Name = name;
        Split = split;
        Tables = tables;
        Encoder = new PieceEncoder(tables);
    }

    /// <summary>OpenAI o200k_base: 199,998 tokens, those of gpt-4o and later. Its tables are mapped with the program and touched when first used.</summary>
    public static Vocabulary O200kBase => LazyO200kBase.Value;

    /// <summary>OpenAI o200k_harmony, of the gpt-oss models: text is counted as with <see cref="O200kBase"/>, with which it shares the tables.</summary>
    public static Vocabulary O200kHarmony => LazyO200kHarmony.Value;

    /// <summary>OpenAI cl100k_base: 100,256 tokens, those of gpt-4, gpt-3.5 and the embedding models.</summary>
    public static Vocabulary Cl100kBase => LazyCl100kBase.Value;

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>How text is cut into pieces before they are looked up and merged.</summary>
    public SplitRule Split { get; }

    /// <summary>How many tokens there are, special tokens apart.</summary>
    public int Count => Tables.TokenCount;

    /// <summary>The length of the longest token, in bytes; 255 at most.</summary>
    public int TokenBytesMax => Tables.TokenBytesMax;

    /// <summary>The tables, for those who count.</summary>
    internal VocabularyTables Tables { get; }

    /// <summary>Counts and encodes pieces; shared by all threads.</summary>
    internal PieceEncoder Encoder { get; }

    /// <summary>Makes a vocabulary from ranks that are also the ids, as <c>.tiktoken</c> files have them.</summary>
    /// <exception cref="VocabularyException">It could not be counted exactly; the message says why.</exception>
    public static Vocabulary Compile(string name, SplitRule split, IReadOnlyList<(byte[] Bytes, int Rank)> ranks)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        var entries = new VocabularyEntry[ranks.Count];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = new VocabularyEntry(ranks[i].Bytes, ranks[i].Rank, ranks[i].Rank);
        return Compile(name, split, entries);
    }

    /// <summary>
    /// Makes a vocabulary whose merges follow from the ranks: two neighbours merge when their bytes together are a token. A piece that is a token is
    /// that token, whether merges make it or not.
    /// </summary>
    /// <exception cref="VocabularyException">
    /// It could not be counted exactly: a byte is no token, an entry is empty, longer than 255 bytes or given twice, or a token is made
    /// from one of a higher rank.
    /// </exception>
    public static Vocabulary Compile(string name, SplitRule split, IReadOnlyList<VocabularyEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(entries);
        return FromBlob(name, split, VocabularyCompiler.Compile(MergeOrder.FromRanks(entries)));
    }

    /// <summary>
    /// Makes a vocabulary whose merges are listed, as in a <c>tokenizer.json</c>; the entries' ranks are not looked at.
    /// </summary>
    /// <param name="name">What it is called.</param>
    /// <param name="split">How text is cut into pieces.</param>
    /// <param name="entries">The tokens.</param>
    /// <param name="merges">The ids of two tokens that merge to the token of their bytes together; the ones that come first apply first.</param>
    /// <param name="wholePieceFirst">
    /// Whether a piece that is a token is that token though merges would not make it (<c>ignore_merges</c>). Where not, tokens that merges do not make
    /// can never come out; they are left out and not counted in <see cref="Count"/>.
    /// </param>
    /// <exception cref="VocabularyException">As for the other vocabularies, and if a merge names or makes what is no token, or is listed twice.</exception>
    public static Vocabulary Compile(
        string name, SplitRule split, IReadOnlyList<VocabularyEntry> entries, IReadOnlyList<(int Left, int Right)> merges, bool wholePieceFirst)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(merges);
        return FromBlob(name, split, VocabularyCompiler.Compile(MergeOrder.FromMerges(entries, merges, wholePieceFirst)));
    }

    /// <summary>The bytes of a token, which lie in the vocabulary's own memory: they are there for as long as it is referred to.</summary>
    /// <param name="token">The token's id.</param>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public ReadOnlySpan<byte> Bytes(int token)
    {
        if (!Tables.TryToken(token, out var number))
            throw new ArgumentOutOfRangeException(nameof(token), token, $"No token of {Name} has this id.");
        return Tables.Bytes(number);
    }

    /// <summary>Finds the token that has exactly these bytes.</summary>
    public bool TryFind(ReadOnlySpan<byte> bytes, out int token)
    {
        token = -1;
        fixed (byte* start = bytes)
        {
            if (!Tables.TryFind(start, bytes.Length, out var number))
                return false;
            token = Tables.Id(number);
            return true;
        }
    }

    private static Vocabulary FromBlob(string name, SplitRule split, byte[] pinned) =>
        new(name, split, new VocabularyTables((byte*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), pinned.Length, pinned));

    private static Vocabulary Embedded(string name, SplitRule split)
    {
        var stream = typeof(Vocabulary).Assembly.GetManifestResourceStream(name + ".vocabulary");
        if (stream is not UnmanagedMemoryStream memory)
            throw new VocabularyException($"The program was built without the vocabulary {name}.");

        // The resource is a part of the mapped program: it is used where it lies, and its pages come and go with the system's file cache.
        return new Vocabulary(name, split, new VocabularyTables(memory.PositionPointer, memory.Length, null));
    }
}
