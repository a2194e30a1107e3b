using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using AiEdge.Tokenization.Importing;
using AiEdge.Tokenization.Vocabularies;

namespace AiEdge.Tokenization.Tests.Importing;

/// <summary>
/// A vocabulary has one place in the order for each token; a file has one for each pair. Whatever pairs a file lists, in whatever
/// order, the tokens are those of its own rule: of all adjacent pairs the one that stands first in the list, the leftmost of them.
/// </summary>
public sealed class ListedMergesTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void Random_merges_give_the_tokens_that_their_list_gives(int seed, bool looksUpPieces)
    {
        var random = new Random(seed);
        var (taken, late, refused) = (0, 0, 0);
        for (var round = 0; round < 200; round++)
        {
            var reference = ListedMerges.Random(random, looksUpPieces);
            Vocabulary vocabulary;
            try
            {
                vocabulary = VocabularyFile.Read("t", reference.File(), VocabularyFormat.HuggingFace, null).Vocabulary;
            }
            catch (VocabularyException)
            {
                refused++;
                continue;
            }

            taken++;
            late += reference.HasLateTokens ? 1 : 0;
            var tokenizer = new Tokenizer(vocabulary);
            var tokens = new ArrayBufferWriter<int>();
            for (var i = 0; i < 200; i++)
            {
                // One piece, whatever it is: letters only.
                var text = new string([.. Enumerable.Range(0, 1 + random.Next(14)).Select(_ => (char)('a' + random.Next(3)))]);
                tokens.ResetWrittenCount();
                tokenizer.Encode(Encoding.ASCII.GetBytes(text), tokens);
                Assert.True(
                    reference.Encode(text).AsSpan().SequenceEqual(tokens.WrittenSpan),
                    $"{text}: {string.Join(' ', reference.Encode(text))}, not {string.Join(' ', tokens.WrittenSpan.ToArray())}; {reference}");
            }
        }

        Assert.True(taken > 100 && late > 20, $"{taken} taken, {late} of them with late tokens, {refused} refused");
    }

    [Fact]
    public void A_pair_that_is_listed_twice_is_refused()
    {
        var merges = new ListedMerges(["a b", "b c", "a b"], ["ab", "bc"], looksUpPieces: false);
        Assert.Throws<VocabularyException>(() => VocabularyFile.Read("t", merges.File(), VocabularyFormat.HuggingFace, null));
    }

    [Theory]
    [InlineData(true, new[] { 256 })]
    [InlineData(false, new[] { 120, 121 })]
    public void A_token_that_no_merge_makes_counts_where_whole_pieces_are_looked_up(bool looksUpPieces, int[] expected)
    {
        var merges = new ListedMerges([], ["xy"], looksUpPieces);
        var vocabulary = VocabularyFile.Read("t", merges.File(), VocabularyFormat.HuggingFace, null).Vocabulary;
        var tokens = new ArrayBufferWriter<int>();
        new Tokenizer(vocabulary).Encode("xy"u8, tokens);
        Assert.Equal(expected, tokens.WrittenSpan.ToArray());
    }

    [Fact]
    public void An_added_token_s_text_is_text()
    {
        var merges = new ListedMerges([], ["xy"], looksUpPieces: true) { Added = ["xy"] };
        var vocabulary = VocabularyFile.Read("t", merges.File(), VocabularyFormat.HuggingFace, null).Vocabulary;
        Assert.Equal(2, new Tokenizer(vocabulary).Count("xy"u8));
    }
}

/// <summary>The merges of a file, followed to the letter and slowly.</summary>
internal sealed class ListedMerges(IReadOnlyList<string> merges, IReadOnlyList<string> tokens, bool looksUpPieces)
{
    public IReadOnlyList<string> Added { get; init; } = [];

    /// <summary>Merges over three letters: mostly of tokens that there are already, mostly in a sensible order.</summary>
    public static ListedMerges Random(Random random, bool looksUpPieces)
    {
        var tokens = new List<string> { "a", "b", "c" };
        var merges = new List<string>();
        for (var i = 0; i < 3 + random.Next(14); i++)
        {
            var (left, right) = (tokens[random.Next(tokens.Count)], tokens[random.Next(tokens.Count)]);
            if (left.Length + right.Length > 10 || merges.Contains(left + " " + right))
                continue;
            if (!tokens.Contains(left + right))
                tokens.Add(left + right);
            merges.Insert(random.Next(5) == 0 ? random.Next(merges.Count + 1) : merges.Count, left + " " + right);
        }

        return new(merges, tokens.GetRange(3, tokens.Count - 3), looksUpPieces);
    }

    /// <summary>Whether some merge stands before one that makes a part of what it merges.</summary>
    public bool HasLateTokens =>
        merges.Where((m, i) => merges.Skip(i + 1).Any(later => m.Split(' ').Contains(later.Replace(" ", "", StringComparison.Ordinal)))).Any();

    public byte[] File()
    {
        var file = TestFiles.Json("llama3");
        var vocab = new JsonObject();
        foreach (var (spelling, _) in file["model"]!["vocab"]!.AsObject())
        {
            if (spelling.Length == 1)
                vocab[spelling] = TestFiles.Spelled(spelling)[0];
        }

        for (var i = 0; i < tokens.Count; i++)
            vocab[tokens[i]] = 256 + i;
        file["model"]!["vocab"] = vocab;
        file["model"]!["merges"] = new JsonArray([.. merges.Select(m => JsonValue.Create(m))]);
        file["model"]!["ignore_merges"] = looksUpPieces;
        file["added_tokens"] = new JsonArray([.. Added.Select(content => new JsonObject { ["id"] = 900, ["content"] = content })]);
        return Encoding.UTF8.GetBytes(file.ToJsonString());
    }

    public int[] Encode(string piece)
    {
        if (looksUpPieces && tokens.Contains(piece))
            return [Number(piece)];
        var parts = piece.Select(c => c.ToString()).ToList();
        while (true)
        {
            var (first, at) = (-1, -1);
            for (var i = 0; i + 1 < parts.Count; i++)
            {
                var order = merges.ToList().LastIndexOf(parts[i] + " " + parts[i + 1]);
                if (order >= 0 && (first < 0 || order < first))
                    (first, at) = (order, i);
            }

            if (at < 0)
                return [.. parts.Select(Number)];
            parts[at] += parts[at + 1];
            parts.RemoveAt(at + 1);
        }
    }

    public override string ToString() => string.Join(", ", merges);

    private int Number(string token) => token.Length == 1 ? token[0] : 256 + tokens.ToList().IndexOf(token);
}
